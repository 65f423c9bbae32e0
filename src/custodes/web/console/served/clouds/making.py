"""`/clouds/new` and the signed acts of a connection: made, changed, on, ended, given a credential.

Form, then a page that says what changes, then a passkey over exactly that act. Nothing is kept in between:
what will be signed travels in the page, and the keyroom judges it whole.
"""

import msgspec

from custodes.acts.asks import Ask, Signed
from custodes.acts.asks.clouds.connections import (
    ConnectionKeyMade,
    ConnectionView,
    DropConnectionKey,
    LentKey,
    LookConnections,
    MakeConnectionKey,
    MoveConnection,
    SetConnection,
)
from custodes.acts.asks.documents import act_document
from custodes.acts.asks.keys import KeyView, LookKeys
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import Kind, Refusal, absent, malformed
from custodes.parties import connections
from custodes.parties.connections import Connection, ConnectionKind, Lent
from custodes.protocols.guides import xks as guide
from custodes.web.console.pages import PageQuery
from custodes.web.console.served import facts, signing
from custodes.web.console.served.visit import Desk, Visit, form, page, seated
from custodes.web.console.views import clouds as views
from custodes.web.kit.call import Call, Reply, see_other
from custodes.web.kit.endpoint import Endpoint
from custodes.web.kit.forms import Form
from custodes.web.kit.problems import problem

from . import forms
from .forms import Draft

CHANGERS = frozenset({"owner", "key-officer"})  # of the customer: who may sign (`connection:change`)
KEYED = frozenset({ConnectionKind.XKS.value})  # kinds whose other end is given a credential
TEXT_CHARACTERS_MAX = 500
_AGAIN = (Kind.CONFLICT, Kind.MALFORMED, Kind.DENIED)
_VERBS = ("on", "end")
Bare = SetConnection | MoveConnection | MakeConnectionKey


class NewQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`kind`: the wire of the connection to be made."""

    kind: str = ConnectionKind.XKS.value


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be signed: `what` is set, on, end or credential; `draft` for the first, `row` where there is
    a connection already, `text` the reason or the label.
    """

    what: str
    draft: Draft | None = None
    row: ConnectionView | None = None
    text: str = ""

    def bare(self, visit: Visit) -> tuple[Bare, int]:
        """The ask without its signature, and the generation it is signed over."""
        generation = self.row.generation if self.row is not None else 0
        if self.draft is not None:
            return self.draft.ask(visit.evidence, visit.customer), generation
        if self.row is None:
            raise absent("no-such-connection")
        if self.what == "credential":
            return MakeConnectionKey(visit.evidence, self.row.id, self.text), generation
        return MoveConnection(visit.evidence, self.row.id, self.what, self.text), generation

    @property
    def name(self) -> str:
        """How people call the connection."""
        return self.draft.name if self.draft is not None else self.row.name if self.row is not None else ""

    @property
    def back_href(self) -> str:
        """The page it came from."""
        return f"/clouds/{self.row.id}" if self.row is not None else "/clouds"


