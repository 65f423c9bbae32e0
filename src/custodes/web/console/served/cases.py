"""Cases: the list, one page for every desk, and the forms that move a case."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

import msgspec

from custodes.acts.asks import cases as asks
from custodes.acts.asks.cases import CaseView, LookCase, LookCases, MoveCase, OpenCase
from custodes.acts.asks.objects import LookBuckets
from custodes.acts.asks.parties import PasskeyChallenge
from custodes.desks import catalogue, forms
from custodes.desks.engine import ROLE_CLOCK, ROLE_HOUSE, Move
from custodes.desks.engine import Desk as Table
from custodes.desks.grant import Approval, Document, FileSignature, ObjectVersion, approval_digest, decode
from custodes.kernel import canonical, clock
from custodes.kernel.refusal import Kind, Refusal, malformed
from custodes.web.console.pages import PageQuery
from custodes.web.console.views import case as views
from custodes.web.console.views.shell import Field, Line, Option, Pager
from custodes.web.kit.call import Call, Reply, see_other
from custodes.web.kit.endpoint import Endpoint
from custodes.web.kit.forms import Form
from custodes.web.kit.problems import problem

from . import facts, signing
from .facts import Names, maybe, names
from .visit import Desk, Visit, form, page, seated

ROWS_MAX = 50
ANSWERED_HERE = frozenset({"approve", "second", "review", "deny"})
_AGAIN = (Kind.CONFLICT, Kind.MALFORMED, Kind.DENIED, Kind.LOCKED, Kind.LIMITED)
_KINDS = {
    "long-text": "long",
    "lines": "long",
    "number": "number",
    "choice": "choice",
    "choices": "choices",
}
Filled = Mapping[str, tuple[str, ...]]


class CasesQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`all`: also the cases that have ended."""

    all: bool = False


class CaseQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`key`: which of the visitor's passkeys is to sign."""

    key: str = ""


