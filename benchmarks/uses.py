"""Key uses over HTTP with the durable entry before each answer: `POST /v1/keys/{id}/unwrap`.

Open loop: requests are sent when they are due, whether or not earlier ones have answered, and each is timed
from the moment it was due. Closed loop: so many clients, each sending as soon as it was answered. The client
runs on the same processors as the house.
"""

import asyncio
import hashlib
import json
import os
import re
import select
import socket
import sys
import tempfile
import time
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path

from custodes.acts.asks import Token
from custodes.acts.keyroom import Keyroom
from custodes.custody import hierarchy, keys
from custodes.custody.hierarchy import Scope
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.parties.rows import Credential, CredentialKind
from custodes.wiring.keyroom import assembled

from .figures import cpu_s, machine, percentile, spread

OFFERED_PER_S = int(os.environ.get("OFFERED_PER_S", "1800"))
OPEN_S = float(os.environ.get("OPEN_S", "10"))
OPEN_CLIENTS = 128
ROUNDS = 3
CLIENTS = (8, 32, 64)
CLOSED_S = 5.0
_LAST_CHUNK = b"0\r\n\r\n"  # where no length is said: other servers send long answers in chunks
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *([0-9]+)")


class Target:
    """One house with a key and an API token."""

    def __init__(self, folder: Path, **settings: int) -> None:
        from fakes.houses import House  # noqa: PLC0415 - the tests' own house

        self.house = House(folder, **settings).found()
        asyncio.run(self._settle())

    async def _settle(self) -> None:
        house = self.house
        async with assembled(house.settings, "of no use") as keyroom:
            await keyroom.unseal(b"")
            await self._enrol(keyroom)

    async def _enrol(self, keyroom: Keyroom) -> None:
        house, o = self.house, keyroom.opened
        secret = house.dice.draw(32).hex()
        credential = Credential(
            id=new_id("crd", house.dice),
            kind=CredentialKind.API_TOKEN,
            organisation=house.application.organisation,
            application=house.application.id,
            customer=house.customer.id,
            secret=hashlib.sha256(secret.encode()).hexdigest(),
            created_at=to_text(house.clock.now()),
            is_demo=True,
        )
        self.token = Token(f"{credential.id}.{secret}")
        key_id = new_id("key", house.dice)
        scope = Scope(house=o.house, customer=house.customer.id, key=key_id)
        wrapped = hierarchy.make_key_version(o.keyring.root(house.customer), scope, 1, house.dice)
        now = house.clock.now().replace(microsecond=0)
        key = keys.create(key_id, house.customer.id, ("bench", ""), wrapped, now)
        customer = house.customer.id
        await self._put(
            keyroom, [("credential", credential.id, customer, credential), ("key", key_id, customer, key)]
        )
        self.key = key_id

    async def _put(self, keyroom: Keyroom, rows: list[tuple[str, str, str, object]]) -> None:
        from fakes.rows import put  # noqa: PLC0415

        await put(keyroom, self.house.customer, rows)

    def request(self, verb: str, message: bytes) -> bytes:
        """One whole HTTP/1.1 request."""
        body = json.dumps(
            {"message": b64encode(message).decode(), "purpose": "operation", "reason": "bench"}
        ).encode()
        head = (
            f"POST /v1/keys/{self.key}/{verb} HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {self.token.token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


class Connection:
    """One kept-alive connection over a raw socket; one request at a time.

    As lean as HTTP/1.1 allows: whatever the client spends, it takes from the house on the same processors.
    """

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._got = b""
        self.began = 0.0
        self.asked = b""

    def send(self, request: bytes, began: float) -> None:
        """Send a request that was due at `began`."""
        self.began, self.asked = began, request
        self.socket.sendall(request)

    def read(self) -> bytes | None:
        """The answer's body once all of it is there; RuntimeError for any status but 200."""
        came = self.socket.recv(65_536)
        got = self._got = self._got + came
        head, end, body = got.partition(b"\r\n\r\n")
        if not came or (end and not head.startswith(b"HTTP/1.1 200")):
            raise RuntimeError(got.decode("latin-1"))
        if not end:
            return None
        length = _LENGTH.search(head)
        if len(body) < int(length[1]) if length else not body.endswith(_LAST_CHUNK):
            return None
        self._got = b""
        return body


class Crowd:
    """So many connections, watched by one epoll; `requests` gives the next one to send.

    `fits` looks at each (request, body of its answer): one that does not fit ends the measurement.
    """

    def __init__(
        self,
        port: int,
        requests: Iterator[bytes],
        count: int,
        fits: Callable[[bytes, bytes], bool] | None = None,
    ) -> None:
        self._requests, self._fits = requests, fits
        self._at = {one.socket.fileno(): one for one in (Connection(port) for _ in range(count))}
        self._poll = select.epoll()
        for number in self._at:
            self._poll.register(number, select.EPOLLIN)
        self.taken: list[float] = []

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, *_: object) -> None:
        self._poll.close()
        for one in self._at.values():
            one.socket.close()

    def closed(self, seconds: float) -> float:
        """Each sends as soon as it was answered; answers per second."""
        began = time.perf_counter()
        for one in self._at.values():
            one.send(next(self._requests), time.perf_counter())
        while (now := time.perf_counter()) < began + seconds:
            for one in self._answered(1.0):
                one.send(next(self._requests), time.perf_counter())
        done, took = len(self.taken), now - began
        while len(self.taken) < done + len(self._at):
            self._answered(1.0)
        return done / took

    def open(self, per_s: int, seconds: float) -> None:
        """Sends when it is due, whether or not earlier ones have answered."""
        idle, waiting = deque(self._at.values()), deque[float]()
        began, sent, count = time.perf_counter(), 0, int(per_s * seconds)
        while len(self.taken) < count:
            due = int((time.perf_counter() - began) * per_s) + 1
            while sent < min(due, count):
                waiting.append(began + sent / per_s)
                sent += 1
            while waiting and idle:
                idle.popleft().send(next(self._requests), waiting.popleft())
            wait = began + sent / per_s - time.perf_counter() if sent < count else 1.0
            idle.extend(self._answered(max(wait, 0.0)))

    def _answered(self, wait_s: float) -> list[Connection]:
        found = []
        for number, _ in self._poll.poll(wait_s):
            one = self._at[number]
            body = one.read()
            if body is not None:
                if self._fits is not None and not self._fits(one.asked, body):
                    raise RuntimeError(f"no answer to what was asked: {body[:200]!r}")
                self.taken.append((time.perf_counter() - one.began) * 1e3)
                found.append(one)
        return found


