"""What reads of the store give back: rows as frozen values."""

from datetime import datetime

import msgspec


class OpeningRow(msgspec.Struct, frozen=True, kw_only=True):
    """A sealed opening with its place."""

    log: str
    index: int
    act: str
    ordinal: int
    code: str
    subject: str
    at: datetime
    page: str
    sealed: bytes
    person_page: str | None
    person_sealed: bytes | None


class Resealed(msgspec.Struct, frozen=True, kw_only=True):
    """An opening sealed anew under its page's fresh key; without a person part once that is erased."""

    log: str
    index: int
    sealed: bytes
    person_sealed: bytes | None


class Retiring(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of everything in one record page: `gone` are (log, first, end), `kept` are sealed anew."""

    gone: tuple[tuple[str, int, int], ...]
    kept: tuple[Resealed, ...]
    at: datetime


class Marked(msgspec.Struct, frozen=True, kw_only=True):
    """A span of a log that is said to be destroyed; `by` is the index of the entry said to tell it."""

    first: int
    end: int
    by: int | None


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """One data key in a page: `kind` is `version` or `upload`, `version` the object version it is for."""

    kind: str
    id: str
    version: str
    wrapped: bytes


class Scrubbed(msgspec.Struct, frozen=True, kw_only=True):
    """What a scrub reached: the log is cut; pages too, where the database is small enough to be rewritten."""

    is_log_cut: bool
    is_rewritten: bool


class EpochState(msgspec.Struct, frozen=True, kw_only=True):
    """The last epoch appended: its number, every slot's leaf, and the last published checkpoint."""

    epoch: int
    leaves: dict[int, bytes]
    note: bytes


class ShardRow(msgspec.Struct, frozen=True, kw_only=True):
    """A shard of the log that has announced its successor (docs/formats/log-turn.md).

    `turned` is None while it is still the present one; `last_epoch` the newest epoch under its last head.
    """

    number: int
    year: int
    origin: str
    root_log: str
    announced: bytes
    announced_index: int
    turned: bytes | None = None
    last_epoch: int | None = None
    pruned_at: int | None = None


class StandingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row as it lies in the database."""

    noun: str
    id: str
    customer: str
    position: int
    generation: int
    body: bytes
    mac: bytes


class CaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case as it lies in its table: `body` is the whole case, canonical; the rest is for finding it.

    `asker` is a person's id, `beneficiary` a credential's. Times are whole microseconds since 1970.
    """

    id: str
    desk: str
    customer: str
    state: str
    version: int
    opened_at: int
    asker: str
    beneficiary: str
    due_at: int | None
    body: bytes


class OutboxRow(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the outside is to be told. Times are whole microseconds since 1970."""

    id: str
    at: int
    kind: str
    body: bytes
