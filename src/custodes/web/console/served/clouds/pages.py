"""`/clouds`: every connection, one of them, the test button, and what a key held here protects."""

import asyncio
from collections.abc import Iterable
from itertools import islice

from custodes.acts.asks.clouds.connections import (
    ConnectionKeyView,
    ConnectionView,
    LookConnections,
    MoveConnection,
    TryConnection,
)
from custodes.acts.asks.keys import KeyView, LookKeys
from custodes.acts.asks.log import EntryView, LookEntries
from custodes.acts.asks.running.counts import UseCounts
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import Kind, Refusal
from custodes.law.coverage import coverage, of_wire
from custodes.protocols.guides import connection as guide
from custodes.protocols.guides.step import Step
from custodes.web.console.served import facts
from custodes.web.console.served.visit import Desk, Visit, form, page, seated
from custodes.web.console.views import clouds as views
from custodes.web.console.views.clouds import Two
from custodes.web.console.views.shell import Line
from custodes.web.kit.call import Call, Reply, see_other
from custodes.web.kit.endpoint import Endpoint
from custodes.web.kit.forms import Form
from custodes.web.kit.problems import problem

from . import folding
from .making import KEYED, may_change, row_of

DENIED_MAX = 500
DENIALS_MAX = 20
OFF_REASON = "console"


class CloudPages:
    """List, one connection, try, off, coverage."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def list_(self, call: Call, visit: Visit) -> Reply:
        """All connections, with what each did, counted in all entries."""
        found, counted = await asyncio.gather(
            self._desk.doors.ask(LookConnections(visit.evidence, visit.customer)),
            facts.counts(self._desk, visit),
        )
        did = {one.id: one for one in counted.connections}
        rows = []
        for one in found.connections:
            seen = did.get(one.id, UseCounts(id=one.id))
            rows.append(
                views.CloudRow(
                    name=one.name,
                    href=f"/clouds/{one.id}",
                    kind=one.kind,
                    state=one.state,
                    uses=seen.uses,
                    denials=seen.denials,
                    used_at=facts.used_at(seen),
                    checked_at=facts.moment(seen.checked_at) if seen.checked_at else None,
                )
            )
        view = views.CloudsView(
            customer=visit.customer_name,
            rows=tuple(rows),
            as_of=facts.as_of(counted),
            may_change=may_change(visit),
        )
        return self._desk.pages.reply(call, view, visit.visitor)

    async def show(self, call: Call, visit: Visit) -> Reply:
        """One connection."""
        return await self._show(call, visit, None, None)

    async def try_out(self, call: Call, visit: Visit) -> Reply:
        """The test button: a harmless round trip, and what it found."""
        row = await self._row(call, visit)
        tried = await self._desk.doors.ask(TryConnection(visit.evidence, row.id))
        return await self._show(call, visit, tried.code, None)

    async def off(self, call: Call, visit: Visit) -> Reply:
        """Off, at once; to switch it on again takes a signature."""
        row = await self._row(call, visit)
        reason = call.taken(Form).one("reason").strip()
        try:
            ask = MoveConnection(visit.evidence, row.id, "off", reason or OFF_REASON)
            await self._desk.doors.ask(ask)
        except Refusal as refusal:
            if refusal.kind not in (Kind.DENIED, Kind.CONFLICT, Kind.MALFORMED):
                raise
            return await self._show(call, visit, None, refusal)
        return see_other(f"/clouds/{row.id}")

    async def coverage(self, call: Call, visit: Visit) -> Reply:
        """What a key held here protects at each service."""
        rows = tuple(
            views.CoverageRow(
                service=row.service,
                wire=row.wire,
                is_blind=row.is_blind,
                protects=Two(german=row.protects_german, english=row.protects_english),
                leaves=Two(german=row.leaves_german, english=row.leaves_english),
                holds=Two(german=row.holds_german, english=row.holds_english),
                source=row.origin.source,
                is_confirmed=row.origin.confirmed,
            )
            for row in coverage()
        )
        read_on = max(row.origin.read_on for row in coverage()).isoformat()
        view = views.CoverageView(rows=rows, read_on=read_on)
        return self._desk.pages.reply(call, view, visit.visitor)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """This page's part of the table."""
        desk = self._desk
        return (
            page("/clouds", "clouds", seated(desk, self.list_)),
            page("/clouds/coverage", "clouds-coverage", seated(desk, self.coverage)),
            page("/clouds/{connection}", "cloud", seated(desk, self.show)),
            form("/clouds/{connection}/try", "cloud-try", seated(desk, self.try_out)),
            form("/clouds/{connection}/off", "cloud-off", seated(desk, self.off)),
        )

    async def _show(self, call: Call, visit: Visit, tried: str | None, refusal: Refusal | None) -> Reply:
        row = await self._row(call, visit)
        counted, days, denied, keys = await asyncio.gather(
            facts.counts(self._desk, visit),
            facts.days(self._desk, visit, "connection", row.id),
            denied_of(self._desk, visit, row.id),
            facts.maybe(self._desk, LookKeys(visit.evidence, visit.customer)),
        )
        seen = next((one for one in counted.connections if one.id == row.id), UseCounts(id=row.id))
        today = to_text(self._desk.clock.now())[:10]
        listens = self._desk.pages.listens(row.kind)
        view = views.CloudView(
            connection=row.id,
            name=row.name,
            kind=row.kind,
            state=row.state,
            lines=_lines(row, visit),
            lent=_lent(row, keys.keys if keys else ()),
            credentials=tuple(_credential(one) for one in row.credentials),
            takes_credentials=row.kind in KEYED,
            may_change=may_change(visit),
            bars=folding.bars(seen.reasons),
            uses=seen.uses,
            uses_today=sum(one.uses for one in days.days if one.day == today),
            days=facts.day_bars(days, {one.day: one.uses for one in days.days}),
            refused=seen.denials,
            as_of=facts.as_of(counted),
            used_at=facts.used_at(seen),
            checked_at=facts.moment(seen.checked_at) if seen.checked_at else None,
            denials=denials(denied),
            held=_held(row.kind),
            guide=_guide(row, listens),
            listens=listens,
            tried=tried,
            refusal=refusal.code if refusal else None,
        )
        status = problem(refusal, "").status if refusal else 200
        return self._desk.pages.reply(call, view, visit.visitor, status=status)

    async def _row(self, call: Call, visit: Visit) -> ConnectionView:
        return await row_of(self._desk, visit, call.path["connection"])


