"""The lockbox: access for a while, asked for by one, approved by others, ended always, reviewed after.

The table at the end is the promise (ARCHITECTURE, promises 3 and 4). The request fixes the grant
document; every approval signs it; the last one that the quorum needs grants.
"""

from datetime import datetime, timedelta

from custodes.kernel import clock

from .access import (
    ENDED,
    AccessCase,
    AccessStep,
    changed,
    document_of,
    ending_moves,
    is_of_a_party,
    tell_all,
    took_no_profit,
)
from .asking import (
    is_an_action_to_grant,
    is_beneficiary_known,
    is_exceptional,
    is_valid_document,
    new_document,
)
from .consent import approve, has_not_approved, is_in_time, is_signed, leaving_move, refusing_moves
from .engine import ROLE_CLOCK, Desk, Move
from .forms import Approve, Ask, Form
from .intents import Escalate, Intent, Remind
from .words import WORDS

REMIND_AFTER_DAYS = (1, 3)
ESCALATE_AFTER_DAYS = 2


def _ask(step: AccessStep) -> tuple[AccessCase, tuple[Intent, ...]]:
    case = changed(step.case, document=new_document(step))
    return case, (*tell_all(step, "access-asked"), *_parties(case, step, Remind))


def _remind(step: AccessStep) -> tuple[AccessCase, tuple[Intent, ...]]:
    case = changed(step.case, reminders=step.case.body.reminders + 1)
    return case, _parties(case, step, Remind)


def _escalate(step: AccessStep) -> tuple[AccessCase, tuple[Intent, ...]]:
    case = changed(step.case, escalations=step.case.body.escalations + 1)
    return case, _parties(case, step, Escalate)


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
    states=frozenset(
        {"new", "asked", "granted", "denied", "withdrawn", "unanswered", "closed", "unreviewed", *ENDED}
    ),
    final=frozenset({"denied", "withdrawn", "unanswered", "closed", "unreviewed"}),
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
            effect=approve,
        ),
        *refusing_moves("asked"),
        leaving_move("asked"),
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
        *ending_moves(),
    ),
)
