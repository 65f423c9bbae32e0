"""`/preservations`: legal preservations, for those who may know of them."""

import contextlib

from custodes.acts.asks.cases import MoveView, StepView
from custodes.acts.asks.parties import PasskeyChallenge
from custodes.acts.asks.preserving.cases import (
    DisclosedEntry,
    LookDisclosed,
    LookPreservation,
    LookPreservations,
    MovePreservation,
    OpenPreservation,
    OrderView,
    PreservationLine,
    PreservationView,
)
from custodes.desks import forms
from custodes.desks.engine import Move
from custodes.desks.preservation import PRESERVATION
from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal, malformed
from custodes.web.console.pages import PageQuery
from custodes.web.console.served import facts, signing
from custodes.web.console.served.cases import (
    AGAIN,
    Filled,
    approval_form,
    drawn,
    status_of,
    typed,
    wrong_field,
)
from custodes.web.console.served.facts import Names, moment, names
from custodes.web.console.served.visit import Desk, Visit, form, page, seated
from custodes.web.console.views import case as views
from custodes.web.console.views.preserving import cases as shown
from custodes.web.console.views.shell import Field, Line
from custodes.web.kit.call import Call, Reply, see_other
from custodes.web.kit.endpoint import Endpoint
from custodes.web.kit.forms import Form

GRAVE = frozenset({"deny", "withdraw"})


class PreservationQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`key`: which of the visitor's passkeys is to sign."""

    key: str = ""


