"""Takes in a bucket that lies in plain: lists it, seals each object, removes or brings back what lay there.

Each object is one step that a crash can cut anywhere: what was not closed is done again, and what was stored
for it is collected. A plain byte is in this process's memory while it is sealed, as with any write.
"""

import hashlib
import logging
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from typing import Protocol

import msgspec

from custodes.acts.asks import Doors
from custodes.acts.asks.buckets.adopting import (
    AdoptedItem,
    AdoptionWork,
    CloseItem,
    CloseRestored,
    HoldItems,
    ItemDone,
    ItemsCounted,
    OpenItem,
    OpenRestored,
    OpenReturn,
    TakeAdoption,
    TakeItem,
)
from custodes.acts.asks.objects import CloseGet, Content, GetOpened, PutOpened, Store, Stored
from custodes.custody import envelope
from custodes.kernel.canonical import b64
from custodes.kernel.clock import to_text
from custodes.kernel.dice import Dice
from custodes.kernel.limits import KILL_CHECK_BYTES
from custodes.kernel.refusal import Kind, Refusal
from custodes.objects.adoption import BACK, CHANGED, FAILED, GONE
from custodes.objects.checksums import DEFAULT, running
from custodes.objects.padding import padding_for

from .going import held, steadily
from .ports import Buffer, PlainContent, PlainItem, PlainStore, PlainStores, Stores
from .reading import opened as decrypted
from .reading import section_of
from .still import Still
from .targets import Targets
from .writing import Sealing

PAUSE_S = 10.0
PAGE = 1_000
COMPLETE = "complete"

_log = logging.getLogger("custodes.adopting")


class Reach(Stores, PlainStores, Protocol):
    """Both kinds of stores."""


