import pytest

from custodes.desks.access import document_of, ending_moves, standing, who
from fakes.lockbox_world import ANNA, BERTA, EVA, MALLORY, begin, granted, the_rules


def test_a_case_nobody_asked_for_has_no_document():
    with pytest.raises(ValueError, match="no document"):
        document_of(begin().case)


def test_the_actor_stands_in_a_document_with_organisation_and_person():
    assert who(ANNA.actor) == ANNA.who


def test_only_approvals_that_still_hold_are_standing():
    play = granted()
    assert len(standing(play.case, the_rules())) == 2
    left = standing(play.case, the_rules(revoked=("anna",)))
    assert [one.person for one in left] == [BERTA.person]


def test_only_asker_or_beneficiary_give_back():
    assert granted().take(MALLORY.actor, "return") == ("not-your-request",)
    assert granted().take(ANNA.actor, "return") == ("not-your-request",)
    assert granted().take(EVA.actor, "return") == ()


def test_every_way_a_grant_ends_leads_to_a_review():
    moves = ending_moves()
    ends = {target for move in moves if move.sources == {"granted"} for target in move.targets}
    (review,) = (move for move in moves if move.verb == "review")
    assert review.sources == ends
