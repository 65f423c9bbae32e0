"""Everything that exists only while the house is unsealed, joined by plain constructor calls."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.acts.asks.buckets.stores import StoreView
from custodes.acts.authority import Authority
from custodes.acts.benching.bench import Bench
from custodes.acts.denials import Denials
from custodes.acts.footing.decisions import Decisions
from custodes.acts.footing.directory import Directories
from custodes.acts.footing.house_body import HouseBody, Shard, first_shard, present
from custodes.acts.footing.identities import Identities
from custodes.acts.footing.keyring import Keyring
from custodes.acts.footing.standing import Standing
from custodes.acts.gate import Gate
from custodes.acts.office.grants import Grants
from custodes.acts.records import Records
from custodes.acts.timekeeping.trust import Timekeeping
from custodes.acts.unsealing.counted import Counted
from custodes.acts.witness_policies import Policies
from custodes.acts.witnessing import Witnessing
from custodes.acts.writing.ports import Books, Reads
from custodes.kernel.clock import Clock
from custodes.kernel.dice import Dice
from custodes.kernel.limits import GOES_ON_MS_MAX, StrangerLimits

T = TypeVar("T")


async def nobody_else(_seq: int) -> int:
    """The house's one keyroom waits for no other."""
    return 0


@dataclass(frozen=True)
class Opened:
    """One unsealed house. `read` runs a read of the store in a thread, with one connection."""

    founded: HouseBody  # the house's row as it was when this process opened it
    house: str
    is_demo: bool
    clock: Clock
    dice: Dice
    keyring: Keyring
    standing: Standing
    directories: Directories
    gate: Gate
    records: Records
    identities: Identities
    decisions: Decisions
    denials: Denials
    policies: Policies
    witnessing: Witnessing
    time: Timekeeping
    receipt_key: Ed25519PrivateKey
    authority: Authority
    grants: Grants
    holders: Mapping[str, Counted]
    books: Books
    read: "Read"
    bench: Bench  # where RSA's private halves are worked with
    # Where other keyrooms share the database: how many have not followed a change yet, and whose turn it is.
    pending: Callable[[int], Awaitable[int]] = field(default=nobody_else)
    is_tender: Callable[[], bool] = lambda: True
    lease_left_ms: Callable[[], int] = lambda: GOES_ON_MS_MAX
    strangers: StrangerLimits = field(default_factory=StrangerLimits)

    stores_seen: dict[str, StoreView] = field(default_factory=dict)  # by location: in this run's memory

    def __repr__(self) -> str:
        return f"Opened(house={self.house!r})"

    @property
    def body(self) -> HouseBody:
        """The house as it is now: its log goes on under another origin each year."""
        return present(self.founded, self.standing.get("shard", self.house, Shard))

    @property
    def shard(self) -> Shard:
        """The log's present shard."""
        return self.standing.get("shard", self.house, Shard) or first_shard(self.founded)

    @property
    def origin(self) -> str:
        """The present shard's, with which every log's name begins."""
        return self.shard.origin


class AtOnce(Protocol):
    """Small reads in the thread that asks for them, where the store can do that."""

    def __call__(self, work: Callable[[Reads], T]) -> T | None:
        """What `work` gave, one statement; None when it has to be asked the other way now."""
        ...


class Read:
    """`await read(lambda reads: reads.opening(...))`: one hop into a thread per unit of work."""

    def __init__(
        self,
        hop: Callable[[Callable[[Reads], object]], Awaitable[object]],
        at_once: AtOnce | None = None,
    ) -> None:
        self._hop = hop
        self._at_once = at_once

    def at_once(self, work: Callable[[Reads], T]) -> T | None:
        """A look-up by key in one statement, without a hop; None: ask for it with one."""
        return None if self._at_once is None else self._at_once(work)

    async def __call__(self, work: Callable[[Reads], T]) -> T:
        """Carry out one unit of reading; gives back what `work` gave."""
        return cast("T", await self._hop(work))
