"""XKS encrypt and decrypt in turn, over HTTP, with the durable entry before each answer.

Every request is another one with a signature of its own (the same bytes would be refused as repeats): made
before the clock starts in a closed loop, when it is due in an open one. Every answer is looked at. Open and
closed loop as in `uses`; the client runs on the same processors.
"""

import hashlib
import hmac
import json
import os
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count, cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

from custodes.adapters.system import SystemClock
from custodes.protocols.s3.chunks import signing_key
from custodes.protocols.xks.auth import ALGORITHM, SERVICE

from .figures import cpu_s, machine, percentile, spread
from .uses import CLOSED_S, OFFERED_PER_S, OPEN_CLIENTS, OPEN_S, Connection, Crowd, _spent

if TYPE_CHECKING:
    from fakes.cloud_house import CloudHouse

ROUNDS = 2
CLIENTS = (32, 64)
CLOSED_PER_S_MAX = 6_000  # so many are signed for each second of a closed loop
REGION = "eu-central-1"
HOST = "xks.bench.example"
DATE_S = 30.0
PLAIN = b"k" * 32
OPENED = b'{"plaintext":"%b"}' % b64encode(PLAIN)
SEALED = {"ciphertext", "ciphertextMetadata", "initializationVector", "authenticationTag"}


class Signer:
    """Signs as AWS KMS does: `host` and `x-amz-date`, the whole body. What stays the same is spelled once.

    A signature is good for five minutes: the date is looked up again every `DATE_S`.
    """

    def __init__(self, pair: tuple[str, str], path: str) -> None:
        self._pair, self._path = pair, path
        self._clock = SystemClock()
        self._numbers = count()
        self._due = 0.0

    def turn(self, operation: str, members: dict[str, str]) -> Callable[[], bytes]:
        """A maker of whole HTTP/1.1 requests of one operation, each unlike any other by its number."""
        said = {
            "awsPrincipalArn": "arn:aws:iam::123456789012:role/backup",
            "kmsKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "kmsOperation": "Decrypt" if operation == "decrypt" else "GenerateDataKey",
            "kmsRequestId": "4112f4d6-db54-4af4-ae30-#",
        }
        whole = {"requestMetadata": said, "encryptionAlgorithm": "AES_GCM", **members}
        before, after = json.dumps(whole).encode().split(b"#")
        path = f"{self._path}/keys/both/{operation}"
        length = len(before) + 12 + len(after)

        def make() -> bytes:
            at, scope, key = self._today()
            body = b"%b%012d%b" % (before, next(self._numbers), after)
            digest = hashlib.sha256(body).hexdigest()
            signed = f"POST\n{path}\n\nhost:{HOST}\nx-amz-date:{at}\n\nhost;x-amz-date\n{digest}"
            text = f"{ALGORITHM}\n{at}\n{scope}\n{hashlib.sha256(signed.encode()).hexdigest()}"
            signature = hmac.digest(key, text.encode(), "sha256").hex()
            head = (
                f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nX-Amz-Date: {at}\r\n"
                f"Authorization: {ALGORITHM} Credential={self._pair[0]}/{scope}, "
                f"SignedHeaders=host;x-amz-date, Signature={signature}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
            )
            return head.encode() + body

        return make

    def _today(self) -> tuple[str, str, bytes]:
        if time.monotonic() >= self._due:
            now = self._clock.now()
            day = now.strftime("%Y%m%d")
            scope = f"{day}/{REGION}/{SERVICE}/aws4_request"
            key = signing_key(self._pair[1].encode(), day, REGION, SERVICE)
            self._at, self._due = (now.strftime("%Y%m%dT%H%M%SZ"), scope, key), time.monotonic() + DATE_S
        return self._at


def main() -> None:
    """Print the figures."""
    with lent() as (house, place):
        _measure(house, place)


@contextmanager
def lent() -> "Iterator[tuple[CloudHouse, Path]]":
    """A house of its own that has lent a key to AWS, with the processes of an XKS call, and its folder."""
    from fakes.cloud_house import CloudHouse  # noqa: PLC0415 - the tests' own house

    with tempfile.TemporaryDirectory(dir=Path.cwd()) as place:
        house = CloudHouse(Path(place)).found()
        with house.running("keyroom", "logkeeper", "xks"):
            yield house, Path(place)


def processes(house: "CloudHouse") -> dict[str, int]:
    """Their ids, this one's too."""
    return {name: process.pid for name, process in house.processes.items()} | {"client": os.getpid()}


def turns(house: "CloudHouse") -> Iterator[bytes]:
    """Encrypt and decrypt in turn, without end, each signed when it is asked for."""
    signer = Signer(house.pair, house.path("").removesuffix("/"))
    seal = signer.turn("encrypt", {"plaintext": b64encode(PLAIN).decode()})
    one = Connection(house.settings.xks_port)
    one.send(seal(), 0.0)
    while (body := one.read()) is None:
        pass
    one.socket.close()
    both = (seal, signer.turn("decrypt", json.loads(body)))
    return (make() for make in cycle(both))


def fits(request: bytes, body: bytes) -> bool:
    """Whether this answers that: the one plaintext, or all four parts of a message."""
    if b"/decrypt HTTP" in request[:200]:
        return body == OPENED
    return set(json.loads(body)) == SEALED


def _measure(house: "CloudHouse", folder: Path) -> None:
    out, pids, port = sys.stdout.write, processes(house), house.settings.xks_port
    out(f"machine: {machine(folder)}\n")
    for clients in CLIENTS:
        rates, tails, spent = [], [], []
        for _ in range(ROUNDS):
            requests = [*islice(turns(house), int(CLOSED_S * CLOSED_PER_S_MAX))]
            with Crowd(port, iter(requests), clients, fits) as crowd:
                before = cpu_s(pids)
                rates.append(crowd.closed(CLOSED_S))
                spent.append(_spent(before, cpu_s(pids), len(crowd.taken)))
                tails.append(percentile(crowd.taken, 0.99))
        out(f"closed loop, {clients:>2} clients: {spread(rates)} calls/s, p99 {spread(tails)} ms\n")
        out(f"  processor us per call: {', '.join(f'{n} {spread([o[n] for o in spent])}' for n in pids)}\n")
    for _ in range(ROUNDS):
        with Crowd(port, turns(house), OPEN_CLIENTS, fits) as crowd:
            before = cpu_s(pids)
            crowd.open(OFFERED_PER_S, OPEN_S)
            used = _spent(before, cpu_s(pids), len(crowd.taken))
        shares = (f"p{share * 100:g} {percentile(crowd.taken, share):.1f}" for share in (0.5, 0.99, 0.999))
        out(f"open loop, {OFFERED_PER_S}/s offered for {OPEN_S:g} s: {', '.join(shares)} ms, ")
        out(f"max {max(crowd.taken):.1f} ms\n")
        out(f"  processor us per call: {', '.join(f'{n} {us:.0f}' for n, us in used.items())}\n")
    out(f"machine: {machine(folder)}\n")


if __name__ == "__main__":
    main()
