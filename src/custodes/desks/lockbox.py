"""The lockbox: access for a while, asked for by one, approved by others, ended always, reviewed after.

The table at the end is the promise (ARCHITECTURE, promises 3 and 4). The request fixes the grant
document; every approval signs it; the last one that the quorum needs grants.
"""

from datetime import datetime, timedelta

import msgspec

from custodes.kernel import canonical, clock
from custodes.kernel.refusal import Refusal

from .access import (
    ENDED,
    AccessCase,
    AccessStep,
    Body,
    changed,
    document_of,
    ending_moves,
    is_of_a_party,
    is_own,
    standing,
    tell_all,
    took_no_profit,
    who,
)
from .asking import (
    is_an_action_to_grant,
    is_beneficiary_known,
    is_exceptional,
    is_valid_document,
    new_document,
)
from .engine import ROLE_CLOCK, Case, Desk, Move, guard
from .forms import Approve, Ask, Because, Form
from .grant import APPROVAL_FRESH_S, VERIFY_CODES, Approval, approval_reason, verify
from .intents import Escalate, Intent, Remind
from .words import WORDS

LAW_VERSION = "lockbox/1"
REMIND_AFTER_DAYS = (1, 3)
ESCALATE_AFTER_DAYS = 2


def opening(case_id: str, customer: str, now: datetime) -> AccessCase:
    """A case nobody has asked for yet; it is stored only after `ask`."""
    return Case(
        id=case_id,
        desk="lockbox",
        customer=customer,
        state="new",
        version=0,
        law_version=LAW_VERSION,
        opened_at=now,
        changed_at=now,
        body=Body(),
    )


def approval_of(step: AccessStep) -> Approval:
    """The approval a form hands in, under the name of the person signed in; ValueError or `bad-time`."""
    form: Approve = step.form
    return Approval(
        grant_hash=canonical.unb64(form.grant_hash),
        person=step.actor.person or "",
        organisation=step.actor.organisation or "",
        credential=form.credential,
        enrolment=form.enrolment,
        approved_at=clock.from_text(form.approved_at),
        signature_kind=form.signature_kind,
        signature=canonical.unb64(form.signature),
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


@guard("bad-signature", "approval-stale", *VERIFY_CODES[:4], reads_form=True)
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


def _ask(step: AccessStep) -> tuple[AccessCase, tuple[Intent, ...]]:
    case = changed(step.case, document=new_document(step))
    return case, (*tell_all(step, "access-asked"), *_parties(case, step, Remind))


def _approve(step: AccessStep) -> tuple[AccessCase, tuple[Intent, ...]]:
    """Keep the approvals that still hold; grant if with this one the quorum is met."""
    approvals = (*standing(step.case, step.facts.rules), approval_of(step))
    verdict = verify(document_of(step.case), approvals, step.facts.rules, step.now)
    if verdict.reasons:
        return changed(step.case, approvals=approvals), tell_all(step, "access-approved-by-one")
    case = changed(step.case, approvals=approvals, begins_at=verdict.begins_at, ends_at=verdict.ends_at)
    return msgspec.structs.replace(case, state="granted"), tell_all(step, "access-granted")


def _deny(step: AccessStep) -> tuple[AccessCase, tuple[Intent, ...]]:
    case = changed(step.case, decided_by=who(step.actor), reason=step.form.reason)
    return case, tell_all(step, "access-denied")


def _withdraw(step: AccessStep) -> tuple[AccessCase, tuple[Intent, ...]]:
    return step.case, tell_all(step, "access-withdrawn")


def _lapse(step: AccessStep) -> tuple[AccessCase, tuple[Intent, ...]]:
    return step.case, tell_all(step, "request-unanswered")


def _remind(step: AccessStep) -> tuple[AccessCase, tuple[Intent, ...]]:
    case = changed(step.case, reminders=step.case.body.reminders + 1)
    return case, _parties(case, step, Remind)


def _escalate(step: AccessStep) -> tuple[AccessCase, tuple[Intent, ...]]:
    case = changed(step.case, escalations=step.case.body.escalations + 1)
    return case, _parties(case, step, Escalate)


def _request_ends(case: AccessCase) -> datetime | None:
    return document_of(case).begins_by


def _reminder(case: AccessCase) -> datetime | None:
    sent = case.body.reminders
    if sent >= len(REMIND_AFTER_DAYS):
        return None
    return document_of(case).asked_at + timedelta(days=REMIND_AFTER_DAYS[sent])


def _escalation(case: AccessCase) -> datetime | None:
    if case.body.escalations:
        return None
    return document_of(case).asked_at + timedelta(days=ESCALATE_AFTER_DAYS)


def _parties(
    case: AccessCase, step: AccessStep, kind: type[Remind] | type[Escalate]
) -> tuple[Remind | Escalate, ...]:
    until = clock.to_text(document_of(case).begins_by)
    return tuple(
        kind(organisation=organisation, verb="approve", until=until)
        for organisation in (step.facts.customer_organisation, step.facts.trustee_organisation)
    )


_ASKED = frozenset({"asked"})

LOCKBOX = Desk(
    name="lockbox",
    initial="new",
    states=frozenset({"new", "asked", "granted", "denied", "withdrawn", "unanswered", "closed", *ENDED}),
    final=frozenset({"denied", "withdrawn", "unanswered", "closed"}),
    words=WORDS,
    moves=(
        Move(
            verb="ask",
            sources=frozenset({"new"}),
            targets=("asked",),
            form=Ask,
            role="asker",
            action="lockbox:request",
            guards=(is_beneficiary_known, is_an_action_to_grant, is_exceptional, is_valid_document),
            effect=_ask,
        ),
        Move(
            verb="approve",
            sources=_ASKED,
            targets=("asked", "granted"),
            form=Approve,
            role="approver",
            action="lockbox:approve",
            guards=(is_in_time, is_of_a_party, took_no_profit, has_not_approved, is_signed),
            effect=_approve,
        ),
        Move(
            verb="deny",
            sources=_ASKED,
            targets=("denied",),
            form=Because,
            role="approver",
            action="lockbox:deny",
            guards=(is_of_a_party,),
            effect=_deny,
        ),
        Move(
            verb="withdraw",
            sources=_ASKED,
            targets=("withdrawn",),
            form=Form,
            role="asker",
            action="lockbox:request",
            guards=(is_own,),
            effect=_withdraw,
        ),
        Move(
            verb="remind",
            sources=_ASKED,
            targets=(),
            form=Form,
            role=ROLE_CLOCK,
            effect=_remind,
            due=_reminder,
        ),
        Move(
            verb="escalate",
            sources=_ASKED,
            targets=(),
            form=Form,
            role=ROLE_CLOCK,
            effect=_escalate,
            due=_escalation,
        ),
        Move(
            verb="lapse",
            sources=_ASKED,
            targets=("unanswered",),
            form=Form,
            role=ROLE_CLOCK,
            effect=_lapse,
            due=_request_ends,
        ),
        *ending_moves(),
    ),
)
