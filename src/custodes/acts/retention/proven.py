"""That an entry was destroyed under retention, proven by the entry that says so and not by a mark.

A mark says where to look. The entry it names is opened and proven against its leaf like every other; it must
be a `retention.destroy` of that customer, name that log, and its spans must cover what the mark claims.
"""

from collections.abc import Mapping

import msgspec

from custodes.acts.footing.customer import EXCEPTIONAL, Customer
from custodes.acts.records import Records
from custodes.acts.writing.ports import Reads
from custodes.kernel.refusal import Kind, Refusal
from custodes.ledger.retention import spans
from custodes.ledger.retention.spans import Span

ACT = "retention.destroy"
MARKS_MAX = 500


class Destroyed(msgspec.Struct, frozen=True, kw_only=True):
    """Entries [first, end) of a log; `by` is where the entry that says so stands in the exceptional one."""

    log: str
    first: int
    end: int
    entry_class: str
    days: int
    at: str
    until: str
    by: int


def said_spans(fields: Mapping[str, object]) -> tuple[str, list[Span]] | None:
    """(log, spans) that one proven entry says were destroyed; None for any other entry."""
    if fields.get("act") != ACT:
        return None
    return str(fields.get("subject")), spans.from_field(fields.get("ranges"))


def destroyed(
    reads: Reads, records: Records, house: tuple[str, Customer], log: str, span: Span
) -> tuple[Destroyed, ...]:
    """What of [low, high) of a log was destroyed, in order; at most `MARKS_MAX` spans.

    `destruction-unproven` (broken) when there is a mark that no entry covers: somebody hid something.
    """
    house_id, customer = house
    opened: dict[int, Mapping[str, object]] = {}
    found = []
    for mark in reads.upkeep.marks(log, *span, MARKS_MAX):
        if mark.by is None:
            raise _unproven(log, mark.first)
        if mark.by not in opened:
            opened[mark.by] = _fields(reads, records, (house_id, customer), mark.by)
        fields = opened[mark.by]
        said = said_spans(fields)
        if said is None or said[0] != log or spans.missing(said[1], mark.first, mark.end):
            raise _unproven(log, mark.first)
        found.append(
            Destroyed(
                log=log,
                first=max(mark.first, span[0]),
                end=min(mark.end, span[1]),
                entry_class=str(fields["entry_class"]),
                days=int(str(fields["days"])),
                at=str(fields["at"]),
                until=str(fields["until"]),
                by=mark.by,
            )
        )
    return tuple(found)


def _fields(reads: Reads, records: Records, house: tuple[str, Customer], index: int) -> Mapping[str, object]:
    house_id, customer = house
    log = customer.log(EXCEPTIONAL)
    row = reads.opening(log, index)
    page = reads.page(house_id, row.page) if row is not None else None
    leaves = reads.leaves(log, index, index + 1)
    if row is None or page is None or not leaves:
        raise _unproven(log, index)
    return records.unseal(customer, page, row, leaves[0]).fields


def _unproven(log: str, index: int) -> Refusal:
    return Refusal("destruction-unproven", Kind.BROKEN, {"log": log, "index": index})
