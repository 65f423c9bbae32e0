"""What the two desks that give access share: body, facts, guards, and how every grant ends.

Lockbox and break-glass differ in how a grant begins. They do not differ in how it ends: returned, revoked,
lapsed or spent, then reviewed by somebody who took no part.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from custodes.kernel import clock
from custodes.kernel.actor import Actor

from .engine import ROLE_CLOCK, ROLE_HOUSE, Case, Move, Step, guard
from .forms import Because, Form, Review
from .grant import Approval, Document, Rules, Who, approval_reason
from .intents import Alarm, Escalate, Intent, Remind, TellParty

LAW_VERSION = "access/1"
REVIEW_DAYS_MAX = 14
REVIEW_REMIND_DAYS = 7
REVIEW_GIVEN_UP_DAYS = 30  # after it was due: nobody who is gone keeps a case open for ever
ENDED = ("returned", "revoked", "lapsed", "spent")


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a case of access holds. `begins_at` and `ends_at` are derived from the signatures and kept for
    reading; the keyroom derives them again at each use.
    """

    document: Document | None = None
    approvals: tuple[Approval, ...] = ()
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    reminders: int = 0
    escalations: int = 0
    ended_at: datetime | None = None
    review_by: datetime | None = None
    decided_by: Who | None = None
    reason: str = ""
    finding: str = ""


class Mint(msgspec.Struct, frozen=True, kw_only=True):
    """What the office draws and looks up for a new document."""

    house: str
    grant: str
    policy_hash: bytes
    origins: tuple[str, ...]
    nonce: bytes


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the guards need beside the case. `beneficiary` is the credential the form names, looked up;
    `in_use_until` is when the last counted use can no longer be continued.
    """

    customer_organisation: str
    trustee_organisation: str
    rules: Rules
    mint: Mint | None = None
    beneficiary: Who | None = None
    uses_spent: int = 0
    bytes_spent: int = 0
    in_use_until: datetime | None = None
    is_opted_in: bool = False
    calls_this_month: int = 0
    calls_per_month_max: int = 0
    reviews_overdue: int = 0


AccessCase = Case[Body]
AccessStep = Step[Body, Any, Facts]


def opening(desk: str, case_id: str, customer: str, now: datetime) -> AccessCase:
    """A case nobody has asked for yet; it is stored only after its first move."""
    return Case(
        id=case_id,
        desk=desk,
        customer=customer,
        state="new",
        version=0,
        law_version=LAW_VERSION,
        opened_at=now,
        changed_at=now,
        body=Body(),
    )


def document_of(case: AccessCase) -> Document:
    """The document of a case that has been asked for; a case without one is our own fault."""
    if case.body.document is None:
        raise ValueError(f"case {case.id} has no document")
    return case.body.document


def who(actor: Actor) -> Who:
    """The actor as he stands in a document."""
    return Who(credential=actor.credential, organisation=actor.organisation or "", person=actor.person)


def standing(case: AccessCase, rules: Rules) -> tuple[Approval, ...]:
    """The approvals that still hold: a key revoked since takes its approval with it."""
    document = document_of(case)
    return tuple(one for one in case.body.approvals if approval_reason(document, one, rules) is None)


def changed(case: AccessCase, **fields: Any) -> AccessCase:  # noqa: ANN401 - the fields of Body
    """The case with some fields of its body replaced."""
    return msgspec.structs.replace(case, body=msgspec.structs.replace(case.body, **fields))


def tell_all(step: AccessStep, message: str) -> tuple[Intent, ...]:
    """Tell customer, trustee and the asker's organisation."""
    document = step.case.body.document
    asker = document.asker.organisation if document else step.actor.organisation
    return (
        TellParty(party="customer", message=message, organisation=step.facts.customer_organisation),
        TellParty(party="trustee", message=message, organisation=step.facts.trustee_organisation),
        TellParty(party="asker", message=message, organisation=asker or ""),
    )


@guard("not-a-party")
def is_of_a_party(step: AccessStep) -> str | None:
    """Customer and trustee decide; the asker's organisation does not, unless it is one of them."""
    parties = {step.facts.customer_organisation, step.facts.trustee_organisation}
    return None if step.actor.organisation in parties else "not-a-party"


@guard("not-your-request")
def is_own(step: AccessStep) -> str | None:
    """The asker or whoever got the access, by person."""
    document = document_of(step.case)
    own = {document.asker.person, document.beneficiary.person} - {None}
    return None if step.actor.person in own else "not-your-request"


@guard("own-request", "own-benefit")
def took_no_profit(step: AccessStep) -> str | None:
    """Promise 3: neither the asker nor the beneficiary, under any account of theirs."""
    document = document_of(step.case)
    for code, other in (("own-request", document.asker.person), ("own-benefit", document.beneficiary.person)):
        if other is not None and step.facts.rules.is_same_person(step.actor.person or "", other):
            return code
    return None


@guard("own-approval")
def did_not_approve(step: AccessStep) -> str | None:
    """A review is by somebody who did not approve."""
    approvers = [approval.person for approval in step.case.body.approvals]
    same = any(step.facts.rules.is_same_person(step.actor.person or "", one) for one in approvers)
    return "own-approval" if same else None


