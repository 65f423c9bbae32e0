"""What is asked and what is answered.

A `Question` holds verified facts only: the actor was authenticated, the party was looked up, the grant
was verified, the boundary has judged. A fact of the wrong type is refused here (`bad-question`), before
any rule sees it, so that a rule can trust the types of the schema.
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from custodes.kernel.actor import Actor, ActorKind
from custodes.kernel.refusal import Kind, malformed

ResourceFact = str | bool | int | tuple[str, ...]

# Attributes a resource may have beside `customer`, with their Cedar type; `?` = may be missing.
# `public_name` is the bucket's name, where anyone asks: it is missing for everybody who proves who he is.
RESOURCE_KINDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "house": {},
        "customer": {},
        "key": {"state": "String?", "key_purpose": "String?"},
        "bucket": {
            "owners": "Set<String>",
            "data_class": "String?",
            "bucket_policy": "String?",
            "public_name": "String?",
        },
        "object": {
            "bucket": "String",
            "owners": "Set<String>",
            "name": "String?",
            "data_class": "String?",
            "bucket_policy": "String?",
            "public_name": "String?",
        },
        "case": {
            "desk": "String",
            "asker_credential": "String?",
            "asker_person": "String?",
            "asker_group": "String?",
        },
        "grant": {"case": "String?"},
        "log": {"sub_log": "String?"},
        "connection": {},
        "party": {"organisation": "String?"},
        "policy": {},
        "boundary": {},
    }
)
PRINCIPAL_TYPES: Mapping[ActorKind, str] = MappingProxyType(
    {
        ActorKind.PERSON: "Person",
        ActorKind.APPLICATION: "Application",
        ActorKind.CLOCK: "Machine",
        ActorKind.PROCESS: "Machine",
        ActorKind.ANYONE: "Anyone",
    }
)
GRADES = ("asserted", "signed", "attested")  # the weakest first
PARTY_KINDS = ("customer", "trustee", "provider", "supplier", "witness", "auditor", "custodian")

_PARTY_KINDS_OR_NONE = (*PARTY_KINDS, None)
_STR_OR_NONE = (str, type(None))
_CHECKS = {"String": str, "Boolean": bool, "Long": int, "Set<String>": tuple}
_BASES = {
    kind: {name: (spelling.rstrip("?"), spelling.endswith("?")) for name, spelling in table.items()}
    for kind, table in RESOURCE_KINDS.items()
}


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """Where the actor belongs, looked up in the standing rows.

    `customers` are those this organisation was enrolled to serve; `areas` are the actor's country of
    residence and the unions it lies in (codes as in `law`); `application` is set for an application.
    """

    kind: str | None = None
    controlling_group: str | None = None
    customers: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    application: str | None = None
    is_vetted: bool = False
    is_demo: bool = False


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """On what; `customer` is None for what belongs to the house itself."""

    kind: str
    id: str
    customer: str | None = None
    facts: Mapping[str, ResourceFact] = msgspec.field(default_factory=dict)


class GrantFact(msgspec.Struct, frozen=True, kw_only=True):
    """What a *verified* grant says; windows and counts are not here, they are checked at commit."""

    id: str
    customer: str
    beneficiary: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]


class CloudFact(msgspec.Struct, frozen=True, kw_only=True):
    """What the other end of a connection claims about a use. None of it is an identity.

    `reason` is a code of the law's table of reasons, `grade` says how well it is corroborated: `asserted` by
    the other end alone, `signed` by the customer, `attested` by hardware. The rest is as the wire spells it.
    """

    connection: str
    kind: str
    reason: str
    grade: str
    operation: str
    principal: str | None = None
    resource: str | None = None
    via: str | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where the bytes lie or would lie: the boundary's verdict over every replica. Rules see only whether
    it is inside, and not judged is not inside; the areas are for the entry.
    """

    is_inside: bool
    areas: tuple[str, ...] = ()


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """The time as rules see it: `now_s` since 1970 UTC; weekday 1 (Monday) to 7 and minute of the day
    in the customer's own time zone, worked out by the caller.
    """

    now_s: int
    weekday: int
    minute: int


