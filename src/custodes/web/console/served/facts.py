"""What several pages take out of answers: names of parties, moments, and the proof of an entry."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import msgspec

from custodes.acts.asks import Ask
from custodes.acts.asks.keys import LookKeys
from custodes.acts.asks.log import Entries, EntryView, LookEntries
from custodes.acts.asks.objects import LookBuckets
from custodes.acts.asks.parties import LookParties, PartyView
from custodes.acts.asks.rules import LookPlaces
from custodes.acts.asks.running.counts import (
    CountedDays,
    Counts,
    LookCountedDays,
    LookCounts,
    UseCounts,
)
from custodes.kernel.clock import from_text
from custodes.kernel.refusal import Kind, Refusal
from custodes.web.console.views.shell import AsOf, DayBar, Proof

from .visit import Desk, Visit

T = TypeVar("T")
C = TypeVar("C", Counts, CountedDays)
STUCK = -1
_STUCK = (Kind.BROKEN, Kind.UNAVAILABLE, Kind.CONFLICT)
_CLOSED = (Kind.DENIED, Kind.ABSENT)


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """Names for ids, as far as the visitor may know them; an id stays where he may not."""

    parties: tuple[PartyView, ...] = ()
    people: Mapping[str, str] = msgspec.field(default_factory=dict)
    organisations: Mapping[str, str] = msgspec.field(default_factory=dict)
    holders: Mapping[str, str] = msgspec.field(default_factory=dict)  # credential -> person or application
    labels: Mapping[str, str] = msgspec.field(default_factory=dict)  # credential -> what its holder calls it
    things: Mapping[str, str] = msgspec.field(default_factory=dict)  # bucket, key, place -> name

    def who(self, credential: str, person: str = "") -> str:
        """The name of a person, or of whoever a credential belongs to."""
        id_ = person or self.holders.get(credential, "")
        return self.people.get(id_, id_ or credential)

    def organisation(self, id_: str) -> str:
        """The name of an organisation."""
        return self.organisations.get(id_, id_)

    def thing(self, id_: str) -> str:
        """The name of a bucket, key, place, person, credential or organisation; the id of anything else."""
        known = self.things.get(id_) or self.people.get(id_) or self.organisations.get(id_)
        if known is None and id_ in self.holders:
            known = f"{self.who(id_)} ({self.labels[id_]})" if self.labels.get(id_) else self.who(id_)
        return known or id_


async def names(desk: Desk, visit: Visit, customer: str) -> Names:
    """Names of all who stand in a role towards a customer; none where the visitor may not read them."""
    found = await maybe(desk, LookParties(visit.evidence, customer)) if customer else None
    parties = found.parties if found else ()
    me = visit.me
    return Names(
        parties=parties,
        people={me.person or me.credential: me.name, **{one.id: one.name for one in parties}},
        organisations={
            me.organisation or "": me.organisation_name,
            **{one.organisation: one.organisation_name for one in parties},
        },
        holders={
            me.credential: me.person or me.credential,
            **{key.id: one.id for one in parties for key in one.credentials},
        },
        labels={key.id: key.label for one in parties for key in one.credentials},
    )


async def named_things(desk: Desk, visit: Visit, known: Names) -> Names:
    """The same names, and those of the customer's buckets, keys and places as far as they may be known."""
    evidence, customer = visit.evidence, visit.customer
    keys, buckets, places = await asyncio.gather(
        maybe(desk, LookKeys(evidence, customer)),
        maybe(desk, LookBuckets(evidence, customer)),
        maybe(desk, LookPlaces(evidence, customer)),
    )
    things = {one.id: one.name for one in (keys.keys if keys else ())}
    things |= {one.id: one.name for one in (buckets.buckets if buckets else ())}
    things |= {one.id: one.name for one in (places.places if places else ())}
    things |= dict(visit.me.customers)
    return msgspec.structs.replace(known, things=things)


async def maybe(desk: Desk, ask: Ask[T]) -> T | None:
    """The answer, or None where the visitor may not know it; every other refusal stands."""
    try:
        return await desk.doors.ask(ask)
    except Refusal as refusal:
        if refusal.kind not in _CLOSED:
            raise
        return None


