"""Several keyrooms over one PostgreSQL whose commits take 5 ms more: ten customers, and then one.

Each keyroom is a process; the server, the keyrooms and the callers share this machine's processors. The delay
is the server's own (`commit_delay`, slept before each flush), so what is shown is whether keyrooms wait for
each other, not how fast they are with a processor each.
"""

import asyncio
import hashlib
import multiprocessing
import os
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from custodes.acts.asks import Token
from custodes.acts.asks.keys import UseKey
from custodes.acts.founding import new_customer
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.parties.rows import Credential, CredentialKind
from custodes.settings import Settings
from custodes.wiring.keyroom import assembled

from .figures import machine

CUSTOMERS = 10
AT_ONCE = 32
SECONDS = float(os.environ.get("KEYROOMS_S", "5"))
DELAY_US = 5_000
Load = list[tuple[str, str]]  # (token, key) of each customer


async def settled(url: str, folder: Path) -> Load:
    """A house with ten customers, an application and a key each."""
    from custodes.store import house  # noqa: PLC0415
    from fakes.databases import Choice, Databases  # noqa: PLC0415 - the tests' own house
    from fakes.keyrooms import World  # noqa: PLC0415

    handed = Databases(None)
    handed.url = lambda: url
    Choice.databases = handed
    world: Any = World(folder)
    await world.open()
    await world.settle_in()
    load = [await _customer(world, number) for number in range(CUSTOMERS)]
    house.save(world.engine, world.body)
    await world.close()
    handed.close()
    return load


async def _customer(world: Any, number: int) -> tuple[str, str]:  # noqa: ANN401 - a test's house
    from custodes.custody import hierarchy, keys  # noqa: PLC0415
    from custodes.custody.hierarchy import Scope  # noqa: PLC0415
    from custodes.policy.presets import default_rules  # noqa: PLC0415

    id_, dice = new_id("cus", world.dice), world.dice
    ports, slots = (world.clock, dice), (4 + 2 * number, 5 + 2 * number)
    customer = new_customer((id_, f"Town {number}", world.town.id), world.body.id, world.holder, ports, slots)
    secret, credential = dice.draw(32).hex(), new_id("crd", dice)
    row = Credential(
        id=credential,
        kind=CredentialKind.API_TOKEN,
        organisation=world.town.id,
        application=world.application.id,
        customer=id_,
        secret=hashlib.sha256(secret.encode()).hexdigest(),
        created_at=to_text(world.clock.now()),
        is_demo=True,
    )
    application = type(world.application)(
        id=new_id("per", dice), customer=id_, organisation=world.town.id, name=f"Registry {number}"
    )
    row = type(row)(**{name: getattr(row, name) for name in row.__struct_fields__ if name != "application"},
                    application=application.id)  # fmt: skip
    key_id = new_id("key", dice)
    root = world.keyroom.opened.keyring.root(customer)
    wrapped = hierarchy.make_key_version(root, Scope(house=world.body.id, customer=id_, key=key_id), 1, dice)
    key = keys.create(key_id, id_, ("bench", ""), wrapped, world.clock.now().replace(microsecond=0))
    await world.put(
        ("customer", id_, id_, customer),
        ("rules", id_, id_, default_rules(id_)),
        ("application", application.id, id_, application),
        ("credential", credential, id_, row),
        ("key", key_id, id_, key),
    )
    return f"{credential}.{secret}", key_id


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
            load = asyncio.run(settled(url, folder))
            out(f"machine: {machine(folder)}\n")
            shares = {1: [load], 2: [load[::2], load[1::2]], 4: [load[n::4] for n in range(4)]}
            for count, loads in shares.items():
                rate = measured(url, folder, loads)
                out(f"{count} keyrooms, {CUSTOMERS} customers, +5 ms a commit: {rate:,.0f} uses/s\n")
            for count in (1, 2):
                rate = measured(url, folder, [load[:1]] * count)
                out(f"{count} keyrooms, 1 customer, +5 ms a commit: {rate:,.0f} uses/s\n")
        finally:
            server.stop()


if __name__ == "__main__":
    main()