@guard("uses-left", "still-in-use")
def is_used_up(step: AccessStep) -> str | None:
    """Nothing is left, and what was counted last can no longer be continued."""
    document = document_of(step.case)
    if step.facts.uses_spent < document.uses_max and step.facts.bytes_spent < document.bytes_max:
        return "uses-left"
    until = step.facts.in_use_until
    return "still-in-use" if until is not None and step.now < until else None


def ending_moves() -> tuple[Move, ...]:
    """How every grant ends and is looked at afterwards; the same rows for both desks."""
    granted, ended = frozenset({"granted"}), frozenset(ENDED)
    return (
        Move(
            verb="return",
            sources=granted,
            targets=("returned",),
            form=Form,
            role="asker",
            action="lockbox:return",
            guards=(is_own,),
            effect=_end,
        ),
        Move(
            verb="revoke",
            sources=granted,
            targets=("revoked",),
            form=Because,
            role="approver",
            action="lockbox:revoke",
            guards=(is_of_a_party,),
            effect=_revoke,
        ),
        Move(
            verb="spend",
            sources=granted,
            targets=("spent",),
            form=Form,
            role=ROLE_HOUSE,
            guards=(is_used_up,),
            effect=_end,
        ),
        Move(
            verb="lapse",
            sources=granted,
            targets=("lapsed",),
            form=Form,
            role=ROLE_CLOCK,
            effect=_end,
            due=_grant_ends,
        ),
        Move(
            verb="review",
            sources=ended,
            targets=("closed",),
            form=Review,
            role="reviewer",
            action="lockbox:review",
            guards=(is_of_a_party, took_no_profit, did_not_approve),
            effect=_review,
        ),
        Move(
            verb="remind",
            sources=ended,
            targets=(),
            form=Form,
            role=ROLE_CLOCK,
            effect=_remind_review,
            due=_review_reminder,
        ),
        Move(
            verb="escalate",
            sources=ended,
            targets=(),
            form=Form,
            role=ROLE_CLOCK,
            effect=_escalate_review,
            due=_review_overdue,
        ),
        Move(
            verb="give-up",
            sources=ended,
            targets=("unreviewed",),
            form=Form,
            role=ROLE_CLOCK,
            effect=_give_up,
            due=_review_given_up,
        ),
    )


def _grant_ends(case: AccessCase) -> datetime | None:
    return case.body.ends_at


def _review_reminder(case: AccessCase) -> datetime | None:
    if case.body.reminders or case.body.review_by is None:
        return None
    return case.body.review_by - timedelta(days=REVIEW_REMIND_DAYS)


def _review_overdue(case: AccessCase) -> datetime | None:
    """Once when it is overdue, then daily until it is done or given up."""
    if case.body.review_by is None or case.body.escalations >= REVIEW_GIVEN_UP_DAYS:
        return None
    return case.body.review_by + timedelta(days=case.body.escalations)


def _review_given_up(case: AccessCase) -> datetime | None:
    """The end of waiting. What was not reviewed is called so, for good."""
    if case.body.review_by is None:
        return None
    return case.body.review_by + timedelta(days=REVIEW_GIVEN_UP_DAYS)


def _end(step: AccessStep) -> tuple[AccessCase, tuple[Intent, ...]]:
    """Reminders and escalations count from zero again: from here on they are about the review."""
    review_by = step.now + timedelta(days=REVIEW_DAYS_MAX)
    case = changed(step.case, ended_at=step.now, review_by=review_by, reminders=0, escalations=0)
    waits = _both(step, Remind, review_by)
    return case, (*tell_all(step, "grant-ended"), *waits)


def _revoke(step: AccessStep) -> tuple[AccessCase, tuple[Intent, ...]]:
    case, intents = _end(step)
    return changed(case, decided_by=who(step.actor), reason=step.form.reason), intents


def _review(step: AccessStep) -> tuple[AccessCase, tuple[Intent, ...]]:
    case = changed(step.case, decided_by=who(step.actor), finding=step.form.finding, reason=step.form.reason)
    return case, tell_all(step, "reviewed")


def _remind_review(step: AccessStep) -> tuple[AccessCase, tuple[Intent, ...]]:
    body = step.case.body
    case = changed(step.case, reminders=body.reminders + 1)
    return case, _both(step, Remind, body.review_by or step.now)


def _escalate_review(step: AccessStep) -> tuple[AccessCase, tuple[Intent, ...]]:
    body = step.case.body
    case = changed(step.case, escalations=body.escalations + 1)
    return case, (*_both(step, Escalate, body.review_by or step.now), Alarm(message="review-overdue"))


def _give_up(step: AccessStep) -> tuple[AccessCase, tuple[Intent, ...]]:
    return step.case, (*tell_all(step, "review-missed"), Alarm(message="review-missed"))


def _both(
    step: AccessStep, kind: type[Remind] | type[Escalate], until: datetime
) -> tuple[Remind | Escalate, ...]:
    facts = step.facts
    return tuple(
        kind(organisation=organisation, verb="review", until=clock.to_text(until))
        for organisation in (facts.customer_organisation, facts.trustee_organisation)
    )
