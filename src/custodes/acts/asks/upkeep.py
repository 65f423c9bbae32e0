"""Asks about the upkeep of keys: a round of it, and the erasure of person fields."""

import msgspec

from .doors import Ask, Evidence


class RunUpkeep(Ask["Upkept"], frozen=True, tag="run-upkeep"):
    """-> `Upkept`. One bounded round: veils, re-keys, re-wraps, shred keys. Evidence: logkeeper, or local.

    Repeat at once while `more` says so. A round that is cut off goes on in the next: nothing is done twice.
    """

    evidence: Evidence


class Upkept(msgspec.Struct, frozen=True, tag="upkept"):
    """What a round did: veils made; pages re-keyed and re-wrapped; shred keys turned and dropped;
    entries whose term was over and whose openings were destroyed; versions and uploads a rule ended.

    `scrubbed`: nothing of what was deleted is left in the database's log (and pages, where it is small).
    """

    veils: int = 0
    rekeyed: int = 0
    rewrapped: int = 0
    turned: int = 0
    dropped: int = 0
    destroyed: int = 0
    ended: int = 0
    scrubbed: bool = False
    more: bool = False


class EraseFields(Ask["Erased"], frozen=True, tag="erase-fields"):
    """-> `Erased`. Person fields of these entries, (log, index) each, are gone for ever; the rest stays.

    `case` is the id (`cas-...`) under which it was decided, used once: the signatures are for this case and
    these entries, and a case that a desk has opened is about something else. `approvals`: signatures
    (canonical JSON of `parties.signature`) over `documents.erasure_document`, of two persons of two
    controlling groups, the customer's organisation among them; who asks is one of them.
    """

    evidence: Evidence
    customer: str
    case: str
    entries: tuple[tuple[str, int], ...]
    reason: str
    approvals: tuple[bytes, ...]


class Erased(msgspec.Struct, frozen=True, tag="erased"):
    """Durable. `log` and `index` are where the first of the `erasure` entries stands (one per entry)."""

    log: str
    index: int
    pages: int


class SetRetention(Ask["Retention"], frozen=True, tag="set-retention"):
    """-> `Retention`. For how long each class of a customer's entries can be opened; no class: no end.

    `approvals`: signatures over `documents.retention_document` of two persons of two controlling groups, the
    customer's organisation among them; who asks is one of them.
    """

    evidence: Evidence
    customer: str
    days: dict[str, int]
    source: str
    approvals: tuple[bytes, ...]


class PlaceHold(Ask["Retention"], frozen=True, tag="place-hold"):
    """-> `Retention`. Entries of these classes and times are kept whatever their term; one person does it.

    Times are RFC 3339; `until_at` empty is without an end. `review_at` is at most six months away.
    """

    evidence: Evidence
    customer: str
    classes: tuple[str, ...]
    from_at: str
    until_at: str
    source: str
    review_at: str


class EndHold(Ask["Retention"], frozen=True, tag="end-hold"):
    """-> `Retention`. `approvals` as of `SetRetention`, over `documents.hold_end_document`."""

    evidence: Evidence
    customer: str
    hold: str
    approvals: tuple[bytes, ...]


class LookRetention(Ask["Retention"], frozen=True, tag="look-retention"):
    """-> `Retention` of one customer: what stands, what holds, and what would be destroyed next."""

    evidence: Evidence
    customer: str


class TermView(msgspec.Struct, frozen=True):
    """One class. `days` None: kept for as long as the log; `proposed` is a default of ours, no law.

    What is older than `cutoff` is over now; `over` entries can still be opened although they are (at least
    so many where `is_more`), and `held_by` says why: `clock`, `case`, or ids of holds, which keep some of
    them or all. An entry that an object rests on, or that no witness has seen yet, is kept too.
    """

    entry_class: str
    german: str
    english: str
    days: int | None
    proposed: int | None
    may_end: bool
    cutoff: str = ""
    over: int = 0
    is_more: bool = False
    held_by: tuple[str, ...] = ()


class HoldView(msgspec.Struct, frozen=True):
    """One hold that stands; `generation` goes into what is signed to end it."""

    id: str
    classes: tuple[str, ...]
    from_at: str
    until_at: str
    source: str
    review_at: str
    placed_at: str
    generation: int
    is_review_due: bool


class Retention(msgspec.Struct, frozen=True, tag="retention"):
    """What stands. `set_at` is empty where nobody has set terms: then nothing is destroyed by time."""

    customer: str
    terms: tuple[TermView, ...]
    source: str
    set_at: str
    generation: int
    holds: tuple[HoldView, ...]
    destroyed: int


class NoteBackup(Ask["BackupNoted"], frozen=True, tag="note-backup"):
    """-> `BackupNoted`. A backup was made (`house.backup`) or drilled (`house.drill`). Evidence: local.

    `count` is bytes of a backup, rows of a drill; `reason` what a drill found, empty for nothing.
    """

    evidence: Evidence
    act: str
    backup: str
    count: int
    generation: int
    reason: str


class BackupNoted(msgspec.Struct, frozen=True, tag="backup-noted"):
    """Where the entry stands."""

    log: str
    index: int
