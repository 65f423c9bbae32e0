"""How consent is given and refused while a grant is asked for; the same for both desks of access."""

from datetime import datetime, timedelta

import msgspec

from custodes.kernel import canonical, clock
from custodes.kernel.refusal import Refusal

from .access import (
    AccessCase,
    AccessStep,
    changed,
    document_of,
    is_of_a_party,
    is_own,
    standing,
    tell_all,
    who,
)
from .engine import ROLE_CLOCK, ROLE_HOUSE, AnyStep, Move, guard
from .forms import Approve, Because, Form, Left
from .grant import (
    APPROVAL_CODES,
    APPROVAL_FRESH_S,
    Approval,
    FileSignature,
    PasskeyAssertion,
    Signature,
    approval_reason,
    verify,
)
from .intents import Intent


def approval_of(step: AnyStep) -> Approval:
    """The approval a form hands in, under the name of the person signed in; ValueError or `bad-time`."""
    form: Approve = step.form
    signed = canonical.unb64(form.signature)
    signature: Signature = FileSignature(signature=signed)
    if form.client_data or form.authenticator_data:
        signature = PasskeyAssertion(
            client_data=canonical.unb64(form.client_data),
            authenticator_data=canonical.unb64(form.authenticator_data),
            signature=signed,
        )
    return Approval(
        grant_hash=canonical.unb64(form.grant_hash),
        person=step.actor.person or "",
        organisation=step.actor.organisation or "",
        credential=form.credential,
        key_hash=canonical.unb64(form.key_hash),
        approved_at=clock.from_text(form.approved_at),
        signature=signature,
    )


@guard("request-lapsed")
def is_in_time(step: AccessStep) -> str | None:
    """Also when the clock's own move is late."""
    return None if step.now < document_of(step.case).begins_by else "request-lapsed"


@guard("approved-before")
def has_not_approved(step: AccessStep) -> str | None:
    """One person, one approval, whatever account he uses; one whose key was revoked may sign again."""
    same = any(
        step.facts.rules.is_same_person(step.actor.person or "", approval.person)
        for approval in standing(step.case, step.facts.rules)
    )
    return "approved-before" if same else None


@guard("approval-stale", *APPROVAL_CODES, reads_form=True)
def is_signed(step: AccessStep) -> str | None:
    """A fresh signature of this person over this document."""
    try:
        approval = approval_of(step)
    except (ValueError, Refusal):
        return "bad-signature"
    age = step.now - approval.approved_at
    if not timedelta(0) <= age <= timedelta(seconds=APPROVAL_FRESH_S):
        return "approval-stale"
    return approval_reason(document_of(step.case), approval, step.facts.rules)


def approve(step: AccessStep) -> tuple[AccessCase, tuple[Intent, ...]]:
    """Keep the approvals that still hold; grant if with this one the quorum is met."""
    approvals = (*standing(step.case, step.facts.rules), approval_of(step))
    verdict = verify(document_of(step.case), approvals, step.facts.rules, step.now)
    if verdict.reasons:
        return changed(step.case, approvals=approvals), tell_all(step, "access-approved-by-one")
    case = changed(
        step.case,
        approvals=approvals,
        begins_at=verdict.begins_at,
        ends_at=verdict.ends_at,
        reminders=0,
        escalations=0,
    )
    return msgspec.structs.replace(case, state="granted"), tell_all(step, "access-granted")


def refusing_moves(waiting: str) -> tuple[Move, ...]:
    """How a case that waits for consent ends without a grant."""
    sources = frozenset({waiting})
    return (
        Move(
            verb="deny",
            sources=sources,
            targets=("denied",),
            form=Because,
            role="approver",
            action="lockbox:deny",
            guards=(is_of_a_party,),
            effect=_deny,
        ),
        Move(
            verb="withdraw",
            sources=sources,
            targets=("withdrawn",),
            form=Form,
            role="asker",
            action="lockbox:request",
            guards=(is_own,),
            effect=_withdraw,
        ),
        Move(
            verb="lapse",
            sources=sources,
            targets=("unanswered",),
            form=Form,
            role=ROLE_CLOCK,
            effect=_lapse,
            due=_request_ends,
        ),
    )


def leaving_move(waiting: str) -> Move:
    """Who leaves his organisation leaves no approval behind in a case that still waits for consent."""
    return Move(
        verb="strike",
        sources=frozenset({waiting}),
        targets=(),
        form=Left,
        role=ROLE_HOUSE,
        guards=(has_approved,),
        effect=_strike,
    )


@guard("no-approval", reads_form=True)
def has_approved(step: AccessStep) -> str | None:
    """There is an approval of his for that organisation."""
    return None if _of_leaver(step) else "no-approval"


def _of_leaver(step: AccessStep) -> tuple[Approval, ...]:
    form: Left = step.form
    same = step.facts.rules.is_same_person
    return tuple(
        one
        for one in step.case.body.approvals
        if one.organisation == form.organisation and same(one.person, form.person)
    )


def _strike(step: AccessStep) -> tuple[AccessCase, tuple[Intent, ...]]:
    gone = _of_leaver(step)
    left = tuple(one for one in step.case.body.approvals if one not in gone)
    return changed(step.case, approvals=left), tell_all(step, "approval-struck")


def _request_ends(case: AccessCase) -> datetime | None:
    return document_of(case).begins_by


def _deny(step: AccessStep) -> tuple[AccessCase, tuple[Intent, ...]]:
    case = changed(step.case, decided_by=who(step.actor), reason=step.form.reason)
    return case, tell_all(step, "access-denied")


def _withdraw(step: AccessStep) -> tuple[AccessCase, tuple[Intent, ...]]:
    return step.case, tell_all(step, "access-withdrawn")


def _lapse(step: AccessStep) -> tuple[AccessCase, tuple[Intent, ...]]:
    return step.case, tell_all(step, "request-unanswered")
