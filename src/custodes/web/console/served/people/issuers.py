"""`/issuers`: by which issuers one's own people sign in, what groups are here, and a token tried out."""

import msgspec

from custodes.acts.asks.identity import IssuerView, LookIssuers, TokenTried, TryToken
from custodes.acts.asks.parties import RevokeCredential
from custodes.kernel.refusal import Kind, Refusal
from custodes.web.console.served import facts
from custodes.web.console.served.account import OFFICERS, credential_row
from custodes.web.console.served.visit import Desk, Visit, form, page, seated
from custodes.web.console.views import people as views
from custodes.web.kit.call import Call, Reply, see_other
from custodes.web.kit.endpoint import Endpoint
from custodes.web.kit.forms import Form
from custodes.web.kit.problems import problem

REASON = "directory token revoked on its page"
_AGAIN = (Kind.CONFLICT, Kind.MALFORMED, Kind.DENIED)


class IssuerPages:
    """Shown to every person of the organisation; changes are signed on the command line."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, call: Call, visit: Visit) -> Reply:
        """What stands."""
        return await self._page(call, visit)

    async def try_token(self, call: Call, visit: Visit) -> Reply:
        """The token is in this request alone: not in an address, not in a log, and not shown again."""
        given = call.taken(Form)
        issuer = given.one("issuer")
        try:
            found = await self._desk.doors.ask(TryToken(visit.evidence, issuer, given.one("token")))
        except Refusal as refusal:
            if refusal.kind not in _AGAIN:
                raise
            return await self._page(call, visit, refusal=refusal)
        return await self._page(call, visit, tried=_tried(issuer, found))

    async def revoke(self, call: Call, visit: Visit) -> Reply:
        """A directory's token is taken away."""
        token = call.taken(Form).one("token")
        try:
            await self._desk.doors.ask(RevokeCredential(visit.evidence, token, REASON))
        except Refusal as refusal:
            if refusal.kind not in _AGAIN:
                raise
            return await self._page(call, visit, refusal=refusal)
        return see_other("/issuers")

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        desk = self._desk
        return (
            page("/issuers", "issuers", seated(desk, self.show)),
            form("/issuers/try", "issuers-try", seated(desk, self.try_token)),
            form("/issuers/revoke", "issuers-revoke", seated(desk, self.revoke)),
        )

    async def _page(
        self, call: Call, visit: Visit, *, tried: views.Tried | None = None, refusal: Refusal | None = None
    ) -> Reply:
        found = await self._desk.doors.ask(LookIssuers(visit.evidence))
        if tried is not None and tried.person:
            known = await facts.names(self._desk, visit, visit.customer)
            tried = msgspec.structs.replace(tried, person=known.people.get(tried.person, tried.person))
        view = views.IssuersView(
            organisation=visit.me.organisation_name,
            rows=tuple(_row(one) for one in found.issuers),
            may_change=OFFICERS.get(visit.me.party_kind, "-") in visit.me.roles,
            tried=tried,
            proof=await facts.latest(self._desk, visit, "change.issuer", "change.issuer-keys"),
            refusal=refusal.code if refusal else None,
        )
        status = problem(refusal, "").status if refusal else 200
        return self._desk.pages.reply(call, view, visit.visitor, status=status)


def _row(one: IssuerView) -> views.IssuerRow:
    return views.IssuerRow(
        id=one.id,
        name=one.name,
        url=one.url,
        client=one.client_id,
        redirect=one.redirect,
        trouble="" if one.is_read else one.trouble or "not-read",
        is_off=one.is_off,
        is_listed=one.is_listed,
        admits_unknown=one.admits_unknown,
        minutes=one.session_minutes,
        mapping=one.roles,
        tokens=tuple(credential_row(token) for token in one.tokens),
    )


def _tried(issuer: str, found: TokenTried) -> views.Tried:
    return views.Tried(
        issuer=issuer,
        reason=found.reason,
        ends_in=found.ends_in,
        subject=found.subject,
        name=found.name,
        person=found.person,
        groups=found.groups,
        listed=found.listed,
        mapped=found.mapped,
        roles=found.roles,
    )
