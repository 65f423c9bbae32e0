"""Asks about the upkeep of keys: a round of it, and the erasure of person fields."""

import msgspec

from .doors import Ask, Evidence


class RunUpkeep(Ask["Upkept"], frozen=True, tag="run-upkeep"):
    """-> `Upkept`. One bounded round: veils, re-keys, re-wraps, shred keys. Evidence: logkeeper, or local.

    Repeat at once while `more` says so. A round that is cut off goes on in the next: nothing is done twice.
    """

    evidence: Evidence


class Upkept(msgspec.Struct, frozen=True, tag="upkept"):
    """What a round did: veils made; pages re-keyed and re-wrapped; shred keys turned and dropped.

    `scrubbed`: nothing of what was deleted is left in the database's log (and pages, where it is small).
    """

    veils: int = 0
    rekeyed: int = 0
    rewrapped: int = 0
    turned: int = 0
    dropped: int = 0
    scrubbed: bool = False
    more: bool = False


class EraseFields(Ask["Erased"], frozen=True, tag="erase-fields"):
    """-> `Erased`. Person fields of these entries, (log, index) each, are gone for ever; the rest stays.

    `case` is the id (`cas-...`) under which it was decided, used once. `approvals`: signatures (canonical
    JSON of `parties.signature`) over `documents.erasure_document`, of two persons of two controlling groups,
    the customer's organisation among them; who asks is one of them.
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
