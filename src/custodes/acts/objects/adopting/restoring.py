"""Restoring one version: written anew under a key of this house, from what another house stored and a sheet
opens.

The versions of a name come oldest first, and each only upon the one before it: whatever an application wrote
or deleted meanwhile wins.
"""

from dataclasses import dataclass, fields

import msgspec

from custodes.acts.asks import Token
from custodes.acts.asks.buckets.adopting import AdoptedItem, CloseRestored, OpenRestored, RestoredOpened
from custodes.acts.asks.objects import ClosePut, Content, Piece, PutClosed
from custodes.acts.exporting.reading import Line, manifest_of
from custodes.acts.gate import Receipted
from custodes.acts.objects.ground import Stand, record
from custodes.acts.objects.outcomes import FATE_AFTER
from custodes.acts.objects.puts.opening import Begun
from custodes.acts.objects.reads.gets import piece_of
from custodes.acts.objects.tickets import PutTicket
from custodes.acts.writing.act import Act, Failed, Row, Write
from custodes.acts.writing.object_rows import VersionRow
from custodes.custody.manifest import Manifest, cover
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import conflict
from custodes.objects.adoption import FOUND, PASSED, RUNNING, Adoption, named
from custodes.objects.conditions import NONE
from custodes.objects.version import Versioning

from .ground import AdoptionGround, Approved
from .sealing import ApprovedPuts, SealItems
from .sheets import Sheets, is_bound

BEFORE_MAX = 1_000


@dataclass(kw_only=True, repr=False)
class RestoredTicket(PutTicket):
    """A version of a restoration on its way; what is told about it is the manifest's that was opened."""

    adoption: str
    item: str
    etag: str
    content: Content


class RestoreItems:
    """Answers `OpenRestored` and `CloseRestored`."""

    def __init__(self, ground: AdoptionGround, sheets: Sheets, sealing: SealItems) -> None:
        self._a = ground
        self._g = ground.g
        self._sheets = sheets
        self._sealing = sealing
        self._puts = ApprovedPuts(ground)

    async def open(self, ask: OpenRestored) -> RestoredOpened:
        """See `OpenRestored`."""
        return await self._g.o.gate.until_committed(lambda: self._open(ask))

    async def close(self, ask: CloseRestored) -> PutClosed:
        """See `CloseRestored`."""
        ticket = self._g.tickets.look(ask.ticket, RestoredTicket)
        what = (ticket.etag, (ticket.version, ask.digest))
        ticket.also = (Write("adopt.seal", (ticket.adoption, ticket.item, *what)),)
        done = ClosePut(Token(ticket.adoption), ask.ticket, ask.outcome, ask.stored, ticket.content)
        return await self._puts.close_as(done, RestoredTicket)

    async def _open(self, ask: OpenRestored) -> RestoredOpened | Failed:
        a, g = self._a, self._g
        approved = await a.approved(ask.adoption, (RUNNING,))
        item = await g.o.read(lambda r: r.objects.adopted_item(ask.adoption, ask.name))
        if item is None or item.state != FOUND or not approved.row.is_restoration:
            raise conflict("item-passed")
        sheet, line = await self._sheets.line(approved.row, item)
        expected = await self._upon(approved.row, approved.stand, item)
        upon = Row("object.current", (approved.stand.bucket.id, line.name, expected))
        if line.marker:
            return await self._marked(approved, item, line, upon)
        whole = manifest_of(sheet, line)
        what = (line.name, line.size, NONE, "administration")
        begun = await self._puts.begin(
            approved.who, approved.stand, what, Token(ask.adoption), line.state.tags
        )
        begun = self._as_restored(begun, (approved.row, item, line), whole, upon)
        if begun.is_long:
            outcome = await self._puts.commit(begun)
            if isinstance(outcome, Failed):
                return outcome
            g.o.gate.still_fresh(outcome)
        return RestoredOpened(
            put=self._puts.opened(begun),
            data_key=line.data_key,
            version=line.version,
            commitment=whole.commitment,
            pieces=_pieces(whole),
        )

    async def _upon(self, row: Adoption, stand: Stand, item: AdoptedItem) -> str | None:
        """The version this one comes upon: the last that was restored of the name, or none.

        `item-waits` (conflict) while an older one is to come first; `item-passed` where something else has
        the name.
        """
        o, name = self._g.o, named(item.name)[0]
        older = await o.read(lambda r: r.objects.adopted_before(row.id, item.name, BEFORE_MAX))
        if any(one.state == FOUND for one in older):
            raise conflict("item-waits")
        expected = next((one.version for one in older if one.version), None)
        current = await o.read(lambda r: r.objects.version(stand.bucket.id, name, None))
        is_deleted = any(one.state == PASSED and one.note == "deleted" for one in older)
        if is_deleted or expected != (current.version if current is not None else None):
            await self._sealing.moved(row.id, item.name, (FOUND, PASSED), "there-already")
            raise conflict("item-passed")
        return expected

    def _as_restored(
        self, begun: Begun, what: tuple[Adoption, AdoptedItem, Line], whole: Manifest, upon: Row
    ) -> Begun:
        row, item, line = what
        values = {field.name: getattr(begun.ticket, field.name) for field in fields(begun.ticket)}
        wished = begun.ticket.wished
        if is_bound(self._g.o, line):
            held = True if line.state.held else None
            wished = msgspec.structs.replace(wished, retention=line.state.retention, is_held=held)
        values["wished"] = msgspec.structs.replace(wished, expects=(*wished.expects, upon))
        content = Content(
            content_type=whole.content_type,
            headers=tuple(sorted(whole.headers.items())),
            metadata=tuple(sorted(whole.metadata.items())),
        )
        ticket = RestoredTicket(**values, adoption=row.id, item=item.name, etag=item.etag, content=content)
        return msgspec.structs.replace(begun, ticket=ticket)

    async def _marked(
        self, approved: Approved, item: AdoptedItem, line: Line, upon: Row
    ) -> RestoredOpened | Failed:
        """A delete marker is set as it was there: nothing is read, no key is used."""
        g, o, stand = self._g, self._g.o, approved.stand
        if stand.bucket.versioning is not Versioning.ENABLED:
            raise conflict("bucket-not-versioned")
        now, act_id = o.clock.now(), new_id("act", o.dice)
        version = new_id("ver", o.dice)
        marker = VersionRow(
            bucket=stand.bucket.id, name=line.name, version=version, at=now, is_null=False, is_marker=True
        )
        said = record(
            "object.mark",
            approved.who,
            stand,
            approved.decided,
            subject=version,
            name=line.name,
            key=stand.key.id,
            object_version=version,
            bytes=0,
            versioning=stand.bucket.versioning.value,
            standing_seq=o.standing.seq,
        )
        await o.records.ready(stand.customer)
        outcome = await o.gate.commit(
            Act(
                id=act_id,
                expects=(*g.footing(approved.decided, stand), *approved.expects, upon),
                entries=(o.records.seal(stand.customer, act_id, 0, said),),
                writes=(
                    Write("object.add", (marker, now + FATE_AFTER)),
                    Write("adopt.seal", (approved.row.id, item.name, item.etag, (version, ""))),
                ),
            )
        )
        return RestoredOpened(put=None) if isinstance(outcome, Receipted) else outcome


def _pieces(whole: Manifest) -> tuple[Piece, ...]:
    """Everything, part by part, bound as the other house bound it."""
    if not whole.plain_bytes:
        return ()
    return tuple(piece_of(whole, covered, ()) for covered in cover(whole, 0, whole.plain_bytes - 1))
