"""XKS encrypt and decrypt in turn, over HTTP, with the durable entry before each answer.

Every request is another one with a signature of its own (the same bytes would be refused as repeats), made
before the clock starts. Open and closed loop as in `uses`; the client runs on the same processors.
"""

import hashlib
import hmac
import json
import os
import sys
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from custodes.adapters.system import SystemClock
from custodes.protocols.s3.chunks import signing_key
from custodes.protocols.xks.auth import ALGORITHM, SERVICE

from .figures import cpu_s, machine, percentile, spread
from .uses import CLOSED_S, OFFERED_PER_S, OPEN_CLIENTS, OPEN_S, Connection, Crowd, _spent

ROUNDS = 2
CLIENTS = (32, 64)
CLOSED_PER_S_MAX = 6_000  # so many are signed for each second of a closed loop
REGION = "eu-central-1"
HOST = "xks.bench.example"


class Signer:
    """Signs as AWS KMS does: `host` and `x-amz-date`, the whole body."""

    def __init__(self, pair: tuple[str, str], path: str) -> None:
        self._id, self._path = pair[0], path
        now = SystemClock().now()
        self._at, self._day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
        self._key = signing_key(pair[1].encode(), self._day, REGION, SERVICE)

    def request(self, operation: str, members: dict[str, str], number: int) -> bytes:
        """One whole HTTP/1.1 request, unlike any other by its number."""
        said = {
            "awsPrincipalArn": "arn:aws:iam::123456789012:role/backup",
            "kmsKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "kmsOperation": "Decrypt" if operation == "decrypt" else "GenerateDataKey",
            "kmsRequestId": f"4112f4d6-db54-4af4-ae30-{number:012}",
        }
        body = json.dumps({"requestMetadata": said, "encryptionAlgorithm": "AES_GCM", **members}).encode()
        path = f"{self._path}/keys/both/{operation}"
        digest = hashlib.sha256(body).hexdigest()
        signed = f"POST\n{path}\n\nhost:{HOST}\nx-amz-date:{self._at}\n\nhost;x-amz-date\n{digest}"
        scope = f"{self._day}/{REGION}/{SERVICE}/aws4_request"
        text = f"{ALGORITHM}\n{self._at}\n{scope}\n{hashlib.sha256(signed.encode()).hexdigest()}"
        signature = hmac.digest(self._key, text.encode(), "sha256").hex()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nX-Amz-Date: {self._at}\r\n"
            f"Authorization: {ALGORITHM} Credential={self._id}/{scope}, SignedHeaders=host;x-amz-date, "
            f"Signature={signature}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


def main() -> None:
    """Print the figures."""
    from fakes.cloud_house import CloudHouse  # noqa: PLC0415 - the tests' own house

    with tempfile.TemporaryDirectory(dir=Path.cwd()) as place:
        house = CloudHouse(Path(place)).found()
        with house.running("keyroom", "logkeeper", "xks"):
            pids = {name: process.pid for name, process in house.processes.items()} | {"client": os.getpid()}
            where = house.path("").removesuffix("/")
            _measure((house.pair, where), house.settings.xks_port, pids, Path(place))


def _measure(of: tuple[tuple[str, str], str], port: int, pids: dict[str, int], folder: Path) -> None:
    out, numbers = sys.stdout.write, iter(range(1 << 40))
    out(f"machine: {machine(folder)}\n")
    for clients in CLIENTS:
        rates, tails, spent = [], [], []
        for _ in range(ROUNDS):
            requests = _turns(of, port, int(CLOSED_S * CLOSED_PER_S_MAX), numbers)
            with Crowd(port, requests, clients) as crowd:
                before = cpu_s(pids)
                rates.append(crowd.closed(CLOSED_S))
                spent.append(_spent(before, cpu_s(pids), len(crowd.taken)))
                tails.append(percentile(crowd.taken, 0.99))
        out(f"closed loop, {clients:>2} clients: {spread(rates)} calls/s, p99 {spread(tails)} ms\n")
        out(f"  processor us per call: {', '.join(f'{n} {spread([o[n] for o in spent])}' for n in pids)}\n")
    for _ in range(ROUNDS):
        requests = _turns(of, port, int(OFFERED_PER_S * OPEN_S), numbers)
        with Crowd(port, requests, OPEN_CLIENTS) as crowd:
            before = cpu_s(pids)
            crowd.open(OFFERED_PER_S, OPEN_S)
            used = _spent(before, cpu_s(pids), len(crowd.taken))
        shares = (f"p{share * 100:g} {percentile(crowd.taken, share):.1f}" for share in (0.5, 0.99, 0.999))
        out(f"open loop, {OFFERED_PER_S}/s offered for {OPEN_S:g} s: {', '.join(shares)} ms, ")
        out(f"max {max(crowd.taken):.1f} ms\n")
        out(f"  processor us per call: {', '.join(f'{n} {us:.0f}' for n, us in used.items())}\n")
    out(f"machine: {machine(folder)}\n")


def _turns(of: tuple[tuple[str, str], str], port: int, count: int, numbers: Iterator[int]) -> Iterator[bytes]:
    """So many requests, encrypt and decrypt in turn, all signed now."""
    signer = Signer(*of)
    sealing = {"plaintext": b64encode(b"k" * 32).decode()}
    one = Connection(port)
    one.send(signer.request("encrypt", sealing, next(numbers)), 0.0)
    while (body := one.read()) is None:
        pass
    one.socket.close()
    opening = json.loads(body)
    pairs = (
        (
            signer.request("encrypt", sealing, next(numbers)),
            signer.request("decrypt", opening, next(numbers)),
        )
        for _ in range(count // 2 + 1)
    )
    return iter([*chain.from_iterable(pairs)])


if __name__ == "__main__":
    main()
