"""Cases: the list, one page for every desk, and the forms that move a case."""

from collections.abc import Mapping

from custodes.acts.asks import cases as asks
from custodes.acts.asks.cases import CaseView, LookCase, LookCases, MoveCase, OpenCase
from custodes.acts.asks.parties import PasskeyChallenge
from custodes.desks import catalogue, forms
from custodes.desks.engine import ROLE_CLOCK, ROLE_HOUSE, Move
from custodes.desks.engine import Desk as Table
from custodes.kernel import canonical
from custodes.kernel.refusal import Kind, Refusal, malformed
from custodes.web.console.pages import PageQuery
from custodes.web.console.views import case as views
from custodes.web.console.views.shell import Field, Line, Option, Pager
from custodes.web.kit.call import Call, Reply, see_other
from custodes.web.kit.endpoint import Endpoint
from custodes.web.kit.forms import Form
from custodes.web.kit.problems import problem

from . import facts, signing
from .facts import Names, names
from .visit import Desk, Visit, form, page, seated

ROWS_MAX = 50
AGAIN = (Kind.CONFLICT, Kind.MALFORMED, Kind.DENIED, Kind.LOCKED, Kind.LIMITED)
_BY_ITSELF = (ROLE_CLOCK, ROLE_HOUSE)
_KINDS = {
    "long-text": "long",
    "lines": "long",
    "number": "number",
    "choice": "choice",
    "choices": "choices",
}
Filled = Mapping[str, tuple[str, ...]]


class CasesQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`all`: also the cases that have ended; `before`: where a further page begins."""

    all: bool = False
    before: int = 0


class NewCaseQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`about` is what a denial named as that for which access can be asked."""

    about: str = ""


class CaseQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`key`: which of the visitor's passkeys is to sign."""

    key: str = ""