class PreservationPages:
    """List, page, opening and moves."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def list_(self, call: Call, visit: Visit) -> Reply:
        """Those the visitor may know of, and to a customer what was withheld from him before."""
        found = await self._desk.doors.ask(LookPreservations(visit.evidence))
        disclosed: tuple[DisclosedEntry, ...] = ()
        if visit.customer and visit.customer != visit.house.id:
            with contextlib.suppress(Refusal):
                told = await self._desk.doors.ask(LookDisclosed(visit.evidence, visit.customer))
                disclosed = told.entries
        is_trustee = visit.me.party_kind == "trustee"
        view = shown.PreservationsView(
            rows=tuple(_row(one, visit) for one in found.cases),
            disclosed=tuple(_disclosed(one, visit.customer) for one in disclosed),
            open_href="/preservations/new" if is_trustee and visit.customer != visit.house.id else "",
        )
        return self._desk.pages.reply(call, view, visit.visitor)

    async def new(self, call: Call, visit: Visit) -> Reply:
        """The form that asks for one, empty."""
        return self._new(call, visit, {}, None)

    async def open_(self, call: Call, visit: Visit) -> Reply:
        """Open a case; a refusal shows the form again with what was filled in."""
        filled = call.taken(Form).fields
        try:
            body = canonical.encode(typed(_first().form, filled))
            opened = await self._desk.doors.ask(OpenPreservation(visit.evidence, visit.customer, body))
        except Refusal as refusal:
            if refusal.kind not in AGAIN:
                raise
            return self._new(call, visit, filled, refusal)
        return see_other(f"/preservations/{opened.id}")

    async def show(self, call: Call, visit: Visit) -> Reply:
        """One case."""
        return await self._page(call, visit, wish=call.asked(PreservationQuery).key)

    async def move(self, call: Call, visit: Visit) -> Reply:
        """Take one move; a lost race or another refusal shows the page again, as it stands now."""
        case, verb, given = call.path["case"], call.path["verb"], call.taken(Form)
        try:
            look = await self._desk.doors.ask(LookPreservation(visit.evidence, case))
            move = _move(look.state, verb)
            version = given.one("version")
            if not version.isdigit() or len(version) > 9:
                raise malformed("malformed-form", field="version")
            is_signed = move.form is forms.Approve
            plain = approval_form(given) if is_signed else typed(move.form, given.fields)
            ask = MovePreservation(visit.evidence, case, verb, int(version), canonical.encode(plain))
            await self._desk.doors.ask(ask)
        except Refusal as refusal:
            if refusal.kind not in AGAIN:
                raise
            return await self._page(call, visit, refusal=refusal, filled=(verb, given.fields))
        return see_other(f"/preservations/{case}")

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        desk, one = self._desk, "/preservations/{case}"
        return (
            page("/preservations", "preservations", seated(desk, self.list_)),
            page("/preservations/new", "preservation-new", seated(desk, self.new)),
            form("/preservations/new", "preservation-open", seated(desk, self.open_)),
            page(one, "preservation", seated(desk, self.show), PreservationQuery),
            form(f"{one}/{{verb}}", "preservation-move", seated(desk, self.move)),
        )

    def _new(self, call: Call, visit: Visit, filled: Filled, refusal: Refusal | None) -> Reply:
        view = shown.NewPreservation(
            desk=PRESERVATION.name,
            customer=visit.customer_name,
            verb=_first().verb,
            action="/preservations/new",
            fields=drawn(_first().form, filled, wrong_field(refusal)),
            refusals=_codes(refusal),
            back_href="/preservations",
        )
        return self._desk.pages.reply(call, view, visit.visitor, status=status_of(refusal))

    async def _page(
        self,
        call: Call,
        visit: Visit,
        *,
        wish: str = "",
        refusal: Refusal | None = None,
        filled: tuple[str, Filled] = ("", {}),
    ) -> Reply:
        doors, evidence = self._desk.doors, visit.evidence
        look = await doors.ask(LookPreservation(evidence, call.path["case"]))
        known = await names(self._desk, visit, look.customer)
        asked = await signing.to_sign(doors, evidence, bytes(32)) if look.to_sign else None
        view = shown.PreservationCase(
            reference=look.id,
            desk=PRESERVATION.name,
            state=look.state,
            customer=dict(visit.me.customers).get(look.customer, look.customer),
            purpose=f"{look.order.authority}, {look.order.reference}",
            turn=views.Turn(organisations=(), lapses_at=moment(look.until)) if look.until else None,
            scope=_scope(look),
            steps=tuple(_step(one, known) for one in look.timeline),
            approvals=tuple(
                views.Approved(
                    who=one.who.name or one.who.credential,
                    organisation=one.who.organisation_name,
                    at=moment(one.at),
                    lost_by=one.lost_by,
                )
                for one in (*look.signed, *look.approvals)
            ),
            open_moves=tuple(
                _open(look, one, (asked, wish), filled, refusal) for one in look.moves if one.open
            ),
            closed_moves=_closed(look),
            refusals=_codes(refusal),
            is_hidden=look.is_hidden,
            told_by=moment(look.told_by) if look.told_by else None,
            pending=look.pending,
            why_pending=look.why_pending,
            lost=look.lost,
        )
        return self._desk.pages.reply(call, view, visit.visitor, status=status_of(refusal))


def _open(
    look: PreservationView,
    one: MoveView,
    keys: tuple[PasskeyChallenge | None, str],
    filled: tuple[str, Filled],
    refusal: Refusal | None,
) -> views.OpenMove:
    """An open move as a form, with what was filled in before if that was refused."""
    version = Field(name="version", label="version", kind="hidden", value=str(look.version))
    action = f"/preservations/{look.id}/{one.verb}"
    if one.signs:
        return _signed(look, one.verb, keys, version)
    again = filled[1] if filled[0] == one.verb else {}
    shape = _move(look.state, one.verb).form
    fields = (version, *drawn(shape, again, wrong_field(refusal) if again else ""))
    return views.OpenMove(verb=one.verb, action=action, fields=fields, is_grave=one.verb in GRAVE)


def _signed(
    look: PreservationView, verb: str, keys: tuple[PasskeyChallenge | None, str], version: Field
) -> views.OpenMove:
    """A move that signs the order: the digest of the approval is the passkey's challenge."""
    asked, wish = keys
    action = f"/preservations/{look.id}/{verb}"
    digest = canonical.b64(look.document_hash)
    command = f"custodes preservation {verb} {look.id} --key-file FILE"
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
    kept = tuple(Field(name=n, label="confirm", kind="hidden", value=v) for n, v in hidden.items())
    return views.OpenMove(
        verb=verb,
        action=action,
        document=digest,
        command=command,
        fields=(version, *kept),
        passkey=signing.asking(asked, key.digest, (key.passkey_id,)),
        others=tuple(one.credential for one in passkeys if one is not key),
    )


