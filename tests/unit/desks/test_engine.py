from datetime import timedelta

import msgspec
import pytest

from custodes.desks.engine import BadTable, Case, Desk, Move, Refused, Step, Taken, guard
from custodes.desks.forms import Form
from custodes.desks.words import WORDS, Words
from custodes.kernel.actor import CLOCK, Actor, ActorKind
from fakes.lockbox_world import START

ANN = Actor(kind=ActorKind.PERSON, credential="crd", person="per", how="passkey")
ROBOT = Actor(kind=ActorKind.APPLICATION, credential="crd", how="token")
NEEDED = {"door": Words("Tür", "door"), "open": Words("auf", "open"), "shut": Words("zu", "shut")}
DESK_WORDS = {**WORDS, **NEEDED, "night": Words("Nacht", "night"), "gone": Words("fort", "gone")}


def keep(step):
    return step.case, ()


@guard("clock-behind")
def never(step):
    return "clock-behind"


@guard("clock-behind")
def lies(step):
    return "something-else"


def move(verb="shut", sources=("open",), targets=("gone",), **changes):
    values = {"form": Form, "role": "asker", "action": "door:shut", "effect": keep}
    return Move(verb=verb, sources=frozenset(sources), targets=tuple(targets), **{**values, **changes})


def clock_move(due, **changes):
    return move(verb="lapse", role="clock", action=None, due=due, **changes)


def desk(*moves, states=("open", "gone"), final=("gone",), initial="open", words=DESK_WORDS):
    return Desk(
        name="door",
        initial=initial,
        states=frozenset(states),
        final=frozenset(final),
        moves=moves,
        words=words,
    )


def case(state="open"):
    return Case(
        id="cas",
        desk="door",
        customer="cus",
        state=state,
        version=4,
        law_version="1",
        opened_at=START,
        changed_at=START,
        body=None,
    )


def step(actor=ANN, form=None, now=START, state="open", allowed=("door:shut",)):
    return Step(
        case=case(state),
        actor=actor,
        form=Form() if form is None else form,
        now=now,
        facts=None,
        allowed=frozenset(allowed),
    )


def test_a_move_counts_the_version_and_notes_the_time():
    later = START + timedelta(hours=1)
    taken = desk(move()).take(step(now=later), "shut")
    assert isinstance(taken, Taken)
    assert (taken.target, taken.case.version, taken.case.changed_at) == ("gone", 5, later)
    assert taken.case.law_version == "1"


def test_refusals_of_the_engine():
    door = desk(move(), clock_move(lambda case: START + timedelta(hours=1)))
    assert door.take(step(), "fly") == Refused(("unknown-verb",))
    assert door.take(step(state="gone"), "shut") == Refused(("wrong-state",))
    assert door.take(step(actor=ROBOT), "shut") == Refused(("wrong-role",))
    assert door.take(step(actor=CLOCK), "shut") == Refused(("wrong-role",))
    assert door.take(step(allowed=()), "shut") == Refused(("not-allowed",))
    assert door.take(step(), "lapse") == Refused(("wrong-role",))
    assert door.take(step(actor=CLOCK), "lapse") == Refused(("not-due",))
    assert door.take(step(now=START - timedelta(seconds=1)), "shut") == Refused(("clock-behind",))
    nobody = msgspec.structs.replace(ANN, person=None)
    assert door.take(step(actor=nobody), "shut") == Refused(("not-allowed",))


def test_a_form_of_another_kind_is_missing():
    class Other(msgspec.Struct, frozen=True):
        pass

    assert desk(move()).take(step(form=Other()), "shut") == Refused(("form-missing",))


def test_every_reason_is_given_once_and_guards_of_the_form_wait():
    @guard("not-a-party")
    def second(step):
        return "not-a-party"

    @guard("bad-request", reads_form=True)
    def of_form(step):
        raise AssertionError("must not run")

    door = desk(move(guards=(never, second, never, of_form)))
    assert door.take(step(), "shut") == Refused(("clock-behind", "not-a-party"))
    (shown,) = door.open_moves(step())
    assert (shown.verb, shown.is_open, shown.reasons) == ("shut", False, ("clock-behind", "not-a-party"))


def test_a_guard_may_only_say_what_it_declared():
    with pytest.raises(BadTable, match="undeclared reason"):
        desk(move(guards=(lies,))).take(step(), "shut")


def test_an_effect_may_only_choose_a_declared_state():
    def to_night(step):
        return msgspec.structs.replace(step.case, state="night"), ()

    door = desk(move(targets=("open", "gone"), effect=to_night), move("deny"))
    with pytest.raises(BadTable, match="undeclared state night"):
        door.take(step(), "shut")
    staying = desk(move("deny", targets=(), effect=to_night), move())
    with pytest.raises(BadTable, match="undeclared state night"):
        staying.take(step(), "deny")


def test_the_next_move_of_the_clock_is_the_earliest_that_is_due_in_this_state():
    soon, late = START + timedelta(hours=1), START + timedelta(hours=2)
    door = desk(
        clock_move(lambda case: late),
        move("remind", targets=(), role="clock", action=None, due=lambda case: soon),
        move("escalate", targets=(), role="clock", action=None, due=lambda case: None),
    )
    due = door.due(case())
    assert (due.at, due.verb) == (soon, "remind")
    assert door.due(case("gone")) is None


@pytest.mark.parametrize(
    ("moves", "changes", "problem"),
    [
        ((move(), move()), {}, "shut twice from open"),
        ((move(),), {"states": ("open", "gone", "night")}, "night is stuck"),
        ((move(), move("deny", ("gone",))), {}, "gone is final and has a way out"),
        ((move(targets=("night",)),), {}, "no state"),
        ((move(sources=()),), {}, "no state"),
        ((move(targets=()),), {}, "open cannot reach an end"),
        ((move(),), {"initial": "gone"}, "initial or final"),
        ((move(),), {"initial": "attic"}, "initial or final"),
        ((move(), move("deny", ("night",))), {"states": ("open", "gone", "night")}, "cannot be reached"),
        ((move(role="clock", action=None),), {}, "say when they are due"),
        ((move(due=lambda case: None),), {}, "say when they are due"),
        ((move(action=None),), {}, "name a policy action"),
        ((move(role="house"),), {}, "name a policy action"),
        ((move(role="gardener"),), {}, "gardener has no words"),
        ((move("paint"),), {}, "paint has no words"),
        ((move(guards=(guard("too-red")(lambda step: None),)),), {}, "too-red has no words"),
    ],
)
def test_a_table_with_a_hole_does_not_load(moves, changes, problem):
    with pytest.raises(BadTable, match=problem):
        desk(*moves, **changes)


def test_a_case_is_not_played_at_another_desk():
    other = msgspec.structs.replace(step(), case=msgspec.structs.replace(case(), desk="window"))
    with pytest.raises(ValueError, match="a case of window at door"):
        desk(move()).take(other, "shut")