class CasePages:
    """List, page, opening and moves."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def list_(self, call: Call, visit: Visit) -> Reply:
        """The cases the visitor may see, those that wait for him first."""
        query = call.asked(CasesQuery)
        ask = LookCases(
            visit.evidence, visit.customer or None, not query.all, query.before or None, limit=ROWS_MAX
        )
        found = await self._desk.doors.ask(ask)
        rows = sorted(map(_row, found.cases), key=lambda row: (not row.is_mine, -row.asked_at.timestamp()))
        wish = "all=true&" if query.all else ""
        view = views.CasesView(
            rows=tuple(rows),
            pager=Pager(
                first=0 if query.before else min(1, len(rows)),
                last=0 if query.before else len(rows),
                next_href=f"/cases?{wish}before={found.next}" if found.next else None,
                previous_href=f"/cases?{wish}" if query.before else None,
            ),
            is_all=query.all,
            open_hrefs=tuple((desk, f"/cases/new/{desk}") for desk in catalogue.CURRENT),
        )
        return self._desk.pages.reply(call, view, visit.visitor)

    async def new(self, call: Call, visit: Visit) -> Reply:
        """The form that opens a case, empty but for what it is about."""
        about = call.asked(NewCaseQuery).about
        return self._new(call, visit, {"resources": (about,)} if about else {}, None)

    async def open_(self, call: Call, visit: Visit) -> Reply:
        """Open a case; a refusal shows the form again with what was filled in."""
        table = catalogue.desk_named(call.path["desk"])
        move = _first(table)
        filled = call.taken(Form).fields
        try:
            body = canonical.encode(typed(move.form, filled))
            opened = await self._desk.doors.ask(OpenCase(visit.evidence, table.name, visit.customer, body))
        except Refusal as refusal:
            if refusal.kind not in AGAIN:
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
            if refusal.kind not in AGAIN:
                raise
            return await self._page(call, visit, case, refusal=refusal, filled=(verb, filled.fields))
        return see_other(f"/cases/{case}")

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        desk = self._desk
        return (
            page("/cases", "cases", seated(desk, self.list_), CasesQuery),
            page("/cases/new/{desk}", "case-new", seated(desk, self.new), NewCaseQuery),
            form("/cases/new/{desk}", "case-open", seated(desk, self.open_)),
            page("/cases/{case}", "case", seated(desk, self.show), CaseQuery),
            form("/cases/{case}/{verb}", "case-move", seated(desk, self.move)),
        )

    def _moving(self, look: CaseView, visit: Visit, verb: str, given: Form) -> MoveCase:
        move = _move(catalogue.desk_named(look.desk), look.state, verb)
        version = given.one("version")
        if not version.isdigit() or len(version) > 9:
            raise malformed("malformed-form", field="version")
        plain = approval_form(given) if move.form is forms.Approve else typed(move.form, given.fields)
        return MoveCase(visit.evidence, look.id, verb, int(version), canonical.encode(plain))

    def _new(self, call: Call, visit: Visit, filled: Filled, refusal: Refusal | None) -> Reply:
        table = catalogue.desk_named(call.path["desk"])
        move = _first(table)
        view = views.NewCaseView(
            desk=table.name,
            customer=visit.customer_name,
            verb=move.verb,
            action=f"/cases/new/{table.name}",
            fields=drawn(move.form, filled, wrong_field(refusal)),
            refusals=facts.codes(refusal),
        )
        return self._desk.pages.reply(call, view, visit.visitor, status=status_of(refusal))

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
        known = await names(self._desk, visit, look.customer)
        asked = await signing.to_sign(doors, evidence, bytes(32)) if look.to_sign else None
        seen = [one for one in look.moves if _taker(look, one.verb) not in _BY_ITSELF]
        view = views.CaseView(
            reference=look.id,
            desk=look.desk,
            state=look.state,
            customer=dict(visit.me.customers).get(look.customer, look.customer),
            purpose=look.scope.reason if look.scope else "",
            turn=_turn(look, known),
            scope=_scope(look),
            steps=tuple(_step(one, known) for one in look.timeline),
            approvals=tuple(_given(one) for one in look.approvals),
            is_grant_lost=look.state == "granted" and bool(look.grant and look.grant.reasons),
            open_moves=tuple(_open(look, one, (asked, wish), filled, refusal) for one in seen if one.open),
            closed_moves=_closed(look, seen),
            refusals=facts.codes(refusal),
        )
        return self._desk.pages.reply(call, view, visit.visitor, status=status_of(refusal))


def _open(
    look: CaseView,
    one: asks.MoveView,
    keys: tuple[PasskeyChallenge | None, str],
    filled: tuple[str, Filled],
    refusal: Refusal | None,
) -> views.OpenMove:
    """An open move as a form, with what was filled in before if that was refused."""
    version = Field(name="version", label="version", kind="hidden", value=str(look.version))
    action = f"/cases/{look.id}/{one.verb}"
    if one.signs:
        return _signed(look, one.verb, keys, version)
    again = filled[1] if filled[0] == one.verb else {}
    shape = _move(catalogue.desk_named(look.desk), look.state, one.verb).form
    fields = (version, *drawn(shape, again, wrong_field(refusal) if again else ""))
    return views.OpenMove(verb=one.verb, action=action, fields=fields, is_grave=one.verb == "revoke")


def _signed(
    look: CaseView, verb: str, keys: tuple[PasskeyChallenge | None, str], version: Field
) -> views.OpenMove:
    """A move that signs the grant document: the digest of the approval is the passkey's challenge."""
    asked, wish = keys
    command = f"custodes case {verb} {look.id} --key-file FILE"
    action = f"/cases/{look.id}/{verb}"
    digest = canonical.b64(look.document_hash or b"")
    passkeys = [one for one in look.to_sign if one.passkey_id]
    key = next((one for one in passkeys if one.credential == wish), next(iter(passkeys), None))
    if key is None or asked is None or key.passkey_id is None:
        return views.OpenMove(verb=verb, action=action, document=digest, command=command)
    hidden = {
        "grant_hash": key.grant_hash,
        "credential_id": key.credential,
        "key_hash": key.key_hash,
        "approved_at": key.approved_at,
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
        passkey=signing.asking(asked, key.digest, (key.passkey_id,)),
        others=tuple(one.credential for one in passkeys if one is not key),
    )


def _closed(look: CaseView, seen: list[asks.MoveView]) -> tuple[views.ClosedMove, ...]:
    """What is not open, those closed for the same reasons together; the move that opened the case is past."""
    first = _first(catalogue.desk_named(look.desk)).verb
    together: dict[tuple[views.Why, ...], list[str]] = {}
    for one in seen:
        if one.open or one.verb == first:
            continue
        whys = tuple(
            views.Why(de=why.de, en=why.en, changed_by=why.changed_by, lifted_by=why.lifted_by)
            for why in one.why
        )
        together.setdefault(whys, []).append(one.verb)
    return tuple(views.ClosedMove(verbs=tuple(verbs), whys=whys) for whys, verbs in together.items())


def approval_form(given: Form) -> dict[str, object]:
    """The desk's form of an approval, from what the browser gave back."""
    said = signing.assertion(given)
    return {
        "grant_hash": given.one("grant_hash"),
        "credential": given.one("credential_id"),
        "key_hash": given.one("key_hash"),
        "approved_at": given.one("approved_at"),
        "signature": canonical.b64(said.signature),
        "client_data": canonical.b64(said.client_data),
        "authenticator_data": canonical.b64(said.authenticator_data),
    }


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


