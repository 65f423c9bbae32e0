from datetime import timedelta

import pytest

from custodes.desks.break_glass import BREAK_GLASS_DESK
from custodes.desks.forms import Call
from custodes.desks.intents import Alarm, TellParty
from custodes.kernel.actor import CLOCK
from fakes.lockbox_world import (
    ANNA,
    BERTA,
    BRUNO,
    EMIL,
    EVA,
    MALLORY,
    START,
    ask_form,
    because,
    begin,
    review,
)

OPTED_IN = {"is_opted_in": True, "calls_per_month_max": 2}


def call_form():
    form = ask_form()
    return Call(
        beneficiary=form.beneficiary,
        resources=form.resources,
        actions=form.actions,
        reason="The registry is down.",
        ticket="INC-1",
        bytes_max=1_000_000,
    )


def glass(**facts):
    return begin(BREAK_GLASS_DESK, facts={**OPTED_IN, **facts})


def called(somebody=BERTA):
    play = glass()
    assert play.take(somebody.actor, "call", call_form()) == ()
    return play


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"is_opted_in": False}, "break-glass-off"),
        ({"calls_this_month": 2}, "calls-used-up"),
        ({"calls_per_month_max": 0}, "calls-used-up"),
        ({"reviews_overdue": 1}, "review-overdue"),
    ],
)
def test_it_is_locked_unless_the_customer_opted_in_and_all_is_in_order(facts, reason):
    assert glass(**facts).take(BERTA.actor, "call", call_form()) == (reason,)


def test_two_persons_of_one_organisation_break_it_and_the_customer_is_told_with_the_call():
    play = called()
    told = [one.party for one in play.said if isinstance(one, TellParty)]
    assert "customer" in told
    assert Alarm(message="glass-called") in play.said
    assert play.document.purpose == "emergency"
    assert play.document.desk == "break-glass"
    assert play.approve(BERTA) == ()
    assert play.case.state == "called"
    assert play.approve(BERTA) == ("approved-before",)
    assert play.approve(BRUNO) == ()
    assert play.case.state == "granted"
    assert play.case.body.ends_at == START + timedelta(hours=1)


def test_a_supplier_or_a_stranger_cannot_call_or_second():
    for somebody in (EMIL, EVA, MALLORY):
        assert glass().take(somebody.actor, "call", call_form()) == ("not-a-party",)
        assert called().approve(somebody) == ("not-a-party",)


def test_a_call_nobody_seconds_within_the_hour_is_over():
    play = called()
    play.approve(BERTA)
    play.forward(hours=1)
    assert "request-lapsed" in play.approve(BRUNO)
    assert play.take(CLOCK, "lapse") == ()
    assert play.case.state == "unanswered"


def test_the_customer_denies_or_revokes_with_one_person():
    play = called()
    assert play.take(ANNA.actor, "deny", because()) == ()
    play = called()
    play.approve(BERTA)
    play.approve(BRUNO)
    assert play.take(ANNA.actor, "revoke", because()) == ()
    assert play.take(BERTA.actor, "review", review()) == ("own-request", "own-approval")
    assert play.take(BRUNO.actor, "review", review()) == ("own-approval",)
    assert play.take(ANNA.actor, "review", review()) == ()


def test_opting_out_stops_a_call_that_waits():
    play = called()
    play.facts = {"is_opted_in": False}
    assert play.approve(BERTA) == ("break-glass-off",)
