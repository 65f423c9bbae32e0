"""Answers with counts: the whole, the days for charts, and the month's bill.

Whoever asks has the fold go on first, for a bounded stretch; where it is further behind, the answer says so.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import msgspec

from custodes.acts.asks import Evidence
from custodes.acts.asks.running.counts import (
    CountedDay,
    CountedDays,
    Counts,
    LookCountedDays,
    LookCounts,
    ShareCounts,
    StoreCounts,
    UseCounts,
)
from custodes.acts.asks.running.metering import LookMetering, Metering
from custodes.acts.counting.fold import Behind, Counting
from custodes.acts.counting.state import DayPart
from custodes.acts.footing.customer import Customer
from custodes.acts.opened import Opened
from custodes.acts.permitted import customer, may_read
from custodes.assurance import metering
from custodes.assurance.counting import Portion, Share, Stored, Used, added
from custodes.assurance.metering import Change
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import malformed
from custodes.policy.question import Resource

ASKED_MAX = 2_000  # entries that one ask has counted before it is answered
BILLED_MAX = 10_000
DAYS_MAX = 400
DAYS_SHOWN = 30
PAST_DAYS_MAX = 5_000  # what was held then is what is held now less every day since
_KINDS = {"bucket": "buckets", "key": "keys", "connection": "connections", "program": "programs"}


class CountAnswers:
    """Answers `LookCounts`, `LookCountedDays`, `LookMetering`."""

    def __init__(self, opened: Opened, counting: Counting) -> None:
        self._o = opened
        self._counting = counting

    async def look(self, ask: LookCounts) -> Counts:
        """`no-such-customer` (absent)."""
        row = await self._customer(ask.evidence, ask.customer)
        behind = await self._counting.reach(row, ASKED_MAX)
        head, life = behind.head, behind.head.life
        stands = metering.summed(day.change for day in head.days.values())
        return Counts(
            customer=row.id,
            counted_at=head.counted_at,
            behind=behind.entries,
            first_day=min(head.days, default=""),
            missed=head.missed,
            lost=head.lost,
            objects=stands.objects,
            bytes_stored=stands.size_bytes,
            unnamed=stands.unnamed,
            buckets=_listed(life.buckets, StoreCounts),
            keys=_listed(life.keys, UseCounts),
            connections=_listed(life.connections, UseCounts),
            programs=_listed(life.programs, UseCounts),
        )

    async def days(self, ask: LookCountedDays) -> CountedDays:
        """`bad-kind`, `bad-days` (malformed), `no-such-customer` (absent)."""
        if ask.kind != "customer" and ask.kind not in _KINDS:
            raise malformed("bad-kind")
        first, last = self._span(ask)
        row = await self._customer(ask.evidence, ask.customer)
        names = _names(first, max(last, to_text(self._o.clock.now())[:10]))
        behind, parts = await self._counting.look(row, ASKED_MAX, names)
        days = [_day(part, ask) for _, part in sorted(parts.items())]
        stands = _stand(behind, ask)
        shown: list[CountedDay] = []
        for day in reversed(days):  # from what is held now, backwards
            shown.append(msgspec.structs.replace(day, objects=stands.objects, bytes_stored=stands.size_bytes))
            stands = Change(stands.objects - day.objects, stands.size_bytes - day.bytes_stored)
        return CountedDays(
            kind=ask.kind,
            id=ask.id,
            first_day=first,
            last_day=last,
            counted_at=behind.head.counted_at,
            behind=behind.entries,
            days=tuple(day for day in reversed(shown) if day.day <= last),
        )

    async def bill(self, ask: LookMetering) -> Metering:
        """`bad-month` (malformed), `no-such-customer` (absent)."""
        metering.check_month(ask.month)
        row = await self._customer(ask.evidence, ask.customer)
        names = _names(f"{ask.month}-01", _last(ask.month))
        behind, parts = await self._counting.look(row, BILLED_MAX, names)
        head = behind.head
        before = metering.summed(day.change for name, day in head.days.items() if name < ask.month)
        rows = [(part.figures, head.days[name].change) for name, part in sorted(parts.items())]
        lines = metering.to_csv(metering.stocked(before, rows))
        return Metering(lines, counted_at=head.counted_at, behind=behind.entries, missed=head.missed)

    async def _customer(self, evidence: Evidence, id_: str) -> Customer:
        o = self._o
        who = o.identities.of(evidence)
        row = customer(o, id_)
        await may_read(o, who, "log:read", Resource(kind="log", id=row.id, customer=row.id))
        return row

    def _span(self, ask: LookCountedDays) -> tuple[str, str]:
        today = date.fromisoformat(to_text(self._o.clock.now())[:10])
        try:
            last = date.fromisoformat(ask.last_day) if ask.last_day else today
            first = date.fromisoformat(ask.first_day) if ask.first_day else last - timedelta(DAYS_SHOWN)
        except (ValueError, OverflowError):
            raise malformed("bad-days") from None
        if not 0 <= (last - first).days < DAYS_MAX or (today - first).days > PAST_DAYS_MAX:
            raise malformed("bad-days")
        return first.isoformat(), last.isoformat()


def _names(first: str, last: str) -> list[str]:
    """Days from one to another, as they are named."""
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return [(begin + timedelta(n)).isoformat() for n in range((end - begin).days + 1)]


def _last(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{month}-{monthrange(year, number)[1]:02d}"


def _listed(counts: Mapping[str, Stored] | Mapping[str, Used], kind: type[Any]) -> tuple[Any, ...]:
    """In order of ids; members that only days have are left out."""
    names = {field.name for field in msgspec.structs.fields(kind)}
    return tuple(
        kind(id=id_, **{name: value for name, value in _members(one) if name in names})
        for id_, one in sorted(counts.items())
    )


def _day(part: DayPart, ask: LookCountedDays) -> CountedDay:
    """One day of what was asked for; `objects` and `bytes_stored` say by how much they changed."""
    day = part.figures.day
    if ask.kind != "customer":
        one = getattr(part.portion, _KINDS[ask.kind]).get(ask.id)
        return CountedDay(day=day, **_shown(one)) if one is not None else CountedDay(day=day)
    buckets, keys = _together(part.portion.buckets), _together(part.portion.keys)
    both = {**_shown(keys), **{name: value for name, value in _shown(buckets).items() if value}}
    return CountedDay(day=day, **{**both, "denials": part.figures.denials, "refused": {}})


def _together(counts: Mapping[str, Any]) -> Stored | Used:
    name = "buckets" if all(isinstance(one, Stored) for one in counts.values()) else "keys"
    whole = added(Portion(**{name: {"": one}}) for one in counts.values())
    found = getattr(whole, name).get("")
    return found if found is not None else Used()


def _shown(one: Stored | Used) -> dict[str, Any]:
    names = {field.name for field in msgspec.structs.fields(CountedDay)}
    return {name: _plain(value) for name, value in _members(one) if name in names}


def _plain(value: object) -> object:
    """As asks carry it."""
    if not isinstance(value, dict):
        return value
    return {
        name: ShareCounts(**dict(_members(one))) if isinstance(one, Share) else one
        for name, one in value.items()
    }


def _members(one: msgspec.Struct) -> Sequence[tuple[str, Any]]:
    return [(name, getattr(one, name)) for name in one.__struct_fields__]


def _stand(behind: Behind, ask: LookCountedDays) -> Change:
    """What is held now."""
    if ask.kind == "customer":
        return metering.summed(day.change for day in behind.head.days.values())
    found = behind.head.life.buckets.get(ask.id) if ask.kind == "bucket" else None
    return Change(found.objects, found.bytes_stored) if found is not None else Change()
