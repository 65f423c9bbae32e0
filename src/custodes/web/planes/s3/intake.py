"""Bodies on their way in: decoded, hashed, their chunk signatures checked, handed on piece by piece.

What was handed on is not verified before the intake has returned; whoever took it commits only then.
"""

import asyncio
from typing import Protocol

from custodes.acts.asks.objects import CheckChunks
from custodes.acts.streams.ports import Buffer
from custodes.acts.streams.still import Still
from custodes.kernel.limits import KILL_CHECK_BYTES, SMALL_BODY_BYTES_MAX
from custodes.kernel.refusal import malformed
from custodes.protocols.s3.body import Bytes, ChunkDone, End, Event, Plan, Trailer, plan, reader

from .exchange import Exchange


class Sink(Protocol):
    """Where content goes."""

    async def take(self, piece: Buffer) -> None:
        """Take in content; the buffer is the giver's again afterwards."""
        ...


class _Whole:
    def __init__(self) -> None:
        self.content = bytearray()

    async def take(self, piece: Buffer) -> None:
        self.content += piece


class Intake:
    """Reads one body into a sink. With a ticket, each MiB is taken only while the use may go on."""

    def __init__(self, exchange: Exchange, planned: Plan, sink: Sink, ticket: str = "") -> None:
        self._x = exchange
        self._plan = planned
        self._sink = sink
        self._ticket = ticket
        self._still: Still | None = None  # most bodies end before it is asked for
        self._chunks: list[tuple[str, str]] = []
        self._trailer: tuple[str, str] | None = None
        self._taken_bytes = 0
        self._asked_bytes = 0

    async def run(self) -> End:
        """Everything that was said about the body holds when this returns (refusals of `protocols.s3.body`,
        and of `CheckChunks` and `StillOpen`).
        """
        decoder = reader(self._plan)
        while (piece := await self._x.piece()) is not None:
            for event in decoder.feed(piece):
                await self._follow(event)
            if self._taken_bytes - self._asked_bytes >= KILL_CHECK_BYTES:
                await self._ask()
        ended: End | None = None
        for event in decoder.finish():
            if isinstance(event, End):
                ended = event
            else:
                await self._follow(event)
        if ended is None:
            raise malformed("body-incomplete")
        if self._chunks or self._trailer:
            await self._check()
        return ended

    async def _follow(self, event: Event) -> None:
        if isinstance(event, Bytes):
            self._taken_bytes += len(event.piece)
            await self._sink.take(event.piece)
        elif isinstance(event, ChunkDone):
            self._chunks.append((event.sha256_hex, event.signature))
        elif isinstance(event, Trailer) and event.signature is not None:
            self._trailer = (event.sha256_hex, event.signature)

    async def _ask(self) -> None:
        self._asked_bytes = self._taken_bytes
        if not self._ticket:
            return
        if self._still is None:
            self._still = Still(self._x.doors, self._ticket)
        if self._chunks:
            await asyncio.gather(self._still.demand(self._taken_bytes), self._check())
        else:
            await self._still.demand(self._taken_bytes)

    async def _check(self) -> None:
        chunks, self._chunks = tuple(self._chunks), []
        trailer, self._trailer = self._trailer, None
        await self._x.doors.ask(CheckChunks(ticket=self._ticket, chunks=chunks, trailer=trailer))


async def whole(x: Exchange) -> bytes:
    """The content of a bounded body, checked; few long ones at a time, for nobody has proved yet who he is.

    Signed chunks need an open use, which there is none of here: `payload-mark-invalid` (malformed).
    """
    planned = plan(x.head, x.call.operation, x.claim.payload)
    if planned.is_signed:
        raise malformed("payload-mark-invalid")
    sink = _Whole()
    if planned.size_bytes <= SMALL_BODY_BYTES_MAX:
        await Intake(x, planned, sink).run()
    else:
        async with x.ports.long_bodies:
            await Intake(x, planned, sink).run()
    return bytes(sink.content)


def nothing(x: Exchange) -> None:
    """Hold an operation without a body to its having none (`body-not-expected`)."""
    plan(x.head, x.call.operation, x.claim.payload)
