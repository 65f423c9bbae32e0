"""Whole files for people: taken in and given out in the one process that reaches the stores.

Whoever serves a page has neither stores nor data keys. It hands over evidence and plain bytes as they come,
and gets plain bytes as they go; the keyroom decides on the evidence as on any request, and is asked again at
each MiB.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import Protocol

import msgspec

from custodes.acts.asks import Evidence
from custodes.acts.asks.objects import CloseGet, ClosePut, Content, GetOpened, OpenGet, OpenPut
from custodes.acts.asks.uploads import ClosePart, OpenPart
from custodes.kernel.limits import KILL_CHECK_BYTES
from custodes.kernel.refusal import Refusal
from custodes.objects.checksums import DEFAULT, Algorithm, Checksum
from custodes.objects.conditions import NONE, Conditions, Tags

from .adopting import Adopter
from .filling import COMPLETE, CUT, FAILED, Means, Summing, closing, stored_from
from .reading import opened as decrypted
from .reading import section_of
from .still import Still
from .writing import Sealing


class Bring(msgspec.Struct, frozen=True, kw_only=True, tag="bring"):
    """A file to be written under `name`, or with `upload` one part of it (`number` from 1).

    `size_bytes` is what will come, None where nobody knows. `is_new`: only where nothing has that name.
    """

    evidence: Evidence
    bucket: str
    name: str
    size_bytes: int | None
    content_type: str = ""
    is_new: bool = False
    upload: str = ""
    number: int = 0


class Brought(msgspec.Struct, frozen=True, kw_only=True, tag="brought"):
    """It is durable: the ETag of the version or the part, and of a version its id as shown."""

    etag: str
    version: str | None = None


class Fetch(msgspec.Struct, frozen=True, kw_only=True, tag="fetch"):
    """A version to be read, the newest without `version`."""

    evidence: Evidence
    bucket: str
    name: str
    version: str | None = None


class Fetched(msgspec.Struct, frozen=True, kw_only=True, tag="fetched"):
    """What is about to come."""

    size_bytes: int
    content_type: str
    version: str


class Carrier(Protocol):
    """What a page needs to hand files on."""

    async def bring(self, ask: Bring, pieces: AsyncIterator[bytes]) -> Brought:
        """Write one; refusals as of `OpenPut`, `ClosePut`, `StillOpen`, `OpenPart`, `ClosePart`.

        `pieces` may not have been read to their end when it refuses. What they raise is raised, and nothing
        stays.
        """
        ...

    async def fetch(self, ask: Fetch) -> tuple[Fetched, AsyncGenerator[bytes, None]]:
        """Begin to read one; refusals as of `OpenGet`, later of `StillOpen`.

        The generator must be closed: only then it is known how the read ended.
        """
        ...


class Carrying:
    """Carries in this process."""

    def __init__(self, means: Means, adopter: Adopter | None = None) -> None:
        """`adopter` takes in what lies in plain, when it is read first."""
        self._means = means
        self._adopter = adopter

    async def bring(self, ask: Bring, pieces: AsyncIterator[bytes]) -> Brought:
        """See `Carrier.bring`."""
        if ask.upload:
            return await self._part(ask, pieces)
        conditions = Conditions(if_none_match=Tags(is_any=True)) if ask.is_new else NONE
        opened = await self._means.doors.ask(
            OpenPut(ask.evidence, ask.bucket, ask.name, ask.size_bytes, conditions)
        )

        async def give_up(outcome: str) -> None:
            await self._means.doors.ask(ClosePut(ask.evidence, opened.ticket, outcome))

        async def fill(sealing: Sealing) -> Sequence[Checksum]:
            return await self._fill(Summing(sealing, [DEFAULT]), opened.ticket, pieces)

        stored = await stored_from(self._means, opened, fill, give_up)
        content = Content(content_type=ask.content_type) if ask.content_type else Content()
        done = ClosePut(ask.evidence, opened.ticket, COMPLETE, stored, content)
        closed = await closing(self._means, opened, done)
        return Brought(etag=closed.etag, version=closed.version_shown)

    async def fetch(self, ask: Fetch) -> tuple[Fetched, AsyncGenerator[bytes, None]]:
        """See `Carrier.fetch`."""
        found = await self._found(OpenGet(ask.evidence, ask.bucket, ask.name, ask.version))
        about = Fetched(
            size_bytes=found.size,
            content_type=found.content.content_type,
            version=found.version,
        )
        return about, self._flow(found)

    async def _found(self, ask: OpenGet) -> GetOpened:
        try:
            return await self._means.doors.ask(ask)
        except Refusal as refusal:
            if "adopting" not in refusal.facts or self._adopter is None:
                raise
            await self._adopter.take_in(str(refusal.facts["adopting"]), ask.name)
            return await self._means.doors.ask(ask)

    async def _part(self, ask: Bring, pieces: AsyncIterator[bytes]) -> Brought:
        opened = await self._means.doors.ask(
            OpenPart(ask.evidence, ask.bucket, ask.name, ask.upload, ask.number, ask.size_bytes)
        )

        async def give_up(outcome: str) -> None:
            await self._means.doors.ask(ClosePart(ask.evidence, opened.ticket, outcome))

        async def fill(sealing: Sealing) -> Sequence[Checksum]:
            summing = Summing(sealing, [Algorithm(opened.checksum_algorithm)])
            return await self._fill(summing, opened.ticket, pieces)

        stored = await stored_from(self._means, opened, fill, give_up)
        done = ClosePart(ask.evidence, opened.ticket, COMPLETE, stored)
        return Brought(etag=(await closing(self._means, opened, done)).etag)

    async def _fill(self, summing: Summing, ticket: str, pieces: AsyncIterator[bytes]) -> Sequence[Checksum]:
        taken = asked = 0
        still = Still(self._means.doors, ticket)
        async for piece in pieces:
            await summing.take(piece)
            taken += len(piece)
            if taken - asked >= KILL_CHECK_BYTES:
                asked = taken
                await still.demand(taken)
        return summing.checksums()

    async def _flow(self, found: GetOpened) -> AsyncGenerator[bytes, None]:
        """Each piece counts as sent once it is handed on: none that somebody got is missing."""
        sent, asked, outcome = 0, 0, FAILED
        try:
            if found.pieces:
                parts = [section_of(one, self._means.stores) for one in found.pieces]
                plain = decrypted(parts, found.data_key, found.version, found.commitment)
                still = Still(self._means.doors, found.ticket)
                async with aclosing(plain) as pieces:
                    async for piece in pieces:
                        if sent + len(piece) - asked > KILL_CHECK_BYTES:
                            asked = sent
                            await still.demand(sent)
                        sent += len(piece)
                        yield piece
            outcome = COMPLETE
        except (GeneratorExit, asyncio.CancelledError):
            outcome = CUT
            raise
        finally:
            await self._ended(found.ticket, outcome, sent)

    async def _ended(self, ticket: str, outcome: str, sent_bytes: int) -> None:
        """Also when this very task is being cancelled."""

        async def tell() -> None:
            try:
                await self._means.doors.ask(CloseGet(ticket, outcome, sent_bytes))
            except Refusal:  # not told, it counts as all bytes
                return

        if ticket:
            await asyncio.shield(asyncio.get_running_loop().create_task(tell()))
