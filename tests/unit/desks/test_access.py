from datetime import timedelta

import pytest

from custodes.desks.access import document_of, ending_moves, standing, waits_for, who
from fakes.lockbox_world import ANNA, BERTA, EVA, MALLORY, an_id, begin, granted, the_rules


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


def test_the_page_says_who_must_act_until_when():
    def waiting(play):
        return [(one.organisation, one.verb, one.until) for one in waits_for(play.step(ANNA.actor, None))]

    town, trustee = an_id("org", "town"), an_id("org", "trustee")
    play = begin()
    assert waiting(play) == []
    play.ask()
    until = play.document.begins_by
    assert waiting(play) == [(town, "approve", until), (trustee, "approve", until)]
    play.approve(ANNA)
    assert waiting(play) == [(trustee, "approve", until)]
    play.approve(BERTA)
    assert waiting(play) == []
    play.take(EVA.actor, "return")
    assert [one[1] for one in waiting(play)] == ["review", "review"]
    assert waiting(play)[0][2] == play.now + timedelta(days=14)
