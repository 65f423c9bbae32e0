"""What each entry changed of what is stored, without a list of everything that is stored.

The log itself is looked into: the version an entry removes is found by the entries about it, the bucket of a
read's end by its beginning. Only where a bucket keeps no versions, and the next one of a name replaces the
one before, a row for each name says which that is: by a keyed tag, for names can be erased, and it goes then.
"""

from collections.abc import Mapping, Sequence

import msgspec

from custodes.acts.counting import state
from custodes.acts.counting.state import Head
from custodes.acts.footing.customer import MACHINE, Customer
from custodes.acts.opened import Opened
from custodes.acts.writing.fold_reads import FoldName
from custodes.acts.writing.ports import Reads
from custodes.acts.writing.readers import OpeningRow
from custodes.assurance.counting import Begun, begun_of
from custodes.assurance.metering import NO_CHANGE, Change, Fields
from custodes.custody.hierarchy import Page
from custodes.kernel.refusal import Kind, Refusal
from custodes.objects.audit import Deed, Noted, noted_of
from custodes.objects.version import Versioning

ABOUT_MAX = 50  # entries about one version that are looked through for the one that wrote it
MARKER = -1
_WROTE = ("object.put", "object.mark")

ENDED = ("object.get", "object.lease")

At = tuple[str, int]
Lying = tuple[OpeningRow, bytes, Page]


class Looked(msgspec.Struct, kw_only=True):
    """What was looked up: names by tag and by version, which act wrote a version that is removed, what an
    erased entry had written, and the beginnings of reads that ended.
    """

    names: dict[bytes, FoldName | None] = {}
    by_version: dict[str, FoldName] = {}
    wrote: dict[str, str] = {}
    erased: dict[At, tuple[str, str, bool]] = {}
    begun: dict[At, Lying] = {}


class Wanted(msgspec.Struct, kw_only=True):
    """What is to be looked up for a stretch of entries."""

    tags: set[bytes] = msgspec.field(default_factory=set)
    removed: set[str] = msgspec.field(default_factory=set)
    erased: set[At] = msgspec.field(default_factory=set)
    begun: set[At] = msgspec.field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.tags or self.removed or self.erased or self.begun)


class Holding:
    """Takes the entries of one step in their order. `names` that changed and tags that are `gone` are for
    the store to keep.
    """

    def __init__(self, customer: str, head: Head, looked: Looked) -> None:
        self._customer = customer
        self._head = head
        self._looked = looked
        self._changed: dict[bytes, FoldName | None] = {}

    @property
    def names(self) -> tuple[FoldName, ...]:
        """Names that say something else now."""
        return tuple(row for row in self._changed.values() if row is not None)

    @property
    def gone(self) -> tuple[bytes, ...]:
        """Tags of names of which nothing is left."""
        return tuple(tag for tag, row in self._changed.items() if row is None)

    def take(self, index: int, fields: Fields) -> Change:
        """`counts-forged` (broken): a name says what an entry to come will say."""
        if fields.get("act") == "erasure":
            return self._erased(fields)
        noted = noted_of(fields)
        if noted is None:
            return NO_CHANGE
        if noted.deed is Deed.REMOVE:
            return self._removed(noted, fields)
        size = int(fields.get("bytes", 0)) if noted.deed is Deed.PUT else MARKER
        before = NO_CHANGE
        if noted.name is not None and _is_null(noted):
            before = self._replaced(noted, noted.name, (index, size))
        if size == MARKER:
            return before
        if noted.name is None:
            self._head.unnamed.append(noted.version)
        return Change(before.objects + 1, before.size_bytes + size, before.unnamed + (noted.name is None))

    def _replaced(self, noted: Noted, name: str, what: tuple[int, int]) -> Change:
        index, size = what
        tag = state.tag(self._head.secret, noted.bucket, name)
        row = self._name(tag)
        if row is not None and row.index >= index:
            raise state.forged("name")
        self._changed[tag] = state.named(
            self._head.secret, self._customer, (tag, index), (noted.version, size)
        )
        return NO_CHANGE if row is None else self._less(row.version, row.size)

    def _removed(self, noted: Noted, fields: Fields) -> Change:
        row = None
        if noted.name is not None:
            row = self._name(state.tag(self._head.secret, noted.bucket, noted.name))
        row = row if row is not None and row.version == noted.version else self._of(noted.version)
        if row is not None:
            self._changed[row.tag] = None
            return self._less(row.version, row.size)
        wrote = self._looked.wrote.get(noted.version, "")
        if wrote == "object.mark" or (not wrote and self._head.lost):
            return NO_CHANGE  # a marker, or what wrote it was lost and never counted
        return self._less(noted.version, int(fields.get("bytes", 0)))

    def _erased(self, fields: Fields) -> Change:
        position = fields.get("position")
        at = (str(position[0]), int(position[1])) if isinstance(position, list) else ("", 0)
        version, wrote, is_gone = self._looked.erased.get(at, ("", "", True))
        row = self._of(version)
        if row is not None:
            self._changed[row.tag] = None
        is_held = (row is not None and row.size != MARKER) or (wrote == "object.put" and not is_gone)
        if not is_held or version in self._head.unnamed:
            return NO_CHANGE
        self._head.unnamed.append(version)
        return Change(unnamed=1)

    def _less(self, version: str, size: int) -> Change:
        if size == MARKER:
            return NO_CHANGE
        was_unnamed = version in self._head.unnamed
        if was_unnamed:
            self._head.unnamed.remove(version)
        return Change(-1, -size, -int(was_unnamed))

    def _name(self, tag: bytes) -> FoldName | None:
        if tag in self._changed:
            return self._changed[tag]
        row = self._looked.names.get(tag)
        if row is not None:
            state.demand_true(self._head.secret, row)
        return row

    def _of(self, version: str) -> FoldName | None:
        for row in self._changed.values():
            if row is not None and row.version == version:
                return row
        row = self._looked.by_version.get(version)
        if row is None or row.tag in self._changed:
            return None
        state.demand_true(self._head.secret, row)
        return row


