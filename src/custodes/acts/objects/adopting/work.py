"""What the process that reaches the stores is to do next for an adoption, and what became of each object.

What is handed out is in this run's memory only; whatever nobody reports is handed out again. When nothing is
left of a step the adoption moves on by itself; once everything was taken in, every copy is read again, and
only then anything may be removed from the source.
"""

import re
from collections.abc import Sequence

import msgspec

from custodes.acts.asks.buckets.adopting import (
    ITEMS_MAX,
    AdoptedItem,
    AdoptionWork,
    HoldItems,
    ItemDone,
    ItemsCounted,
    TakeAdoption,
    TakeItem,
)
from custodes.acts.asks.objects import Closed
from custodes.acts.authority import Alteration
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.standing import Change
from custodes.acts.objects.care.rounds import begun, care_of, care_row
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Entry, Write
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal, conflict, malformed
from custodes.objects.adoption import (
    BACK,
    CHANGED,
    CLEARING,
    COUNTED,
    COUNTING,
    DONE,
    FAILED,
    FOUND,
    GONE,
    RUNNING,
    STREAM_BYTES_MAX,
    WORKS,
    Adoption,
    named,
)
from custodes.objects.names import check_key

from .ground import AdoptionGround
from .manifest import signed_manifest

HELD_MS = 30_000
BATCH = 32
_STEPS = {RUNNING: "seal", CLEARING: "clear"}
_OURS = re.compile(r"(^|/)[0-9a-z]{2}/blb-[0-9a-z]{26}$")
_BECOMES = {RUNNING: (CHANGED, FAILED), CLEARING: (GONE, CHANGED, FAILED)}
_RETURNS = (BACK, CHANGED, FAILED)


