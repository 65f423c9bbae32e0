"""Why a decision is as it is, as data: pages and `custodes explain` turn message ids into words.

For each reason: which rule said no, what it is about, whether anything lifts it, and who can change it.
A stranger gets no explanation at all: to him the thing does not exist.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from custodes.kernel.refusal import Kind

from .actions import ACTIONS
from .presets import PRESETS
from .question import Decision, Question, Reason
from .rules import HOUSE, RuleSet

_NUMBERED = re.compile(r"-[0-9]+$")  # a form used more than once
_OF_THE_QUESTION = frozenset({"unknown-purpose", "wrong-resource"})

# Who can change what stands in the way.
NOBODY = "nobody"  # a guardrail of the house: only a new version of Custodes
CUSTOMER_OWNER = "customer:owner"  # by `policy:change`
ENROLMENT = "enrolment"  # whoever enrols people and roles of that organisation
OPERATOR = "trustee:administrator"  # something is broken and was reported

# What lifts a guardrail without changing any rule: an action, or a fact to bring about.
LIFTED_BY: Mapping[str, str] = MappingProxyType(
    {
        "house-outsider-needs-grant": "lockbox:request",
        "house-exceptional-purpose-needs-grant": "lockbox:request",
        "house-grant-use-needs-grant": "lockbox:request",
        "house-no-self-approval": "another-person",
        "house-asker-must-be-known": "report",
        "house-people-only": "sign-in-as-person",
        "house-signed-only": "passkey-or-file-key",
        "house-vetted-only": "vetting",
        "house-killed": "kill:lift",
        "house-sealed": "house:unseal",
        "house-outside-boundary": "boundary:change",
        "house-bucket-policy": "bucket:configure",
        "house-demo-credential": "real-credential",
    }
)


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """One reason, spelled out. `message` names the text in the catalogue; `form` and `fields` say from
    which form the customer's rule was made, `roles` which roles would be enough.
    """

    message: str
    scope: str
    rule: str | None
    changed_by: str
    lifted_by: str | None = None
    form: str | None = None
    fields: dict[str, object] = msgspec.field(default_factory=dict)
    roles: tuple[str, ...] = ()


def explain(decision: Decision, question: Question, rules: RuleSet | None) -> tuple[Explanation, ...]:
    """Spell out every reason of a no, in order; empty for a yes and for a stranger.

    `rules` is the customer's saved set at the generation the decision rests on.
    """
    if decision.allowed or decision.kind is Kind.ABSENT:
        return ()
    return tuple(_spell_out(reason, question, rules) for reason in decision.reasons)


def changed_by(reason: Reason) -> str:
    """Who can change what said no: `nobody`, `enrolment`, or a role as `kind:role`."""
    if reason.rule is not None:
        return NOBODY if reason.scope == HOUSE else CUSTOMER_OWNER
    if reason.code == "not-permitted":
        return ENROLMENT if reason.scope == HOUSE else CUSTOMER_OWNER
    return NOBODY if reason.code in _OF_THE_QUESTION else OPERATOR


def message(reason: Reason) -> str:
    """The id of the text that says this reason (`policy.words`)."""
    if reason.rule is not None:
        form = _NUMBERED.sub("", reason.rule)
        own = f"policy.form.{form}" if form in PRESETS else "policy.own-rule"
        return f"policy.{reason.rule}" if reason.scope == HOUSE else own
    if reason.code == "not-permitted" and reason.scope == HOUSE:
        return "policy.role-missing"
    return f"policy.{reason.code}"


def _spell_out(reason: Reason, question: Question, rules: RuleSet | None) -> Explanation:
    is_house = reason.scope == HOUSE
    own = None
    if reason.rule is not None and not is_house and rules is not None:
        own = next((one for one in rules.rules if one.id == reason.rule), None)
    lacks_role = reason.rule is None and reason.code == "not-permitted" and is_house
    said = message(reason)
    if reason.rule is not None and not is_house:
        said = f"policy.form.{own.form}" if own is not None and own.form else "policy.own-rule"
    return Explanation(
        message=said,
        scope=reason.scope,
        rule=reason.rule,
        changed_by=changed_by(reason),
        lifted_by=LIFTED_BY.get(reason.rule) if reason.rule is not None and is_house else None,
        form=own.form if own is not None else None,
        fields=dict(own.fields) if own is not None else {},
        roles=_roles(question) if lacks_role else (),
    )


def _roles(question: Question) -> tuple[str, ...]:
    """Roles that would be enough, as `kind:role`; only those of the asker's own kind of organisation."""
    action = ACTIONS.get(question.action)
    kind = question.party.kind
    if action is None or kind is None:
        return ()
    return tuple(f"{kind}:{role}" for role in action.roles.get(kind, ()))
