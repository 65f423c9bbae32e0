"""Whoever is gone, no case waits for ever: from every state anybody can reach, time alone ends it.

The model: some people act for a while, at random, then everybody is gone and only the clock is left. It
must bring every case to an end within a bound that follows from the table, in a bounded number of moves,
and never to a grant.
"""

from datetime import timedelta

from hypothesis import event, given, settings
from hypothesis import strategies as st

from custodes.desks.access import REVIEW_DAYS_MAX, REVIEW_GIVEN_UP_DAYS
from custodes.desks.break_glass import BREAK_GLASS_DESK
from custodes.desks.forms import Call, Form
from custodes.desks.lockbox import LOCKBOX
from custodes.kernel.actor import CLOCK
from custodes.kernel.limits import GRANT_HOURS_MAX, REQUEST_DAYS_MAX
from fakes.lockbox_world import (
    ANNA,
    ARNO,
    BEATE,
    BERTA,
    EVA,
    HOUSE,
    ZOE,
    approval_form,
    ask_form,
    because,
    begin,
    review,
)

WHOLE = timedelta(days=REQUEST_DAYS_MAX + REVIEW_DAYS_MAX + REVIEW_GIVEN_UP_DAYS, hours=GRANT_HOURS_MAX + 1)
MOVES_MAX = 2 * REVIEW_GIVEN_UP_DAYS
PEOPLE = (ANNA, BERTA, BEATE, ARNO, EVA, ZOE)
FORMS = {"deny": because(), "revoke": because(), "review": review()}
ACTS = st.tuples(
    st.sampled_from(PEOPLE),
    st.sampled_from(
        ("approve", "approve", "approve", "deny", "withdraw", "return", "revoke", "review", "spend")
    ),
    st.sampled_from((0, 0, 1, 30, 120, 1_500, 20_000)),
)


def clocked(desk, play):
    """Every move that is due, and how many there were."""
    count = 0
    while (due := desk.due(play.case)) is not None and due.at <= play.now:
        assert not play.take(CLOCK, due.verb)
        count += 1
        assert count <= MOVES_MAX
    return count


def act(play, somebody, verb):
    if verb == "spend":
        return play.take(HOUSE, verb, Form())
    if verb == "approve":
        return play.take(somebody.actor, verb, approval_form(play.document, somebody, play.now))
    return play.take(somebody.actor, verb, FORMS.get(verb))


@settings(max_examples=120, deadline=None)
@given(
    desk=st.sampled_from((LOCKBOX, BREAK_GLASS_DESK)),
    acts=st.lists(ACTS, max_size=8),
    hours=st.integers(1, GRANT_HOURS_MAX),
    nap=st.sampled_from((1, 7, 24, 24 * 60)),
)
def test_time_alone_ends_every_case(desk, acts, hours, nap):
    play = begin(desk, facts={"is_opted_in": True, "calls_per_month_max": 1})
    asked = ask_form(hours=hours)
    if desk is BREAK_GLASS_DESK:
        asked = Call(**{name: getattr(asked, name) for name in Call.__struct_fields__})
    asker = EVA if desk is LOCKBOX else BEATE
    assert not play.take(asker.actor, "ask" if desk is LOCKBOX else "call", asked)
    for somebody, verb, minutes in acts:
        play.forward(minutes=minutes)
        clocked(desk, play)
        act(play, somebody, verb)
    event(play.case.state)
    everybody_gone_at, was_granted, moves = play.now, play.case.body.begins_at is not None, 0
    while play.case.state not in desk.final:
        assert desk.due(play.case) is not None, f"{play.case.state} waits for somebody who is gone"
        play.forward(hours=nap)
        moves += clocked(desk, play)
        assert play.now - everybody_gone_at <= WHOLE + timedelta(hours=2 * nap)
    assert moves <= MOVES_MAX
    assert was_granted == (play.case.body.begins_at is not None), "a grant came of nobody's consent"


def test_a_review_nobody_does_is_called_what_it_is():
    play = begin(LOCKBOX)
    play.ask()
    for somebody in (ANNA, BERTA):
        assert not play.take(somebody.actor, "approve", approval_form(play.document, somebody, play.now))
    for wait in ({"hours": GRANT_HOURS_MAX + 1}, {"days": REVIEW_DAYS_MAX + REVIEW_GIVEN_UP_DAYS}):
        play.forward(**wait)
        clocked(LOCKBOX, play)
    assert play.case.state == "unreviewed"
    assert play.case.body.finding == ""
    assert play.take(BEATE.actor, "review", review()) == ("wrong-state",)