class CasePages:
    """List, page, opening and moves."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def list_(self, call: Call, visit: Visit) -> Reply:
        """The cases the visitor may see, those that wait for him first."""
        wants_all = call.asked(CasesQuery).all
        ask = LookCases(visit.evidence, visit.customer or None, not wants_all, ROWS_MAX)
        found = await self._desk.doors.ask(ask)
        looked = await asyncio.gather(
            *(maybe(self._desk, LookCase(visit.evidence, row.id)) for row in found.cases)
        )
        known = await names(self._desk, visit, visit.customer)
        rows = [_row(case, known) for case in looked if case]
        rows.sort(key=lambda row: (not row.is_mine, -row.asked_at.timestamp()))
        view = views.CasesView(
            rows=tuple(rows),
            pager=Pager(first=1, last=len(rows), total=len(rows)),
            is_all=wants_all,
            open_hrefs=tuple((desk, f"/cases/new/{desk}") for desk in catalogue.CURRENT),
        )
        return self._desk.pages.reply(call, view, visit.visitor)

    async def new(self, call: Call, visit: Visit) -> Reply:
        """The empty form that opens a case."""
        return self._new(call, visit, {}, None)

    async def open_(self, call: Call, visit: Visit) -> Reply:
        """Open a case; a refusal shows the form again with what was filled in."""
        table = catalogue.desk_named(call.path["desk"])
        move = _first(table)
        filled = call.taken(Form).fields
        try:
            body = canonical.encode(_plain(move.form, filled))
            opened = await self._desk.doors.ask(OpenCase(visit.evidence, table.name, visit.customer, body))
        except Refusal as refusal:
            if refusal.kind not in _AGAIN:
                raise
            return self._new(call, visit, filled, refusal)
        return see_other(f"/cases/{opened.id}")

    async def show(self, call: Call, visit: Visit) -> Reply:
        """One case."""
        return await self._page(call, visit, call.path["case"], wish=call.asked(CaseQuery).key)

    async def move(self, call: Call, visit: Visit) -> Reply:
        """Take one move; a lost race or another refusal shows the page again, as it stands now."""
        case, verb, filled = call.path["case"], call.path["verb"], call.taken(Form)
        try:
            look = await self._desk.doors.ask(LookCase(visit.evidence, case))
            await self._desk.doors.ask(self._moving(look, visit, verb, filled))
        except Refusal as refusal:
            if refusal.kind not in _AGAIN:
                raise
            return await self._page(call, visit, case, refusal=refusal, filled=(verb, filled.fields))
        return see_other(f"/cases/{case}")

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        desk = self._desk
        return (
            page("/cases", "cases", seated(desk, self.list_), CasesQuery),
            page("/cases/new/{desk}", "case-new", seated(desk, self.new)),
            form("/cases/new/{desk}", "case-open", seated(desk, self.open_)),
            page("/cases/{case}", "case", seated(desk, self.show), CaseQuery),
            form("/cases/{case}/{verb}", "case-move", seated(desk, self.move)),
        )

    def _moving(self, look: CaseView, visit: Visit, verb: str, given: Form) -> MoveCase:
        move = _move(catalogue.desk_named(look.desk), look.state, verb)
        version = given.one("version")
        if not version.isdigit() or len(version) > 9:
            raise malformed("malformed-form", field="version")
        if move.form is forms.Approve:
            plain, signature = _approval(given)
        else:
            plain, signature = _plain(move.form, given.fields), None
        return MoveCase(
            visit.evidence, look.id, verb, int(version), canonical.encode(plain), signature=signature
        )

    def _new(self, call: Call, visit: Visit, filled: Filled, refusal: Refusal | None) -> Reply:
        table = catalogue.desk_named(call.path["desk"])
        move = _first(table)
        view = views.NewCaseView(
            desk=table.name,
            customer=visit.customer_name,
            verb=move.verb,
            action=f"/cases/new/{table.name}",
            fields=_fields(move.form, filled, _wrong(refusal)),
            refusals=_codes(refusal),
        )
        return self._desk.pages.reply(call, view, visit.visitor, status=_status(refusal))

    async def _page(
        self,
        call: Call,
        visit: Visit,
        case: str,
        *,
        wish: str = "",
        refusal: Refusal | None = None,
        filled: tuple[str, Filled] = ("", {}),
    ) -> Reply:
        doors, evidence = self._desk.doors, visit.evidence
        look = await doors.ask(LookCase(evidence, case))
        known, buckets = await asyncio.gather(
            names(self._desk, visit, look.customer), maybe(self._desk, LookBuckets(evidence, look.customer))
        )
        rooms = {one.id: one.name for one in buckets.buckets} if buckets else {}
        moves = [one for one in look.moves if one.open and one.signs]
        asked = await signing.to_sign(doors, evidence, bytes(32)) if moves else None
        document = decode(look.document) if look.document else None
        view = views.CaseView(
            reference=look.id,
            desk=look.desk,
            state=look.state,
            customer=dict(visit.me.customers).get(look.customer, look.customer),
            purpose=document.reason if document else look.desk,
            turn=_turn(look),
            scope=_scope(look, document, known, rooms),
            steps=tuple(_step(one, known) for one in look.timeline),
            approvals=tuple(_given(one, known) for one in look.approvals),
            open_moves=tuple(
                self._open_move((look, one), visit, (asked, wish), filled, refusal)
                for one in look.moves
                if one.open and _taker(look, one.verb) not in {ROLE_CLOCK, ROLE_HOUSE}
            ),
            closed_moves=tuple(
                views.ClosedMove(verb=one.verb, reasons=one.reasons, opened_by=(_taker(look, one.verb),))
                for one in look.moves
                if not one.open and _taker(look, one.verb) not in {ROLE_CLOCK, ROLE_HOUSE}
            ),
            refusals=_codes(refusal),
        )
        return self._desk.pages.reply(call, view, visit.visitor, status=_status(refusal))

    def _open_move(
        self,
        case: tuple[CaseView, asks.MoveView],
        visit: Visit,
        keys: tuple[PasskeyChallenge | None, str],
        filled: tuple[str, Filled],
        refusal: Refusal | None,
    ) -> views.OpenMove:
        look, one = case
        move = _move(catalogue.desk_named(look.desk), look.state, one.verb)
        version = Field(name="version", label="version", kind="hidden", value=str(look.version))
        action = f"/cases/{look.id}/{one.verb}"
        if not one.signs or look.document_hash is None or keys[0] is None:
            again = filled[1] if filled[0] == one.verb else {}
            wrong = _wrong(refusal) if again else ""
            fields = (version, *_fields(move.form, again, wrong))
            return views.OpenMove(verb=one.verb, action=action, fields=fields, is_grave=one.verb == "revoke")
        at = self._desk.clock.now().replace(microsecond=0)
        return _signed_move((look, one.verb), visit, (keys[0], keys[1]), version, at)


def _signed_move(
    case: tuple[CaseView, str], visit: Visit, keys: tuple[PasskeyChallenge, str], version: Field, at: datetime
) -> views.OpenMove:
    """A move that signs the grant document: the digest of the approval is the passkey's challenge."""
    look, verb = case
    asked, wish = keys
    passkeys = signing.passkeys_of(asked)
    command = f"custodes case {verb} {look.id} --key FILE"
    action = f"/cases/{look.id}/{verb}"
    digest = canonical.b64(look.document_hash or b"")
    key = next((one for one in passkeys if one.credential == wish), next(iter(passkeys), None))
    if key is None:
        return views.OpenMove(verb=verb, action=action, document=digest, command=command)
    approval = Approval(
        grant_hash=look.document_hash or b"",
        person=visit.me.person or "",
        organisation=visit.me.organisation or "",
        credential=key.credential,
        key_hash=key.key_hash,
        approved_at=at,
        signature=FileSignature(signature=bytes(64)),  # not part of what is signed
    )
    challenge = signing.text_of(approval_digest(approval))
    hidden = {
        "grant_hash": digest,
        "credential_id": key.credential,
        "key_hash": canonical.b64(key.key_hash),
        "approved_at": clock.to_text(approval.approved_at),
    }
    return views.OpenMove(
        verb=verb,
        action=action,
        document=digest,
        command=command,
        fields=(
            version,
            *(Field(name=n, label="confirm", kind="hidden", value=v) for n, v in hidden.items()),
        ),
        passkey=signing.asking(msgspec.structs.replace(asked, challenge=challenge), (key.passkey,)),
        others=tuple(one.credential for one in passkeys if one is not key),
    )


