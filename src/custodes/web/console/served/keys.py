"""Keys of a customer, one key, and every verb of its life behind a page that says what will be logged."""

import asyncio

from custodes.acts.asks.documents import destruction_document
from custodes.acts.asks.keys import CreateKey, KeyView, LookKeys, MoveKey
from custodes.acts.asks.log import LookEntries
from custodes.acts.asks.parties import LookCustomer
from custodes.acts.asks.rules import LookPlaces
from custodes.acts.asks.transit.keys import LookTransitKey, SetKeyMinimum
from custodes.custody.materials.halves import pem
from custodes.custody.materials.kinds import KeyKind
from custodes.kernel.refusal import Kind, Refusal, absent
from custodes.web.console.pages import PageQuery
from custodes.web.console.views import keys as views
from custodes.web.console.views.shell import Field, Line, Pager, Passkey
from custodes.web.kit.call import Call, Reply, see_other
from custodes.web.kit.endpoint import Endpoint
from custodes.web.kit.forms import Form
from custodes.web.kit.problems import problem

from . import facts, signing
from .visit import Desk, Visit, form, page, seated

VERBS = ("rotate", "disable", "enable", "schedule-destruction", "cancel-destruction", "destroy")
BY_QUORUM = ("schedule-destruction", "destroy")
WAITING_DAYS = 30
DIGITS_MAX = 10
STOPPING = frozenset({"key-officer", "administrator"})  # of the trustee: `kill:pull-house`
_AGAIN = (Kind.CONFLICT, Kind.MALFORMED, Kind.DENIED, Kind.LOCKED)


class MoveQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`approval`: a signature somebody else has given already (base64url), for verbs that need two."""

    approval: str = ""


class KeyPages:
    """List, one key, its verbs."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def list_(self, call: Call, visit: Visit) -> Reply:
        """All keys; uses and the last one are counted in all entries."""
        return await self._list(call, visit, None)

    async def create(self, call: Call, visit: Visit) -> Reply:
        """A new key of the kind chosen; a derived one is bound to a context at every use."""
        given = call.taken(Form)
        try:
            ask = CreateKey(
                visit.evidence,
                visit.customer,
                given.one("name").strip(),
                kind=given.one("kind"),
                is_derived=bool(given.many("derived")),
            )
            made = await self._desk.doors.ask(ask)
        except Refusal as refusal:
            if refusal.kind not in _AGAIN:
                raise
            return await self._list(call, visit, refusal)
        return see_other(f"/keys/{made.id}")

    async def show(self, call: Call, visit: Visit) -> Reply:
        """One key."""
        return await self._show(call, visit, None)

    async def minimum(self, call: Call, visit: Visit) -> Reply:
        """The oldest version that still opens."""
        key, given = await self._key(call, visit), call.taken(Form).one("version")
        try:
            version = int(given) if given.isascii() and given.isdigit() and len(given) < DIGITS_MAX else 0
            ask = SetKeyMinimum(evidence=visit.evidence, key=key.id, version=version)
            await self._desk.doors.ask(ask)
        except Refusal as refusal:
            if refusal.kind not in _AGAIN:
                raise
            return await self._show(call, visit, refusal)
        return see_other(f"/keys/{key.id}")

    async def check(self, call: Call, visit: Visit) -> Reply:
        """The page before a verb."""
        return await self._check(call, visit, call.asked(MoveQuery).approval, None)

    async def move(self, call: Call, visit: Visit) -> Reply:
        """Take the verb; the first of two signatures becomes a link for the second person."""
        key, verb, given = await self._key(call, visit), _verb(call), call.taken(Form)
        approvals: tuple[bytes, ...] = ()
        days = WAITING_DAYS if verb == "schedule-destruction" else None
        other = given.one("approval") if given.many("approval") else ""
        try:
            if verb in BY_QUORUM:
                mine = await signing.signature(
                    self._desk.doors, visit.evidence, _document(key, verb, visit), given
                )
                if not other:
                    return await self._check(call, visit, signing.text_of(mine), None, is_mine=True)
                approvals = (signing.approval_of(other), mine)
            ask = MoveKey(visit.evidence, key.id, verb, given.one("reason").strip(), days, approvals)
            await self._desk.doors.ask(ask)
        except Refusal as refusal:
            if refusal.kind not in _AGAIN:
                raise
            return await self._check(call, visit, other, refusal)
        return see_other(f"/keys/{key.id}")

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        desk = self._desk
        return (
            page("/keys", "keys", seated(desk, self.list_)),
            form("/keys", "key-create", seated(desk, self.create)),
            page("/keys/{key}", "key", seated(desk, self.show)),
            page("/keys/{key}/{verb}", "key-check", seated(desk, self.check), MoveQuery),
            form("/keys/{key}/minimum", "key-minimum", seated(desk, self.minimum)),
            form("/keys/{key}/{verb}", "key-move", seated(desk, self.move)),
        )

    async def _show(self, call: Call, visit: Visit, refusal: Refusal | None) -> Reply:
        key = await self._key(call, visit)
        found, counted, days, nature = await asyncio.gather(
            facts.entries(self._desk, LookEntries(visit.evidence, visit.customer, subject=key.id, limit=10)),
            facts.counts(self._desk, visit),
            facts.days(self._desk, visit, "key", key.id),
            facts.maybe(
                self._desk,
                LookTransitKey(evidence=visit.evidence, key=key.id, customer=visit.customer),
            ),
        )
        used = next((one for one in counted.keys if one.id == key.id), None)
        halves = {one.n: one.public for one in nature.versions} if nature else {}
        view = views.KeyView(
            key=key.id,
            name=key.name,
            state=key.state,
            lines=_lines(key, visit),
            versions=tuple(
                views.KeyVersion(
                    number=one.n,
                    state=one.state,
                    born_at=facts.moment(one.created_at),
                    public=pem(halves[one.n]) if halves.get(one.n) else "",
                    is_shut=one.n < key.version_min,
                    is_imported=one.origin == "imported",
                )
                for one in reversed(key.versions)
            ),
            acts=tuple(
                views.KeyAct(
                    verb=verb,
                    href=f"/keys/{key.id}/{verb}" if verb in key.verbs else None,
                    reason=None if verb in key.verbs else "wrong-key-state",
                )
                for verb in VERBS
            ),
            entries=tuple((one.act, facts.proof(one)) for one in found.entries),
            uses=used.uses if used else 0,
            used_at=facts.used_at(used),
            days=facts.day_bars(days, {one.day: one.uses for one in days.days}),
            as_of=facts.as_of(days),
            minimum=key.version_min,
            minima=tuple(one.n for one in key.versions if one.n != key.version_min),
            refusal=refusal.code if refusal else None,
        )
        status = problem(refusal, "").status if refusal else 200
        return self._desk.pages.reply(call, view, visit.visitor, status=status)

    async def _list(self, call: Call, visit: Visit, refusal: Refusal | None) -> Reply:
        ask = self._desk.doors.ask
        found, counted, customer = await asyncio.gather(
            ask(LookKeys(visit.evidence, visit.customer)),
            facts.counts(self._desk, visit),
            facts.maybe(self._desk, LookCustomer(visit.evidence, visit.customer)),
        )
        uses = {one.id: one for one in counted.keys}
        rows = tuple(
            views.KeyRow(
                name=key.name,
                href=f"/keys/{key.id}",
                kind=key.kind,
                state=key.state,
                version=key.versions[-1].n,
                uses=uses[key.id].uses if key.id in uses else 0,
                used_at=facts.used_at(uses.get(key.id)),
                is_imported=any(one.origin == "imported" for one in key.versions),
            )
            for key in found.keys
        )
        view = views.KeysView(
            customer=visit.customer_name,
            rows=rows,
            as_of=facts.as_of(counted),
            pager=Pager(first=1, last=len(rows), total=len(rows)),
            kinds=tuple(one.value for one in KeyKind),
            is_killed=customer is not None and bool(customer.killed),
            stops=await self._stops(visit),
            refusal=refusal.code if refusal else None,
        )
        status = problem(refusal, "").status if refusal else 200
        return self._desk.pages.reply(call, view, visit.visitor, status=status)

    async def _stops(self, visit: Visit) -> tuple[views.Stop, ...]:
        """The house and the providers where the customer's data lies, for those who may stop them."""
        me = visit.me
        if me.party_kind != "trustee" or not set(me.roles) & STOPPING:
            return ()
        places = await facts.maybe(self._desk, LookPlaces(visit.evidence, visit.customer))
        used = {one.operator_id: one.operator for one in (places.places if places else ()) if one.buckets}
        providers = tuple(
            views.Stop(scope="provider", name=name, href=f"/kill?scope=provider&subject={id_}")
            for id_, name in sorted(used.items())
            if id_
        )
        return (*providers, views.Stop(scope="house", name=visit.house.name, href="/kill?scope=house"))

    async def _check(
        self, call: Call, visit: Visit, approval: str, refusal: Refusal | None, *, is_mine: bool = False
    ) -> Reply:
        key, verb = await self._key(call, visit), _verb(call)
        passkey: Passkey | None = None
        if verb in BY_QUORUM and not is_mine:
            digest = signing.digest_of(_document(key, verb, visit))
            asked = await signing.to_sign(self._desk.doors, visit.evidence, digest)
            passkey = signing.asking(asked, digest)
        link = f"{self._desk.origin}/keys/{key.id}/{verb}?customer={key.customer}&approval={approval}"
        view = views.KeyMoveView(
            verb=verb,
            name=key.name,
            key=key.id,
            action=f"/keys/{key.id}/{verb}",
            back_href=f"/keys/{key.id}",
            is_grave=verb in BY_QUORUM or verb == "disable",
            is_by_quorum=verb in BY_QUORUM,
            waiting_days=WAITING_DAYS if verb == "schedule-destruction" else None,
            passkey=passkey,
            fields=(
                Field(name="reason", label="reason", kind="long", hint="logged"),
                Field(name="approval", label="confirm", kind="hidden", value=approval),
            ),
            is_half_signed=bool(approval),
            link=link if is_mine else None,
            logged=_logged(key, verb, visit),
            refusal=refusal.code if refusal else None,
        )
        status = problem(refusal, "").status if refusal else 200
        return self._desk.pages.reply(call, view, visit.visitor, status=status)

    async def _key(self, call: Call, visit: Visit) -> KeyView:
        found = await self._desk.doors.ask(LookKeys(visit.evidence, visit.customer))
        for key in found.keys:
            if key.id == call.path["key"]:
                return key
        raise absent("no-such-key")