class MakingPages:
    """Forms and signatures of connections."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def new(self, call: Call, visit: Visit) -> Reply:
        """An empty form."""
        kind = forms.kind_of(call.asked(NewQuery).kind)
        return await self._form(call, visit, forms.empty(kind), None)

    async def change(self, call: Call, visit: Visit) -> Reply:
        """The form with what stands; `form-too-small` (conflict) where it has no room for it."""
        row = await row_of(self._desk, visit, call.path["connection"])
        draft = forms.standing(row)
        if not forms.fits(draft):
            raise Refusal("form-too-small", Kind.CONFLICT)
        return await self._form(call, visit, draft, None)

    async def check(self, call: Call, visit: Visit) -> Reply:
        """What would come and go; a form that cannot stand is shown again."""
        draft = forms.filled(call.taken(Form))
        if not _is_good(draft, visit):
            return await self._form(call, visit, draft, malformed("bad-connection"))
        row = await row_of(self._desk, visit, draft.id) if draft.id else None
        return await self._check(call, visit, Act(what="set", draft=draft, row=row), None)

    async def check_move(self, call: Call, visit: Visit) -> Reply:
        """The page before a connection is switched on again, ended, or given a credential."""
        row = await row_of(self._desk, visit, call.path["connection"])
        given = call.taken(Form)
        text = given.one("text").strip()[:TEXT_CHARACTERS_MAX]
        return await self._check(call, visit, Act(what=_what(given), row=row, text=text), None)

    async def sign(self, call: Call, visit: Visit) -> Reply:
        """The signature over the act, handed in with it; a credential is shown here and nowhere else."""
        given = call.taken(Form)
        act, at = await self._act(visit, given), given.one("at")
        try:
            bare, generation = act.bare(visit)
            raw = act_document(bare, visit.house.id, generation, at)
            mine = await signing.signature(self._desk.doors, visit.evidence, raw, given)
            signed: Ask[ConnectionView | ConnectionKeyMade] = msgspec.structs.replace(
                bare, evidence=Signed(visit.evidence, at, mine)
            )
            done = await self._desk.doors.ask(signed)
        except Refusal as refusal:
            if refusal.kind not in _AGAIN:
                raise
            return await self._check(call, visit, act, refusal)
        if isinstance(done, ConnectionKeyMade) and act.row is not None:
            view = _secret(act.row, done)
            return self._desk.pages.reply(call, view, visit.visitor)
        id_ = done.id if isinstance(done, ConnectionView) else ""
        return see_other(f"/clouds/{id_}")

    async def drop(self, call: Call, visit: Visit) -> Reply:
        """A credential is no good from the next use on; one person may."""
        given = call.taken(Form)
        row = await row_of(self._desk, visit, call.path["connection"])
        reason = given.one("reason").strip()[:TEXT_CHARACTERS_MAX]
        ask = DropConnectionKey(visit.evidence, row.id, given.one("credential"), reason)
        try:
            await self._desk.doors.ask(ask)
        except Refusal as refusal:
            if refusal.kind is not Kind.CONFLICT:  # somebody else was quicker: it is gone, as was wanted
                raise
        return see_other(f"/clouds/{row.id}")

    def endpoints(self) -> tuple[Endpoint, ...]:
        """This page's part of the table."""
        desk = self._desk
        return (
            page("/clouds/new", "cloud-new", seated(desk, self.new), NewQuery),
            form("/clouds/check", "cloud-check", seated(desk, self.check)),
            form("/clouds/sign", "cloud-sign", seated(desk, self.sign)),
            page("/clouds/{connection}/change", "cloud-change", seated(desk, self.change)),
            form("/clouds/{connection}/move", "cloud-move", seated(desk, self.check_move)),
            form("/clouds/{connection}/drop", "cloud-drop", seated(desk, self.drop)),
        )

    async def _act(self, visit: Visit, given: Form) -> Act:
        """What the posted page asked to have signed, over what stands now."""
        what = _what(given)
        draft = forms.draft_of(given.one("draft")) if what == "set" else None
        id_ = draft.id if draft is not None else given.one("connection")
        row = await row_of(self._desk, visit, id_) if id_ else None
        return Act(what=what, draft=draft, row=row, text=given.one("text"))

    async def _form(self, call: Call, visit: Visit, draft: Draft, refusal: Refusal | None) -> Reply:
        keys = await self._keys(visit)
        kind = ConnectionKind(draft.kind)
        rows = forms.rows(draft, keys)
        view = views.CloudForm(
            customer=visit.customer_name,
            connection=draft.id,
            kind=draft.kind,
            name=draft.name,
            rows=rows,
            settings=forms.settings(draft),
            is_cut={one.id for one in forms.usable(kind, keys)} > {one.key for one in rows},
            may_change=may_change(visit),
            back_href=f"/clouds/{draft.id}" if draft.id else "/clouds",
            refusal=refusal.code if refusal else None,
        )
        return self._desk.pages.reply(call, view, visit.visitor, status=_status(refusal))

    async def _check(self, call: Call, visit: Visit, act: Act, refusal: Refusal | None) -> Reply:
        names = {one.id: one.name for one in await self._keys(visit)}
        bare, generation = act.bare(visit)
        at = to_text(self._desk.clock.now())
        digest = signing.digest_of(act_document(bare, visit.house.id, generation, at))
        asked = await signing.to_sign(self._desk.doors, visit.evidence, digest)
        view = views.CloudSign(
            what=act.what,
            name=act.name,
            customer=visit.customer_name,
            before=_lines(forms.standing(act.row), names) if act.draft and act.row else (),
            after=_lines(act.draft, names) if act.draft else (("text", act.text),),
            hidden=(
                ("what", act.what),
                ("draft", act.draft.text if act.draft else ""),
                ("connection", act.row.id if act.row else ""),
                ("text", act.text),
                ("at", at),
            ),
            passkey=signing.asking(asked, digest) if signing.passkeys_of(asked) else None,
            command=_command(act, visit.customer),
            back_href=act.back_href,
            refusal=refusal.code if refusal else None,
        )
        return self._desk.pages.reply(call, view, visit.visitor, status=_status(refusal))

    async def _keys(self, visit: Visit) -> tuple[KeyView, ...]:
        found = await facts.maybe(self._desk, LookKeys(visit.evidence, visit.customer))
        return found.keys if found else ()


