"""Does RSA make other uses wait? Transit encryptions in one keyroom while RSA-4096 decryptions run.

`PYTHONPATH=src:tests python benchmarks/slow_halves.py thread|process [uses]`: the bench in a thread of the
keyroom, or in its child as installed. Median, 99th percentile and longest in milliseconds, alone and beside
the decryptions.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from custodes.acts.asks.keys import CreateKey
from custodes.acts.asks.transit.uses import UseTransit
from custodes.acts.benching.bench import InThread
from custodes.acts.benching.direct import Direct
from custodes.adapters.benches.process import ProcessBench
from custodes.protocols.transit.messages import Item
from custodes.wiring.benches import child
from custodes.wiring.keyroom import SWITCH_S
from fakes.lived import settled
from fakes.office import OfficeWorld

CALLERS = 8


def use(world: Any, key: str, verb: str, **item: Any) -> Any:  # noqa: ANN401 - a world of the tests
    """One item by one verb."""
    ask = UseTransit(evidence=world.token, key=key, verb=verb, items=(Item(**item),))
    return world.ask(ask)


def say(*words: object) -> None:
    """One line."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")


async def uses(world: Any, count: int) -> tuple[float, ...]:  # noqa: ANN401
    """So many encryptions, one after the other: median, p99, longest."""
    took = []
    for _ in range(count):
        began = time.perf_counter()
        await use(world, world.key, "encrypt", body=b"m" * 32)
        took.append(time.perf_counter() - began)
        await asyncio.sleep(0.002)
    took.sort()
    return tuple(round(one * 1e3, 2) for one in (took[count // 2], took[int(count * 0.99)], took[-1]))


async def main(kind: str, count: int) -> None:
    """Alone, then beside the flood."""
    with tempfile.TemporaryDirectory() as folder:
        world = await settled(OfficeWorld(Path(folder)))
        bench = ProcessBench(child.COMMAND) if kind == "process" else InThread(Direct())
        object.__setattr__(world.keyroom.opened, "bench", bench)
        made = await world.ask(CreateKey(world.olga.token, world.customer_row.id, "rsa", kind="rsa-4096"))
        sealed = (await use(world, made.id, "encrypt", body=b"x" * 32)).outcomes[0].body
        sys.setswitchinterval(SWITCH_S)  # as the keyroom has it
        stop, done = asyncio.Event(), 0

        async def flood() -> None:
            nonlocal done
            while not stop.is_set():
                await use(world, made.id, "decrypt", body=sealed, version=1)
                done += 1

        await uses(world, 50)
        say(kind, "alone", await uses(world, count))
        callers = [asyncio.ensure_future(flood()) for _ in range(CALLERS)]
        began = time.perf_counter()
        beside = await uses(world, count)
        say(kind, "beside", beside, "decryptions a second:", round(done / (time.perf_counter() - began)))
        stop.set()
        await asyncio.gather(*callers)
        await world.close()
        world.engine.dispose()
        if isinstance(bench, ProcessBench):
            bench.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 300))
