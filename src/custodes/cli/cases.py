"""`custodes case`: the desks' tables as commands. Each verb's options are the fields of its form.

An approval is signed here: over the digest of the grant document as this program reads it, never over a
digest it was handed.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import click

from custodes.acts.asks.cases import CaseView, LookCase, LookCases, LookGrants, MoveCase, OpenCase
from custodes.acts.asks.parties import WhoAmI
from custodes.desks import forms, grant
from custodes.desks.catalogue import CURRENT
from custodes.desks.engine import KIND_OF_ROLE, Desk, Move
from custodes.desks.forms import Approve, Field, Form
from custodes.desks.grant import Approval, Document, FileSignature, KeyFor, ObjectVersion
from custodes.kernel import canonical
from custodes.kernel.clock import from_text, to_text
from custodes.kernel.refusal import conflict, denied

from .speech import Asker, reaching, signing

CLOCKS_APART_S_MAX = 300


@click.group("case")
def cases() -> None:
    """Access for a while: ask, approve, use, give back, review."""


@cases.command("list")
@click.option("--customer", help="Only of this customer.")
@click.option("--all", "with_closed", is_flag=True, help="Closed ones too.")
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True, help="At most so many.")
@reaching
def list_cases(asker: Asker, *, customer: str | None, with_closed: bool, limit: int) -> None:
    """Cases you may see, newest first; `*` where a move of yours is open."""
    found = asker.ask(LookCases(asker.evidence, customer=customer, open_only=not with_closed, limit=limit))
    rows = (
        (
            "*" if one.is_mine else "",
            one.id,
            one.desk,
            one.state,
            one.opened_at,
            one.purpose,
            one.asker.organisation_name if one.asker else "-",
            one.until,
        )
        for one in found.cases
    )
    asker.rows(found, ("", "case", "desk", "state", "opened", "purpose", "asked by", "until"), rows)


@cases.command("show")
@click.argument("case")
@reaching
def show(asker: Asker, *, case: str) -> None:
    """One case: what is asked, who agreed, what happened, what may be done now."""
    _show(asker, asker.ask(LookCase(asker.evidence, case)))


@cases.command("explain")
@click.argument("case")
@reaching
def explain(asker: Asker, *, case: str) -> None:
    """Why a move of a case is closed to you, which rule says so, and who can change it."""
    explain_case(asker, case)


@cases.command("grants")
@click.option("--customer", help="Those of this customer; else those given to you.")
@reaching
def grants(asker: Asker, *, customer: str | None) -> None:
    """Grants, with what is left of each."""
    found = asker.ask(LookGrants(asker.evidence, customer))
    rows = (
        (
            one.id,
            one.case,
            one.state,
            one.not_before,
            one.lapses_at,
            f"{one.uses_spent} of {one.uses_max}",
            f"{one.bytes_spent} of {one.bytes_max}",
        )
        for one in found.grants
    )
    asker.rows(found, ("grant", "case", "state", "from", "lapses", "uses", "bytes"), rows)


def explain_case(asker: Asker, case: str) -> None:
    """The moves of a case as they stand for the asker, with every reason why one is closed."""
    view = asker.ask(LookCase(asker.evidence, case))
    rows: list[tuple[object, ...]] = []
    for move in view.moves:
        if move.open:
            rows.append((move.verb, "open", "", "", ""))
        rows += [(move.verb, why.en, why.rule, why.changed_by, why.lifted_by) for why in move.why]
    columns = ("move", "why not", "rule", "can be changed by", "or lifted by")
    asker.rows({"case": view.id, "moves": view.moves}, columns, rows)


def show_scope(document: Document, view: CaseView) -> Mapping[str, object]:
    """Every member of a grant document that an approver consents to, in plain words.

    All of it comes from the document that is signed; names stand beside ids where the house told them.
    """
    scope = view.scope
    names = {one.id: one for one in scope.resources} if scope else {}
    resources = []
    for one in document.resources:
        id_ = one.version if isinstance(one, ObjectVersion) else one.key
        named = names.get(id_)
        place = f"{one.bucket}/{id_}" if isinstance(one, ObjectVersion) else id_
        place += f" only for {one.claim}:{one.value}" if isinstance(one, KeyFor) else ""
        resources.append(f"{place} ({named.bucket_name} {named.name})" if named and named.name else place)
    people = (scope.asker, scope.beneficiary) if scope else ()
    who = {one.credential: f" ({one.name}, {one.organisation_name})" for one in people}
    return {
        "asked by": document.asker.credential + who.get(document.asker.credential, ""),
        "for": document.beneficiary.credential + who.get(document.beneficiary.credential, ""),
        "customer": document.customer,
        "what": "\n".join(resources),
        "actions": document.actions,
        "purpose": document.purpose,
        "reason": document.reason,
        "ticket": document.ticket,
        "asked at": to_text(document.asked_at),
        "not before": to_text(document.not_before),
        "for so long": f"{document.window_s // 60} minutes from the last approval that is needed",
        "ends at the latest": to_text(document.lapses_at),
        "uses at most": document.uses_max,
        "bytes at most": document.bytes_max,
    }


def sign_approval(asker: Asker, view: CaseView) -> bytes:
    """The form `Approve`, filled in and signed with the asker's file key.

    Its time is this machine's, moved by what the two clocks differ; `clocks-differ` (conflict) if that is
    more than five minutes, `not-a-party` (denied) without a person or an organisation.
    """
    document = _document(asker, view)
    me = asker.ask(WhoAmI(asker.evidence))
    if me.person is None or me.organisation is None:
        raise denied("not-a-party")
    key_hash = hashlib.sha256(asker.key.public).digest()
    mine = next((one for one in view.to_sign if one.key_hash == canonical.b64(key_hash)), None)
    if mine is None:
        raise denied("no-signing-key")
    now = asker.clock.now()
    ahead = from_text(mine.approved_at) - now
    if abs(ahead) > timedelta(seconds=CLOCKS_APART_S_MAX):
        raise conflict("clocks-differ", theirs=mine.approved_at, ours=to_text(now))
    bare = Approval(
        grant_hash=grant.grant_hash(document),
        person=me.person,
        organisation=me.organisation,
        credential=mine.credential,
        key_hash=key_hash,
        approved_at=from_text(mine.approved_at),
        signature=FileSignature(signature=b""),
    )
    signature = asker.key.sign(grant.approval_digest(bare))
    return canonical.encode(
        {
            "grant_hash": canonical.b64(bare.grant_hash),
            "credential": bare.credential,
            "key_hash": canonical.b64(key_hash),
            "approved_at": to_text(bare.approved_at),
            "signature": canonical.b64(signature),
        }
    )


def options_of(form: type[Form]) -> list[Callable[[Any], Any]]:
    """One option per field of a form, with its limits; the label and hint are its help."""
    return [_option(field) for field in forms.fields(form)]


def filled(form: type[Form], given: Mapping[str, object]) -> bytes:
    """The form as it travels, from what the options gave; `bad-form` (malformed) names a field at fault."""
    plain: dict[str, object] = {}
    for field in forms.fields(form):
        value = given.get(field.name)
        if value is None:
            continue
        plain[field.name] = list(value) if isinstance(value, tuple) else value
    forms.parse(form, plain)
    return canonical.encode(plain)


def _option(field: Field) -> Callable[[Any], Any]:
    many = field.type in {"lines", "choices"}
    kind: click.ParamType[Any] = click.STRING
    if field.type == "number":
        kind = click.IntRange(field.number_min, field.number_max)
    elif field.type in {"choice", "choices"}:
        kind = click.Choice(field.choices)
    text = f"{field.label_en}. {field.hint_en}".strip()
    return click.option(
        f"--{field.name.replace('_', '-')}",
        field.name,
        type=kind,
        multiple=many,
        required=field.is_required,
        default=field.default if field.default is not None else None,
        show_default=field.default is not None,
        help=f"{text} As often as needed." if many else text,
    )


def _opening(desk: Desk, move: Move) -> None:
    def opens(asker: Asker, *, customer: str, retry: str, **given: object) -> None:
        form = filled(move.form, given)
        _show(asker, asker.ask(OpenCase(asker.evidence, desk.name, customer, form, retry)))

    command = reaching(opens)
    for option in reversed(options_of(move.form)):
        command = option(command)
    retry = "An id of your own: the same command with the same id opens one case, however often it is sent."
    command = click.option("--retry", default="", help=retry)(command)
    command = click.option("--customer", required=True, help="Id of the customer whose data it is.")(command)
    text = f"{desk.words[move.verb].en} ({desk.name}): opens a case."
    cases.command(move.verb, help=text)(command)


def _moving(desk: Desk, move: Move) -> None:
    def moves(asker: Asker, *, case: str, **given: object) -> None:
        view = asker.ask(LookCase(asker.evidence, case))
        form = filled(move.form, given)
        _show(asker, asker.ask(MoveCase(asker.evidence, case, move.verb, view.version, form)))

    command = reaching(moves)
    for option in reversed(options_of(move.form)):
        command = option(command)
    command = click.argument("case")(command)
    cases.command(move.verb, help=f"{desk.words[move.verb].en}: a move of an open case.")(command)


def _approving(move: Move) -> None:
    @cases.command(move.verb)
    @click.argument("case")
    @click.option("--yes", is_flag=True, help="Do not ask; for programs that have looked at the document.")
    @signing
    def approves(asker: Asker, *, case: str, yes: bool) -> None:
        """Consent to exactly what the case asks for, by your signature.

        Shows first who is to have access to what, what for, how long and how often.
        """
        view = asker.ask(LookCase(asker.evidence, case))
        if not yes:
            for name, content in show_scope(_document(asker, view), view).items():
                shown = ", ".join(content) if isinstance(content, tuple) else content
                asker.warn(f"{name:20}{shown}")
            click.confirm("Do you consent to this?", abort=True, err=True)
            was, view = view.document, asker.ask(LookCase(asker.evidence, case))
            if view.document != was:
                raise denied("other-document")
        form = sign_approval(asker, view)
        _show(asker, asker.ask(MoveCase(asker.evidence, case, move.verb, view.version, form)))


def _document(asker: Asker, view: CaseView) -> Document:
    """The document of this case in this house, as read here; `nothing-to-sign` (conflict)."""
    if view.document is None:
        raise conflict("nothing-to-sign")
    document = grant.decode(view.document)
    if (document.case, document.house, document.customer) != (view.id, asker.look().id, view.customer):
        raise denied("other-document")
    return document


def _show(asker: Asker, view: CaseView) -> None:
    pairs: dict[str, object] = {
        "case": view.id,
        "desk": view.desk,
        "state": view.state,
        "opened": view.opened_at,
        "waits for": view.waits_for,
        "until": view.until,
    }
    if view.document is not None:
        pairs |= show_scope(grant.decode(view.document), view)
    pairs["approved by"] = [
        f"{one.who.name or one.who.person} ({one.who.organisation_name}) {one.at}"
        + (f" counts no more: {one.lost_by}" if one.lost_by else "")
        for one in view.approvals
    ]
    if view.grant is not None:
        lost = f", admits nothing: {', '.join(view.grant.reasons)}" if view.grant.reasons else ""
        pairs["grant"] = f"{view.grant.id} {view.grant.state} until {view.grant.lapses_at}{lost}"
    pairs["so far"] = "\n".join(
        f"{step.at} {step.move} {step.name or step.actor} ({step.log}:{step.index})" for step in view.timeline
    )
    pairs["open to you"] = [move.verb for move in view.moves if move.open]
    asker.pairs(view, pairs)


def _build() -> None:
    """Every verb a person may take, once: the first desk that has it gives its words."""
    seen: set[str] = set()
    for desk in CURRENT.values():
        for move in desk.moves:
            if move.verb in seen or move.role in KIND_OF_ROLE:
                continue
            seen.add(move.verb)
            if desk.initial in move.sources:
                _opening(desk, move)
            elif move.form is Approve:
                _approving(move)
            else:
                _moving(desk, move)


_build()