async def row_of(desk: Desk, visit: Visit, id_: str) -> ConnectionView:
    """A connection of the customer looked at; `no-such-connection` (absent)."""
    found = await desk.doors.ask(LookConnections(visit.evidence, visit.customer))
    for row in found.connections:
        if row.id == id_:
            return row
    raise absent("no-such-connection")


def may_change(visit: Visit) -> bool:
    """Whether the visitor may try to sign for this customer."""
    return visit.me.party_kind == "customer" and bool(CHANGERS & set(visit.me.roles))


def _is_good(draft: Draft, visit: Visit) -> bool:
    """Whether the keyroom would find the form in order; whose the keys are it judges alone."""
    row = Connection(
        id=draft.id or "con",
        customer=visit.customer,
        organisation="",
        kind=ConnectionKind(draft.kind),
        name=draft.name,
        lent=tuple(Lent(key=one.key, name=one.name or one.key, verbs=one.verbs) for one in draft.keys),
        settings=draft.settings,
        made_at="",
    )
    return connections.is_good(row)


def _what(given: Form) -> str:
    what = given.one("what")
    if what not in {"set", "credential", *_VERBS}:
        raise malformed("malformed-form", field="what")
    return what


def _lines(draft: Draft, names: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """A connection line by line: the same labels in the same order for before and after."""
    settings = connections.SETTINGS[ConnectionKind(draft.kind)]
    return (
        ("name", draft.name),
        ("lent", "; ".join(_lent(one, names) for one in draft.keys)),
        *((f"setting-{one.name}", ", ".join(draft.settings.get(one.name, ()))) for one in settings),
    )


def _lent(one: LentKey, names: dict[str, str]) -> str:
    called = f" = {one.name}" if one.name and one.name != one.key else ""
    return f"{names.get(one.key, one.key)}{called} ({', '.join(one.verbs) or '-'})"


def _secret(row: ConnectionView, made: ConnectionKeyMade) -> views.CloudSecret:
    return views.CloudSecret(
        name=row.name,
        access_id=made.access_id,
        secret=made.secret,
        lines=f"export XKS_ACCESS_ID={made.access_id}\nexport XKS_SECRET={made.secret}",
        file=guide.configuration(row.path, made.access_id, made.secret).decode(),
        back_href=f"/clouds/{row.id}",
    )


def _command(act: Act, customer: str) -> str:
    """The same act without a browser."""
    who = f"--customer {customer} --key-file KEYFILE"
    if act.what == "set":
        changes = f" --id {act.draft.id}" if act.draft and act.draft.id else ""
        return f"custodes connection set {who}{changes} --name NAME --key KEY=NAME --setting NAME=VALUE"
    return f"custodes connection {act.what} {who} {act.row.id if act.row else ''}"


def _status(refusal: Refusal | None) -> int:
    return problem(refusal, "").status if refusal else 200
