"""Giving the sheets of an export: the entry is committed and witnessed before a key is opened."""

import hashlib

import msgspec

from custodes.acts.asks.exports import ExportSheet, TakeExport
from custodes.acts.footing.customer import Customer
from custodes.acts.gate import Receipted
from custodes.acts.objects.pages import ObjectPages
from custodes.acts.objects.rules.states import opened_state
from custodes.acts.writing.act import Act, Failed
from custodes.acts.writing.object_rows import VersionRow
from custodes.acts.writing.ports import Reads
from custodes.custody.hierarchy import Page
from custodes.custody.keys import Key, usable_for
from custodes.custody.materials.kinds import Use
from custodes.kernel import canonical
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, Refusal, conflict, limited, locked, malformed
from custodes.objects.bucket import Bucket
from custodes.objects.export import VERSIONS_MAX, Export
from custodes.objects.rules.state import State

from . import sheet
from .ground import Ground, record

WITNESSED_WITHIN_S = 10.0
WAITING_MAX = 64


class _Rows(msgspec.Struct, frozen=True, kw_only=True):
    """Versions of one sheet, with the pages their keys lie in; all of them under one key."""

    rows: tuple[VersionRow, ...]
    pages: dict[str, Page]
    key: Key
    has_more: bool

    @property
    def versions(self) -> tuple[str, ...]:
        """Their ids."""
        return tuple(row.version for row in self.rows)

    @property
    def size_bytes(self) -> int:
        """Plain bytes of all of them."""
        return sum(row.size for row in self.rows)


class _Admitted(msgspec.Struct, frozen=True):
    """A sheet whose entry is committed: the versions it names."""

    versions: tuple[str, ...]
    receipted: Receipted