class Adopter:
    """One per process that reaches the stores."""

    def __init__(self, doors: Doors, stores: Reach, dice: Dice) -> None:
        self._doors = doors
        self._stores = stores
        self._dice = dice

    async def run(self, pause_s: float = PAUSE_S) -> None:
        """Step after step while there is work, then a look every `pause_s` seconds."""
        await steadily(self.step, pause_s, lambda code: _log.warning("adopting waits: %s", code))

    async def step(self) -> bool:
        """One page of a list, or of objects; False where there was nothing to do."""
        work = await self._doors.ask(TakeAdoption())
        if work.source is None:
            return False
        if work.step == "count":
            await self._count(work, self._stores.plain_at(work.source.uri))
            return True
        async with held(self._doors, HoldItems(work.adoption, tuple(item.name for item in work.items))):
            for item in work.items:
                await self._one(work.adoption, item, self._doing(work, work.source, item))
        return True

    def _doing(self, work: AdoptionWork, at: Store, item: AdoptedItem) -> Coroutine[None, None, None]:
        if work.step == "restore":
            return self._restored(work.adoption, at, item)
        do = {"seal": self._seal, "clear": self._clear, "return": self._bring_back}[work.step]
        return do(work.adoption, self._stores.plain_at(at.uri), item)

    async def take_in(self, adoption: str, name: str) -> None:
        """Seal one object now, because somebody reads it; nothing if that was done meanwhile."""
        work = await self._doors.ask(TakeItem(adoption, name))
        if work.source is None or not work.items:
            return
        try:
            await self._seal(adoption, self._stores.plain_at(work.source.uri), work.items[0])
        except Refusal as refusal:
            if refusal.kind is not Kind.CONFLICT:  # another one has sealed it first
                raise

    async def _one(self, adoption: str, item: AdoptedItem, doing: Coroutine[None, None, None]) -> None:
        """One object, done or failed; what keeps the whole from going on is raised."""
        try:
            await doing
        except Refusal as refusal:
            if refusal.kind in (Kind.UNAVAILABLE, Kind.LIMITED, Kind.LOCKED, Kind.UNAUTHENTICATED):
                raise
            await self._done(adoption, item, FAILED, refusal.code)
        except ValueError:
            await self._done(adoption, item, FAILED, "name-invalid")

    async def _count(self, work: AdoptionWork, source: PlainStore) -> None:
        found = await source.page(max(work.after, _before(work.prefix)), PAGE)
        taken = [item for item in found if item.name.startswith(work.prefix)]
        is_end = len(found) < PAGE or len(taken) < len(found)
        await self._doors.ask(
            ItemsCounted(work.adoption, work.after, tuple(_found(item) for item in taken), is_end)
        )

    async def _seal(self, adoption: str, source: PlainStore, item: AdoptedItem) -> None:
        content = await source.open(item.name)
        if content is None or content.item.etag != item.etag:
            if content is not None:
                await content.pieces.aclose()
            await self._done(adoption, item, CHANGED, "absent" if content is None else "etag-differs")
            return
        async with aclosing(content.pieces):
            opened = await self._doors.ask(OpenItem(adoption, item.name))
            sealing = self._sealing(opened, item.size)
            try:
                digest, checksum = await self._through(content.pieces, opened.ticket, sealing)
                await sealing.finish()
            except BaseException:
                await sealing.drop()
                await self._doors.ask(CloseItem(ticket=opened.ticket, outcome="failed"))
                raise
        stored = self._stored(opened, sealing, checksum)
        await self._doors.ask(
            CloseItem(
                ticket=opened.ticket,
                outcome=COMPLETE,
                stored=stored,
                content=Content(content.content_type, content.headers, content.metadata),
                etag=content.item.etag,
                digest=digest,
            )
        )

    async def _restored(self, adoption: str, source: Store, item: AdoptedItem) -> None:
        """One version of another installation: read under the keys it has there, sealed under its new one."""
        found = await self._doors.ask(OpenRestored(adoption, item.name))
        if found.put is None:
            return
        sealing = self._sealing(found.put, item.size)
        sections = [
            section_of(msgspec.structs.replace(piece, stores=(source,)), self._stores)
            for piece in found.pieces
        ]
        plain = decrypted(sections, found.data_key, found.version, found.commitment)
        try:
            async with aclosing(plain):
                digest, checksum = await self._through(plain, found.put.ticket, sealing)
            await sealing.finish()
        except BaseException:
            await sealing.drop()
            await self._doors.ask(CloseRestored(ticket=found.put.ticket, outcome="failed"))
            raise
        stored = self._stored(found.put, sealing, checksum)
        await self._doors.ask(
            CloseRestored(ticket=found.put.ticket, outcome=COMPLETE, stored=stored, digest=digest)
        )

    async def _clear(self, adoption: str, source: PlainStore, item: AdoptedItem) -> None:
        """Only what is as it was when it was sealed is removed."""
        is_gone = await source.remove(item.name, item.etag)
        await self._done(adoption, item, GONE if is_gone else CHANGED, "" if is_gone else "etag-differs")

    async def _bring_back(self, adoption: str, source: PlainStore, item: AdoptedItem) -> None:
        there = await source.open(item.name)
        if there is not None:  # somebody wrote it anew: that is not overwritten
            await there.pieces.aclose()
            await self._done(adoption, item, CHANGED, "there-again")
            return
        found = await self._doors.ask(OpenReturn(adoption, item.name))
        sent, outcome = _Digested(self._plain(found)), "failed"
        try:
            content = PlainContent(
                item=PlainItem(name=item.name, size=found.size, etag="", modified=to_text(found.at)),
                content_type=found.content.content_type,
                headers=found.content.headers,
                metadata=found.content.metadata,
                pieces=sent.pieces(item.digest),
            )
            await source.put(item.name, content)
            outcome = COMPLETE
        finally:
            if found.ticket:
                await self._doors.ask(CloseGet(ticket=found.ticket, outcome=outcome, sent_bytes=sent.size))
        await self._done(adoption, item, BACK, "")

    async def _through(
        self,
        pieces: AsyncGenerator[Buffer, None] | AsyncGenerator[bytes, None],
        ticket: str,
        sealing: Sealing,
    ) -> tuple[str, str]:
        """Everything, once; SHA-256 and the default checksum of it, base64. A kill stops it within 1 MiB."""
        sha, checksum, asked_bytes = hashlib.sha256(), running(DEFAULT), 0
        still = Still(self._doors, ticket)
        async for piece in pieces:
            sha.update(piece)
            checksum.update(piece)
            await sealing.take(piece)
            if sealing.plain_bytes - asked_bytes >= KILL_CHECK_BYTES:
                asked_bytes = sealing.plain_bytes
                await still.demand(asked_bytes)
        return b64(sha.digest()), b64(checksum.digest())

    def _stored(self, opened: PutOpened, sealing: Sealing, checksum: str) -> Stored:
        return Stored(
            blob=opened.blob,
            plain_bytes=sealing.plain_bytes,
            cipher_bytes=sealing.cipher_bytes,
            header=sealing.header,
            checksums=((DEFAULT.value, checksum),),
            padding_bytes=sealing.padding_bytes,
            check=sealing.check,
            missed=tuple(opened.stores[number].location for number in sealing.missed),
        )

    def _sealing(self, opened: PutOpened, size: int) -> Sealing:
        stores = [self._stores.at(place.uri) for place in opened.stores]
        keyed = (opened.data_key, opened.associated)
        sealing = Sealing(opened.blob, keyed, stores, self._dice, opened.padding)
        expected = envelope.cipher_length(size + padding_for(opened.padding, size))
        return sealing.kept(opened.check_key, Targets(opened.blob, stores, opened.copies_min, expected))

    async def _plain(self, found: GetOpened) -> AsyncGenerator[bytes, None]:
        sections = [section_of(piece, self._stores) for piece in found.pieces]
        if sections:
            plain = decrypted(sections, found.data_key, found.version, found.commitment)
            sent_bytes, asked_bytes, still = 0, 0, Still(self._doors, found.ticket)
            async with aclosing(plain) as pieces:
                async for piece in pieces:
                    yield piece
                    sent_bytes += len(piece)
                    if sent_bytes - asked_bytes >= KILL_CHECK_BYTES:
                        asked_bytes = sent_bytes
                        await still.demand(sent_bytes)

    async def _done(self, adoption: str, item: AdoptedItem, state: str, note: str) -> None:
        await self._doors.ask(ItemDone(adoption=adoption, name=item.name, state=state, note=note))


class _Digested:
    """Plain bytes on their way back: what is not what was taken in is not written."""

    def __init__(self, plain: AsyncGenerator[bytes, None]) -> None:
        self._plain = plain
        self.size = 0

    async def pieces(self, digest: str) -> AsyncGenerator[Buffer, None]:
        """The same bytes; `stream-mismatch` (broken) instead of an end that has another digest."""
        sha = hashlib.sha256()
        async with aclosing(self._plain) as pieces:
            async for piece in pieces:
                sha.update(piece)
                self.size += len(piece)
                yield piece
        if b64(sha.digest()) != digest:
            raise Refusal("stream-mismatch", Kind.BROKEN)


def _before(prefix: str) -> str:
    """A name right before every name with this prefix."""
    return prefix[:-1] + chr(ord(prefix[-1]) - 1) + "\U0010ffff" if prefix else ""


def _found(item: PlainItem) -> AdoptedItem:
    return msgspec.convert(msgspec.structs.asdict(item), AdoptedItem)
