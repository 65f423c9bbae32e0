"""Rule sets: how they are stored, checked when saved, and parsed once per generation.

A rule is one Cedar policy in Cedar's JSON form under an id of ours. Sets are never loaded from text: there
the ids are positions, and the deciding rule of an old entry would change its meaning with the next edit.
`@id` is ignored by everything here and refused when saved, so that nobody reads it as the id.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import cedarpy
import msgspec

from .actions import ACTIONS
from .schema import TIME_ATTRIBUTES, schema

RULES_MAX = 500
RULE_BYTES_MAX = 8_192
RULE_DEPTH_MAX = 48
SLICED_RULES_MAX = 10_000
HOUSE = "house"
ANYONE = "Anyone"  # the type of who does not sign
HOUSE_PREFIX = "house-"

_ID = re.compile(r"[a-z][a-z0-9-]{0,63}")
_MEMBERS = {"effect", "principal", "action", "resource", "conditions", "annotations"}


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One policy. `form` names the preset it was made from, `fields` what was filled in there."""

    id: str
    body: dict[str, Any]
    form: str | None = None
    fields: dict[str, Any] = msgspec.field(default_factory=dict)


class RuleSet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The standing row: all rules of one customer (or of `house`) at one generation."""

    scope: str
    generation: int
    rules: tuple[Rule, ...]


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why a set cannot be saved: a stable code, the rule, and Cedar's own words where it has some."""

    code: str
    rule: str | None = None
    detail: str = ""


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """A set ready to be asked: per action only the rules that can apply to it, in Cedar's own form.

    `open_slices` are for anyone: of the permits only those that name him.
    """

    scope: str
    generation: int
    slices: Mapping[str, cedarpy.PolicySet]
    open_slices: Mapping[str, cedarpy.PolicySet]
    timed: frozenset[str]
    effects: Mapping[str, str]


def validate(rules: Iterable[Rule], scope: str) -> tuple[Problem, ...]:
    """Everything that stands against saving these rules; empty means they may be saved.

    Strict Cedar validation against the schema: an attribute that may be missing must be guarded by
    `has`, types must fit, actions must exist. What passes here cannot fail at evaluation except by
    integer overflow, and that is a no (see `decide`).
    """
    problems: list[Problem] = []
    seen: set[str] = set()
    for number, rule in enumerate(rules):
        if number == RULES_MAX:
            return (*problems, Problem(code="too-many-rules", detail=str(RULES_MAX)))
        if not _ID.fullmatch(rule.id):
            problems.append(Problem(code="bad-rule-id", rule=rule.id[:80]))
            continue
        if rule.id in seen:
            problems.append(Problem(code="rule-id-twice", rule=rule.id))
        seen.add(rule.id)
        if rule.id.startswith(HOUSE_PREFIX) != (scope == HOUSE):
            problems.append(Problem(code="reserved-rule-id", rule=rule.id))
        problem = _judge(rule)
        if problem is not None:
            problems.append(problem)
    return tuple(problems)


def parse(rules: RuleSet) -> Parsed:
    """Parse a saved set; ValueError when it is not one that `validate` let through.

    Where the slices of all actions together stay small, each action gets its own `PolicySet` (a rule
    whose scope names other actions can neither apply nor fail); otherwise all share the whole set.
    """
    bodies = {rule.id: rule.body for rule in rules.rules}
    if len(bodies) != len(rules.rules) or len(bodies) > RULES_MAX:
        raise ValueError("not a validated set")
    if any(depth_beyond(body, RULE_DEPTH_MAX) for body in bodies.values()):
        raise ValueError("not a validated set")
    named = {id_: named_actions(body) for id_, body in bodies.items()}
    groups = {
        action: frozenset(id_ for id_, actions in named.items() if actions is None or action in actions)
        for action in ACTIONS
    }
    if sum(map(len, set(groups.values()))) > SLICED_RULES_MAX:
        groups = dict.fromkeys(ACTIONS, frozenset(bodies))
    sets = {group: _policy_set({id_: bodies[id_] for id_ in sorted(group)}) for group in set(groups.values())}
    timed = {id_ for id_, body in bodies.items() if reads_time(body)}
    for_anyone = {id_ for id_, body in bodies.items() if body["effect"] != "permit" or names_anyone(body)}
    opened = {group & for_anyone for group in groups.values()}
    open_sets = {group: _policy_set({id_: bodies[id_] for id_ in sorted(group)}) for group in opened}
    return Parsed(
        scope=rules.scope,
        generation=rules.generation,
        slices={action: sets[group] for action, group in groups.items()},
        open_slices={action: open_sets[group & for_anyone] for action, group in groups.items()},
        timed=frozenset(action for action, group in groups.items() if group & timed),
        effects={id_: str(body["effect"]) for id_, body in bodies.items()},
    )