def main() -> None:
    """Print the figures."""
    out = sys.stdout.write
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as place:
        target = Target(Path(place))
        with target.house.running("keyroom", "logkeeper", "console"):
            _measure(target, target.house.settings.console_port, Path(place))
        size = target.house.settings.database.stat().st_size
        out(f"database afterwards: {size / 1e6:,.0f} MB\n")


def _measure(target: Target, port: int, folder: Path) -> None:
    out = sys.stdout.write
    out(f"machine: {machine(folder)}\n")
    pids = {name: process.pid for name, process in target.house.processes.items()} | {"client": os.getpid()}
    request = target.request("unwrap", _token(target, port))
    for clients in CLIENTS:
        rates, tails, spent = [], [], []
        for _ in range(ROUNDS):
            with Crowd(port, repeat(request), clients) as crowd:
                before = cpu_s(pids)
                rates.append(crowd.closed(CLOSED_S))
                spent.append(_spent(before, cpu_s(pids), len(crowd.taken)))
                tails.append(percentile(crowd.taken, 0.99))
        out(f"closed loop, {clients:>2} clients: {spread(rates)} uses/s, p99 {spread(tails)} ms\n")
        shares = (f"{name} {spread([one[name] for one in spent])}" for name in pids)
        out(f"  processor us per use: {', '.join(shares)}\n")
    for _ in range(ROUNDS):
        with Crowd(port, repeat(request), OPEN_CLIENTS) as crowd:
            before = cpu_s(pids)
            crowd.open(OFFERED_PER_S, OPEN_S)
            spent_open = _spent(before, cpu_s(pids), len(crowd.taken))
        shares = (f"p{share * 100:g} {percentile(crowd.taken, share):.1f}" for share in (0.5, 0.99, 0.999))
        out(f"open loop, {OFFERED_PER_S}/s offered for {OPEN_S:g} s: {', '.join(shares)} ms, ")
        out(f"max {max(crowd.taken):.1f} ms\n")
        out(f"  processor us per use: {', '.join(f'{n} {us:.0f}' for n, us in spent_open.items())}\n")
    out(f"machine: {machine(folder)}\n")


def _token(target: Target, port: int) -> bytes:
    """A message wrapped by the house."""
    one = Connection(port)
    one.send(target.request("wrap", b"k" * 32), 0.0)
    while (body := one.read()) is None:
        pass
    one.socket.close()
    return b64decode(json.loads(body)["message"])


def _spent(before: dict[str, float], after: dict[str, float], uses: int) -> dict[str, float]:
    return {name: (after[name] - before[name]) * 1e6 / uses for name in before}


if __name__ == "__main__":
    main()
