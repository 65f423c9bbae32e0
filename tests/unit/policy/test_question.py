import msgspec
import pytest

from custodes.kernel.refusal import Refusal
from custodes.policy.question import Moment, Place, check, covers
from fakes.questions import APPLICATION, ENGINEER, GRANT, OBJECT, question

replace = msgspec.structs.replace


def test_a_good_question_passes():
    check(question())
    check(question(ENGINEER, grant=GRANT))


@pytest.mark.parametrize(
    "bad",
    [
        question(resource=replace(OBJECT, facts={"bucket": "b"})),
        question(resource=replace(OBJECT, facts={"bucket": "b", "owners": "app-records"})),
        question(resource=replace(OBJECT, facts={"bucket": 7, "owners": ()})),
        question(resource=replace(OBJECT, facts={"bucket": "b", "owners": (), "more": "x"})),
        question(resource=replace(OBJECT, facts={"bucket": "b", "owners": (1,)})),
        question(resource=replace(OBJECT, kind="objects")),
        question(resource=replace(OBJECT, kind=["object"])),
        question(resource=replace(OBJECT, id=None)),
        question((replace(APPLICATION[0], roles="owner"), APPLICATION[1])),
        question((replace(APPLICATION[0], customer=5), APPLICATION[1])),
        question((replace(APPLICATION[0], kind="person "), APPLICATION[1])),
        question((APPLICATION[0], replace(APPLICATION[1], is_demo="no"))),
        question((APPLICATION[0], replace(APPLICATION[1], kind="king"))),
        question(purpose=None),
        question(is_killed=0),
        question(moment=Moment(now_s=True, weekday=1, minute=1)),
        question(moment=None),
        question(place=Place(is_inside=1)),
        question(place="DE"),
        question(grant=replace(GRANT, actions="object:read")),
        question(grant={"covers": True}),
    ],
)
def test_a_fact_of_another_type_is_refused(bad):
    with pytest.raises(Refusal) as caught:
        check(bad)
    assert caught.value.code == "bad-question"


def test_a_grant_covers_exactly_what_it_names():
    assert covers(question(ENGINEER, grant=GRANT))
    assert not covers(question(ENGINEER, grant=replace(GRANT, beneficiary="per-erik")))
    assert not covers(question(ENGINEER))
    assert not covers(question(ENGINEER, grant=replace(GRANT, customer="cus-other")))
    assert not covers(question(ENGINEER, "object:write", grant=GRANT))
    assert not covers(question(APPLICATION, grant=GRANT))
    assert not covers(question(ENGINEER, resource=replace(OBJECT, id="grt-1"), grant=GRANT))
    grant = replace(OBJECT, kind="grant", id="grt-1", facts={})
    usable = replace(GRANT, actions=("grant:use",))
    assert covers(question(ENGINEER, "grant:use", grant, grant=usable))


def test_an_application_has_no_person_to_be_named_by_accident():
    nobody = replace(GRANT, beneficiary=None)
    assert not covers(question(APPLICATION, grant=nobody))