def _approval(given: Form) -> tuple[dict[str, object], bytes]:
    """The desk's form of an approval, and the same signature as it travels elsewhere."""
    said = signing.assertion(given)
    credential = given.one("credential_id")
    plain: dict[str, object] = {
        "grant_hash": given.one("grant_hash"),
        "credential": credential,
        "key_hash": given.one("key_hash"),
        "approved_at": given.one("approved_at"),
        "signature": canonical.b64(said.signature),
        "client_data": canonical.b64(said.client_data),
        "authenticator_data": canonical.b64(said.authenticator_data),
    }
    return plain, said.signed(credential)


def _first(table: Table) -> Move:
    """The move that opens a case."""
    return next(move for move in table.moves if table.initial in move.sources)


def _move(table: Table, state: str, verb: str) -> Move:
    for move in table.moves:
        if move.verb == verb and state in move.sources:
            return move
    raise malformed("unknown-verb")


def _taker(look: CaseView, verb: str) -> str:
    """The role that may take a move; of several rows the one for this state."""
    rows = [move for move in catalogue.desk_named(look.desk).moves if move.verb == verb]
    here = [move for move in rows if look.state in move.sources] or rows
    return here[0].role if here else ""


def _row(case: CaseView, known: Names) -> views.CaseRow:
    document = decode(case.document) if case.document else None
    asker = document.asker if document else None
    return views.CaseRow(
        reference=case.id,
        href=f"/cases/{case.id}",
        desk=case.desk,
        state=case.state,
        purpose=document.reason if document else "",
        asked_by=known.who(asker.credential, asker.person or "") if asker else "",
        organisation=known.organisation(asker.organisation) if asker else "",
        asked_at=facts.moment(case.opened_at),
        lapses_at=facts.moment(case.due_at) if case.due_at else None,
        is_mine=any(move.open and move.verb in ANSWERED_HERE for move in case.moves),
    )


def _turn(look: CaseView) -> views.Turn | None:
    if not look.due_by and not look.due_at:
        return None
    until = facts.moment(look.due_at) if look.due_at else None
    return views.Turn(roles=look.due_by, lapses_at=until)


