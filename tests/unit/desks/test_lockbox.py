from datetime import timedelta

import pytest

from custodes.desks.intents import Alarm, Escalate, Remind, TellParty
from custodes.desks.lockbox import LOCKBOX
from custodes.kernel.actor import CLOCK
from fakes.lockbox_world import (
    ALBERT,
    ANNA,
    ARNO,
    BERTA,
    BRUNO,
    EMIL,
    EVA,
    HOUSE,
    MALLORY,
    START,
    an_id,
    approval_form,
    ask_form,
    because,
    begin,
    granted,
    review,
)


def test_one_person_of_the_town_and_one_of_the_trustee_grant_one_hour():
    play = begin()
    assert play.ask() == ()
    assert play.case.state == "asked"
    play.forward(hours=2)
    assert play.approve(ANNA) == ()
    assert play.case.state == "asked"
    play.forward(hours=3)
    assert play.approve(BERTA) == ()
    assert play.case.state == "granted"
    assert play.case.body.begins_at == START + timedelta(hours=5)
    assert play.case.body.ends_at == START + timedelta(hours=6)
    assert play.case.version == 3
    told = [one for one in play.said if isinstance(one, TellParty) and one.message == "access-granted"]
    assert {one.party for one in told} == {"customer", "trustee", "asker"}


def test_the_document_says_what_was_asked_and_takes_the_rest_from_the_directory():
    play = begin()
    play.ask(hours=8, uses=3, not_before="2026-11-23T06:00:00Z")
    document = play.case.body.document
    assert document.asker == EMIL.who
    assert document.beneficiary == EVA.who
    assert document.case == play.case.id
    assert (document.window_s, document.uses_max) == (8 * 3600, 3)
    assert document.not_before == START + timedelta(hours=22)
    assert document.begins_by == START + timedelta(days=4)


def test_a_grant_asked_for_later_begins_later():
    play = begin()
    play.ask(not_before="2026-11-23T06:00:00Z")
    play.approve(ANNA)
    play.approve(BERTA)
    assert play.case.body.begins_at == START + timedelta(hours=22)
    assert play.case.body.ends_at == START + timedelta(hours=23)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"beneficiary": an_id("crd", "nobody")}, "beneficiary-unknown"),
        ({"actions": ("object:delete",)}, "action-not-grantable"),
        ({"purpose": "operation"}, "purpose-not-exceptional"),
        ({"purpose": "order"}, "purpose-not-exceptional"),
        ({"hours": 9}, "bad-request"),
        ({"hours": 0}, "bad-request"),
        ({"uses": 0}, "bad-request"),
        ({"uses": 101}, "bad-request"),
        ({"bytes_max": 0}, "bad-request"),
        ({"resources": ()}, "bad-request"),
        ({"resources": ("letter.pdf",)}, "bad-request"),
        ({"not_before": "tomorrow"}, "bad-request"),
        ({"not_before": "2026-11-27T06:00:00Z"}, "bad-request"),
        ({"reason": ""}, "bad-request"),
        ({"ticket": ""}, "bad-request"),
    ],
)
def test_a_request_that_makes_no_grant_is_refused(changes, reason):
    play = begin()
    assert reason in play.ask(**changes)
    assert play.case.state == "new"
    assert play.case.body.document is None


def test_a_request_without_what_the_office_looks_up_is_refused():
    play = begin(facts={"mint": None})
    assert play.ask() == ("bad-request",)
    play = begin(facts={"beneficiary": None})
    assert play.ask() == ("beneficiary-unknown",)


def test_any_approver_of_either_party_denies_and_that_is_the_end():
    for somebody in (ANNA, BERTA):
        play = begin()
        play.ask()
        assert play.take(somebody.actor, "deny", because()) == ()
        assert play.case.state == "denied"
        assert play.case.body.decided_by == somebody.who
        assert play.approve(BRUNO) == ("wrong-state",)
        assert LOCKBOX.due(play.case) is None


def test_a_stranger_neither_approves_nor_denies_nor_revokes():
    play = begin()
    play.ask()
    assert play.approve(MALLORY) == ("not-a-party",)
    assert play.take(MALLORY.actor, "deny", because()) == ("not-a-party",)
    assert granted().take(MALLORY.actor, "revoke", because()) == ("not-a-party",)


def test_only_the_asker_withdraws():
    play = begin()
    play.ask()
    assert play.take(ANNA.actor, "withdraw") == ("not-your-request",)
    assert play.take(EMIL.actor, "withdraw") == ()
    assert play.case.state == "withdrawn"


