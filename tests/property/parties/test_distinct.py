import msgspec
from hypothesis import given
from hypothesis import strategies as st

from custodes.parties.distinct import Approval, Asker, Quorum, count, meets, one_person
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Person
from fakes.people import AT, credential, member, organisation, people

ORGANISATIONS = ("house", "town", "village", "notary")
KINDS = {
    "house": PartyKind.TRUSTEE,
    "town": PartyKind.CUSTOMER,
    "village": PartyKind.CUSTOMER,
    "notary": PartyKind.AUDITOR,
}
COUNTING = {
    PartyKind.TRUSTEE: "approver",
    PartyKind.CUSTOMER: "approver",
    PartyKind.AUDITOR: "counter-signatory",
}
people_names = [f"p{number}" for number in range(5)]
pairs = st.lists(
    st.tuples(st.sampled_from(people_names), st.sampled_from(ORGANISATIONS)), max_size=8, unique=True
)
groups = st.fixed_dictionaries({name: st.sampled_from(["g1", "g2", "g3"]) for name in ORGANISATIONS})
marks = st.fixed_dictionaries({name: st.sampled_from(["", "", "c1", "c2"]) for name in people_names})


def world(given_pairs, group, mark):
    rows = [organisation(name, KINDS[name], group[name]) for name in ORGANISATIONS]
    rows += [Person(id=f"per-{name}", name=name, civil_id=mark[name] or None) for name in people_names]
    rows += [member(name, org, COUNTING[KINDS[org]]) for name, org in given_pairs]
    rows += [credential(name, org, f"-{org}") for name, org in given_pairs]
    approvals = tuple(
        Approval(credential=f"crd-{name}-{org}", organisation=f"org-{org}") for name, org in given_pairs
    )
    return people(*rows), approvals


def most_pairs(found, approvals, group):
    """The number by brute force: choose pairs with no human and no group twice."""
    human = one_person(found)
    options = {
        (human[found.credentials[one.credential].person], group[one.organisation.removeprefix("org-")])
        for one in approvals
    }

    def best(left):
        return max(
            (1 + best([o for o in left if o[0] != pair[0] and o[1] != pair[1]]) for pair in left), default=0
        )

    return best(sorted(options))


@given(pairs, groups, marks)
def test_organisations_are_the_largest_matching(given_pairs, group, mark):
    found, approvals = world(given_pairs, group, mark)
    standing = count(approvals, found, Asker(), AT)
    assert standing.organisations == most_pairs(found, approvals, group)
    assert standing.organisations <= standing.persons


@given(pairs, groups, marks, st.randoms())
def test_order_and_repetition_change_nothing(given_pairs, group, mark, random):
    found, approvals = world(given_pairs, group, mark)
    shuffled = [*approvals, *approvals]
    random.shuffle(shuffled)
    once, twice = count(approvals, found, Asker(), AT), count(shuffled, found, Asker(), AT)
    assert (once.persons, once.organisations, once.pairs) == (twice.persons, twice.organisations, twice.pairs)


@given(pairs, groups, marks, st.sampled_from(people_names))
def test_whoever_asks_lowers_the_count_and_never_raises_it(given_pairs, group, mark, name):
    found, approvals = world(given_pairs, group, mark)
    before = count(approvals, found, Asker(), AT)
    after = count(approvals, found, Asker(persons=(f"per-{name}",)), AT)
    assert after.persons <= before.persons
    assert after.organisations <= before.organisations
    human = one_person(found)
    assert human[f"per-{name}"] not in {pair.person for pair in after.pairs}


@given(pairs, groups, marks)
def test_joining_two_people_or_two_groups_never_helps(given_pairs, group, mark):
    found, approvals = world(given_pairs, group, mark)
    joined, same = world(given_pairs, dict.fromkeys(group, "g1"), dict.fromkeys(mark, "c1"))
    for quorum in (Quorum(persons=1, organisations=1), Quorum(), Quorum(persons=2, organisations=1)):
        if meets(quorum, approvals, found, Asker(), AT) is not None:
            assert meets(quorum, same, joined, Asker(), AT) is not None


@given(pairs, groups, marks)
def test_a_met_quorum_is_met_by_different_people_of_different_groups(given_pairs, group, mark):
    found, approvals = world(given_pairs, group, mark)
    if meets(Quorum(), approvals, found, Asker(), AT) is None:
        standing = count(approvals, found, Asker(), AT)
        assert len({pair.person for pair in standing.pairs}) >= 2
        assert len({pair.group for pair in standing.pairs}) >= 2
        assert msgspec.to_builtins(standing)
