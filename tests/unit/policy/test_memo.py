import msgspec

from custodes.policy.decide import decide
from custodes.policy.memo import Memo, memo_key
from custodes.policy.question import Moment, Place
from fakes.questions import ANYTHING, ENGINEER, GRANT, HOUSE, OBJECT, question, rules

replace = msgspec.structs.replace


def test_a_decision_is_found_again_at_any_time_but_not_at_another_generation():
    memo, asked = Memo(), question()
    decision = decide(asked, HOUSE, ANYTHING)
    memo.keep(asked, (1, 1), decision)
    later = question(moment=Moment(now_s=9, weekday=2, minute=3))
    assert memo.find(later, (1, 1)) is decision
    assert memo.find(asked, (1, 2)) is None
    memo.forget()
    assert memo.find(asked, (1, 1)) is None


def test_everything_a_decision_rests_on_is_in_the_key():
    base = question()
    others = [
        question(ENGINEER),
        question(action="object:write"),
        question(resource=replace(OBJECT, id="ver-2")),
        question(resource=replace(OBJECT, facts={**OBJECT.facts, "owners": ()})),
        question(purpose="audit"),
        question(grant=GRANT),
        question(place=Place(is_inside=False)),
        question(place=None),
        question(is_killed=True),
        question(is_sealed=True),
        question(is_demo=True),
        question((base.actor, replace(base.party, is_vetted=True))),
        question((replace(base.actor, roles=()), base.party)),
    ]
    keys = {memo_key(one, (1,)) for one in [base, *others]}
    assert len(keys) == len(others) + 1


def test_what_read_the_time_or_is_broken_is_not_remembered():
    memo, asked = Memo(), question()
    timed = rules("permit(principal, action, resource) when { context.now < 99999999999 };")
    memo.keep(asked, (1,), decide(asked, HOUSE, timed))
    memo.keep(asked, (1,), decide(asked, HOUSE, None))
    assert len(memo) == 0


def test_the_memory_is_bounded_and_the_oldest_unused_go_first():
    memo = Memo(kept_max=2)
    decision = decide(question(), HOUSE, ANYTHING)
    for generation in (1, 2):
        memo.keep(question(), (generation,), decision)
    assert memo.find(question(), (1,)) is decision
    memo.keep(question(), (3,), decision)
    assert len(memo) == 2
    assert memo.find(question(), (2,)) is None
    assert memo.find(question(), (1,)) is decision