class Giving:
    """Answers `TakeExport`."""

    def __init__(self, ground: Ground) -> None:
        self._g = ground
        self._keys = ObjectPages(ground.o)
        self._unwitnessed: dict[tuple[str, str, str], _Admitted] = {}

    async def take(self, ask: TakeExport) -> ExportSheet:
        """See `TakeExport`."""
        g, o = self._g, self._g.o
        o.identities.of(ask.evidence)  # nobody learns which exports there are
        if not 1 <= ask.limit <= VERSIONS_MAX:
            raise malformed("bad-export", member="limit")
        at = (ask.export, ask.bucket, ask.after)
        kept = self._unwitnessed.get(at)
        if kept is None:
            kept = await o.gate.until_committed(lambda: self._admitted(ask))
        else:
            await g.allowed(ask.evidence, g.row(ask.export))
        if len(self._unwitnessed) >= WAITING_MAX:
            self._unwitnessed.clear()
        self._unwitnessed[at] = kept
        try:
            await o.witnessing.until(kept.receipted.committed.positions[0], WITNESSED_WITHIN_S)
        except Refusal as refusal:
            raise limited("slow-down") from refusal
        self._unwitnessed.pop(at, None)
        row = g.row(ask.export)
        bucket = g.bucket(row, ask.bucket)
        found = await self._found(bucket, ask)
        if found.versions != kept.versions:  # erased, or written, meanwhile
            raise conflict("changed-meanwhile")
        return self._given(g.row(ask.export), bucket, found, kept.receipted)

    async def _admitted(self, ask: TakeExport) -> _Admitted | Failed:
        g, o = self._g, self._g.o
        row = g.row(ask.export)
        customer, who, decided = await g.allowed(ask.evidence, row)
        g.refuse_if_over(row)
        bucket = g.bucket(row, ask.bucket)
        found = await self._found(bucket, ask)
        digest = hashlib.sha256(canonical.encode(list(found.versions))).digest()
        said = record(
            "export.take",
            who,
            decided,
            row.id,
            subject_hash=canonical.b64(digest),
            bucket=bucket.id,
            key=found.key.id,
            count=len(found.rows),
            bytes=found.size_bytes,
            location=row.location,
        )
        await o.records.ready(customer)
        act_id = new_id("act", o.dice)
        rows = (("export", row.id), ("bucket", bucket.id), ("key", found.key.id))
        outcome = await o.gate.commit(
            Act(
                id=act_id,
                expects=(*decided.expects, *(o.standing.expect(*one) for one in rows)),
                entries=(o.records.seal(customer, act_id, 0, said),),
            )
        )
        return outcome if isinstance(outcome, Failed) else _Admitted(found.versions, outcome)

    async def _found(self, bucket: Bucket, ask: TakeExport) -> _Rows:
        """The next rows, as far as they lie under one key; `page-lost` (broken), what locks it (locked)."""
        o = self._g.o
        after = _place(ask.after)
        rows, pages = await o.read(lambda reads: _read(reads, o.house, bucket.id, after, ask.limit))
        has_more = len(rows) == ask.limit
        key_id = next((pages[row.page].scope.key for row in rows if row.page is not None), bucket.key)
        same = tuple(_while_under(key_id, rows, pages))
        key = o.standing.get("key", key_id, Key)
        if key is None or key.customer != bucket.customer:
            raise Refusal("page-lost", Kind.BROKEN)
        for page in {row.page for row in same if row.page is not None}:
            if pages[page].scope.customer != bucket.customer:
                raise Refusal("page-lost", Kind.BROKEN)
            unusable = usable_for(key, Use.UNWRAP, pages[page].key_version)
            if unusable is not None:
                raise locked(unusable)
        return _Rows(rows=same, pages=pages, key=key, has_more=has_more or len(same) < len(rows))

    def _given(self, row: Export, bucket: Bucket, found: _Rows, receipted: Receipted) -> ExportSheet:
        """Open the keys, seal them to the recipient. No `await` in here: nothing changes on the way."""
        g, o = self._g, self._g.o
        g.refuse_if_over(row)
        locations = tuple(dict.fromkeys(at for one in found.rows for _, at in one.blobs))
        o.decisions.refuse_if_killed(row.customer, g.places.providers(locations))
        o.witnessing.refuse_if_stale(row.customer)
        customer = o.standing.get("customer", row.customer, Customer)
        if customer is None or o.standing.get("key", found.key.id, Key) != found.key:
            raise conflict("changed-meanwhile")
        at = receipted.committed.positions[0]
        head = sheet.Head(
            house=o.house,
            customer=row.customer,
            export=row.id,
            bucket=bucket,
            stores=g.places.stores(locations),
            log=at.log,
            index=at.index,
        )
        lines = [self._line(customer, bucket, found, one) for one in found.rows]
        last = found.rows[-1] if found.rows and found.has_more else None
        return ExportSheet(
            sealed=sheet.sealed(row.recipient, sheet.written(head, lines)),
            count=len(found.rows),
            size_bytes=found.size_bytes,
            after="" if last is None else canonical.b64(canonical.encode([last.name, last.seq])),
            log=at.log,
            index=at.index,
        )

    def _line(self, customer: Customer, bucket: Bucket, found: _Rows, row: VersionRow) -> sheet.Line:
        data_key = None
        if row.page is not None:
            page = found.pages[row.page]
            data_key = self._keys.unwrap(customer, found.key, page, row.version, row.wrapped)
        return sheet.Line(row=row, data_key=data_key, state=self._told(bucket, row))

    def _told(self, bucket: Bucket, row: VersionRow) -> State | None:
        """What a version was told; None where that was forged: nobody is kept from leaving by it."""
        try:
            return opened_state(self._g.o, bucket, row)
        except Refusal:
            return None


def _while_under(key: str, rows: tuple[VersionRow, ...], pages: dict[str, Page]) -> list[VersionRow]:
    same = []
    for row in rows:
        if row.page is not None and pages[row.page].scope.key != key:
            break
        same.append(row)
    return same


def _place(after: str) -> tuple[str, int] | None:
    """Where the sheet before ended: (name, sequence)."""
    if not after:
        return None
    try:
        plain = canonical.decode(canonical.unb64(after))
    except (Refusal, ValueError) as error:
        raise malformed("bad-export", member="after") from error
    if not isinstance(plain, list) or len(plain) != 2:
        raise malformed("bad-export", member="after")
    name, sequence = plain
    if not isinstance(name, str) or type(sequence) is not int:
        raise malformed("bad-export", member="after")
    return name, sequence


def _read(
    reads: Reads, house: str, bucket: str, after: tuple[str, int] | None, limit: int
) -> tuple[tuple[VersionRow, ...], dict[str, Page]]:
    rows = tuple(reads.objects.whole(bucket, after, limit))
    pages: dict[str, Page] = {}
    for id_ in {row.page for row in rows if row.page is not None}:
        page = reads.page(house, id_)
        if page is None:
            raise Refusal("page-lost", Kind.BROKEN)
        pages[id_] = page
    return rows, pages
