"""The Cedar schema, made from the tables, and the encoding of a question that fits it.

Both halves live side by side because a rule is safe only if what validation promised about types is what
evaluation is given. A property test puts random questions through Cedar's own request validation.
"""

from collections.abc import Mapping
from functools import cache, lru_cache

import msgspec
from cedarpy import Entities, Schema

from .actions import ACTIONS
from .question import PRINCIPAL_TYPES, RESOURCE_KINDS, Question, covers

Shape = Mapping[str, str]

# What a rule may know of who asks. `residence` holds the country and the unions it lies in.
PRINCIPAL_SHAPES: Mapping[str, Shape] = {
    name: {
        "credential": "String",
        "how": "String",
        "roles": "Set<String>",
        "organisation": "String?",
        "organisation_kind": "String?",
        "controlling_group": "String?",
        "customer": "String?",
        "customers": "Set<String>",
        "areas": "Set<String>",
        "is_demo": "Boolean",
        **extra,
    }
    for name, extra in (
        ("Person", {"person": "String?", "is_vetted": "Boolean"}),
        ("Application", {"application": "String?"}),
        ("Machine", {}),
        ("Anyone", {}),
    )
}
CONTEXT_SHAPE: Shape = {
    "purpose": "String",
    "now": "Long",
    "weekday": "Long",
    "minute": "Long",
    "grant": "GrantFact?",
    "cloud": "CloudFact?",
    "is_inside": "Boolean",
    "is_killed": "Boolean",
    "is_sealed": "Boolean",
    "is_demo": "Boolean",
}
TIME_ATTRIBUTES = ("now", "weekday", "minute")
GRANT_SHAPE: Shape = {"id": "String", "covers": "Boolean"}
CLOUD_SHAPE: Shape = {  # what the other end of a connection claims: never who asks
    "connection": "String",
    "kind": "String",
    "reason": "String",
    "grade": "String",
    "operation": "String",
    "principal": "String?",
    "resource": "String?",
    "via": "String?",
}


def resource_type(kind: str) -> str:
    """`object` is `Object` in Cedar."""
    return "PolicySet" if kind == "policy" else kind.capitalize()


def schema_text() -> str:
    """The schema in Cedar's own spelling; published in `docs/reference/policy.md`."""
    lines = [
        f"type GrantFact = {_record(GRANT_SHAPE)};",
        f"type CloudFact = {_record(CLOUD_SHAPE)};",
    ]
    lines += [f"entity {name} = {_record(shape)};" for name, shape in PRINCIPAL_SHAPES.items()]
    lines += [
        f"entity {resource_type(kind)} = {_record({'customer': 'String?', **shape})};"
        for kind, shape in RESOURCE_KINDS.items()
    ]
    principals = ", ".join(PRINCIPAL_SHAPES)
    lines += [
        f'action "{action.name}" appliesTo {{ principal: [{principals}], '
        f"resource: [{resource_type(action.resource)}], context: {_record(CONTEXT_SHAPE)} }};"
        for action in ACTIONS.values()
    ]
    return "\n".join(lines) + "\n"


@cache
def schema() -> Schema:
    """The parsed schema; the same for every house and customer of this version."""
    return Schema.from_str(schema_text())


def request(question: Question, *, with_time: bool = True) -> dict[str, object]:
    """The Cedar request of a checked question.

    Without time where no rule asked reads it: should one read it after all, it fails to evaluate, which is
    a no, instead of resting on an answer that was remembered.
    """
    return {
        "principal": {
            "type": PRINCIPAL_TYPES[question.actor.kind],
            "id": question.actor.credential,
        },
        "action": {"type": "Action", "id": question.action},
        "resource": {"type": resource_type(question.resource.kind), "id": question.resource.id},
        "context": msgspec.json.encode(_context(question, with_time)).decode(),
    }


def entities_json(question: Question) -> str:
    """Both entities of a checked question, as Cedar JSON."""
    return f"[{_principal_json(question)},{_resource_json(question)}]"


def entities(question: Question) -> Entities:
    """Parsed entities of a checked question; parsed once and used for both sets."""
    return _parsed(f"[{_principal_json(question)}]").with_added_json_str(f"[{_resource_json(question)}]")


@lru_cache(maxsize=1_024)
def _parsed(text: str) -> Entities:
    """Parsing is a pure function of the text, and the same actors come again and again."""
    return Entities.from_json_str(text)


def _principal_json(question: Question) -> str:
    uid = {"type": PRINCIPAL_TYPES[question.actor.kind], "id": question.actor.credential}
    return _entity(uid, _principal(question))


def _resource_json(question: Question) -> str:
    resource = question.resource
    uid = {"type": resource_type(resource.kind), "id": resource.id}
    return _entity(uid, _present({**resource.facts, "customer": resource.customer}))


def _entity(uid: dict[str, str], attributes: dict[str, object]) -> str:
    return msgspec.json.encode({"uid": uid, "attrs": attributes, "parents": ()}).decode()


def _principal(question: Question) -> dict[str, object]:
    actor, party = question.actor, question.party
    attributes: dict[str, object] = {
        "credential": actor.credential,
        "how": actor.how,
        "roles": actor.roles,
        "organisation": actor.organisation,
        "organisation_kind": party.kind,
        "controlling_group": party.controlling_group,
        "customer": actor.customer,
        "customers": party.customers,
        "areas": party.areas,
        "is_demo": party.is_demo,
    }
    kind = PRINCIPAL_TYPES[actor.kind]
    if kind == "Person":
        attributes["person"] = actor.person
        attributes["is_vetted"] = party.is_vetted
    elif kind == "Application":
        attributes["application"] = party.application
    return _present(attributes)


def _context(question: Question, with_time: bool) -> dict[str, object]:
    context = question.context
    facts: dict[str, object] = {
        "purpose": context.purpose,
        "is_inside": context.place is not None and context.place.is_inside,
        "is_killed": context.is_killed,
        "is_sealed": context.is_sealed,
        "is_demo": context.is_demo,
    }
    if with_time:
        facts["now"] = context.moment.now_s
        facts["weekday"] = context.moment.weekday
        facts["minute"] = context.moment.minute
    if context.grant is not None:
        facts["grant"] = {"id": context.grant.id, "covers": covers(question)}
    if context.cloud is not None:
        facts["cloud"] = _present(msgspec.structs.asdict(context.cloud))
    return facts


def _present(attributes: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in attributes.items() if value is not None}


def _record(shape: Shape) -> str:
    members = (
        f"{name}{'?' if spelling.endswith('?') else ''}: {_cedar(spelling.rstrip('?'))}"
        for name, spelling in shape.items()
    )
    return "{ " + ", ".join(members) + " }"


def _cedar(spelling: str) -> str:
    return "Bool" if spelling == "Boolean" else spelling