def _verb(call: Call) -> str:
    if call.path["verb"] not in VERBS:
        raise absent("no-such-path")
    return call.path["verb"]


def _document(key: KeyView, verb: str, visit: Visit) -> bytes:
    days = WAITING_DAYS if verb == "schedule-destruction" else None
    return destruction_document(visit.house.id, (key.id, key.generation), verb, days)


def _logged(key: KeyView, verb: str, visit: Visit) -> tuple[Line, ...]:
    """What the entry says besides the reason, in the reader's words."""
    me = visit.me
    return (
        Line(label="act", value=f"key.{verb}", is_act=True),
        Line(label="key", value=key.name),
        Line(label="who", value=f"{me.name}, {me.organisation_name}"),
        Line(label="actor", value=me.credential, is_code=True),
        Line(label="reason", value="as-below", is_choice=True),
    )


def _lines(key: KeyView, visit: Visit) -> tuple[Line, ...]:
    lines = [
        Line(label="customer", value=visit.customer_name),
        Line(label="key-kind", value=key.kind, is_code=True),
        Line(label="current-version", value=str(key.versions[-1].n)),
        Line(label="born-at", moment=facts.moment(key.created_at)),
    ]
    if key.last_used:
        lines.append(Line(label="used-at", moment=facts.moment(key.last_used)))
    if key.destroy_after:
        lines.append(Line(label="destroy-after", moment=facts.moment(key.destroy_after)))
    if key.rewrap_total:
        lines.append(Line(label="rewrap", value=f"{key.rewrap_done} / {key.rewrap_total}"))
    return tuple(lines)
