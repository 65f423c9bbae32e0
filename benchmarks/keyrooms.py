"""Several keyrooms over one PostgreSQL whose commits take 5 ms more: ten customers, and then one.

Each keyroom is a process; the server, the keyrooms and the callers share this machine's processors. The delay
is the server's own (`commit_delay`, slept before each flush), so what is shown is whether keyrooms wait for
each other, not how fast they are with a processor each.
"""

import asyncio
import multiprocessing
import os
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from custodes.acts.asks import Token
from custodes.acts.asks.keys import UseKey
from custodes.settings import Settings
from custodes.wiring.keyroom import assembled

from .figures import machine, spread
from .towns import CUSTOMERS, Load, settled

AT_ONCE = 32
SECONDS = float(os.environ.get("KEYROOMS_S", "5"))
DELAY_US = 5_000
ROUNDS = int(os.environ.get("KEYROOMS_ROUNDS", "3"))


async def founded(url: str, folder: Path) -> Load:
    """A house with ten customers, an application and a key each, over this server."""
    from fakes.databases import Choice, Databases  # noqa: PLC0415 - the tests' own house

    handed = Databases(None)
    handed.url = lambda: url
    Choice.databases = handed
    load, _ = await settled(folder)
    handed.close()
    return load


def keyroom(settings: Settings, load: Load, told: Connection) -> None:
    """One process: unseal, say so, wait for the word, use keys, say how many."""

    async def run() -> None:
        async with assembled(settings, "") as here:
            await here.unseal(b"")
            told.send("ready")
            await asyncio.to_thread(told.recv)
            until, count = time.perf_counter() + SECONDS, 0

            async def one(number: int) -> None:
                nonlocal count
                token, key = load[number % len(load)]
                ask = UseKey(Token(token), key, "wrap", b"k" * 32, b"row", "operation", "bench")
                while time.perf_counter() < until:
                    await here.ask(ask)
                    count += 1

            await asyncio.gather(*(one(number) for number in range(AT_ONCE)))
            told.send(count)

    asyncio.run(run())


def measured(url: str, folder: Path, loads: list[Load]) -> float:
    """Uses per second of so many keyrooms at once."""
    context = multiprocessing.get_context("spawn")
    lines = []
    for number, load in enumerate(loads):
        place = folder / f"keyroom-{number}"
        (place / "keyroom").mkdir(parents=True, exist_ok=True)
        name = "first" if number == 0 else f"more-{number}"
        settings = Settings(house=place, demo=True, database_url=url, keyroom_name=name)
        ours, theirs = context.Pipe()
        process = context.Process(target=keyroom, args=(settings, load, theirs))
        process.start()
        if ours.recv() != "ready":  # one after the other: each is enrolled
            raise RuntimeError(name)
        lines.append((ours, process))
    for ours, _ in lines:
        ours.send("go")
    total = sum(ours.recv() for ours, _ in lines)
    for _, process in lines:
        process.join()
    return total / SECONDS


def main() -> None:
    """Print the figures."""
    from custodes.store.migrate import migrate  # noqa: PLC0415
    from custodes.store.shared.postgres import open_postgres  # noqa: PLC0415
    from fakes.databases import Server, scratch  # noqa: PLC0415

    out = sys.stdout.write
    with scratch() as data, tempfile.TemporaryDirectory() as place:
        server = Server.found(data, 5432, commit_delay=str(DELAY_US), commit_siblings="0")
        try:
            url = server.database("house")
            engine = open_postgres(url)
            migrate(engine)
            engine.dispose()
            folder = Path(place)
            load = asyncio.run(founded(url, folder))
            out(f"machine: {machine(folder)}\n")
            rates: dict[tuple[int, int], list[float]] = {}
            for _ in range(ROUNDS):  # one after the other, again and again: what the machine does, all feel
                for count in (1, 2, 3):
                    shares = [load[n::count] for n in range(count)]
                    rates.setdefault((CUSTOMERS, count), []).append(measured(url, folder, shares))
                for count in (1, 2):
                    rates.setdefault((1, count), []).append(measured(url, folder, [load[:1]] * count))
            for (customers, count), found in rates.items():
                out(f"{count} keyrooms, {customers} customers, +5 ms a commit: {spread(found)} uses/s\n")
        finally:
            server.stop()


if __name__ == "__main__":
    main()
