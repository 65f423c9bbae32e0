"""What is over for one customer now: cutoffs by class, and all that holds an entry beyond its term."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from custodes.acts.footing.customer import Customer
from custodes.acts.footing.standing import Standing
from custodes.acts.records import LOST
from custodes.acts.writing.ports import Reads
from custodes.acts.writing.readers import OpeningRow
from custodes.desks import catalogue
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.ledger.retention.terms import EntryClass, Hold, Terms, class_of, cutoff, is_held

DEEDS = frozenset({"object.put", "object.mark"})  # what the index rests on, by the object version it names
_NAMES = DEEDS | {"object.delete"}  # what the fold of names needs in one piece
_CASES_MAX = 500
_EVER = "9999-01-01T00:00:00Z"


class Over(msgspec.Struct, frozen=True, kw_only=True):
    """`cases_from`: when the oldest case that is open began; nothing since then is over."""

    terms: Terms
    cutoffs: dict[EntryClass, datetime]
    holds: tuple[Hold, ...]
    cases_from: datetime | None

    @property
    def number(self) -> int:
        """The same for the same cutoffs, holds and cases: what was looked through need not be again."""
        said = [
            sorted([name.value, to_text(at)] for name, at in self.cutoffs.items()),
            sorted(hold.id for hold in self.holds),
            to_text(self.cases_from) if self.cases_from and self._is_touched(self.cases_from) else "",
        ]
        return int.from_bytes(hashlib.sha256(canonical.encode(said)).digest()[:7], "big")

    def newest(self, kind: str) -> datetime | None:
        """Before when an entry of this kind of sub-log can be over; None when none ever is."""
        found = [
            at for name, at in self.cutoffs.items() if (name is EntryClass.MACHINE) is (kind == "machine")
        ]
        return max(found, default=None)

    def is_over(self, row: OpeningRow) -> bool:
        """Whether its term has run out and neither a hold nor a case keeps it."""
        if row.code == LOST:
            return False  # there is nothing of it but its leaf
        entry_class = class_of(row.log.rpartition("/")[2], row.code)
        at = self.cutoffs.get(entry_class) if entry_class is not None else None
        if entry_class is None or at is None or row.at >= at:
            return False
        if self.cases_from is not None and row.at >= self.cases_from:
            return False
        holds = self.holds
        if row.code in _NAMES:  # half of what happened to a name would read like another history
            holds = tuple(msgspec.structs.replace(hold, until_at=_EVER) for hold in holds)
        return not is_held(holds, entry_class, row.at)

    def _is_touched(self, since: datetime) -> bool:
        return any(since < at for at in self.cutoffs.values())


def over(standing: Standing, reads: Reads, customer: Customer, now: datetime) -> Over | None:
    """None where nobody has set terms."""
    terms = standing.get("retention", customer.id, Terms)
    if terms is None:
        return None
    final = {state for desk in catalogue.CURRENT.values() for state in desk.final}
    cases = reads.cases(
        customers=[customer.id], of=None, without=sorted(final), before=None, limit=_CASES_MAX
    )
    began = min((case.opened_at for case in cases), default=None)
    is_all = len(cases) < _CASES_MAX
    return Over(
        terms=terms,
        cutoffs={EntryClass(name): cutoff(now, days) for name, days in terms.days.items()},
        holds=holds_of(standing, customer.id),
        cases_from=None if began is None else _instant(began if is_all else 0),
    )


def holds_of(standing: Standing, customer: str) -> tuple[Hold, ...]:
    """Holds that stand, in order of their ids."""
    found = (hold for hold in standing.all_of("hold", Hold, customer) if hold.ended_at is None)
    return tuple(sorted(found, key=lambda hold: hold.id))


def taken(reads: Reads, due: Over, rows: Sequence[OpeningRow]) -> list[OpeningRow]:
    """Which of these entries are to be destroyed: over, under a published checkpoint, and not rested on.

    An object version that still stands rests on the entries that wrote it: without them nobody could say
    that the index was not rolled back.
    """
    found = [row for row in rows if due.is_over(row)]
    wrote = sorted({row.subject for row in found if row.code in DEEDS})
    standing = reads.object_names(wrote) if wrote else {}
    found = [row for row in found if row.code not in DEEDS or row.subject not in standing]
    covered = {log: _covered(reads, log, of) for log, of in _by_log(found).items()}
    return [row for row in found if row.index < covered[row.log]]


def _covered(reads: Reads, log: str, indexes: list[int]) -> int:
    """Below which index these entries are under the last published checkpoint."""
    note = reads.epoch_state().note.split(b"\n")
    turned = [row for row in reads.upkeep.shards() if row.last_epoch is not None]
    closed = max((row.last_epoch or 0 for row in turned), default=0)
    is_present = note[0].decode() not in {row.origin for row in turned}
    size = int(note[1]) if len(note) > 2 and is_present else 0
    low, high = 0, len(indexes)
    while low < high:
        middle = (low + high) // 2
        covering = reads.covering(log, indexes[middle])
        if covering is not None and (covering[0] <= closed or covering[1] < size):
            low = middle + 1
        else:
            high = middle
    return indexes[low - 1] + 1 if low else 0


def _by_log(rows: Sequence[OpeningRow]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(row.log, []).append(row.index)
    return {log: sorted(of) for log, of in found.items()}


def _instant(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1_000_000, UTC)
