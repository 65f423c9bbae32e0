"""`custodes preservation`: legal preservations, each verb's options the fields of its form.

An approval is signed here: over the digest of the order as this program reads it, never over a digest it was
handed. What is opened to a customer is checked here against the veils in his own log.
"""

import hashlib
from collections.abc import Mapping
from datetime import timedelta

import click

from custodes.acts.asks.log import LookEntries
from custodes.acts.asks.parties import WhoAmI
from custodes.acts.asks.preserving.cases import (
    DisclosedEntry,
    LookDisclosed,
    LookPreservation,
    LookPreservations,
    MovePreservation,
    OpenPreservation,
    PreservationView,
)
from custodes.cli.cases import CLOCKS_APART_S_MAX, filled, options_of
from custodes.cli.speech import Asker, reaching, signing
from custodes.desks.engine import KIND_OF_ROLE, Move
from custodes.desks.forms import Approve
from custodes.desks.grant import Approval, FileSignature, approval_digest
from custodes.desks.preservation import PRESERVATION
from custodes.desks.preserving import Order, decode, order_hash
from custodes.kernel import canonical
from custodes.kernel.clock import from_text, to_text
from custodes.kernel.refusal import conflict, denied, malformed
from custodes.ledger.disclosed import proven


@click.group("preservation")
def preservations() -> None:
    """Keep exactly what an order names from being erased; hand nothing out."""


@preservations.command("list")
@click.option("--customer", help="Only of this customer.")
@reaching
def list_preservations(asker: Asker, *, customer: str | None) -> None:
    """Preservations you may know of, newest first."""
    found = asker.ask(LookPreservations(asker.evidence, customer))
    rows = (
        (
            one.id,
            one.state,
            "silent" if one.is_hidden else "",
            one.authority,
            one.reference,
            one.bucket,
            one.ends_at,
        )
        for one in found.cases
    )
    asker.rows(found, ("case", "state", "", "authority", "reference", "bucket", "ends"), rows)


@preservations.command("show")
@click.argument("case")
@reaching
def show(asker: Asker, *, case: str) -> None:
    """One preservation: what is demanded, what is preserved, what may be done now."""
    _show(asker, asker.ask(LookPreservation(asker.evidence, case)))


@preservations.command("disclosed")
@click.argument("customer")
@reaching
def disclosed(asker: Asker, *, customer: str) -> None:
    """What a duty of silence hid from a customer and hides no more, checked against the veils in his log."""
    found = asker.ask(LookDisclosed(asker.evidence, customer))
    rows = [(*_proven(asker, customer, one), f"{one.log}:{one.index}") for one in found.entries]
    asker.rows(found, ("day", "case", "act", "checked", "entry"), rows)


def _proven(asker: Asker, customer: str, one: DisclosedEntry) -> tuple[str, str, str, str]:
    """Day, case, act and what was checked; `opening-differs` where an opening is not of its leaf."""
    leaf = one.veil_leaf
    if one.veil_index is not None:
        leaf = _own_leaf(asker, customer, one)
    fields = proven(
        (customer, one.day), (one.log, one.index, one.leaf), one.opening, (leaf, one.veil_opening)
    )
    said = "in that day's veil" if one.veil_index is not None else "veil not made yet"
    return one.day, one.case, str(fields["act"]), said


def _own_leaf(asker: Asker, customer: str, one: DisclosedEntry) -> bytes:
    """The veil's leaf as the customer's own log shows it."""
    ask = LookEntries(
        asker.evidence, customer, kind="exceptional", subject=f"veil/{customer}/{one.day}", limit=2
    )
    mine = [entry.leaf for entry in asker.ask(ask).entries if entry.index == one.veil_index]
    if mine != [one.veil_leaf]:
        raise malformed("opening-differs")
    return mine[0]


def show_order(order: Order) -> Mapping[str, object]:
    """Every member of an order that an approver consents to, in plain words; read from what is signed."""
    narrowed = [
        *(f"name {name}" for name in order.names),
        *(f"names beginning {prefix}" for prefix in order.prefixes),
        *(f"version {version}" for version in order.versions),
    ]
    return {
        "what is asked": order.act,
        "demanded by": order.authority,
        "kind of order": f"{order.instrument} (unconfirmed: as the order says)",
        "reference": order.reference,
        "came by": order.source,
        "customer": order.customer,
        "bucket": order.bucket,
        "scope": "\n".join(narrowed) or "the whole bucket",
        "customer is told": "not before the duty ends" if order.is_silent else "yes, from the start",
        "duty of silence": f"{order.duty} (unconfirmed)" if order.duty else "-",
        "duty ends": to_text(order.duty_ends_at) if order.duty_ends_at else "-",
        "review by": to_text(order.review_by) if order.review_by else "-",
        "preservation ends": to_text(order.ends_at),
        "holder": order.holder,
        "reason": order.reason,
        "answer by": to_text(order.answer_by),
    }