class AdoptionWorks:
    """Answers `TakeAdoption`, `HoldItems`, `TakeItem`, `ItemsCounted` and `ItemDone`."""

    def __init__(self, ground: AdoptionGround) -> None:
        self._a = ground
        self._o = ground.o
        self._out: dict[tuple[str, str, str], int] = {}
        self._after: dict[str, str] = {}

    async def take(self, ask: TakeAdoption) -> AdoptionWork:  # noqa: ARG002 - an ask without arguments
        """See `TakeAdoption`."""
        now = self._o.clock.boot_ms()
        self._out = {at: until for at, until in self._out.items() if now < until}
        for row in sorted(self._o.standing.all_of("adoption", Adoption), key=lambda row: row.id):
            if row.state == COUNTING and not row.is_restoration:
                return await self._counting(row)
            if row.state in WORKS:
                work = await self._items(row, now)
                if work is not None:
                    return work
        return AdoptionWork()

    async def hold(self, ask: HoldItems) -> Closed:
        """See `HoldItems`."""
        until_ms, names = self._o.clock.boot_ms() + HELD_MS, frozenset(ask.names)
        held = (at for at in self._out if at[0] == ask.adoption and at[2] in names)
        self._out |= dict.fromkeys(held, until_ms)
        return Closed()

    async def take_one(self, ask: TakeItem) -> AdoptionWork:
        """See `TakeItem`. Whoever was handed it before may still be at it: the second to close is refused."""
        row = self._a.row(ask.adoption)
        if row.state != RUNNING or row.is_restoration:
            return AdoptionWork()
        await self._a.approved(row.id, (RUNNING,))
        item = await self._o.read(lambda r: r.objects.adopted_item(row.id, ask.name))
        if item is None or item.state != FOUND:
            return AdoptionWork()
        return self._work(row, "seal", items=(item,))

    async def counted(self, ask: ItemsCounted) -> Closed:
        """See `ItemsCounted`."""
        row = self._a.row(ask.adoption)
        if row.state != COUNTING or row.is_restoration or ask.after != self._after.get(row.id):
            raise conflict("not-now", state=row.state)
        if len(ask.items) > ITEMS_MAX:
            raise malformed("too-many-blobs")
        taken = tuple(_judged(item) for item in ask.items if _is_takeable(item))
        write = Write("adopt.found", (row.id, taken))
        await self._o.gate.commit(Act(id=new_id("act", self._o.dice), writes=(write,)))
        self._after[row.id] = ask.items[-1].name if ask.items else ask.after
        if ask.is_end:
            self._after.pop(row.id, None)
            await self._moved_on(row, msgspec.structs.replace(row, state=COUNTED, counts=row.counts + 1))
        return Closed()

    async def done(self, ask: ItemDone) -> Closed:
        """See `ItemDone`."""
        o, row = self._o, self._a.row(ask.adoption)
        allowed = _BECOMES.get(row.state, _RETURNS)
        if row.state not in WORKS or ask.state not in allowed or len(ask.note) > 100:
            raise conflict("not-now", state=row.state)
        item = await o.read(lambda r: r.objects.adopted_item(row.id, ask.name))
        was = WORKS[row.state][0]
        if item is None or item.state != was:
            return Closed()  # done before, or passed meanwhile
        writes = (Write("adopt.move", (row.id, ask.name, (was, ask.state), ask.note)),)
        customer = o.standing.get("customer", row.customer, Customer)
        act_id = new_id("act", o.dice)
        entries: tuple[Entry, ...] = ()
        if ask.state in (GONE, BACK) and customer is not None:
            await o.records.ready(customer)
            entries = (o.records.seal(customer, act_id, 0, _item_record(row, item, ask.state)),)
        await o.gate.commit(Act(id=act_id, entries=entries, writes=writes))
        self._out.pop((row.id, was, ask.name), None)
        return Closed()

    async def _counting(self, row: Adoption) -> AdoptionWork:
        if row.id not in self._after:
            is_first = row.counts == 0
            known = await self._o.read(lambda r: r.objects.adopted_last(row.id)) if is_first else ""
            self._after[row.id] = known
        return self._work(row, "count", after=self._after[row.id])

    async def _items(self, row: Adoption, now_ms: int) -> AdoptionWork | None:
        """The next objects of a step; the step is over when none is left."""
        state, following = WORKS[row.state]
        held = sum(1 for adoption, at, _ in self._out if (adoption, at) == (row.id, state))
        found = await self._o.read(lambda r: r.objects.adopted(row.id, "", state, BATCH + held))
        waiting = {item.name for item in found}
        if found:  # whatever was handed out and does not wait any more is done
            done = {at for at in self._out if at[:2] == (row.id, state) and at[2] <= found[-1].name}
            self._out = {at: until for at, until in self._out.items() if at not in done or at[2] in waiting}
        held_names = {named(name)[0] for adoption, at, name in self._out if (adoption, at) == (row.id, state)}
        free = [item for item in found if named(item.name)[0] not in held_names][:BATCH]
        if not found:
            await self._over(row, following)
            return None
        if not free:
            return None
        try:
            await self._a.approved(row.id, (row.state,))
        except Refusal:  # its approval does not hold now: an entry says why, and nothing is done
            return None
        self._out |= {(row.id, state, item.name): now_ms + HELD_MS for item in free}
        step = "restore" if row.is_restoration else _STEPS.get(row.state, "return")
        return self._work(row, step, items=tuple(free))

    def _work(
        self, row: Adoption, step: str, *, after: str = "", items: Sequence[AdoptedItem] = ()
    ) -> AdoptionWork:
        stores = self._a.g.places.stores((row.source,))
        if not stores:
            return AdoptionWork()
        return AdoptionWork(
            adoption=row.id,
            step=step,
            source=stores[0],
            prefix=row.prefix,
            after=after,
            items=tuple(items),
        )

    async def _over(self, row: Adoption, following: str) -> None:
        moved = msgspec.structs.replace(row, state=following)
        if following == DONE:
            manifest = await signed_manifest(self._o, row)
            moved = msgspec.structs.replace(moved, manifest=manifest, done_at=to_text(self._o.clock.now()))
        await self._moved_on(row, moved)

    async def _moved_on(self, row: Adoption, moved: Adoption) -> None:
        """The step after, by the house itself; once all was taken in, every copy is read again."""
        o = self._o

        async def decide() -> Alteration:
            customer = o.standing.get("customer", row.customer, Customer)
            if customer is None or o.standing.get("adoption", row.id, Adoption) != row:
                raise conflict("not-now", state=row.state)
            writes: tuple[Write, ...] = ()
            if moved.state == DONE:
                care = care_of(await o.read(lambda r: r.objects.care(row.bucket)))
                now = o.clock.now()
                writes = (Write("care.put", (care_row(row.bucket, now, begun(care, now)),)),)
            return Alteration(
                changes=(Change(noun="adoption", id=row.id, customer=row.customer, value=moved),),
                records=((customer, _row_record(moved)),),
                expects=(o.standing.expect("adoption", row.id),),
                writes=writes,
            )

        await o.authority.alter(decide)


def _is_takeable(item: AdoptedItem) -> bool:
    """Not what this house stored there itself, nor what no object here can be called."""
    if _OURS.search(item.name) or item.name.endswith("/"):
        return False
    try:
        check_key(item.name.encode("utf-8", "surrogatepass"))
    except Refusal:
        return False
    return True


def _judged(item: AdoptedItem) -> AdoptedItem:
    """As it is taken in, or why it cannot be: the dry run says so."""
    if item.size <= STREAM_BYTES_MAX:
        return item
    return msgspec.structs.replace(item, state=FAILED, note="object-too-large")


def _said(row: Adoption) -> dict[str, Plain]:
    return {
        "actor": "keyroom",
        "actor_kind": "process",
        "phase": "single",
        "subject": row.id,
        "bucket": row.bucket,
        "location": row.source,
    }


def _row_record(row: Adoption) -> Record:
    return Record(act="adoption.move", subject=row.id, fields={**_said(row), "reason": row.state})


def _item_record(row: Adoption, item: AdoptedItem, state: str) -> Record:
    act = "adoption.clear" if state == GONE else "adoption.return"
    fields: dict[str, Plain] = {**_said(row), "object_version": item.version}
    return Record(act=act, subject=item.version, fields=fields, person={"object_name": item.name})
