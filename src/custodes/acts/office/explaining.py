"""Why a move is closed, in both languages, and who can change it: the desk's reasons and policy's rules."""

from collections.abc import Mapping
from types import MappingProxyType

from custodes.acts.asks.cases import WhyView
from custodes.desks.words import WORDS
from custodes.policy.explain import Explanation
from custodes.policy.words import WORDS as RULE_WORDS

NOBODY, TIME, ANOTHER = "nobody", "time", "another-person"
OPERATOR = "trustee:administrator"

# Who can change what a desk's guard found; a reason that is not here nobody can change.
CHANGED_BY: Mapping[str, str] = MappingProxyType(
    {
        "own-request": ANOTHER,
        "own-benefit": ANOTHER,
        "own-approval": ANOTHER,
        "approved-before": ANOTHER,
        "wrong-role": ANOTHER,
        "not-a-party": ANOTHER,
        "not-your-request": ANOTHER,
        "quorum-not-met": ANOTHER,
        "not-due": TIME,
        "still-in-use": TIME,
        "calls-used-up": "customer:owner",
        "break-glass-off": "customer:owner",
        "review-overdue": "customer:approver",
        "clock-behind": OPERATOR,
        "clock-apart": OPERATOR,
        "beneficiary-unknown": "enrolment",
        "not-allowed": "enrolment",
    }
)
# What to do instead, without changing any rule: a verb of a desk or an action of policy.
LIFTED_BY: Mapping[str, str] = MappingProxyType(
    {
        "request-lapsed": "lockbox:request",
        "review-overdue": "lockbox:review",
        "break-glass-off": "lockbox:request",
        "calls-used-up": "lockbox:request",
    }
)


def reason_why(code: str) -> WhyView:
    """A desk's reason, spelled out."""
    words = WORDS[code]
    return WhyView(
        code=code,
        de=words.de,
        en=words.en,
        changed_by=CHANGED_BY.get(code, NOBODY),
        lifted_by=LIFTED_BY.get(code),
    )


def rule_why(said: Explanation) -> WhyView:
    """A rule's no, spelled out; a message without words keeps its id."""
    words = RULE_WORDS.get(said.message)
    return WhyView(
        code=said.message,
        de=words.german if words else said.message,
        en=words.english if words else said.message,
        changed_by=said.changed_by,
        rule=f"{said.scope}/{said.rule}" if said.rule else None,
        lifted_by=said.lifted_by,
    )