class Circumstance(msgspec.Struct, frozen=True, kw_only=True):
    """Why, where from, and the state of the house that the answer rests on."""

    purpose: str
    moment: Moment
    grant: GrantFact | None = None
    place: Place | None = None
    cloud: CloudFact | None = None
    is_killed: bool = False
    is_sealed: bool = False
    is_demo: bool = False


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """May `actor` do `action` on `resource` under these circumstances?"""

    actor: Actor
    party: Party
    action: str
    resource: Resource
    context: Circumstance


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why not: a stable code, the set that said so (`house`, `customer`, or `-`) and the rule, if one."""

    code: str
    scope: str
    rule: str | None = None


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """The answer with what it rests on.

    `rules` are the deciding rules as `scope/id` (permits of a yes, forbids of a no). `kind` is the
    refusal kind of a no. `is_alarm` means that a rule failed to evaluate: somebody has to look.
    `is_timed` means that a rule read the time: it must not be remembered, and an act that rests on it
    expects to commit within `TIMED_HOLDS_S` of `Moment.now_s`.
    """

    allowed: bool
    action: str
    purpose: str
    rules: tuple[str, ...]
    reasons: tuple[Reason, ...] = ()
    kind: Kind | None = None
    errors: tuple[str, ...] = ()
    is_alarm: bool = False
    is_timed: bool = False


TIMED_HOLDS_S = 5


def covers(question: Question) -> bool:
    """Whether the grant in the question is for exactly this actor, action, customer and resource.

    A grant names one credential, not a person: another organisation may hold a key for the same person.
    It names objects by *version*; for a `grant:use` the resource is the grant itself.
    """
    grant = question.context.grant
    if grant is None or question.resource.customer is None:
        return False
    named = {*grant.resources, grant.id} if question.action == "grant:use" else set(grant.resources)
    return (
        grant.beneficiary == question.actor.credential
        and grant.customer == question.resource.customer
        and question.action in grant.actions
        and question.resource.id in named
    )


def check(question: Question) -> None:
    """Refuse facts of the wrong type or unknown name (`bad-question`)."""
    try:
        ok = _fits(question)
    except (AttributeError, TypeError):  # a struct of the wrong kind, or a name that cannot be looked up
        ok = False
    if not ok:
        raise malformed("bad-question")


def _fits(question: Question) -> bool:
    actor, party, resource, context = question.actor, question.party, question.resource, question.context
    table, moment, place, grant = _BASES.get(resource.kind), context.moment, context.place, context.grant
    return (
        actor.kind in PRINCIPAL_TYPES
        and party.kind in _PARTY_KINDS_OR_NONE
        and _all_of(str, (actor.credential, actor.how, resource.id, context.purpose))
        and _all_of(
            _STR_OR_NONE,
            (
                actor.organisation,
                actor.person,
                actor.customer,
                party.controlling_group,
                party.application,
                resource.customer,
            ),
        )
        and _all_of(int, (moment.now_s, moment.weekday, moment.minute))
        and _all_of(
            bool, (party.is_vetted, party.is_demo, context.is_killed, context.is_sealed, context.is_demo)
        )
        and _texts(actor.roles, party.customers, party.areas)
        and (place is None or (_all_of(bool, (place.is_inside,)) and _texts(place.areas)))
        and (
            grant is None
            or (
                _all_of(str, (grant.id, grant.customer, grant.beneficiary))
                and _texts(grant.actions, grant.resources)
            )
        )
        and (context.cloud is None or _cloud_fits(context.cloud))
        and table is not None
        and _facts_fit(resource.facts, table)
    )


def _cloud_fits(cloud: CloudFact) -> bool:
    told = (cloud.connection, cloud.kind, cloud.reason, cloud.operation)
    return (
        _all_of(str, told)
        and cloud.grade in GRADES
        and _all_of(_STR_OR_NONE, (cloud.principal, cloud.resource, cloud.via))
    )


def _all_of(kinds: type | tuple[type, ...], values: tuple[object, ...]) -> bool:
    """Exactly these types: a `bool` is no `int` here, a subclass of `str` no `str`."""
    allowed = kinds if isinstance(kinds, tuple) else (kinds,)
    return all(type(value) in allowed for value in values)


def _texts(*lists: object) -> bool:
    return all(type(one) is tuple and all(type(item) is str for item in one) for one in lists)


def _facts_fit(facts: Mapping[str, ResourceFact], table: Mapping[str, tuple[str, bool]]) -> bool:
    for name, value in facts.items():
        spelling = table.get(name)
        if spelling is None or type(value) is not _CHECKS[spelling[0]]:
            return False
        if spelling[0] == "Set<String>" and not _texts(value):
            return False
    return all(is_optional or name in facts for name, (_, is_optional) in table.items())
