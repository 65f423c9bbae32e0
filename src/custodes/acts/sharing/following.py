"""What stands in this keyroom's memory follows what another keyroom commits.

An act that was decided on an older memory fails its expects; before it is decided again, and before anything
read from the database is compared with what stands, the rows that changed are read, checked against the
newest signed head, and what rested on them is let go.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar, cast

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from custodes.acts.footing.keyring import Keyring
from custodes.acts.footing.nouns import KILLS_OF_HOUSE, KeyroomKey
from custodes.acts.footing.standing import Standing
from custodes.acts.opened import Read
from custodes.acts.records import Records
from custodes.acts.writing import house_head
from custodes.acts.writing.house_head import FIRST, HouseHead
from custodes.acts.writing.ports import Reads
from custodes.acts.writing.readers import StandingRow
from custodes.kernel.refusal import unavailable

T = TypeVar("T")
Hop = Callable[[Callable[[Reads], object]], Awaitable[object]]


class Following:
    """Keeps one keyroom's memory behind nobody's."""

    def __init__(self, house: str, founder: Ed25519PublicKey, standing: Standing, read: Hop) -> None:
        self._house = house
        self._founder = founder
        self._standing = standing
        self._read = read
        self._one = asyncio.Lock()
        self._lets_go: Callable[[Sequence[StandingRow]], None] = lambda _rows: None

    def attach(self, keyring: Keyring, records: Records) -> None:
        """Whose memory is let go of when rows change elsewhere: joined here, once."""
        self._lets_go = lambda rows: let_go(rows, keyring, records)

    async def catch_up(self) -> None:
        """Read what changed; `standing-forged`, `standing-rolled-back`, `house-head-forged` (unavailable)."""
        async with self._one:
            since = self._standing.seq
            found = await self._read(lambda reads: (reads.standing_since(since), reads.house_heads()))
            rows, heads = cast("tuple[Sequence[StandingRow], Sequence[HouseHead]]", found)
            last = max(heads, key=lambda head: head.standing_seq, default=None)
            if last is None or last.standing_seq <= self._standing.seq:
                return
            changed = self._standing.follow(rows, last.standing_seq, last.standing_root)
            key = keys_of(self._founder, self._standing).get(last.keyroom)
            if key is None or not house_head.is_signed(last, self._house, key):
                raise unavailable("house-head-forged")
            self._lets_go(changed)


class FollowingRead(Read):
    """Reads whose rows are never newer than what stands in memory."""

    def __init__(self, hop: Hop, standing: Standing, following: Following) -> None:
        super().__init__(hop)
        self._standing = standing
        self._following = following

    async def __call__(self, work: Callable[[Reads], T]) -> T:
        """See `Read`; what stands is read again first where the rows are of a later state."""
        seq, found = await super().__call__(lambda reads: (reads.standing_seq(), work(reads)))
        if seq > self._standing.seq:
            await self._following.catch_up()
        return found


def keys_of(founder: Ed25519PublicKey, standing: Standing) -> dict[str, Ed25519PublicKey]:
    """The receipt key of every keyroom that was ever enrolled."""
    found = {
        row.id: Ed25519PublicKey.from_public_bytes(row.receipt_key)
        for row in standing.all_of("keyroom", KeyroomKey)
    }
    return {**found, FIRST: founder}


def said_keys(rows: Iterable[StandingRow]) -> dict[str, Ed25519PublicKey]:
    """The receipt keys rows speak of, before anybody looked at their MACs; what is no key is left out."""
    found = {}
    for row in rows:
        if row.noun == "keyroom":
            try:
                value = msgspec.json.decode(row.body, type=KeyroomKey)
                found[row.id] = Ed25519PublicKey.from_public_bytes(value.receipt_key)
            except (msgspec.DecodeError, ValueError):
                continue
    return found


def let_go(rows: Iterable[StandingRow], keyring: Keyring, records: Records) -> None:
    """Drop opened keys that rested on rows another keyroom has changed; they are opened again on demand."""
    for row in rows:
        if row.noun == "kills":
            is_one = row.id != KILLS_OF_HOUSE and bool(row.customer)
            keyring.drop(row.customer if is_one else None)
        elif row.noun == "customer":
            keyring.drop(row.id)
            records.forget(row.id)
        elif row.noun == "key":
            keyring.drop_key(row.id)
        elif row.noun == "tombstone":
            records.forget(row.customer or None)
