import pytest

from custodes.objects.adoption import (
    CLEARING,
    COUNTING,
    ENDED,
    ITEM_STATES,
    RETURNING,
    RUNNING,
    STILL_PLAIN,
    VERBS,
    WORKS,
    Adoption,
    is_open,
    serves,
)


def adoption(state):
    return Adoption(
        id="ado-1",
        customer="cus-1",
        bucket="bkt-1",
        source="loc-1",
        prefix="",
        state=state,
        credential="crd-1",
        how="file-key",
        begun_at="2026-11-22T08:00:00Z",
    )


def test_nothing_leads_out_of_the_end_and_every_state_is_reached():
    reached = {COUNTING, *(target for _, target in VERBS.values()), *(after for _, after in WORKS.values())}
    reached.add("counted")  # the list's end
    assert all(set(sources) <= reached and ENDED not in sources for sources, _ in VERBS.values())


def test_nothing_is_removed_before_all_was_taken_in():
    assert VERBS["clear"][0] == ("done",)
    assert WORKS[RUNNING][1] == "done"
    assert WORKS[CLEARING][0] == "sealed"
    assert WORKS[RETURNING][0] == "gone"
    assert set(ITEM_STATES) - STILL_PLAIN == {"gone"}


@pytest.mark.parametrize(
    ("state", "opens", "serving"), [(RUNNING, True, True), ("done", True, False), (ENDED, False, False)]
)
def test_what_is_open_and_what_serves(state, opens, serving):
    assert (is_open(adoption(state)), serves(adoption(state))) == (opens, serving)
