"""Signing in by passkey or password, and out."""

import msgspec

from custodes.acts.asks.identity import LookEntrances
from custodes.acts.asks.parties import BeginPasskey, SignedIn, SignIn, SignOut
from custodes.kernel.refusal import Kind, Refusal
from custodes.web.console.pages import PageQuery
from custodes.web.console.views.shell import Option
from custodes.web.console.views.sign_in import SignInView
from custodes.web.kit.call import Call, Reply, see_other
from custodes.web.kit.endpoint import Endpoint
from custodes.web.kit.forms import Form
from custodes.web.kit.problems import KINDS

from . import signing
from .visit import Desk, form, meet, onward, page, peer_of, session_cookie, session_of

_SHOWN = (Kind.UNAUTHENTICATED, Kind.LIMITED, Kind.CONFLICT)


class SignInQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`onward`: where to go afterwards."""

    onward: str = "/"


class SignInPage:
    """The three endpoints of a session's begin and end."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, call: Call) -> Reply:
        """The page, with a fresh challenge."""
        return await self._page(call, onward=onward(call.asked(SignInQuery).onward))

    async def by_passkey(self, call: Call) -> Reply:
        """A browser's answer to the challenge of the page."""
        given = call.taken(Form)
        said = signing.assertion(given)
        ask = SignIn(
            signature=said.signed(said.passkey), challenge=given.one("challenge"), peer=peer_of(call)
        )
        return await self._sign_in(call, ask, given)

    async def by_password(self, call: Call) -> Reply:
        """Mail and password: enough to look, not to sign anything."""
        given = call.taken(Form)
        ask = SignIn(mail=given.one("account"), password=given.one("password"), peer=peer_of(call))
        return await self._sign_in(call, ask, given)

    async def sign_out(self, call: Call) -> Reply:
        """The session ends in the keyroom and in the browser."""
        try:
            await self._desk.doors.ask(SignOut(session_of(call)))
        except Refusal as refusal:
            if refusal.kind is not Kind.UNAUTHENTICATED:
                raise
        return see_other("/sign-in", session_cookie("", is_tls=call.is_tls))

    async def again(self, call: Call, place: str, refusal: Refusal) -> Reply:
        """The page once more, with what was said no to elsewhere."""
        return await self._page(call, onward=place, refusal=refusal)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        return (
            page("/sign-in", "sign-in", self.show, query=SignInQuery),
            form("/sign-in", "sign-in-password", self.by_password),
            form("/sign-in/passkey", "sign-in-passkey", self.by_passkey),
            form("/sign-out", "sign-out", self.sign_out),
        )

    async def _sign_in(self, call: Call, ask: SignIn, given: Form) -> Reply:
        place = onward(given.one("onward"))
        try:
            signed_in: SignedIn = await self._desk.doors.ask(ask)
        except Refusal as refusal:
            if refusal.kind not in _SHOWN:
                raise
            return await self._page(call, onward=place, account=ask.mail, refusal=refusal)
        return see_other(place, session_cookie(signed_in.token, is_tls=call.is_tls))

    async def _page(
        self, call: Call, *, onward: str, account: str = "", refusal: Refusal | None = None
    ) -> Reply:
        await meet(self._desk)
        begun = await self._desk.doors.ask(BeginPasskey("sign-in", peer=peer_of(call)))
        shown = await self._desk.doors.ask(LookEntrances())
        view = SignInView(
            passkey=signing.asking(begun, passkeys=()),
            challenge=begun.challenge,
            onward=onward,
            account=account,
            refusal=refusal.code if refusal else None,
            entrances=tuple(Option(value=one.issuer, text=one.name) for one in shown.entrances),
        )
        reply = self._desk.pages.reply(call, view, status=KINDS[refusal.kind][0] if refusal else 200)
        return msgspec.structs.replace(reply, refusal=refusal.code if refusal else None)