def sign_order(asker: Asker, view: PreservationView) -> bytes:
    """The form `Approve`, filled in and signed with the asker's file key; as `cases.sign_approval`."""
    order = _order(asker, view)
    me = asker.ask(WhoAmI(asker.evidence))
    if me.person is None or me.organisation is None:
        raise denied("not-a-party")
    key_hash = hashlib.sha256(asker.key.public).digest()
    mine = next((one for one in view.to_sign if one.key_hash == canonical.b64(key_hash)), None)
    if mine is None:
        raise denied("no-signing-key")
    now = asker.clock.now()
    if abs(from_text(mine.approved_at) - now) > timedelta(seconds=CLOCKS_APART_S_MAX):
        raise conflict("clocks-differ", theirs=mine.approved_at, ours=to_text(now))
    bare = Approval(
        grant_hash=order_hash(order),
        person=me.person,
        organisation=me.organisation,
        credential=mine.credential,
        key_hash=key_hash,
        approved_at=from_text(mine.approved_at),
        signature=FileSignature(signature=b""),
    )
    return canonical.encode(
        {
            "grant_hash": canonical.b64(bare.grant_hash),
            "credential": bare.credential,
            "key_hash": canonical.b64(key_hash),
            "approved_at": to_text(bare.approved_at),
            "signature": canonical.b64(asker.key.sign(approval_digest(bare))),
        }
    )


def _order(asker: Asker, view: PreservationView) -> Order:
    """The order of this case in this house, as read here; `nothing-to-sign`, `other-document`."""
    if view.proposal is None:
        raise conflict("nothing-to-sign")
    order = decode(view.document)
    if (order.case, order.house, order.customer) != (view.id, asker.look().id, view.customer):
        raise denied("other-document")
    return order


def _show(asker: Asker, view: PreservationView) -> None:
    pairs: dict[str, object] = {
        "case": view.id,
        "state": view.state,
        "customer knows": "no" if view.is_hidden else "yes",
        "told by": view.told_by,
        "opened": view.opened_at,
        "until": view.until,
        "preserved": view.preserved,
        "pending": "-" if view.pending is None else f"{view.pending} {view.why_pending}".strip(),
        "missing": view.missing,
        "lost": view.lost,
        "verified": f"{view.verified_at}: {view.whole} open, {view.bad} do not" if view.verified_at else "-",
        **show_order(decode(view.document)),
    }
    pairs["approved by"] = [
        f"{one.who.name or one.who.person} ({one.who.organisation_name}) {one.at}"
        for one in (*view.signed, *view.approvals)
    ]
    pairs["so far"] = "\n".join(
        f"{step.at} {step.move} {step.name or step.actor} ({step.log}:{step.index})" for step in view.timeline
    )
    pairs["open to you"] = [move.verb for move in view.moves if move.open]
    asker.pairs(view, pairs)


def _opening(move: Move) -> None:
    def opens(asker: Asker, *, customer: str, **given: object) -> None:
        _show(asker, asker.ask(OpenPreservation(asker.evidence, customer, filled(move.form, given))))

    command = reaching(opens)
    for option in reversed(options_of(move.form)):
        command = option(command)
    command = click.option("--customer", required=True, help="Id of the customer whose data it is.")(command)
    preservations.command("ask", help=f"{PRESERVATION.words[move.verb].en}: opens a case.")(command)


def _moving(move: Move) -> None:
    def moves(asker: Asker, *, case: str, **given: object) -> None:
        view = asker.ask(LookPreservation(asker.evidence, case))
        form = filled(move.form, given)
        _show(asker, asker.ask(MovePreservation(asker.evidence, case, move.verb, view.version, form)))

    command = reaching(moves)
    for option in reversed(options_of(move.form)):
        command = option(command)
    command = click.argument("case")(command)
    preservations.command(move.verb, help=f"{PRESERVATION.words[move.verb].en}.")(command)


@preservations.command("approve")
@click.argument("case")
@click.option("--yes", is_flag=True, help="Do not ask; for programs that have looked at the order.")
@signing
def approve(asker: Asker, *, case: str, yes: bool) -> None:
    """Consent to exactly what is proposed, by your signature. Shows first what that is."""
    view = asker.ask(LookPreservation(asker.evidence, case))
    if not yes:
        for name, content in show_order(_order(asker, view)).items():
            asker.warn(f"{name:20}{content}")
        click.confirm("Do you consent to this?", abort=True, err=True)
        was, view = view.document, asker.ask(LookPreservation(asker.evidence, case))
        if view.document != was:
            raise denied("other-document")
    form = sign_order(asker, view)
    _show(asker, asker.ask(MovePreservation(asker.evidence, case, "approve", view.version, form)))


def _build() -> None:
    """Every verb a person may take, once."""
    seen = set()
    for move in PRESERVATION.moves:
        if move.verb in seen or move.role in KIND_OF_ROLE or move.form is Approve:
            continue
        seen.add(move.verb)
        if PRESERVATION.initial in move.sources:
            _opening(move)
        else:
            _moving(move)


_build()
