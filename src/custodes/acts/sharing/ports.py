"""The port by which a keyroom tells the others that it lives, and hears of them."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import msgspec

LEASE_S = 5  # how long a keyroom may use keys after it last reached the database


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """One keyroom that lives, or did: what is left of its lease, and what it has followed to.

    `ahead_ms`: how far its clock went ahead of the database's when it last said so; None where it did not.
    """

    keyroom: str
    left_ms: int
    seen: int
    wants_epoch: bool
    ahead_ms: int | None = None


class Beat(msgspec.Struct, frozen=True, kw_only=True):
    """What one look at the database says: what stands, the last epoch, and every lease, one's own too."""

    standing_seq: int
    epoch: int
    note: bytes
    leases: tuple[Lease, ...]


class Leases(Protocol):
    """Rows of the keyrooms that share a database; `run` is drawn at each start."""

    def renew(self, keyroom: str, run: str, seen: int, *, wants_epoch: bool, now: datetime) -> Beat:
        """Live on for `LEASE_S`; `keyroom-runs-elsewhere` (conflict) while another run has the name.

        `now` is the keyroom's own time, for others to compare.
        """
        ...

    def look(self) -> Beat:
        """The same without living on."""
        ...

    def give_up(self, keyroom: str, run: str) -> None:
        """End one's own lease at once."""
        ...


Alive = Callable[[], None]  # raises when keys may not be used
