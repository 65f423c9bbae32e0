"""Shares: who must give them, which are refused, what they combine to."""

import itertools
import json
from pathlib import Path

import msgspec
import pytest

from custodes.custody import shares
from custodes.custody.shares import Given, Group, Member, ShareSet
from custodes.kernel import canonical
from custodes.kernel.refusal import Kind, Refusal

VECTOR = json.loads((Path(__file__).parents[2] / "vectors/custody/shares.json").read_text())
WORDS, SECRET = VECTOR["words"], bytes.fromhex(VECTOR["secret"])
FILE = json.loads(VECTOR["file"])
HOLDER, SET = FILE["holder"], msgspec.convert(FILE["shares"], ShareSet)


def given(*places):
    return {place: shares.read(WORDS[place[0]][place[1]]) for place in places}


def public(group, member):
    return SET.groups[group].members[member].public


def code_of(call, *args):
    with pytest.raises(Refusal) as caught:
        call(*args)
    return caught.value.code, caught.value.kind


def test_every_sufficient_choice_combines_and_no_other_does():
    places = [(group, member) for group, texts in enumerate(WORDS) for member in range(len(texts))]
    enough = 0
    for count in range(len(places) + 1):
        for chosen in itertools.combinations(places, count):
            if shares.is_enough(SET, chosen):
                enough += 1
                assert shares.combine(SET, given(*chosen)) == SECRET
            else:
                assert code_of(shares.combine, SET, given(*chosen)) == ("shares-too-few", Kind.CONFLICT)
    assert enough > 10


def test_one_organisation_alone_is_never_enough():
    for group, texts in enumerate(WORDS):
        assert not shares.is_enough(SET, [(group, member) for member in range(len(texts))])


def test_the_same_share_twice_counts_once():
    assert not shares.is_enough(SET, [(0, 0), (0, 0), (1, 0)])


def test_spaces_and_capitals_do_not_matter():
    assert shares.read("  " + WORDS[0][0].upper().replace(" ", "\n\t")).words == WORDS[0][0]


@pytest.mark.parametrize(
    "words",
    [
        "",
        "academic",
        WORDS[0][0].rsplit(" ", 1)[0],
        WORDS[0][0] + " academic",
        WORDS[0][0].replace(WORDS[0][0].split()[10], "zero"),
        "x " * 200,
        "ä" * 33,
        "academic " * 33,
        "academic " * 20,
        "a" * 10_000,
    ],
)
def test_what_is_no_share_is_wrong_and_not_repeated(words):
    with pytest.raises(Refusal) as caught:
        shares.read(words)
    assert (caught.value.code, dict(caught.value.facts)) == ("share-wrong", {})
    assert caught.value.__cause__ is None


def test_a_share_counts_only_in_its_custodians_hand():
    share = shares.read(WORDS[0][0])
    assert shares.demand(SET, HOLDER, public(0, 0), share) == (0, 0)
    for other in ((0, 1), (1, 0), (2, 1)):
        assert code_of(shares.demand, SET, HOLDER, public(*other), share) == ("share-wrong", Kind.DENIED)
    assert code_of(shares.demand, SET, HOLDER, canonical.b64(bytes(32)), share)[0] == "share-wrong"
    assert code_of(shares.demand, SET, "cd" * 16, public(0, 0), share)[0] == "share-wrong"


def test_a_share_of_an_older_generation_is_named_as_such():
    share = shares.read(WORDS[0][0])
    newer = msgspec.structs.replace(
        SET, before=(SET.identifier,), identifier=SET.identifier ^ 1, generation=2
    )
    assert code_of(shares.demand, newer, HOLDER, public(0, 0), share) == ("share-older", Kind.DENIED)


def test_a_share_of_a_set_made_elsewhere_is_wrong():
    share = shares.read(WORDS[0][0])
    other = msgspec.structs.replace(
        SET,
        groups=(
            msgspec.structs.replace(
                SET.groups[0],
                members=(
                    msgspec.structs.replace(SET.groups[0].members[0], mark=canonical.b64(bytes(32))),
                    *SET.groups[0].members[1:],
                ),
            ),
            *SET.groups[1:],
        ),
    )
    assert code_of(shares.demand, other, HOLDER, public(0, 0), share)[0] == "share-wrong"


def test_shares_that_do_not_fit_each_other_combine_to_nothing():
    wrong = given((0, 0), (0, 1), (1, 0))
    wrong[0, 1] = shares.read(WORDS[2][0])
    assert code_of(shares.combine, SET, wrong) == ("share-wrong", Kind.DENIED)


def test_a_share_shows_nothing_of_itself():
    assert WORDS[0][0].split()[5] not in repr(shares.read(WORDS[0][0]))


def group(name, threshold, count):
    members = tuple(Member(custodian=f"{name} {at}", mark="", public=f"{name}{at}") for at in range(count))
    return Group(organisation=name, threshold=threshold, members=members)


@pytest.mark.parametrize(
    ("groups", "needed", "why"),
    [
        ((group("a", 2, 3),), 1, "organisations"),
        ((group("a", 2, 3), group("b", 2, 3)), 1, "organisations-needed"),
        ((group("a", 2, 3), group("b", 2, 3)), 3, "organisations-needed"),
        ((group("a", 4, 3), group("b", 2, 3)), 2, "custodians-needed"),
        ((group("a", 1, 3), group("b", 2, 3)), 2, "custodians-needed"),
        ((group("a", 0, 3), group("b", 2, 3)), 2, "custodians-needed"),
        ((group("a", 2, 17), group("b", 2, 3)), 2, "custodians-needed"),
        ((group("a", 2, 2), group("a", 2, 2)), 2, "one-key-twice"),
        ((group("a", 2, 2), group("b\n", 2, 2)), 2, "name"),
        (tuple(group(f"o{at}", 2, 2) for at in range(17)), 2, "organisations"),
    ],
)
def test_a_set_that_would_not_hold_is_refused(groups, needed, why):
    made = ShareSet(before=(), generation=1, group_threshold=needed, groups=groups, identifier=1)
    with pytest.raises(Refusal) as caught:
        shares.check(made)
    assert (caught.value.code, caught.value.facts["why"]) == ("bad-shares", why)


def test_one_organisation_under_two_headings_is_refused():
    twice = (group("a", 2, 2), msgspec.structs.replace(group("b", 2, 2), organisation="a"))
    made = ShareSet(before=(), generation=1, group_threshold=2, groups=twice, identifier=1)
    with pytest.raises(Refusal, match="bad-shares"):
        shares.check(made)


def test_the_kek_is_of_one_holder_and_one_generation():
    keks = {shares.kek(SECRET, holder, generation) for holder in ("a", "b") for generation in (1, 2)}
    assert len(keks) == 4
    assert code_of(shares.kek, SECRET[:31], "a", 1) == ("wrong-secret", Kind.DENIED)


def test_given_is_told_by_where_it_stands():
    assert shares.read(WORDS[2][1]) == Given(2, 1, SET.identifier, WORDS[2][1])
