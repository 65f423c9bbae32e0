"""Why a decision is as it is, as data: pages and `custodes explain` turn message ids into words.

For each reason: which rule said no, what it is about, whether anything lifts it, and who can change it.
A stranger gets no explanation at all: to him the thing does not exist.
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from custodes.kernel.refusal import Kind

from .actions import ACTIONS
from .question import Decision, Question, Reason
from .rules import RuleSet

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


def _spell_out(reason: Reason, question: Question, rules: RuleSet | None) -> Explanation:
    if reason.rule is not None and reason.scope == "house":
        return Explanation(
            message=f"policy.{reason.rule}",
            scope=reason.scope,
            rule=reason.rule,
            changed_by=NOBODY,
            lifted_by=LIFTED_BY.get(reason.rule),
        )
    if reason.rule is not None:
        own = next((one for one in rules.rules if one.id == reason.rule), None) if rules else None
        return Explanation(
            message=f"policy.form.{own.form}" if own is not None and own.form else "policy.own-rule",
            scope=reason.scope,
            rule=reason.rule,
            changed_by=CUSTOMER_OWNER,
            form=own.form if own is not None else None,
            fields=dict(own.fields) if own is not None else {},
        )
    if reason.code == "not-permitted" and reason.scope == "house":
        return Explanation(
            message="policy.role-missing",
            scope=reason.scope,
            rule=None,
            changed_by=ENROLMENT,
            roles=_roles(question),
        )
    by = {"not-permitted": CUSTOMER_OWNER, "unknown-purpose": NOBODY, "wrong-resource": NOBODY}
    return Explanation(
        message=f"policy.{reason.code}",
        scope=reason.scope,
        rule=None,
        changed_by=by.get(reason.code, OPERATOR),
    )


def _roles(question: Question) -> tuple[str, ...]:
    """Roles that would be enough, as `kind:role`; only those of the asker's own kind of organisation."""
    action = ACTIONS.get(question.action)
    kind = question.party.kind
    if action is None or kind is None:
        return ()
    return tuple(f"{kind}:{role}" for role in action.roles.get(kind, ()))