def _credential(one: ConnectionKeyView) -> views.CredentialLine:
    return views.CredentialLine(
        id=one.id, access_id=one.access_id, label=one.label, made_at=facts.moment(one.created_at)
    )


def _lines(row: ConnectionView, visit: Visit) -> tuple[Line, ...]:
    return (
        Line(label="customer", value=visit.customer_name),
        Line(label="path", value=row.path, is_code=True),
        *((Line(label="grants-name", value=row.beneficiary, is_code=True),) if row.beneficiary else ()),
        Line(label="made-at", moment=facts.moment(row.made_at)),
        *(
            Line(label=f"setting-{name}", value=", ".join(values), is_code=True)
            for name, values in sorted(row.settings.items())
        ),
    )


def _guide(row: ConnectionView, listens: str) -> tuple[views.GuideStep, ...]:
    place = (row.settings.get("host", ("",))[0], row.path)
    names = tuple(one.name for one in row.keys)
    try:
        steps = guide.steps(row.kind, row.name, place, names, listens=listens or "127.0.0.1:PORT")
    except Refusal:  # a name that a shell would take apart: no command is shown rather than a wrong one
        return ()
    return guide_steps(steps)


def guide_steps(steps: Iterable[Step]) -> tuple[views.GuideStep, ...]:
    """Steps as pages show them."""
    return tuple(views.GuideStep(code=one.code, command=one.command) for one in steps)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else ()


def _lent(row: ConnectionView, keys: Iterable[KeyView]) -> tuple[views.LentRow, ...]:
    names = {one.id: one.name for one in keys}
    return tuple(
        views.LentRow(
            key=names.get(one.key, one.key), href=f"/keys/{one.key}", name=one.name, verbs=one.verbs
        )
        for one in row.keys
    )


async def denied_of(desk: Desk, visit: Visit, connection: str) -> tuple[EntryView, ...]:
    """The newest denials of a connection; for an empty one, of keys that no connection used."""
    ask = LookEntries(visit.evidence, visit.customer, kind="machine", act="denial", limit=DENIED_MAX)
    return folding.denied((await facts.entries(desk, ask)).entries, connection)


def denials(denied: Iterable[EntryView]) -> tuple[views.CloudDenial, ...]:
    """The newest denials as pages show them."""
    return tuple(
        views.CloudDenial(
            at=facts.moment(one.at),
            reason=str(one.fields.get("reason", "denied")),
            rules=_texts(one.fields.get("policies")),
            operation=folding.operation(one),
            count=folding.number(one),
            proof=facts.proof(one),
        )
        for one in islice(denied, DENIALS_MAX)
    )


def _held(kind: str) -> tuple[views.Held, ...]:
    return tuple(
        views.Held(
            service=one.service,
            holds=Two(german=one.holds_german, english=one.holds_english),
            is_confirmed=one.origin.confirmed,
        )
        for one in of_wire(kind)
    )