def _scope(
    look: CaseView, document: Document | None, known: Names, buckets: Mapping[str, str]
) -> tuple[Line, ...]:
    if document is None:
        return ()
    lines = []
    for label, one in (("asked-by", document.asker), ("beneficiary", document.beneficiary)):
        name = known.who(one.credential, one.person or "")
        lines.append(Line(label=label, value=f"{name}, {known.organisation(one.organisation)}"))
    lines.append(Line(label="credential", value=document.beneficiary.credential, is_code=True))
    for thing in document.resources:
        text = (
            f"{buckets.get(thing.bucket, thing.bucket)} / {thing.version}"
            if isinstance(thing, ObjectVersion)
            else thing.key
        )
        lines.append(Line(label="resource", value=text, is_code=True))
    body = canonical.decode(look.body) if look.body else {}
    times = body if isinstance(body, dict) else {}
    begins, ends = times.get("begins_at"), times.get("ends_at")
    return (
        *lines,
        *(Line(label="action", value=action, is_code=True) for action in document.actions),
        Line(label="purpose", value=document.purpose, is_code=True),
        Line(label="ticket", value=document.ticket),
        Line(label="hours", value=str(document.window_s // 3600)),
        Line(label="begins-at" if begins else "not-before", moment=_when(begins, document.not_before)),
        Line(label="lapses-at" if ends else "lapses-latest", moment=_when(ends, document.lapses_at)),
        Line(label="uses", value=str(document.uses_max)),
        Line(label="bytes", value=str(document.bytes_max)),
    )


def _when(text: object, otherwise: datetime) -> datetime:
    return facts.moment(text) if isinstance(text, str) else otherwise


def _step(one: asks.StepView, known: Names) -> views.Step:
    return views.Step(
        at=facts.moment(one.at),
        verb=one.move,
        who=known.who(one.actor, one.person or ""),
        organisation=known.organisation(one.organisation or ""),
        proof=facts.place(one.log, one.index, one.at),
    )


def _given(one: asks.ApprovalView, known: Names) -> views.Approved:
    return views.Approved(
        who=known.people.get(one.person, one.person),
        organisation=known.organisation(one.organisation),
        at=facts.moment(one.at),
    )


def _fields(shape: type[forms.Form], filled: Filled, wrong: str) -> tuple[Field, ...]:
    """A desk's form as fields of a page; `wrong` is the name of the field that was refused."""
    out = []
    for one in forms.fields(shape):
        value = "\n".join(filled.get(one.name, (str(one.default if one.default is not None else ""),)))
        code = f"{shape.__name__}.{one.name}"
        out.append(
            Field(
                name=one.name,
                label=code,
                hint=code if one.hint_en else None,
                kind=_KINDS.get(one.type, "text"),
                value=value,
                error="bad-value" if wrong == one.name else None,
                is_required=one.is_required,
                options=tuple(Option(value=choice, text=choice) for choice in one.choices),
                chars_max=one.length_max if one.length_max and one.type not in {"lines"} else 8_000,
            )
        )
    return tuple(out)


def _plain(shape: type[forms.Form], filled: Filled) -> dict[str, object]:
    """What was posted, as the desk's form wants it; checked here so that a page can say which field."""
    plain: dict[str, object] = {}
    for one in forms.fields(shape):
        values = tuple(value for value in filled.get(one.name, ()) if value.strip())
        if not values:
            if one.is_required:
                raise malformed("bad-form", where=f"$.{one.name}")
            continue
        if one.type == "lines":
            plain[one.name] = [line.strip() for line in values[0].split("\n") if line.strip()]
        elif one.type == "choices":
            plain[one.name] = list(values)
        elif one.type == "number":
            if not values[0].strip().isdigit() or len(values[0]) > 15:
                raise malformed("bad-form", where=f"$.{one.name}")
            plain[one.name] = int(values[0])
        else:
            plain[one.name] = values[0].strip()
    forms.parse(shape, plain)
    return plain


def _wrong(refusal: Refusal | None) -> str:
    """The field a refusal names (`bad-form`, fact `where`)."""
    where = str(refusal.facts.get("where", "")) if refusal else ""
    return where.removeprefix("$.").partition("[")[0]


def _codes(refusal: Refusal | None) -> tuple[str, ...]:
    """What to say of a refusal: its reasons where it names them, else itself."""
    if refusal is None:
        return ()
    reasons = refusal.facts.get("reasons")
    codes = tuple(map(str, reasons)) if isinstance(reasons, tuple | list) else ()
    return codes or (refusal.code,)


def _status(refusal: Refusal | None) -> int:
    return problem(refusal, "").status if refusal else 200
