"""`/cover`: who is away, who is told in his place, who is on call, and where somebody is missing."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import msgspec

from custodes.acts.asks.identity import CoverView, EndDelegation, LookCover, SetCover
from custodes.kernel.clock import from_text
from custodes.kernel.refusal import Kind, Refusal, malformed
from custodes.parties.cover import Absence, Cover, Duty, gaps
from custodes.web.console.served import facts
from custodes.web.console.served.account import OFFICERS
from custodes.web.console.served.visit import Desk, Visit, form, page, seated
from custodes.web.console.views import people as views
from custodes.web.console.views.shell import Option
from custodes.web.kit.call import Call, Reply, see_other
from custodes.web.kit.endpoint import Endpoint
from custodes.web.kit.forms import Form
from custodes.web.kit.problems import problem

from .days import midnight

DAYS, GAP_DAYS = 14, 90
KINDS = ("absence", "duty", "lead")
_AGAIN = (Kind.CONFLICT, Kind.MALFORMED, Kind.DENIED)


Change = Callable[[SetCover, Form], SetCover]


class CoverPages:
    """Shown to every person of the organisation; changed by whoever may enrol there."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, call: Call, visit: Visit) -> Reply:
        """What stands."""
        return await self._page(call, visit)

    async def add(self, call: Call, visit: Visit) -> Reply:
        """An absence, a duty or a lead more, on what the form was made of."""
        return await self._change(call, visit, partial(_added, self._desk.pages.zone))

    async def remove(self, call: Call, visit: Visit) -> Reply:
        """One of them less."""
        return await self._change(call, visit, _removed)

    async def end(self, call: Call, visit: Visit) -> Reply:
        """A delegation ends now."""
        membership = call.taken(Form).one("membership")
        try:
            await self._desk.doors.ask(EndDelegation(visit.evidence, membership))
        except Refusal as refusal:
            if refusal.kind not in _AGAIN:
                raise
            return await self._page(call, visit, refusal)
        return see_other("/cover")

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        desk = self._desk
        return (
            page("/cover", "cover", seated(desk, self.show)),
            form("/cover/add", "cover-add", seated(desk, self.add)),
            form("/cover/remove", "cover-remove", seated(desk, self.remove)),
            form("/cover/end", "cover-end", seated(desk, self.end)),
        )

    async def _change(self, call: Call, visit: Visit, change: Change) -> Reply:
        given = call.taken(Form)
        try:
            old = await self._desk.doors.ask(LookCover(visit.evidence))
            seen = given.one("generation")
            bare = SetCover(
                visit.evidence,
                old.organisation,
                old.absences,
                old.duties,
                old.leads,
                int(seen) if seen.isdecimal() and len(seen) < 10 else -1,
            )
            await self._desk.doors.ask(change(bare, given))
        except Refusal as refusal:
            if refusal.kind not in _AGAIN:
                raise
            return await self._page(call, visit, refusal)
        return see_other("/cover")

    async def _page(self, call: Call, visit: Visit, refusal: Refusal | None = None) -> Reply:
        found = await self._desk.doors.ask(LookCover(visit.evidence))
        known = await facts.names(self._desk, visit, visit.customer)
        now = self._desk.clock.now()
        row = Cover(id=found.organisation, absences=found.absences, duties=found.duties, leads=found.leads)
        zone = self._desk.pages.zone
        today = now.astimezone(zone).date()
        days = tuple(today + timedelta(days=n) for n in range(DAYS))
        people = sorted(
            {
                (one.name, one.id)
                for one in known.parties
                if one.organisation == visit.me.organisation and one.kind == "person" and one.roles
            }
        )
        missing = gaps(row, now, now + timedelta(days=GAP_DAYS))
        view = views.CoverView(
            organisation=visit.me.organisation_name,
            days=days,
            rows=tuple(
                views.CalendarRow(name=name, days=tuple(_day(found, id_, day, zone) for day in days))
                for name, id_ in people
            ),
            gaps=tuple(
                _stretch(one.kind, known, one.person, since=one.since, until=one.until) for one in missing
            ),
            stretches=_stretches(found, known),
            people=tuple(Option(value=id_, text=name) for name, id_ in people),
            generation=found.generation,
            may_change=OFFICERS.get(visit.me.party_kind, "-") in visit.me.roles,
            today=today.isoformat(),
            may_delegate="approver" in visit.me.roles,
            proof=await facts.latest(self._desk, visit, "change.cover"),
            refusal=_said(refusal),
        )
        status = problem(refusal, "").status if refusal else 200
        return self._desk.pages.reply(call, view, visit.visitor, status=status)