async def entries(desk: Desk, ask: LookEntries) -> Entries:
    """Entries opened to the visitor; none where he may not read the log."""
    return await maybe(desk, ask) or Entries((), {})


async def counts(desk: Desk, visit: Visit) -> Counts:
    """Everything counted of the visitor's customer; nothing where he may not read the log."""
    nothing = Counts(customer=visit.customer)
    return await _counted(desk, LookCounts(visit.evidence, visit.customer), nothing)


async def days(desk: Desk, visit: Visit, kind: str, id_: str) -> CountedDays:
    """The last thirty days and today of one thing; none where the visitor may not read the log."""
    nothing = CountedDays(kind=kind, id=id_, first_day="", last_day="")
    return await _counted(desk, LookCountedDays(visit.evidence, visit.customer, kind, id_), nothing)


def used_at(found: UseCounts | None) -> datetime | None:
    """When it was used last; None for never."""
    return moment(found.used_at) if found is not None and found.used_at else None


def as_of(found: Counts | CountedDays) -> AsOf:
    """How far a count is."""
    if found.behind == STUCK:
        return AsOf(is_stuck=True)
    return AsOf(at=moment(found.counted_at) if found.counted_at else None, behind=found.behind)


def day_bars(found: CountedDays, counted: Mapping[str, int]) -> tuple[DayBar, ...]:
    """One bar for each day of the span, those on which nothing was entered among them."""
    if not found.first_day:
        return ()
    first, last = date.fromisoformat(found.first_day), date.fromisoformat(found.last_day)
    most = max(counted.values(), default=0)
    bars = []
    for n in range((last - first).days + 1):
        day = first + timedelta(n)
        count = counted.get(day.isoformat(), 0)
        at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        bars.append(DayBar(day=at, count=count, height=-(-count * 100 // most) if most else 0))
    return tuple(bars)


async def latest(desk: Desk, visit: Visit, *acts: str) -> Proof | None:
    """The proof of the newest entry of any of these acts; None where there is none yet."""
    asks = (LookEntries(visit.evidence, visit.customer, act=act, limit=1) for act in acts)
    found = await asyncio.gather(*(entries(desk, ask) for ask in asks))
    newest = max((one.entries[0] for one in found if one.entries), key=lambda e: e.at, default=None)
    return proof(newest) if newest else None


def proof(entry: EntryView) -> Proof:
    """Where an opened entry can be checked."""
    return place(entry.log, entry.index, entry.at)


def place(log: str, index: int, at: str) -> Proof:
    """Where entry `index` of a sub-log (`<customer>/<kind>`) can be checked."""
    return Proof(log=log.rpartition("/")[2], entry=index, at=moment(at), href=f"/log/{log}/{index}")


async def _counted(desk: Desk, ask: Ask[C], nothing: C) -> C:
    """What is counted; where that cannot be now, the page still stands and says so."""
    try:
        return await maybe(desk, ask) or nothing
    except Refusal as refusal:
        if refusal.kind not in _STUCK:
            raise
        return msgspec.structs.replace(nothing, behind=STUCK)


def receipt(log: str, index: int) -> str:
    """The address of an entry's receipt; `log` is `<customer>/<kind>`."""
    return f"/log/{log}/{index}/receipt"


def codes(refusal: Refusal | None) -> tuple[str, ...]:
    """What to say of a refusal: its reasons where it names them, else itself."""
    if refusal is None:
        return ()
    named = refusal.facts.get("why") or refusal.facts.get("reasons") or refusal.facts.get("problems")
    return tuple(map(str, named)) if isinstance(named, tuple | list) and named else (refusal.code,)


def moment(text: str) -> datetime:
    """A time as answers carry it."""
    return from_text(text)


def text_of(value: object) -> str:
    """A field of an entry as it is shown: lists joined, everything else in its own spelling."""
    if isinstance(value, list | tuple):
        return ", ".join(map(text_of, value))
    return str(value)
