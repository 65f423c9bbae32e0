import cedarpy
import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.kernel.actor import Actor, ActorKind
from custodes.policy.actions import ACTIONS, PURPOSES
from custodes.policy.decide import decide
from custodes.policy.house import house_rules
from custodes.policy.question import (
    PARTY_KINDS,
    RESOURCE_KINDS,
    Circumstance,
    GrantFact,
    Moment,
    Party,
    Place,
    Question,
    Resource,
)
from custodes.policy.rules import Rule, RuleSet, from_cedar, parse
from custodes.policy.schema import entities_json, request, schema
from fakes.questions import HOUSE

names = st.sampled_from(["a", "b", "cus-town", "cus-other", "app-records", 'x\\y"z'])
several = st.lists(names, max_size=3).map(tuple)
maybe = st.none() | names
TYPES = {"String": names, "Set<String>": several}
ROLES = sorted({role for row in ACTIONS.values() for listed in row.roles.values() for role in listed})


@st.composite
def resources(draw, kind):
    facts = {}
    for name, spelling in RESOURCE_KINDS[kind].items():
        if not spelling.endswith("?") or draw(st.booleans()):
            facts[name] = draw(TYPES[spelling.rstrip("?")])
    return Resource(kind=kind, id=draw(names), customer=draw(maybe), facts=facts)


grants = st.builds(
    GrantFact,
    id=names,
    customer=names,
    beneficiary=names,
    actions=st.lists(st.sampled_from(sorted(ACTIONS)), max_size=3).map(tuple),
    resources=several,
)
contexts = st.builds(
    Circumstance,
    purpose=st.sampled_from(sorted(PURPOSES)),
    moment=st.builds(
        Moment, now_s=st.integers(0, 2**40), weekday=st.integers(1, 7), minute=st.integers(0, 1_439)
    ),
    grant=st.none() | grants,
    place=st.none() | st.builds(Place, is_inside=st.booleans(), areas=several),
    is_killed=st.booleans(),
    is_sealed=st.booleans(),
    is_demo=st.booleans(),
)
actors = st.builds(
    Actor,
    kind=st.sampled_from(ActorKind),
    credential=names,
    organisation=maybe,
    person=maybe,
    customer=maybe,
    roles=st.lists(st.sampled_from(ROLES), max_size=4).map(tuple),
    how=st.sampled_from(["passkey", "token", "sigv4", "file-key"]),
)
parties = st.builds(
    Party,
    kind=st.none() | st.sampled_from(PARTY_KINDS),
    controlling_group=maybe,
    customers=several,
    areas=several,
    application=maybe,
    is_vetted=st.booleans(),
    is_demo=st.booleans(),
)


@st.composite
def questions(draw):
    action = draw(st.sampled_from(sorted(ACTIONS)))
    return Question(
        actor=draw(actors),
        party=draw(parties),
        action=action,
        resource=draw(resources(ACTIONS[action].resource)),
        context=draw(contexts),
    )


CONDITIONS = (
    "true",
    'context.purpose == "support"',
    "context has grant && context.grant.covers",
    'principal.areas.contains("a")',
    "context.minute < 700",
    "resource has customer",
    "context.nothing == 1",
)


@st.composite
def rule_sets(draw, scope="cus-town"):
    rules = []
    for number in range(draw(st.integers(0, 6))):
        listed = draw(st.lists(st.sampled_from(sorted(ACTIONS)), max_size=3, unique=True))
        action = (
            f"action in [{', '.join(f'Action::{name_quoted(one)}' for one in listed)}]"
            if listed
            else "action"
        )
        effect, condition = draw(st.sampled_from(["permit", "forbid"])), draw(st.sampled_from(CONDITIONS))
        text = f"{effect}(principal, {action}, resource) when {{ {condition} }};"
        rules.append(Rule(id=f"r{number}", body=from_cedar(text)))
    return RuleSet(scope=scope, generation=1, rules=tuple(rules))


def name_quoted(name):
    return f'"{name}"'


@given(questions())
def test_every_question_fits_the_schema(asked):
    about = cedarpy.Entities.from_json_str(entities_json(asked), schema())
    answer = cedarpy.is_authorized(request(asked), "permit(principal, action, resource);", about, schema())
    assert answer.allowed


@given(questions())
def test_the_house_never_fails_to_evaluate(asked):
    own = parse(
        RuleSet(
            scope=asked.resource.customer or "cus-none",
            generation=1,
            rules=(Rule(id="p", body=from_cedar("permit(principal, action, resource);")),),
        )
    )
    decision = decide(asked, HOUSE, own if asked.resource.customer else None)
    assert not decision.is_alarm
    assert decision.allowed == (decision.reasons == ())


@settings(max_examples=60)
@given(questions(), rule_sets())
def test_the_slice_of_an_action_decides_like_the_whole_set(asked, rules):
    customer = msgspec.structs.replace(rules, scope=asked.resource.customer or "cus-town")
    parsed = parse(customer)
    bodies = {rule.id: rule.body for rule in rules.rules}
    whole = cedarpy.PolicySet.from_json_str(
        msgspec.json.encode({"staticPolicies": bodies, "templates": {}, "templateLinks": []}).decode()
    )
    about = cedarpy.Entities.from_json_str(entities_json(asked))
    for policies in (whole, parsed.slices[asked.action]):
        answer = cedarpy.is_authorized(request(asked), policies, about)
        found = (answer.decision, sorted(answer.diagnostics.reasons), len(answer.diagnostics.errors))
        if policies is whole:
            expected = found
    assert found == expected


@settings(max_examples=60)
@given(questions(), rule_sets())
def test_more_rules_of_a_customer_never_open_what_the_house_keeps_shut(asked, rules):
    customer = asked.resource.customer
    alone = RuleSet(
        scope=customer or "cus-none",
        generation=1,
        rules=(Rule(id="p", body=from_cedar("permit(principal, action, resource);")),),
    )
    with_more = msgspec.structs.replace(alone, rules=(*alone.rules, *rules.rules))
    widest = decide(asked, HOUSE, parse(alone) if customer else None)
    other = decide(asked, HOUSE, parse(with_more) if customer else None)
    assert widest.allowed or not other.allowed


def test_the_house_set_parses_once_per_version():
    assert house_rules() == house_rules()
