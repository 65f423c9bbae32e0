"""Changing what stands: one act, one or more entries that carry the new standing root, one transaction.

Changes are rare beside uses, so they go one at a time (the gate's `standing_lock`): each computes the root
that will stand after it, and expects that nothing else changed before it commits.
"""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from custodes.kernel import canonical
from custodes.kernel.canonical import Plain
from custodes.kernel.dice import Dice
from custodes.kernel.ids import new_id

from .footing.customer import WITHHELD, Customer
from .footing.standing import Change, Standing
from .gate import Gate, Receipted
from .records import Record, Records
from .writing.act import Act, Entry, Expect, Failed, StandingSeq, Write


class Hidden(msgspec.Struct, frozen=True, kw_only=True):
    """A record that a non-disclosure duty hides: sealed by the house, in its withheld sub-log, under a tag by
    which only who has the house's key finds it again (`acts.upkeep.veils`).
    """

    house: Customer
    record: Record
    tag: str


class Alteration(msgspec.Struct, frozen=True, kw_only=True):
    """What is to stand, and the records that say so, each in the exceptional sub-log of its customer."""

    changes: tuple[Change, ...]
    records: tuple[tuple[Customer, Record], ...]
    expects: tuple[Expect, ...] = ()
    writes: tuple[Write, ...] = ()
    hidden: tuple["Hidden", ...] = ()
    entries: tuple[Entry, ...] = ()  # beside the records: of logs that are no customer's


Deciding = Callable[[], Alteration | Awaitable[Alteration]]


class Authority:
    """Commits alterations of standing rows."""

    def __init__(self, gate: Gate, standing: Standing, records: Records, dice: Dice) -> None:
        self._gate = gate
        self._standing = standing
        self._records = records
        self._dice = dice

    async def alter(
        self, decide: Deciding, *, act_id: str | None = None, is_urgent: bool = False
    ) -> Receipted:
        """Decide under the lock, commit, adopt; `changed-meanwhile` (conflict) after three tries.

        `decide` is called again when something it rested on has changed; it raises its own refusals. It may
        be a coroutine function, where what it rests on must be read.
        An urgent alteration (kill, revoke) commits even when the disk is full.
        """

        async def once() -> Receipted | Failed:
            async with self._gate.standing_lock:
                seq = self._standing.seq
                decided = decide()
                alteration = decided if isinstance(decided, Alteration) else await decided
                if self._standing.seq != seq:  # another keyroom's change was followed in the middle of it
                    return Failed(StandingSeq(seq), "expect-failed")
                return await self._commit(alteration, act_id, is_urgent)

        return await self._gate.until_committed(once)

    async def _commit(self, alteration: Alteration, named: str | None, is_urgent: bool) -> Receipted | Failed:
        act_id = named or new_id("act", self._dice)
        prepared = self._standing.prepare(alteration.changes)
        stamp: dict[str, Plain] = {
            "standing_seq": prepared.change.seq,
            "standing_root": canonical.b64(prepared.change.root),
        }
        entries = []
        for ordinal, (customer, record) in enumerate(alteration.records):
            await self._records.ready(customer)
            stamped = msgspec.structs.replace(record, fields={**record.fields, **stamp})
            entries.append(self._records.seal(customer, act_id, ordinal, stamped))
        for ordinal, one_hidden in enumerate(alteration.hidden, len(entries)):
            await self._records.ready(one_hidden.house)
            record = msgspec.structs.replace(one_hidden.record, fields={**one_hidden.record.fields, **stamp})
            sealed = self._records.seal(one_hidden.house, act_id, ordinal, record)
            entries.append(withheld(one_hidden.house, sealed, one_hidden.tag))
        act = Act(
            id=act_id,
            expects=alteration.expects,
            entries=(*entries, *alteration.entries),
            writes=alteration.writes,
            is_urgent=is_urgent,
            is_named=named is not None,
        )
        return await self._gate.change(act, prepared)


def withheld(house: Customer, sealed: Entry, tag: str) -> Entry:
    """A sealed record of the house as it stands in the withheld sub-log: nothing in clear says what it is."""
    return msgspec.structs.replace(sealed, log=house.log(WITHHELD), act_code=WITHHELD, subject=tag)


def one(noun: str, id_: str, customer: str, value: msgspec.Struct) -> Sequence[Change]:
    """A single change."""
    return (Change(noun=noun, id=id_, customer=customer, value=value),)
