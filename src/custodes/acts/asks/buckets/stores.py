"""Asks about the stores themselves: whether each answers, how fast, and what room is left in it."""

import msgspec

from custodes.acts.asks.doors import Ask, Evidence
from custodes.acts.asks.objects import Closed, Store


class DueStores(Ask["StoresDue"], frozen=True, tag="due-stores"):
    """-> `StoresDue`: every store of the house, for the process that reaches them."""


class StoresDue(msgspec.Struct, frozen=True, tag="stores-due"):
    """All there are."""

    stores: tuple[Store, ...]


class StoreTold(msgspec.Struct, frozen=True, kw_only=True):
    """One look at one store: `ms` until it answered; `fault` is a refusal's code, empty where it answered as
    it should; `free_bytes` only where that can be known.
    """

    location: str
    ms: int
    fault: str = ""
    free_bytes: int | None = None


class TellStores(Ask[Closed], frozen=True, tag="tell-stores"):
    """-> `Closed`. What was seen just now; of what is no store of the house nothing is kept."""

    told: tuple[StoreTold, ...]


class LookStores(Ask["StoresView"], frozen=True, tag="look-stores"):
    """-> `StoresView`: those in which buckets of the customer lie (`boundary:read`, `no-such-customer`)."""

    evidence: Evidence
    customer: str


class StoreOutage(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch in which a store did not answer as it should: first and last look that saw `fault`, and the
    first that did not any more; `until` is empty while it lasts.
    """

    since: str
    last: str
    fault: str
    until: str = ""


class StoreView(msgspec.Struct, frozen=True, kw_only=True):
    """One place: what was seen last, and the last fault with its time, if there was one since the keyroom
    began. `seen_at` is empty where nobody has looked yet. `outages` newest first, a stretch for each fault.

    `mark`: which disk of a local store is the one (1 is the first), since `marked_at`; 0 where no mark was
    ever seen. The mark is of this house and this place alone.
    """

    location: str
    seen_at: str = ""
    ms: int = 0
    fault: str = ""
    free_bytes: int | None = None
    fault_at: str = ""
    fault_last: str = ""
    outages: tuple[StoreOutage, ...] = ()
    mark: int = 0
    marked_at: str = ""


class StoresView(msgspec.Struct, frozen=True, tag="stores-view"):
    """A customer's places."""

    stores: tuple[StoreView, ...]
