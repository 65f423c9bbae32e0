"""Key uses over HTTP with the durable entry before each answer: `POST /v1/keys/{id}/unwrap`.

Open loop: requests are sent when they are due, whether or not earlier ones have answered, and each is timed
from the moment it was due. Closed loop: so many clients, each sending as soon as it was answered. The client
runs on the same processors as the house.
"""

import asyncio
import hashlib
import json
import os
import sys
import tempfile
import time
from base64 import b64decode, b64encode
from pathlib import Path

from custodes.acts.asks import Token
from custodes.acts.keyroom import Keyroom
from custodes.custody import hierarchy, keys
from custodes.custody.hierarchy import Scope
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.parties.rows import Credential, CredentialKind
from custodes.wiring.keyroom import assembled

from .figures import machine, percentile, spread

OFFERED_PER_S = int(os.environ.get("OFFERED_PER_S", "1800"))
OPEN_S = float(os.environ.get("OPEN_S", "20"))
ROUNDS = 3
CLIENTS = (8, 32, 64)
CLOSED_S = 5.0


class Target:
    """One house with a key and an API token."""

    def __init__(self, folder: Path) -> None:
        from fakes.houses import House  # noqa: PLC0415 - the tests' own house

        self.house = House(folder).found()
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
        from fakes.houses import _put  # noqa: PLC0415

        customer = house.customer.id
        await _put(
            keyroom,
            house.customer,
            [("credential", credential.id, customer, credential), ("key", key_id, customer, key)],
        )
        self.key = key_id

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
    """One kept-alive connection; one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> "Connection":
        """Connect to the house's API."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def send(self, request: bytes) -> bytes:
        """The answer's body; RuntimeError for any status but 200."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode("latin-1"))
        length = next(
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        )
        return await self._reader.readexactly(length)


async def closed_loop(port: int, request: bytes, clients: int) -> tuple[float, list[float]]:
    """(uses per second, latencies in ms)."""
    connections = [await Connection.open(port) for _ in range(clients)]
    taken: list[float] = []
    until = time.perf_counter() + CLOSED_S

    async def one(connection: Connection) -> None:
        while (began := time.perf_counter()) < until:
            await connection.send(request)
            taken.append((time.perf_counter() - began) * 1e3)

    began = time.perf_counter()
    await asyncio.gather(*map(one, connections))
    return len(taken) / (time.perf_counter() - began), taken


async def open_loop(port: int, request: bytes) -> list[float]:
    """Latencies in ms at the offered rate, from when each request was due."""
    idle = asyncio.Queue[Connection]()
    for _ in range(128):
        idle.put_nowait(await Connection.open(port))
    taken: list[float] = []

    async def one(due: float) -> None:
        connection = await idle.get()
        await connection.send(request)
        taken.append((time.perf_counter() - due) * 1e3)
        idle.put_nowait(connection)

    began = time.perf_counter()
    tasks = set()
    for number in range(int(OFFERED_PER_S * OPEN_S)):
        due = began + number / OFFERED_PER_S
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        task = asyncio.get_running_loop().create_task(one(due))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    return taken


def main() -> None:
    """Print the figures."""
    out = sys.stdout.write
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as place:
        target = Target(Path(place))
        with target.house.running("keyroom", "logkeeper", "console"):
            port = target.house.settings.console_port
            asyncio.run(_measure(target, port, Path(place)))
        size = target.house.settings.database.stat().st_size
        out(f"database afterwards: {size / 1e6:,.0f} MB\n")


async def _measure(target: Target, port: int, folder: Path) -> None:
    out = sys.stdout.write
    out(f"machine: {machine(folder)}\n")
    first = await Connection.open(port)
    wrapped = json.loads(await first.send(target.request("wrap", b"k" * 32)))
    token = b64decode(wrapped["message"])
    request = target.request("unwrap", token)
    for clients in CLIENTS:
        rates, tails = [], []
        for _ in range(ROUNDS):
            rate, taken = await closed_loop(port, request, clients)
            rates.append(rate)
            tails.append(percentile(taken, 0.99))
        out(f"closed loop, {clients:>2} clients: {spread(rates)} uses/s, p99 {spread(tails)} ms\n")
    taken = await open_loop(port, request)
    shares = ", ".join(f"p{share * 100:g} {percentile(taken, share):.1f}" for share in (0.5, 0.99, 0.999))
    out(f"open loop, {OFFERED_PER_S}/s offered for {OPEN_S:g} s: {shares} ms, max {max(taken):.1f} ms\n")
    out(f"machine: {machine(folder)}\n")


if __name__ == "__main__":
    main()
