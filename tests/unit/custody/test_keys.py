from datetime import timedelta

import pytest

from custodes.custody import keys
from custodes.custody.keys import KeyState, Verb, VersionState, move, usable_for
from custodes.custody.materials.kinds import Use
from fakes import SetClock

CLOCK = SetClock()
NOW = CLOCK.now()


def fresh():
    return keys.create("key-a", "cus-a", ("Registry", "wraps the registry's objects"), b"one", NOW)


def done(key, verb, now=NOW, **more):
    moved = move(key, verb, now, **more)
    assert moved.reason is None
    assert moved.key is not None
    return moved.key


def in_state(state):
    key = fresh()
    if state is KeyState.SUSPENDED:
        return done(key, Verb.DISABLE)
    if state in (KeyState.DEACTIVATED, KeyState.DESTROYED):
        key = done(key, Verb.SCHEDULE_DESTRUCTION)
    if state is KeyState.DESTROYED:
        key = done(key, Verb.DESTROY, key.destroy_after)
    return key


def test_the_table_has_every_field_once():
    assert set(keys.LIFE) == {(state, verb) for state in KeyState for verb in Verb}
    for step in keys.LIFE.values():
        assert (step.to is None) != (step.reason is None)


# The golden life cycle, written apart from the table.
GOLDEN = """
active       rotate active
active       disable suspended
active       schedule-destruction deactivated
suspended    enable active
suspended    schedule-destruction deactivated
deactivated  cancel-destruction suspended
deactivated  destroy destroyed
"""


def test_only_the_golden_verbs_lead_anywhere():
    golden = {tuple(line.split()) for line in GOLDEN.strip().splitlines()}
    found = {(state.value, verb.value, step.to.value) for (state, verb), step in keys.LIFE.items() if step.to}
    assert found == golden


@pytest.mark.parametrize("verb", list(Verb))
@pytest.mark.parametrize("state", list(KeyState))
def test_a_verb_does_what_the_table_says(state, verb):
    key = in_state(state)
    assert key.state is state
    moved = move(key, verb, NOW + timedelta(days=400), wrapped=b"two")
    step = keys.LIFE[state, verb]
    if step.to is None:
        assert (moved.key, moved.reason) == (None, step.reason)
    else:
        assert moved.key is not None
        assert moved.key.state is step.to


def test_a_fresh_key_has_one_current_version():
    key = fresh()
    assert [(v.n, v.state, v.wrapped, v.created_at) for v in key.versions] == [
        (1, VersionState.CURRENT, b"one", NOW)
    ]
    assert key.version_current == 1


def test_rotation_retires_and_counts_on():
    key = done(done(fresh(), Verb.ROTATE, wrapped=b"two"), Verb.ROTATE, wrapped=b"three")
    assert [(v.n, v.state, v.wrapped) for v in key.versions] == [
        (1, VersionState.RETIRED, b"one"),
        (2, VersionState.RETIRED, b"two"),
        (3, VersionState.CURRENT, b"three"),
    ]
    assert key.version_current == 3


def test_a_version_without_material_is_a_bug():
    with pytest.raises(ValueError, match="material"):
        move(fresh(), Verb.ROTATE, NOW)
    with pytest.raises(ValueError, match="material"):
        keys.create("key-a", "cus-a", ("n", ""), b"", NOW)


@pytest.mark.parametrize(("days", "is_taken"), [(6, False), (7, True), (30, True), (365, True), (366, False)])
def test_the_waiting_period_has_bounds(days, is_taken):
    moved = move(fresh(), Verb.SCHEDULE_DESTRUCTION, NOW, waiting_days=days)
    if is_taken:
        assert moved.key.destroy_after == NOW + timedelta(days=days)
    else:
        assert (moved.key, moved.reason) == (None, "waiting-days")


def test_destruction_waits_to_the_second():
    key = done(fresh(), Verb.SCHEDULE_DESTRUCTION)
    assert key.destroy_after == NOW + timedelta(days=30)
    early = move(key, Verb.DESTROY, key.destroy_after - timedelta(seconds=1))
    assert (early.key, early.reason, early.until) == (None, "waiting-period-runs", key.destroy_after)
    gone = done(key, Verb.DESTROY, key.destroy_after)
    assert gone.state is KeyState.DESTROYED
    assert gone.destroyed_at == key.destroy_after
    assert [(v.state, v.wrapped) for v in gone.versions] == [(VersionState.DESTROYED, b"")]
    assert gone.version_current is None


def test_a_cancelled_destruction_leaves_no_date_behind():
    key = done(done(fresh(), Verb.SCHEDULE_DESTRUCTION), Verb.CANCEL_DESTRUCTION)
    assert (key.state, key.destroy_after) == (KeyState.SUSPENDED, None)
    again = done(key, Verb.SCHEDULE_DESTRUCTION, NOW + timedelta(days=29))
    late = move(again, Verb.DESTROY, NOW + timedelta(days=30))
    assert late.reason == "waiting-period-runs"


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (KeyState.SUSPENDED, "key-suspended"),
        (KeyState.DEACTIVATED, "key-deactivated"),
        (KeyState.DESTROYED, "key-destroyed"),
    ],
)
def test_only_an_active_key_is_used(state, reason):
    for use in Use:
        for version in (None, 1, 7):
            assert usable_for(in_state(state), use, version) == reason


def test_an_old_version_unwraps_and_no_longer_wraps():
    key = done(fresh(), Verb.ROTATE, wrapped=b"two")
    assert usable_for(key, Use.WRAP) is None
    assert usable_for(key, Use.WRAP, 2) is None
    assert usable_for(key, Use.UNWRAP, 1) is None
    assert usable_for(key, Use.WRAP, 1) == "version-retired"
    for version in (0, 3, -1):
        assert usable_for(key, Use.UNWRAP, version) == "version-unknown"
    from msgspec.structs import replace

    lost = replace(key, versions=(replace(key.versions[0], state=VersionState.DESTROYED), key.versions[1]))
    assert usable_for(lost, Use.UNWRAP, 1) == "version-destroyed"
