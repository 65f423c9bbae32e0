"""Signing in by an organisation's issuer: there with a ticket in a cookie, back with a code, in with a token.

The cookie binds the answer to the browser that asked. It is the one cookie that is `Lax`, because another
site leads back here; it proves nobody. The session's own cookie is `Strict`, so the answer is a page of ours
that goes on by itself, and no redirect.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Protocol

import msgspec

from custodes.acts.asks.identity import BeginFederated, ExchangeCode, SignInFederated
from custodes.kernel.refusal import Kind, Refusal, unauthenticated
from custodes.protocols.oidc.messages import Exchange
from custodes.protocols.oidc.refusals import of_issuer
from custodes.web.console.pages import PageQuery
from custodes.web.console.views.sign_in import SignedInView
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Endpoint
from custodes.web.kit.forms import set_cookie

from .sign_in import SignInPage
from .visit import Desk, meet, onward, page, peer_of, session_cookie

TICKET = "ticket"
TICKET_AGE_S = 600
PARAMETER_CHARS_MAX = 4_096
_SHOWN = (Kind.UNAUTHENTICATED, Kind.DENIED, Kind.LIMITED, Kind.UNAVAILABLE, Kind.MALFORMED)


class Codes(Protocol):
    """Hands in a code at a token endpoint: `not-authenticated`, `host-not-allowed`, `unreachable`."""

    async def redeem(self, made: Exchange, ca: str) -> str:
        """The ID token."""
        ...


class OnwardQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`onward`: where to go afterwards."""

    onward: str = "/"


class FederatedPages:
    """The way out to an issuer and back."""

    def __init__(self, desk: Desk, codes: Codes) -> None:
        self._desk = desk
        self._codes = codes
        self._sign_in = SignInPage(desk)

    async def leave(self, call: Call) -> Reply:
        """To the issuer, with a ticket in a cookie."""
        place = onward(call.asked(OnwardQuery).onward)
        try:
            begun = await self._desk.doors.ask(BeginFederated(call.path["issuer"], peer_of(call)))
        except Refusal as refusal:
            if refusal.kind not in _SHOWN:
                raise
            return await self._sign_in.again(call, place, refusal)
        kept = urlsafe_b64encode(place.encode()).decode("ascii").rstrip("=")
        cookie = set_cookie(
            TICKET, f"{begun.ticket}.{kept}", is_tls=call.is_tls, age_s_max=TICKET_AGE_S, is_lax=True
        )
        return Reply(status=303, headers=(("location", begun.url), cookie))

    async def returned(self, call: Call) -> Reply:
        """Back from the issuer (RFC 6749 section 4.1.2): a session, or the sign-in page with the reason."""
        ticket, _, kept = (call.cookie(TICKET) or "").partition(".")
        place = _place(kept)
        gone = set_cookie(TICKET, "", is_tls=call.is_tls, age_s_max=0, is_lax=True)
        try:
            signed_in = await self._enter(call, ticket)
        except Refusal as refusal:
            if refusal.kind not in _SHOWN:
                raise
            shown = await self._sign_in.again(call, place, _shown(refusal))
            return msgspec.structs.replace(shown, headers=(*shown.headers, gone))
        await meet(self._desk)
        reply = self._desk.pages.reply(call, SignedInView(onward=place))
        session = session_cookie(signed_in, is_tls=call.is_tls)
        return msgspec.structs.replace(reply, headers=(*reply.headers, session, gone))

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        leaving = page("/sign-in/by/{issuer}", "sign-in-by", self.leave, query=OnwardQuery)
        back = page("/sign-in/returned", "sign-in-returned", self.returned)
        # What an issuer adds to its answer is its own business: read by name, and never refused as unknown.
        back = msgspec.structs.replace(back, query=None, timeout_ms=30_000)
        return (leaving, back)

    async def _enter(self, call: Call, ticket: str) -> str:
        given = {name: _one(call, name) for name in ("code", "state", "iss", "error")}
        if given["error"]:
            raise of_issuer(given["error"])
        if not ticket:
            raise unauthenticated("not-authenticated")
        exchange = ExchangeCode(ticket, given["state"], given["code"], given["iss"])
        made = await self._desk.doors.ask(exchange)
        token = await self._codes.redeem(made.exchange, made.ca)
        entering = SignInFederated(ticket, given["state"], token, peer_of(call))
        return (await self._desk.doors.ask(entering)).token


def _one(call: Call, name: str) -> str:
    """The one value of a parameter; empty when it is missing, too long, or there twice."""
    values = call.request.query_params.getlist(name)
    return values[0] if len(values) == 1 and len(values[0]) <= PARAMETER_CHARS_MAX else ""


def _place(kept: str) -> str:
    try:
        return onward(urlsafe_b64decode(kept + "=" * (-len(kept) % 4)).decode("utf-8", "strict"))
    except ValueError:
        return "/"


def _shown(refusal: Refusal) -> Refusal:
    """What a page says of it; where the token or the browser is at fault there is one answer."""
    if refusal.kind is Kind.UNAUTHENTICATED:
        return Refusal("sign-in-broken-off", refusal.kind, {})
    if refusal.code in {"unreachable", "issuer-unreachable", "host-not-allowed"}:
        return Refusal("issuer-unread", Kind.UNAVAILABLE, {})
    return refusal