def test_a_request_nobody_answers_is_reminded_escalated_and_lapses_after_four_days():
    play = begin()
    play.ask()
    asked = len(play.said)
    dues = []
    while (due := LOCKBOX.due(play.case)) is not None:
        play.now = due.at
        dues.append((due.verb, due.at - START))
        assert play.take(CLOCK, due.verb) == ()
    assert dues == [
        ("remind", timedelta(days=1)),
        ("escalate", timedelta(days=2)),
        ("remind", timedelta(days=3)),
        ("lapse", timedelta(days=4)),
    ]
    assert play.case.state == "unanswered"
    kinds = [type(one) for one in play.said[asked:]]
    assert kinds.count(Remind) == 4
    assert kinds.count(Escalate) == 2


def test_approving_too_late_is_refused_even_if_the_clock_has_not_moved_yet():
    play = begin()
    play.ask()
    play.approve(ANNA)
    play.forward(days=4)
    assert "request-lapsed" in play.approve(BERTA)


def test_a_stale_signature_is_refused():
    play = begin()
    play.ask()
    form = approval_form(play.case.body.document, ANNA, play.now)
    play.forward(minutes=6)
    assert play.take(ANNA.actor, "approve", form) == ("approval-stale",)


def test_a_signature_from_the_future_is_refused():
    play = begin()
    play.ask()
    form = approval_form(play.case.body.document, ANNA, play.now + timedelta(minutes=1))
    assert play.take(ANNA.actor, "approve", form) == ("approval-stale",)


def test_an_approval_whose_key_is_revoked_meanwhile_no_longer_counts():
    play = begin()
    play.ask()
    play.approve(ANNA)
    play.people = {"revoked": ("anna",)}
    assert play.approve(BERTA) == ()
    assert play.case.state == "asked"
    assert [one.person for one in play.case.body.approvals] == [BERTA.person]
    assert play.approve(ALBERT) == ()
    assert play.case.state == "granted"


def test_return_revoke_lapse_and_spend_each_end_the_grant():
    play = granted()
    assert play.take(EVA.actor, "return") == ()
    assert play.case.state == "returned"
    for somebody in (ALBERT, BRUNO):
        play = granted()
        assert play.take(somebody.actor, "revoke", because()) == ()
        assert play.case.state == "revoked"
    play = granted()
    assert play.take(CLOCK, "lapse") == ("not-due",)
    play.now = play.case.body.ends_at
    assert play.take(CLOCK, "lapse") == ()
    assert play.case.state == "lapsed"
    play = granted()
    assert play.take(HOUSE, "spend") == ("uses-left",)
    play.facts = {"uses_spent": 1, "in_use_until": play.now + timedelta(minutes=15)}
    assert play.take(HOUSE, "spend") == ("still-in-use",)
    play.forward(minutes=15)
    assert play.take(HOUSE, "spend") == ()
    assert play.case.state == "spent"


def test_the_review_is_by_somebody_who_took_no_part():
    play = granted()
    play.now = play.case.body.ends_at
    play.take(CLOCK, "lapse")
    assert play.take(ANNA.actor, "review", review()) == ("own-approval",)
    assert play.take(EMIL.actor, "review", review()) == ("not-a-party", "own-request")
    assert play.take(EVA.actor, "review", review()) == ("not-a-party", "own-benefit")
    assert play.take(ARNO.actor, "review", review()) == ()
    assert play.case.state == "closed"
    assert play.case.body.finding == "as-asked"


def test_a_review_not_done_is_reminded_then_alarms_every_day():
    play = granted()
    play.take(EVA.actor, "return")
    ended = play.now
    play.clock_until(ended + timedelta(days=13))
    assert not [one for one in play.said if isinstance(one, Alarm)]
    play.clock_until(ended + timedelta(days=16))
    assert len([one for one in play.said if isinstance(one, Alarm)]) == 3
    assert play.case.state == "returned"


def test_the_case_page_says_why_a_move_is_closed():
    play = begin()
    play.ask()
    shown = {one.verb: one for one in LOCKBOX.open_moves(play.step(EMIL.actor, None))}
    assert shown["withdraw"].is_open
    assert shown["approve"].reasons == ("not-a-party", "own-request")
    assert shown["review"].reasons == ("wrong-state",)
    assert "lapse" not in shown
    shown = {one.verb: one for one in LOCKBOX.open_moves(play.step(ANNA.actor, None))}
    assert shown["approve"].is_open
    play.allowed = frozenset()
    shown = {one.verb: one for one in LOCKBOX.open_moves(play.step(ANNA.actor, None))}
    assert shown["approve"].reasons == ("not-allowed",)


def test_an_ask_form_of_the_wrong_kind_is_no_form():
    play = begin()
    assert play.take(EMIL.actor, "ask") == ("form-missing",)
    assert play.take(EMIL.actor, "ask", ask_form()) == ()
