"""`/livez` and `/readyz` of a process: whether its loop answers, and whether it can do its work.

A check gives None, or in plain words what is wrong; the words name no customer, person, key or path. A check
that is not over in time, or fails otherwise, counts as failed. The check of a keyroom tries the database
whenever somebody looks; nothing is kept between two looks.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from custodes.acts.asks import Doors
from custodes.acts.asks.house import LookHouse
from custodes.adapters.meter_socket import Page, Pages
from custodes.kernel.refusal import Refusal

if TYPE_CHECKING:  # a plane has its health too, and nothing of the keyroom in it
    from custodes.acts.keyroom import Keyroom

WITHIN_S = 2.0

Check = Callable[[], Awaitable[str | None]]

_log = logging.getLogger("custodes.health")


def health(checks: Mapping[str, Check], *, within_s: float = WITHIN_S) -> Pages:
    """Both pages. `/readyz`: 503 with a line `NAME: WORDS` for each check that fails, else 200 `ready`."""

    async def livez() -> Page:
        return Page(body=b"alive\n")

    async def readyz() -> Page:
        found = await asyncio.gather(*(_tried(name, check, within_s) for name, check in checks.items()))
        wrong = [f"{name}: {said}\n" for name, said in zip(checks, found, strict=True) if said is not None]
        if wrong:
            return Page(status=503, body="".join(wrong).encode())
        return Page(body=b"ready\n")

    return {"/livez": livez, "/readyz": readyz}


def of_keyroom(keyroom: "Keyroom") -> Mapping[str, Check]:
    """Unsealed, its one writer alive, its database answering."""

    async def seal() -> str | None:
        return "the house is sealed" if keyroom.sequencer is None else None

    async def writer() -> str | None:
        sequencer = keyroom.sequencer
        if sequencer is None or sequencer.is_alive:
            return None
        return "the outcome of a commit was unknown: nothing is decided until a restart"

    async def database() -> str | None:
        if keyroom.sequencer is None:
            return None  # nobody reads in a sealed house
        await keyroom.opened.read(lambda reads: reads.outbox_backlog())
        return None

    return {"seal": seal, "writer": writer, "database": database}


def of_plane(doors: Doors) -> Mapping[str, Check]:
    """The keyroom answers. A sealed one does: the plane is there to say that it is sealed."""

    async def keyroom() -> str | None:
        await doors.ask(LookHouse())
        return None

    return {"keyroom": keyroom}


def of_log(public_log: Path) -> Mapping[str, Check]:
    """The log plane needs no keyroom: there is a checkpoint to be served."""

    async def checkpoint() -> str | None:
        there = await asyncio.to_thread((public_log / "checkpoint").is_file)
        return None if there else "there is no checkpoint to serve"

    return {"checkpoint": checkpoint}


async def _tried(name: str, check: Check, within_s: float) -> str | None:
    try:
        async with asyncio.timeout(within_s):
            return await check()
    except TimeoutError:
        return f"no answer within {within_s:g} s"
    except Refusal as refusal:
        return f"refused: {refusal.code}"
    except Exception:
        _log.exception("the check %s failed", name)
        return "failed; the process's own log says why"