def _row(case: asks.CaseRow) -> views.CaseRow:
    return views.CaseRow(
        reference=case.id,
        href=f"/cases/{case.id}",
        desk=case.desk,
        state=case.state,
        title=case.reason,
        ticket=case.ticket,
        purpose=case.purpose,
        asked_by=(case.asker.name or case.asker.credential) if case.asker else "",
        organisation=case.asker.organisation_name if case.asker else "",
        asked_at=facts.moment(case.opened_at),
        lapses_at=facts.moment(case.until) if case.until else None,
        is_mine=case.is_mine,
    )


def _turn(look: CaseView, known: Names) -> views.Turn | None:
    if not look.waits_for and not look.until:
        return None
    return views.Turn(
        organisations=tuple(known.organisation(id_) for id_ in look.waits_for),
        lapses_at=facts.moment(look.until) if look.until else None,
    )


def _scope(look: CaseView) -> tuple[Line, ...]:
    """The grant document line by line, and what became of it."""
    scope = look.scope
    if scope is None:
        return ()
    lines = [
        Line(label=label, value=f"{one.name or one.credential}, {one.organisation_name}")
        for label, one in (("asked-by", scope.asker), ("beneficiary", scope.beneficiary))
    ]
    lines.append(Line(label="credential", value=scope.beneficiary.credential, is_code=True))
    for thing in scope.resources:
        where = f"{thing.bucket_name or thing.bucket} / " if thing.bucket else ""
        lines.append(Line(label="resource", value=where + (thing.name or thing.id), is_code=True))
        if thing.claim:
            lines.append(Line(label="only-for", value=thing.claim, is_code=True))
        if thing.name:
            lines.append(Line(label="version", value=thing.id, is_code=True))
        if thing.data_class:
            lines.append(Line(label="data-class", value=thing.data_class, is_class=True))
        lines += [
            Line(label="lies-in", value=f"{name} ({country})" if country else name)
            for name, country in thing.places
        ]
    lines += [Line(label="action", value=action, is_choice=True) for action in scope.actions]
    lines += [
        Line(label="purpose", value=scope.purpose, is_choice=True),
        Line(label="ticket", value=scope.ticket),
        Line(label="hours", value=f"{scope.window_s / 3600:g}"),
        Line(label="uses", value=str(scope.uses_max)),
        Line(label="bytes-at-most", size_bytes=scope.bytes_max),
    ]
    grant = look.grant
    if grant is None:
        lines.append(Line(label="not-before", moment=facts.moment(scope.not_before)))
        lines.append(Line(label="lapses-latest", moment=facts.moment(scope.lapses_at)))
        return tuple(lines)
    return (
        *lines,
        Line(label="begins-at", moment=facts.moment(grant.not_before)),
        Line(label="lapses-at", moment=facts.moment(grant.lapses_at)),
        Line(label="uses-spent", value=f"{grant.uses_spent} / {grant.uses_max}"),
        Line(label="bytes-spent", size_bytes=grant.bytes_spent),
        *([Line(label="finding", value=look.finding, is_choice=True)] if look.finding else []),
        *([Line(label="remark", value=look.remark)] if look.remark else []),
    )


def _step(one: asks.StepView, known: Names) -> views.Step:
    return views.Step(
        at=facts.moment(one.at),
        verb=one.move,
        who="" if one.actor == "clock" else one.name or known.who(one.actor, one.person or ""),
        organisation=known.organisation(one.organisation or ""),
        proof=facts.place(one.log, one.index, one.at),
    )


def _given(one: asks.ApprovalView) -> views.Approved:
    return views.Approved(
        who=one.who.name or one.who.credential,
        organisation=one.who.organisation_name,
        at=facts.moment(one.at),
        lost_by=one.lost_by,
    )


def drawn(shape: type[forms.Form], filled: Filled, wrong: str) -> tuple[Field, ...]:
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


def typed(shape: type[forms.Form], filled: Filled) -> dict[str, object]:
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


def wrong_field(refusal: Refusal | None) -> str:
    """The field a refusal names (`bad-form`, fact `where`)."""
    where = str(refusal.facts.get("where", "")) if refusal else ""
    return where.removeprefix("$.").partition("[")[0]


def status_of(refusal: Refusal | None) -> int:
    """The status of a page that shows a refusal; 200 without one."""
    return problem(refusal, "").status if refusal else 200
