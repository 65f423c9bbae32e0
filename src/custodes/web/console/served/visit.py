"""Who visits: the session cookie as evidence, what the keyroom says of it, which customer is looked at."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote

import msgspec

from custodes.acts.asks import Doors, Session
from custodes.acts.asks.house import House, LookHouse
from custodes.acts.asks.parties import Me, WhoAmI
from custodes.acts.streams.carrying import Carrier
from custodes.kernel.clock import Clock
from custodes.kernel.refusal import Kind, Refusal, absent, unauthenticated
from custodes.web.console.pages import PageQuery, Pages
from custodes.web.console.views import shell
from custodes.web.kit.call import Call, Reply, see_other
from custodes.web.kit.endpoint import Body, Endpoint
from custodes.web.kit.forms import set_cookie

SESSION_AGE_S = 8 * 3600
FORM_BYTES_MAX = 65_536
SECTIONS = {  # who sees nothing else of a customer's
    "supplier": ("cases",),
    "provider": ("cases",),
    "custodian": ("kills",),
}
OF_TRUSTEE = (
    *shell.SECTIONS,
    "onboarding",
    "state",
)  # those who run the house; each page asks whether one may
_PLACE = re.compile(r"/(?![/\\])[\x21-\x7e]{0,1800}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,1024}")
_CUSTOMER = re.compile(r"[a-z]{3}-[0-9a-z]{26}")


@dataclass(frozen=True)
class Desk:
    """What every page needs. `origin` is the console's own; `public` reads one file of the published log,
    `carrier` takes files to the stores and back.
    """

    doors: Doors
    pages: Pages
    clock: Clock
    origin: str
    public: Callable[[str], bytes | None]
    carrier: Carrier


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One signed-in visit: evidence for further asks, and what may be shown in the header."""

    evidence: Session
    me: Me
    house: House
    customer: str
    visitor: shell.Visitor

    @property
    def customer_name(self) -> str:
        """The name of the customer looked at."""
        return dict(self.me.customers).get(self.customer, self.customer)


Does = Callable[[Call, Visit], Awaitable[Reply]]


def page(
    path: str, name: str, does: Callable[[Call], Awaitable[Reply]], query: type[PageQuery] = PageQuery
) -> Endpoint:
    """A page of the console."""
    return Endpoint(
        method="GET",
        path=path,
        name=name,
        action=None,
        does=does,
        query=query,
        media="text/html",
        timeout_ms=15_000,
    )


def form(path: str, name: str, does: Callable[[Call], Awaitable[Reply]]) -> Endpoint:
    """What a form of the console posts to."""
    return Endpoint(
        method="POST",
        path=path,
        name=name,
        action=None,
        does=does,
        takes=Body.FORM,
        body_bytes_max=FORM_BYTES_MAX,
        media="text/html",
        timeout_ms=15_000,
    )


def seated(desk: Desk, does: Does) -> Callable[[Call], Awaitable[Reply]]:
    """The endpoint for people who are signed in; others are sent to the sign-in page and back."""

    async def do(call: Call) -> Reply:
        try:
            visit = await _visit(desk, call)
        except Refusal as refusal:
            if refusal.kind is not Kind.UNAUTHENTICATED or call.request.method == "POST":
                raise
            return see_other(f"/sign-in?onward={quote(_here(call), safe='')}")
        try:
            reply = await does(call, visit)
        except Refusal as refusal:
            return desk.pages.refuse(refusal, call.id, call.request, visit.visitor, call.csrf)
        chosen = call.request.query_params.get("customer")
        if chosen and chosen == visit.customer:
            cookie = set_cookie("customer", chosen, is_tls=call.is_tls, age_s_max=SESSION_AGE_S)
            return msgspec.structs.replace(reply, headers=(*reply.headers, cookie))
        return reply

    return do


def session_of(call: Call) -> Session:
    """The session cookie as evidence (`no-credential`); its padding does not travel in a cookie."""
    token = call.cookie("session") or ""
    if not _TOKEN.fullmatch(token):
        raise unauthenticated("no-credential")
    return Session(token + "=" * (-len(token) % 4))


def session_cookie(token: str, *, is_tls: bool) -> tuple[str, str]:
    """The cookie that holds a session, or with an empty token removes it."""
    age = SESSION_AGE_S if token else 0
    return set_cookie("session", token.rstrip("="), is_tls=is_tls, age_s_max=age)


def peer_of(call: Call) -> str:
    """Where the request came from, as far as this process can tell."""
    client = call.request.client
    return client.host[:64] if client else ""


def onward(place: str) -> str:
    """A place on this site, or the first page."""
    return place if _PLACE.fullmatch(place) else "/"


async def meet(desk: Desk) -> House:
    """What the installation says of itself, also shown in every page's header from now on."""
    house = await desk.doors.ask(LookHouse())
    desk.pages.meet(house.name, is_demo=house.demo)
    return house


async def _visit(desk: Desk, call: Call) -> Visit:
    evidence = session_of(call)
    house, me = await asyncio.gather(meet(desk), desk.doors.ask(WhoAmI(evidence)))
    wished = call.request.query_params.get("customer") or call.cookie("customer") or ""
    known = [id_ for id_, _ in me.customers]
    if call.request.query_params.get("customer") and wished not in known:
        raise absent("no-such-customer")
    first = next((id_ for id_ in known if id_ != house.id), next(iter(known), ""))
    customer = wished if wished in known and _CUSTOMER.fullmatch(wished) else first
    visitor = shell.Visitor(
        name=me.name,
        organisation=me.organisation_name,
        customer=customer,
        customers=tuple(shell.Option(value=id_, text=name) for id_, name in me.customers),
        sections=OF_TRUSTEE if me.party_kind == "trustee" else SECTIONS.get(me.party_kind, shell.SECTIONS),
    )
    return Visit(evidence=evidence, me=me, house=house, customer=customer, visitor=visitor)


def _here(call: Call) -> str:
    url = call.request.url
    return url.path + (f"?{url.query}" if url.query else "")