def from_cedar(text: str) -> dict[str, Any]:
    """One policy written in Cedar's own language as the JSON body we store; ValueError if not one."""
    policies = json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"]
    if len(policies) != 1:
        raise ValueError("not one policy")
    body: dict[str, Any] = policies["policy0"]
    return body


def named_actions(body: Mapping[str, Any]) -> frozenset[str] | None:
    """The actions a rule's scope names; None when it may apply to any.

    Everything not recognised counts as *any*: a rule too many costs time, one too few would fail open.
    """
    scope = body.get("action")
    if not isinstance(scope, dict) or scope.get("op") not in {"==", "in"}:
        return None
    listed = scope.get("entities", [scope.get("entity")])
    names = set()
    for entity in listed if isinstance(listed, list) else [None]:
        if not isinstance(entity, dict) or set(entity) != {"type", "id"} or entity["type"] != "Action":
            return None
        names.add(str(entity["id"]))
    return frozenset(names) if "slot" not in scope else None


def names_anyone(body: Mapping[str, Any]) -> bool:
    """Whether a rule's scope says `principal is Anyone`.

    No other permit lets in who does not sign: whoever wrote a rule for everybody meant everybody known.
    """
    scope = body.get("principal")
    return isinstance(scope, dict) and scope.get("op") == "is" and scope.get("entity_type") == ANYONE


def lets_anyone_in(rules: RuleSet) -> bool:
    """Whether any rule of a customer's permits anything to somebody who does not sign."""
    return any(rule.body.get("effect") == "permit" and names_anyone(rule.body) for rule in rules.rules)


def reads_time(body: object) -> bool:
    """Whether a rule looks at the clock. Any use of the whole context counts: it holds the time."""
    if isinstance(body, dict):
        if body.get("Var") == "context":
            return True
        for operator in (".", "has"):
            operand = body.get(operator)
            if isinstance(operand, dict) and operand.get("left") == {"Var": "context"}:
                names = {operand.get("attr"), *(operand.get("attrs") or ())}
                return bool(names & set(TIME_ATTRIBUTES)) or not all(isinstance(n, str | None) for n in names)
        return any(reads_time(member) for member in body.values())
    if isinstance(body, list):
        return any(reads_time(item) for item in body)
    return False


def depth_beyond(value: object, depth_max: int) -> bool:
    """Whether a JSON value nests deeper than `depth_max`, found without recursion."""
    layer: list[object] = [value]
    for _ in range(depth_max):
        layer = [
            item
            for outer in layer
            if isinstance(outer, (dict, list, tuple))
            for item in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not layer:
            return False
    return True


def _judge(rule: Rule) -> Problem | None:
    code = _judge_form(rule.body)
    if code is not None:
        return Problem(code=code, rule=rule.id)
    try:
        parsed = _policy_set({rule.id: rule.body})
    except ValueError as error:
        return Problem(code="not-a-rule", rule=rule.id, detail=_short(error))
    if parsed.templates() or len(parsed) != 1:
        return Problem(code="not-a-rule", rule=rule.id, detail="template")
    unknown = (named_actions(rule.body) or frozenset()) - set(ACTIONS)
    if unknown:
        return Problem(code="unknown-action", rule=rule.id, detail=sorted(unknown)[0])
    verdict = cedarpy.validate_policies(str(parsed), schema())
    if not verdict.validation_passed:
        detail = verdict.errors[0].error if verdict.errors else ""
        return Problem(code="does-not-fit-schema", rule=rule.id, detail=_short(detail))
    return None


def _judge_form(body: dict[str, Any]) -> str | None:
    if depth_beyond(body, RULE_DEPTH_MAX):
        return "rule-too-deep"
    try:
        too_long = len(json.dumps(body, allow_nan=False)) > RULE_BYTES_MAX
    except (ValueError, TypeError):
        return "not-a-rule"
    if too_long:
        return "rule-too-long"
    if set(body) - _MEMBERS:
        return "unknown-member"
    if "id" in (body.get("annotations") or {}):
        return "id-annotation"
    return None


def _policy_set(bodies: Mapping[str, Any]) -> cedarpy.PolicySet:
    return cedarpy.PolicySet.from_json_str(
        json.dumps({"staticPolicies": dict(bodies), "templates": {}, "templateLinks": []})
    )


def _short(words: object) -> str:
    return str(words)[:300]
