"""Kill behind a page that says who will stand still; what stands killed; lifting it with two signatures."""

import asyncio

from custodes.acts.asks.house import Kill, KillPreview, KillScope, KillView, Lift, LookKills, PreviewKill
from custodes.kernel.refusal import Kind, Refusal, absent
from custodes.web.console.pages import PageQuery
from custodes.web.console.views import keys as views
from custodes.web.console.views.shell import Field, Line
from custodes.web.kit.call import Call, Reply, see_other
from custodes.web.kit.endpoint import Endpoint
from custodes.web.kit.forms import Form
from custodes.web.kit.problems import problem

from . import facts, signing
from .keys import MoveQuery
from .visit import Desk, Visit, form, page, seated

SCOPES = ("customer", "provider", "house")
LIFT_ORGANISATIONS = 2
REASON_CHARS_MAX = 500  # what the keyroom takes
_AGAIN = (Kind.CONFLICT, Kind.MALFORMED, Kind.DENIED)


class KillQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`scope`: `customer` (the one looked at), `provider` with its id as `subject`, or `house`."""

    scope: str = "customer"
    subject: str = ""


class KillsQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """After a kill: what became of it."""

    state: str = ""
    pending: int = 0


class KillPages:
    """Check, kill, what stands, lift."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def check(self, call: Call, visit: Visit) -> Reply:
        """Who will stand still, and what will be logged."""
        query = call.asked(KillQuery)
        return await self._check(call, visit, _target(query.scope, query.subject, visit), None)

    async def kill(self, call: Call, visit: Visit) -> Reply:
        """One person suffices."""
        given = call.taken(Form)
        target = _target(given.one("scope"), given.one("subject"), visit)
        reason = given.one("reason").strip()
        if not given.many("confirmed") or not 0 < len(reason) <= REASON_CHARS_MAX:
            return await self._check(call, visit, target, None, reason)
        try:
            done = await self._desk.doors.ask(Kill(visit.evidence, target, reason))
        except Refusal as refusal:
            if refusal.kind not in _AGAIN:
                raise
            return await self._check(call, visit, target, refusal, reason)
        return see_other(f"/kills?state={done.state}&pending={done.pending}")

    async def list_(self, call: Call, visit: Visit) -> Reply:
        """What stands killed."""
        query = call.asked(KillsQuery)
        found = await self._desk.doors.ask(LookKills(visit.evidence, _reach(visit)))
        known = await facts.names(self._desk, visit, visit.customer)
        view = views.KillsView(
            rows=tuple(_row(one, known) for one in found.kills),
            pending=query.pending if query.state == "pending" else 0,
            is_fresh=query.state in {"done", "pending"},
        )
        return self._desk.pages.reply(call, view, visit.visitor)

    async def show(self, call: Call, visit: Visit) -> Reply:
        """One kill, and the form that lifts it."""
        return await self._lift(call, visit, call.asked(MoveQuery).approval, None)

    async def lift(self, call: Call, visit: Visit) -> Reply:
        """The first signature becomes a link; the second, of another organisation, lifts."""
        given, kill = call.taken(Form), await self._kill(call, visit)
        other = given.one("approval") if given.many("approval") else ""
        try:
            mine = await signing.signature(self._desk.doors, visit.evidence, kill.document, given)
            if not other:
                return await self._lift(call, visit, signing.text_of(mine), None, is_mine=True)
            ask = Lift(visit.evidence, kill.id, (signing.approval_of(other), mine))
            await self._desk.doors.ask(ask)
        except Refusal as refusal:
            if refusal.kind not in _AGAIN:
                raise
            return await self._lift(call, visit, other, refusal)
        return see_other("/kills")

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        desk = self._desk
        return (
            page("/kill", "kill-check", seated(desk, self.check), KillQuery),
            form("/kill", "kill", seated(desk, self.kill)),
            page("/kills", "kills", seated(desk, self.list_), KillsQuery),
            page("/kills/{kill}", "kill-standing", seated(desk, self.show), MoveQuery),
            form("/kills/{kill}/lift", "kill-lift", seated(desk, self.lift)),
        )

    async def _check(
        self, call: Call, visit: Visit, target: KillScope, refusal: Refusal | None, given: str | None = None
    ) -> Reply:
        """The reason first (`given` None); with a good one, what will be logged, to be confirmed."""
        preview = await self._desk.doors.ask(PreviewKill(visit.evidence, target))
        error = None if given is None else "field-missing" if not given else None
        if given is not None and len(given) > REASON_CHARS_MAX:
            error = "too-long"
        hidden = {"scope": target.scope, "subject": target.subject}
        asked = Field(
            name="reason",
            label="reason",
            kind="long",
            hint="logged",
            value=given or "",
            error=error,
            chars_max=REASON_CHARS_MAX,
        )
        is_asked = not given or error is not None
        if not is_asked:
            hidden |= {"reason": given or "", "confirmed": "yes"}
        kept = tuple(Field(name=n, label="confirm", kind="hidden", value=v) for n, v in hidden.items())
        view = views.KillView(
            scope=target.scope,
            name=preview.name or target.subject,
            action="/kill",
            back_href="/keys",
            customers=tuple(name for _, name in preview.customers),
            applications=tuple(name for _, name in preview.applications),
            keys=preview.keys,
            buckets=preview.buckets,
            open_grants=preview.open_grants,
            uses_24_hours=preview.uses_last_day,
            uses_are_more=preview.uses_are_more,
            is_killed_already=preview.killed_already,
            logged=_logged(preview, visit),
            reason="" if is_asked else given or "",
            lift_organisations=LIFT_ORGANISATIONS,
            fields=(*kept, asked) if is_asked else kept,
            refusal=refusal.code if refusal else None,
        )
        status = problem(refusal, "").status if refusal else 200
        return self._desk.pages.reply(call, view, visit.visitor, status=status)

    async def _lift(
        self, call: Call, visit: Visit, approval: str, refusal: Refusal | None, *, is_mine: bool = False
    ) -> Reply:
        kill, known = await asyncio.gather(
            self._kill(call, visit), facts.names(self._desk, visit, visit.customer)
        )
        passkey = None
        if not is_mine:
            digest = signing.digest_of(kill.document)
            asked = await signing.to_sign(self._desk.doors, visit.evidence, digest)
            passkey = signing.asking(asked, digest)
        view = views.LiftView(
            row=_row(kill, known),
            action=f"/kills/{kill.id}/lift",
            document=kill.document.decode("utf-8", "replace"),
            lift_organisations=LIFT_ORGANISATIONS,
            passkey=passkey,
            approval=approval,
            link=f"{self._desk.origin}/kills/{kill.id}?approval={approval}" if is_mine else None,
            refusal=refusal.code if refusal else None,
        )
        status = problem(refusal, "").status if refusal else 200
        return self._desk.pages.reply(call, view, visit.visitor, status=status)

    async def _kill(self, call: Call, visit: Visit) -> KillView:
        found = await self._desk.doors.ask(LookKills(visit.evidence, _reach(visit)))
        for kill in found.kills:
            if kill.id == call.path["kill"]:
                return kill
        raise absent("no-such-kill")


def _target(scope: str, subject: str, visit: Visit) -> KillScope:
    if scope not in SCOPES:
        raise absent("no-such-path")
    if scope == "customer":
        if not visit.customer:
            raise absent("no-such-customer")
        return KillScope(scope, visit.customer)
    return KillScope(scope, subject if scope == "provider" else "")


def _reach(visit: Visit) -> str | None:
    """Trustee and custodians see every kill that stands, everybody else those of his customer."""
    return None if visit.me.party_kind in {"trustee", "custodian"} else visit.customer or None


def _row(kill: KillView, known: facts.Names) -> views.KillRow:
    return views.KillRow(
        href=f"/kills/{kill.id}",
        scope=kill.target.scope,
        name=kill.name or kill.target.subject,
        at=facts.moment(kill.killed_at),
        by=known.who(kill.by),
        reason=kill.reason,
    )


def _logged(preview: KillPreview, visit: Visit) -> tuple[Line, ...]:
    """What the entry says besides the reason, in the reader's words."""
    me = visit.me
    return (
        Line(label="act", value=preview.entry_text, is_act=True),
        Line(label="who", value=f"{me.name}, {me.organisation_name}"),
        Line(label="actor", value=me.credential, is_code=True),
    )