def wanted(secret: bytes, entries: Sequence[Fields], begun: Mapping[At, Begun]) -> Wanted:
    """What must be looked up for these entries; `begun` are beginnings that are known."""
    found = Wanted()
    for fields in entries:
        noted = noted_of(fields)
        is_named = noted is not None and noted.name is not None
        if noted is not None and is_named and (noted.deed is Deed.REMOVE or _is_null(noted)):
            found.tags.add(state.tag(secret, noted.bucket, noted.name or ""))
        if noted is not None and noted.deed is Deed.REMOVE:
            found.removed.add(noted.version)
        position = fields.get("position")
        if fields.get("act") == "erasure" and isinstance(position, list):
            found.erased.add((str(position[0]), int(position[1])))
        found.begun.update(at for at, _ in ends_of(fields) if at not in begun)
    return found


def ends_of(fields: Fields) -> list[tuple[At, int]]:
    """Beginnings of the reads, or of the lease, that ended here, with the bytes each released."""
    if fields.get("act") not in ENDED or fields.get("phase") != "outcome":
        return []
    outcomes = fields.get("outcomes")
    if isinstance(outcomes, list):
        return [((str(one[0]), int(one[1])), int(one[2])) for one in outcomes]
    at = fields.get("admission")
    return [((str(at[0]), int(at[1])), int(fields.get("bytes", 0)))] if isinstance(at, list) else []


def look(o: Opened, customer: Customer, asked: Wanted, reads: Reads) -> Looked:
    """Look it up, in one snapshot."""
    folds = reads.upkeep.folds
    found = Looked(
        names={row.tag: row for row in folds.names(customer.id, sorted(asked.tags))},
        by_version={},
        wrote={},
        erased={},
        begun={},
    )
    for version in sorted(asked.removed):
        found.wrote[version] = _wrote(reads, customer, version)
        found.by_version.update((row.version, row) for row in folds.named(customer.id, version))
    for log, index in sorted(asked.erased):
        row = reads.opening(log, index) if _is_own(customer, log) else None
        if row is not None and row.code in _WROTE:
            removals = reads.openings(log, subject=row.subject, code="object.delete", limit=1)
            found.erased[log, index] = (row.subject, row.code, bool(removals))
            found.by_version.update((one.version, one) for one in folds.named(customer.id, row.subject))
    for log, index in sorted(asked.begun):
        row = reads.opening(log, index) if _is_own(customer, log) else None
        leaves = reads.leaves(log, index, index + 1) if row is not None else ()
        page = reads.page(o.house, row.page) if row is not None else None
        if row is not None and page is not None and leaves:
            found.begun[log, index] = (row, leaves[0], page)
    return found


def begun_in(o: Opened, customer: Customer, found: Mapping[At, Lying]) -> dict[At, Begun]:
    """What each beginning says; nothing for one that does not open (it may be lost)."""
    said: dict[At, Begun] = {}
    for at, (row, leaf, page) in found.items():
        try:
            said[at] = begun_of(o.records.unseal(customer, page, row, leaf).fields)
        except Refusal as refusal:
            if refusal.kind is not Kind.BROKEN and refusal.code not in {"opening-differs", "bad-record"}:
                raise
    return said


def _is_null(noted: Noted) -> bool:
    return noted.versioning is not Versioning.ENABLED


def _is_own(customer: Customer, log: str) -> bool:
    return log.partition("/")[0] == customer.id


def _wrote(reads: Reads, customer: Customer, version: str) -> str:
    rows = reads.openings(customer.log(MACHINE), subject=version, limit=ABOUT_MAX, is_oldest_first=True)
    return next((row.code for row in rows if row.code in _WROTE), "")
