"""The one check before a customer's rules are saved.

Beside what `rules.validate` finds, a rule that says it was made from a form must be exactly what that form
makes of these fields: pages explain a rule by its form, and a label must not lie about the rule under it.
"""

from collections.abc import Iterable

import msgspec

from custodes.kernel.refusal import Refusal

from .presets import PRESETS
from .presets import rule as made_from
from .rules import HOUSE, RULE_BYTES_MAX, Problem, Rule, depth_beyond, validate

FIELDS_DEPTH_MAX = 4


def problems(rules: Iterable[Rule], customer: str) -> tuple[Problem, ...]:
    """Everything that stands against saving these rules for a customer; empty means they may be saved.

    Codes: those of `rules.validate`, and `forged-form`, `fields-without-form`, `reserved-scope`.
    """
    if customer == HOUSE:
        return (Problem(code="reserved-scope"),)
    listed = tuple(rules)
    found = validate(listed, customer)
    if any(problem.code == "too-many-rules" for problem in found):
        return found
    return found + tuple(problem for problem in map(_judge_form, listed) if problem is not None)


def _judge_form(rule: Rule) -> Problem | None:
    if rule.form is None:
        return Problem(code="fields-without-form", rule=rule.id) if rule.fields else None
    if rule.form not in PRESETS or depth_beyond(rule.fields, FIELDS_DEPTH_MAX):
        return Problem(code="forged-form", rule=rule.id)
    try:
        if len(msgspec.json.encode(rule.fields)) > RULE_BYTES_MAX:
            return Problem(code="forged-form", rule=rule.id)
        honest = made_from(rule.form, rule.fields).body
    except (Refusal, TypeError, ValueError):
        return Problem(code="forged-form", rule=rule.id)
    return None if honest == rule.body else Problem(code="forged-form", rule=rule.id)
