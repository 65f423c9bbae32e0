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


class EpochState(msgspec.Struct, frozen=True, kw_only=True):
    """The last epoch appended: its number, every slot's leaf, and the last published checkpoint."""

    epoch: int
    leaves: dict[int, bytes]
    note: bytes


class StandingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row as it lies in the database."""

    noun: str
    id: str
    customer: str
    position: int
    generation: int
    body: bytes
    mac: bytes