def _added(zone: ZoneInfo, bare: SetCover, given: Form) -> SetCover:
    kind, person = given.one("kind"), given.one("person")
    if kind == "lead":
        left = tuple(one for one in bare.leads if one != person)
        return msgspec.structs.replace(bare, leads=(*left, person))
    since, until = midnight(given.one("since"), zone), midnight(given.one("until"), zone, days=1)
    if kind == "duty":
        row = Duty(person=person, since=since, until=until)
        return msgspec.structs.replace(bare, duties=(*bare.duties, row))
    if kind != "absence":
        raise malformed("malformed-form", field="kind")
    away = Absence(person=person, deputy=given.one("deputy"), since=since, until=until)
    return msgspec.structs.replace(bare, absences=(*bare.absences, away))


def _removed(bare: SetCover, given: Form) -> SetCover:
    kind, key = given.one("kind"), given.one("key")
    if kind == "lead":
        return msgspec.structs.replace(bare, leads=tuple(one for one in bare.leads if one != key))
    if kind == "duty":
        return msgspec.structs.replace(bare, duties=tuple(x for x in bare.duties if _key(x) != key))
    if kind != "absence":
        raise malformed("malformed-form", field="kind")
    return msgspec.structs.replace(bare, absences=tuple(x for x in bare.absences if _key(x) != key))


def _key(one: Absence | Duty) -> str:
    return f"{one.person} {one.since}"


def _day(found: CoverView, person: str, day: date, zone: ZoneInfo) -> views.Day:
    begin = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)  # 23 or 25 hours, twice a year

    def touches(since: str, until: str) -> bool:
        return from_text(since) < end and begin < from_text(until)

    marks = []
    if any(x.person == person and touches(x.since, x.until) for x in found.absences):
        marks.append("is-away")
    if any(x.deputy == person and touches(x.since, x.until) for x in found.absences):
        marks.append("stands-in")
    if any(x.person == person and touches(x.since, x.until) for x in found.duties):
        marks.append("on-call")
    return views.Day(marks=tuple(marks))


def _stretches(found: CoverView, known: facts.Names) -> tuple[views.Stretch, ...]:
    rows = [
        _stretch("absence", known, x.person, x.deputy, since=x.since, until=x.until, key=_key(x))
        for x in found.absences
    ]
    rows += [
        _stretch("duty", known, x.person, since=x.since, until=x.until, key=_key(x)) for x in found.duties
    ]
    rows += [_stretch("lead", known, one, key=one) for one in found.leads]
    rows += [
        _stretch("delegation", known, x.taker, x.giver, since=x.since, until=x.until, key=x.membership)
        for x in found.delegations
    ]
    return tuple(rows)


def _stretch(
    kind: str,
    known: facts.Names,
    person: str,
    other: str = "",
    *,
    since: str = "",
    until: str = "",
    key: str = "",
) -> views.Stretch:
    return views.Stretch(
        kind=kind,
        name=known.people.get(person, person),
        other=known.people.get(other, other),
        since=from_text(since) if since else None,
        until=from_text(until) if until else None,
        key=key,
    )


def _said(refusal: Refusal | None) -> str | None:
    """`bad-cover` says which fault; that is what the page says."""
    if refusal is None:
        return None
    return str(refusal.facts.get("reason", "")) or refusal.code
