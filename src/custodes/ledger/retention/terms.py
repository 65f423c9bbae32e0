"""Classes of entries, the term each may be given, and what holds an entry beyond it.

No term below is law. `days_proposed` is what we would begin with, a default of this software and marked so
wherever it is shown; nothing is destroyed until a customer and a second organisation have set his terms and
named their source. A class without a term is kept for as long as the log.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

import msgspec

from custodes.kernel.clock import from_text
from custodes.kernel.refusal import malformed
from custodes.ledger.vocabulary import SubLog

DAYS_MIN = 90  # every other limit of time in the house is shorter, so nothing running rests on such an entry
DAYS_MAX = 36_525
SOURCE_CHARACTERS_MAX = 200


class EntryClass(StrEnum):
    """What kinds of entries are kept for one term."""

    MACHINE = "machine"
    EXCEPTIONAL = "exceptional"
    ADMINISTRATION = "administration"
    PROOF = "proof"


class Term(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A class as pages show it. `days_proposed` None: we propose no end. `may_end` False: it has none."""

    entry_class: EntryClass
    german: str
    english: str
    days_proposed: int | None
    may_end: bool = True


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Standing row; its id is the customer's. `days` by class; `source` is why, in the setters' words."""

    days: dict[str, int]
    source: str
    set_at: str


class Hold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Standing row: entries of these classes with a time in [from_at, until_at) are kept beyond their term.

    `until_at` empty: without an end. `review_at` is when somebody has to look whether it is still needed; a
    hold that nobody looked at goes on holding. It ends by `ended_at` only.
    """

    id: str
    customer: str
    classes: tuple[str, ...]
    from_at: str
    until_at: str
    source: str
    review_at: str
    placed_at: str
    ended_at: str | None = None

    def covers(self, entry_class: EntryClass, at: datetime) -> bool:
        """Whether an entry of this class and time is kept by it."""
        return (
            self.ended_at is None
            and entry_class in self.classes
            and from_text(self.from_at) <= at
            and (not self.until_at or at < from_text(self.until_at))
        )


_ROWS = (
    (EntryClass.MACHINE, "Regelbetrieb", "Machine uses", 1_095, True),
    (EntryClass.EXCEPTIONAL, "Ausnahmezugriffe", "Exceptional access", 3_650, True),
    (EntryClass.ADMINISTRATION, "Verwaltung", "Administration", None, True),
    (EntryClass.PROOF, "Nachweise über das Protokoll selbst", "Proof about the log itself", None, False),
)
TERMS: Mapping[EntryClass, Term] = MappingProxyType(
    {
        row[0]: Term(entry_class=row[0], german=row[1], english=row[2], days_proposed=row[3], may_end=row[4])
        for row in _ROWS
    }
)

# In the exceptional sub-log. Whatever stands in neither set was done under a grant, a case or break-glass.
_PROOF = frozenset(
    {
        "erasure",
        "house.gap",
        "house.lost",
        "house.prune",
        "house.turn",
        "log.open",
        "retention.destroy",
        "veil",
    }
)
_ADMINISTRATION = frozenset(
    {
        "change", "clock", "connection", "customer", "enrol", "hold", "holder", "house", "key", "kill",
        "leave", "lift", "revoke", "share", "shred", "sign-in",
    }
)  # fmt: skip
_UNDER_A_GRANT = frozenset(
    {"key.rewrap", "key.sign", "key.unwrap", "key.verify", "key.wrap"}
)  # machine acts that a grant or a case raised


def class_of(sub_log: str, act: str) -> EntryClass | None:
    """The class of an entry by the kind of its sub-log and its act; None in a log that is shown to nobody."""
    if sub_log == SubLog.MACHINE:
        return EntryClass.MACHINE
    if sub_log != SubLog.EXCEPTIONAL:
        return None
    if act in _PROOF:
        return EntryClass.PROOF
    if act.partition(".")[0] in _ADMINISTRATION and act not in _UNDER_A_GRANT:
        return EntryClass.ADMINISTRATION
    return EntryClass.EXCEPTIONAL


def check_days(days: Mapping[str, int]) -> None:
    """Refuse terms that cannot be: `bad-term` (malformed), with the class."""
    for name, count in days.items():
        known = name in set(EntryClass) and TERMS[EntryClass(name)].may_end
        if not known or not DAYS_MIN <= count <= DAYS_MAX:
            raise malformed("bad-term", entry_class=name)


def cutoff(now: datetime, days: int) -> datetime:
    """Entries older than this are over: the term before `now`, back to the first day of that month (UTC).

    By whole months, so that a page with entries of years is written anew once a month and not each day.
    """
    at = now.astimezone(UTC) - timedelta(days=days)
    return datetime(at.year, at.month, 1, tzinfo=UTC)


def is_held(holds: Iterable[Hold], entry_class: EntryClass, at: datetime) -> bool:
    """Whether any hold keeps an entry."""
    return any(hold.covers(entry_class, at) for hold in holds)
