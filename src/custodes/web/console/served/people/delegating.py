"""Giving one's own role of approver to a colleague for a time: chosen by a form, signed by a passkey."""

from datetime import datetime

import msgspec

from custodes.acts.asks import Signed
from custodes.acts.asks.documents import act_document
from custodes.acts.asks.identity import DelegateRole
from custodes.acts.asks.parties import PartyView
from custodes.kernel.clock import from_text, to_text
from custodes.kernel.refusal import Kind, Refusal, absent, malformed
from custodes.web.console.served import facts, signing
from custodes.web.console.served.visit import Desk, Visit, form, seated
from custodes.web.console.views import people as views
from custodes.web.kit.call import Call, Reply, see_other
from custodes.web.kit.endpoint import Endpoint
from custodes.web.kit.forms import Form
from custodes.web.kit.problems import problem

from .days import midnight

_AGAIN = (Kind.CONFLICT, Kind.MALFORMED, Kind.DENIED, Kind.ABSENT)


class DelegatingPages:
    """Two forms: the first says what will be signed, the second hands the signature in."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def check(self, call: Call, visit: Visit) -> Reply:
        """What is to be signed: who, from when, until when."""
        given = call.taken(Form)
        zone = self._desk.pages.zone
        since, until = midnight(given.one("since"), zone), midnight(given.one("until"), zone, days=1)
        now = to_text(self._desk.clock.now().replace(microsecond=0))
        return await self._page(
            call, visit, DelegateRole(visit.evidence, given.one("person"), max(since, now), until)
        )

    async def sign(self, call: Call, visit: Visit) -> Reply:
        """The signature over the act, handed in with it."""
        given = call.taken(Form)
        times = [_moment(given.one(name)) for name in ("since", "until", "at")]
        bare = DelegateRole(visit.evidence, given.one("person"), times[0], times[1])
        try:
            person = await self._person(visit, bare.taker)
            raw = act_document(bare, visit.house.id, person.generation, times[2])
            mine = await signing.signature(self._desk.doors, visit.evidence, raw, given)
            signed = Signed(visit.evidence, times[2], mine)
            await self._desk.doors.ask(msgspec.structs.replace(bare, evidence=signed))
        except Refusal as refusal:
            if refusal.kind not in _AGAIN or refusal.code == "no-such-person":
                raise
            return await self._page(call, visit, bare, refusal)
        return see_other("/cover")

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        desk = self._desk
        return (
            form("/cover/delegate", "cover-delegate", seated(desk, self.check)),
            form("/cover/delegate/sign", "cover-delegate-sign", seated(desk, self.sign)),
        )

    async def _page(
        self, call: Call, visit: Visit, bare: DelegateRole, refusal: Refusal | None = None
    ) -> Reply:
        person = await self._person(visit, bare.taker)
        at = to_text(self._desk.clock.now())
        digest = signing.digest_of(act_document(bare, visit.house.id, person.generation, at))
        asked = await signing.to_sign(self._desk.doors, visit.evidence, digest)
        view = views.DelegationSign(
            organisation=visit.me.organisation_name,
            taker=person.name,
            since=_read(bare.since),
            until=_read(bare.until),
            hidden=(("person", person.id), ("since", bare.since), ("until", bare.until), ("at", at)),
            passkey=signing.asking(asked, digest) if signing.passkeys_of(asked) else None,
            command=f"custodes cover delegate {person.id} --since {bare.since} --until {bare.until}",
            refusal=refusal.code if refusal else None,
        )
        status = problem(refusal, "").status if refusal else 200
        return self._desk.pages.reply(call, view, visit.visitor, status=status)

    async def _person(self, visit: Visit, id_: str) -> PartyView:
        """A colleague; `no-such-person` (absent)."""
        known = await facts.names(self._desk, visit, visit.customer)
        for one in known.parties:
            if (one.id, one.organisation, one.kind) == (id_, visit.me.organisation, "person"):
                return one
        raise absent("no-such-person")


def _read(text: str) -> datetime:
    return from_text(text)


def _moment(text: str) -> str:
    """A time that the page before this one wrote; `malformed-form` for another text."""
    try:
        return to_text(from_text(text))
    except (Refusal, ValueError) as error:
        raise malformed("malformed-form", field="at") from error