def _closed(look: PreservationView) -> tuple[views.ClosedMove, ...]:
    """What is not open, those closed for the same reasons together; the move that opened the case is past."""
    together: dict[tuple[views.Why, ...], list[str]] = {}
    for one in look.moves:
        if one.open or one.verb == _first().verb:
            continue
        whys = tuple(
            views.Why(de=why.de, en=why.en, changed_by=why.changed_by, lifted_by=why.lifted_by)
            for why in one.why
        )
        together.setdefault(whys, []).append(one.verb)
    return tuple(views.ClosedMove(verbs=tuple(verbs), whys=whys) for whys, verbs in together.items())


def _scope(look: PreservationView) -> tuple[Line, ...]:
    """What is signed, line by line, and what became of it."""
    order = look.proposal or look.order
    lines = [
        Line(label="preservation-act", value=order.act, is_choice=True),
        Line(label="Preserve.authority", value=order.authority),
        Line(label="Preserve.instrument", value=order.instrument),
        Line(label="Preserve.reference", value=order.reference),
        Line(label="Preserve.source", value=order.source),
        Line(label="asked-by", value=f"{order.asker}, {order.asker_organisation}"),
        Line(label="remark", value=order.reason),
        Line(label="Preserve.bucket", value=order.bucket_name or order.bucket, is_code=True),
        *_narrowed(order),
        Line(label="Preserve.secrecy", value="silent" if order.is_silent else "announced", is_choice=True),
        Line(label="Preserve.ends_at", moment=moment(order.ends_at)),
        Line(label="Preserve.holder", value=order.holder, is_code=True),
    ]
    if order.is_silent:
        lines.append(Line(label="Preserve.duty", value=order.duty))
        if order.duty_ends_at:
            lines.append(Line(label="Preserve.duty_ends_at", moment=moment(order.duty_ends_at)))
        if order.review_by:
            lines.append(Line(label="Preserve.review_by", moment=moment(order.review_by)))
    if look.told_at:
        lines.append(Line(label="customer-told", moment=moment(look.told_at)))
    if look.state not in {"asked", "ordered"}:
        lines.append(Line(label="preserved-versions", value=str(look.preserved)))
        lines.append(Line(label="missing-versions", value=str(look.missing)))
    if look.verified_at:
        lines.append(Line(label="verified-at", moment=moment(look.verified_at)))
        lines.append(Line(label="verified-whole", value=f"{look.whole} / {look.whole + look.bad}"))
    if look.destroyed or look.outcome:
        lines.append(Line(label="destroyed-versions", value=str(look.destroyed)))
    return tuple(lines)


def _narrowed(order: OrderView) -> list[Line]:
    found = [Line(label="Preserve.names", value=one, is_code=True) for one in order.names]
    found += [Line(label="Preserve.prefixes", value=one, is_code=True) for one in order.prefixes]
    found += [Line(label="Preserve.versions", value=one, is_code=True) for one in order.versions]
    return found or [Line(label="scope", value="whole-bucket", is_choice=True)]


def _row(one: PreservationLine, visit: Visit) -> shown.PreservationRow:
    return shown.PreservationRow(
        reference=one.id,
        href=f"/preservations/{one.id}",
        state=one.state,
        customer=dict(visit.me.customers).get(one.customer, one.customer),
        authority=one.authority,
        order=one.reference,
        bucket=one.bucket,
        ends_at=moment(one.ends_at),
        is_hidden=one.is_hidden,
    )


def _disclosed(one: DisclosedEntry, customer: str) -> shown.DisclosedRow:
    proof = None
    if one.veil_index is not None:
        proof = facts.place(f"{customer}/exceptional", one.veil_index, f"{one.day}T23:59:59Z")
    return shown.DisclosedRow(
        day=one.day,
        href=f"/preservations/{one.case}",
        case=one.case,
        entry=f"{one.log}:{one.index}",
        proof=proof,
    )


def _step(one: StepView, known: Names) -> views.Step:
    return views.Step(
        at=moment(one.at),
        verb=one.move,
        who="" if one.actor == "clock" else one.name or known.who(one.actor, one.person or ""),
        organisation=known.organisation(one.organisation or ""),
        proof=facts.place(one.log, one.index, one.at),
    )


def _codes(refusal: Refusal | None) -> tuple[str, ...]:
    return facts.codes(refusal)


def _first() -> Move:
    return next(move for move in PRESERVATION.moves if PRESERVATION.initial in move.sources)


def _move(state: str, verb: str) -> Move:
    for move in PRESERVATION.moves:
        if move.verb == verb and state in move.sources:
            return move
    raise malformed("unknown-verb")
