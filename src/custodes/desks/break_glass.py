"""Break-glass: access now, by two persons who answer for it afterwards (ARCHITECTURE, promise 4).

Off unless the customer opted in. The caller and a second person of customer or trustee both sign the same
kind of grant document as in the lockbox; one organisation may do. The customer is told with the call itself,
every use is witnessed first (as under any grant), a call nobody seconds within the hour is over, and while
a review is overdue nobody breaks the glass again. Never a way to answer an order.
"""

from .access import (
    ENDED,
    AccessCase,
    AccessStep,
    changed,
    ending_moves,
    is_of_a_party,
    tell_all,
)
from .asking import is_an_action_to_grant, is_beneficiary_known, is_valid_document, new_document
from .consent import approve, has_not_approved, is_in_time, is_signed, leaving_move, refusing_moves
from .engine import Desk, Move, guard
from .forms import Approve, Call
from .intents import Alarm, Intent
from .words import WORDS


@guard("break-glass-off", "review-overdue")
def may_be_broken(step: AccessStep) -> str | None:
    """The customer opted in, and no review of his is overdue."""
    if not step.facts.is_opted_in:
        return "break-glass-off"
    return "review-overdue" if step.facts.reviews_overdue > 0 else None


@guard("calls-used-up")
def has_calls_left(step: AccessStep) -> str | None:
    """As many calls a month as the customer allowed; the office counts his cases, this one aside."""
    left = step.facts.calls_per_month_max - step.facts.calls_this_month
    return "calls-used-up" if left <= 0 else None


def _call(step: AccessStep) -> tuple[AccessCase, tuple[Intent, ...]]:
    case = changed(step.case, document=new_document(step))
    return case, (*tell_all(step, "glass-called"), Alarm(message="glass-called"))


BREAK_GLASS_DESK = Desk(
    name="break-glass",
    initial="new",
    states=frozenset(
        {"new", "called", "granted", "denied", "withdrawn", "unanswered", "closed", "unreviewed", *ENDED}
    ),
    final=frozenset({"denied", "withdrawn", "unanswered", "closed", "unreviewed"}),
    words=WORDS,
    moves=(
        Move(
            verb="call",
            sources=frozenset({"new"}),
            targets=("called",),
            form=Call,
            role="asker",
            action="lockbox:request",
            guards=(
                may_be_broken,
                has_calls_left,
                is_of_a_party,
                is_beneficiary_known,
                is_an_action_to_grant,
                is_valid_document,
            ),
            effect=_call,
        ),
        Move(
            verb="approve",
            sources=frozenset({"called"}),
            targets=("called", "granted"),
            form=Approve,
            role="approver",
            action="lockbox:approve",
            guards=(is_in_time, may_be_broken, is_of_a_party, has_not_approved, is_signed),
            effect=approve,
        ),
        *refusing_moves("called"),
        leaving_move("called"),
        *ending_moves(),
    ),
)
