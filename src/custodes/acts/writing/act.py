"""The one shape of every writing act: plain data, decided without a lock, committed by one writer.

An `Act` names what must still be true when it commits (`expects`), the entries that record it, and the
rows it writes. The sequencer checks the expects after taking the lock; one that no longer holds fails the
act alone (`Failed`), never its group, and the caller decides again.
"""

from datetime import datetime
from typing import Any

import msgspec


class Generation(msgspec.Struct, frozen=True):
    """A standing row is still the one the decision rested on (0 = it does not exist)."""

    noun: str
    id: str
    generation: int


class StandingSeq(msgspec.Struct, frozen=True):
    """No standing row has changed since: the act computed the next standing root itself."""

    seq: int


class Before(msgspec.Struct, frozen=True):
    """The act commits before this instant: time does not raise a generation by itself."""

    at: datetime


class Untouched(msgspec.Struct, frozen=True):
    """No act of the same group has sealed an entry into this page: the act re-keys it."""

    page: str


class Row(msgspec.Struct, frozen=True):
    """A named check of a store file, for rows that are not standing (objects, cases, uploads)."""

    check: str
    args: tuple[Any, ...]


Expect = Generation | StandingSeq | Before | Untouched | Row


class Write(msgspec.Struct, frozen=True):
    """A named verb of a store file and its arguments."""

    verb: str
    args: tuple[Any, ...]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One leaf and its sealed opening; the index is given by the sequencer.

    `subject` is the id by which a reader finds the entry again (object version, key, case); `act_code` and
    `at` likewise. All three stand in clear in the database: see docs/threat-model.md. An entry sealed under
    another `page_generation` than the page has when it commits would never open: the act fails (0: no page).
    """

    log: str
    leaf: bytes
    act_code: str
    subject: str
    at: datetime
    page: str
    sealed: bytes
    person_page: str | None = None
    person_sealed: bytes | None = None
    page_generation: int = 0


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """What the sequencer is handed.

    `is_named` says that the id was not drawn just now but follows from what is done (an epoch's number): only
    then is it looked up, and one that was committed before gets its first answer. An id is never the
    caller's: whoever could choose it could use a key twice under one entry.

    `is_sought`: its entries are looked for by its id one day. Each such id is a row in an index in which
    neighbours have nothing in common, so few acts are.

    Urgent acts (kill, revoke, refusals) commit from the reserve when the disk is full; no other does.
    """

    id: str
    expects: tuple[Expect, ...] = ()
    entries: tuple[Entry, ...] = ()
    writes: tuple[Write, ...] = ()
    is_urgent: bool = False
    is_named: bool = False
    is_sought: bool = False


class Position(msgspec.Struct, frozen=True):
    """Where an entry stands: sub-log id and index."""

    log: str
    index: int


class Committed(msgspec.Struct, frozen=True):
    """The act is durable. `repeated` when it was so before this call."""

    positions: tuple[Position, ...]
    committed_at: datetime
    repeated: bool = False


class Failed(msgspec.Struct, frozen=True):
    """An expect did not hold, or a write found another row; nothing of the act happened."""

    expect: Expect | None
    code: str
