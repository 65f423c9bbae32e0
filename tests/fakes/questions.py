"""Questions for policy tests: a house, a town with an application and people, a supplier's engineer."""

from typing import Any

import msgspec

from custodes.kernel.actor import Actor, ActorKind
from custodes.policy.house import house_rules
from custodes.policy.question import Circumstance, GrantFact, Moment, Party, Place, Question, Resource
from custodes.policy.rules import Parsed, Rule, RuleSet, from_cedar, parse

TOWN = "cus-town"
OTHER = "cus-other"
MONDAY_NOON = Moment(now_s=1_795_348_800, weekday=1, minute=720)
HOUSE = parse(house_rules())


def rules(*texts: str, scope: str = TOWN, generation: int = 1) -> Parsed:
    return parse(rule_set(*texts, scope=scope, generation=generation))


def rule_set(*texts: str, scope: str = TOWN, generation: int = 1) -> RuleSet:
    return RuleSet(
        scope=scope,
        generation=generation,
        rules=tuple(Rule(id=f"r{number}", body=from_cedar(text)) for number, text in enumerate(texts)),
    )


ANYTHING = rules("permit(principal, action, resource);")

APPLICATION = (
    Actor(
        kind=ActorKind.APPLICATION,
        credential="crd-app",
        organisation="org-town",
        customer=TOWN,
        roles=("application",),
        how="sigv4",
    ),
    Party(kind="customer", controlling_group="town", application="app-records", areas=("DE", "EU")),
)


def person(
    name: str,
    kind: str,
    *roles: str,
    customer: str | None = None,
    how: str = "passkey",
    customers: tuple[str, ...] = (),
    areas: tuple[str, ...] = ("DE", "EU"),
) -> tuple[Actor, Party]:
    actor = Actor(
        kind=ActorKind.PERSON,
        credential=f"crd-{name}",
        organisation=f"org-{kind}",
        person=f"per-{name}",
        customer=customer,
        roles=roles,
        how=how,
    )
    party = Party(kind=kind, controlling_group=kind, customers=customers, areas=areas, is_vetted=True)
    return actor, party


OWNER = person("olga", "customer", "owner", customer=TOWN)
READER = person("rita", "customer", "reader", customer=TOWN)
APPROVER = person("anna", "customer", "approver", customer=TOWN)
OFFICER = person("karl", "trustee", "key-officer")
TRUSTEE_APPROVER = person("tom", "trustee", "approver")
ENGINEER = person("erik", "supplier", "engineer", customers=(TOWN,))
STRANGER = person("sven", "customer", "owner", "reader", customer=OTHER)

OBJECT = Resource(
    kind="object", id="ver-1", customer=TOWN, facts={"bucket": "bkt-1", "owners": ("app-records",)}
)
CASE = Resource(
    kind="case",
    id="cas-1",
    customer=TOWN,
    facts={
        "desk": "lockbox",
        "asker_credential": "crd-erik",
        "asker_person": "per-erik",
        "asker_group": "supplier",
    },
)
GRANT = GrantFact(
    id="grt-1",
    customer=TOWN,
    beneficiary="crd-erik",
    actions=("object:read",),
    resources=("ver-1",),
)


def question(
    who: tuple[Actor, Party] = APPLICATION,
    action: str = "object:read",
    resource: Resource = OBJECT,
    **circumstances: Any,
) -> Question:
    context = Circumstance(
        purpose="operation", moment=MONDAY_NOON, place=Place(is_inside=True, areas=("DE",))
    )
    return Question(
        actor=who[0],
        party=who[1],
        action=action,
        resource=resource,
        context=msgspec.structs.replace(context, **circumstances),
    )
