from datetime import UTC, datetime

import pytest

from custodes.parties.cover import Absence, Cover, Delegation, Duty, Gap, gaps, reason_against, told, without

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SINCE, UNTIL, LATER = "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z", "2026-12-24T00:00:00Z"


def away(person, deputy, since=SINCE, until=UNTIL):
    return Absence(person=person, deputy=deputy, since=since, until=until)


def on_call(person, since=SINCE, until=UNTIL):
    return Duty(person=person, since=since, until=until)


def test_who_is_away_is_told_by_his_deputy_and_nobody_twice():
    cover = Cover(
        id="o", absences=(away("anna", "dora"), away("dora", "emil"), away("karl", "x", UNTIL, LATER))
    )
    assert told(None, ("anna",), NOW, is_late=True) == {"anna"}
    assert told(cover, ("anna", "karl", "emil"), NOW, is_late=False) == {"emil", "karl"}


def test_what_is_late_goes_further():
    cover = Cover(
        id="o",
        absences=(away("lena", "dora"),),
        duties=(
            on_call("otto"),
            on_call("past", "2026-11-01T00:00:00Z", SINCE),
            on_call("next", UNTIL, LATER),
        ),
        leads=("lena",),
    )
    assert told(cover, ("anna",), NOW, is_late=False) == {"anna"}
    assert told(cover, ("anna",), NOW, is_late=True) == {"anna", "otto", "dora"}


def test_when_everybody_is_away_everybody_is_told():
    circle = Cover(id="o", absences=(away("anna", "dora"), away("dora", "anna")))
    assert told(circle, ("anna", "dora"), NOW, is_late=False) == {"anna", "dora"}
    chain = Cover(id="o", absences=tuple(away(f"p{n}", f"p{n + 1}") for n in range(9)))
    assert told(chain, ("p0",), NOW, is_late=False) == {"p0"}


@pytest.mark.parametrize(
    ("cover", "reason"),
    [
        (Cover(id="o", absences=(away("anna", "dora"),), duties=(on_call("anna"),), leads=("dora",)), None),
        (Cover(id="o", absences=(away("anna", "anna"),)), "own-deputy"),
        (Cover(id="o", absences=(away("anna", "stranger"),)), "not-a-member"),
        (Cover(id="o", leads=("stranger",)), "not-a-member"),
        (Cover(id="o", duties=(on_call("anna", UNTIL, SINCE),)), "bad-period"),
        (Cover(id="o", duties=(on_call("anna"),) * 501), "too-many-rows"),
    ],
)
def test_what_can_stand(cover, reason):
    assert reason_against(cover, frozenset({"anna", "dora"})) == reason


def test_who_left_is_nowhere_any_more():
    given = Delegation(membership="m", giver="anna", taker="dora", role="approver", since=SINCE, until=UNTIL)
    cover = Cover(
        id="o",
        absences=(away("anna", "dora"), away("emil", "anna"), away("emil", "dora")),
        duties=(on_call("anna"), on_call("dora")),
        leads=("anna",),
        delegations=(given,),
    )
    left = without(cover, "anna")
    assert left == Cover(id="o", absences=(away("emil", "dora"),), duties=(on_call("dora"),))


def test_where_somebody_is_missing():
    day = datetime(2026, 11, 22, tzinfo=UTC)
    end = datetime(2026, 11, 25, tzinfo=UTC)
    assert gaps(Cover(id="o"), day, end) == (
        Gap(kind="nobody-on-call", person="", since=SINCE, until="2026-11-25T00:00:00Z"),
    )
    cover = Cover(
        id="o",
        absences=(away("anna", "dora", SINCE, LATER), away("dora", "anna", UNTIL, "2026-11-24T00:00:00Z")),
        duties=(on_call("otto", SINCE, UNTIL), on_call("emil", UNTIL, LATER)),
    )
    found = gaps(cover, day, end)
    assert [(one.kind, one.person, one.since, one.until) for one in found] == [
        ("no-deputy", "anna", UNTIL, "2026-11-24T00:00:00Z"),
        ("no-deputy", "dora", UNTIL, "2026-11-24T00:00:00Z"),
    ]
    assert told(cover, ("anna",), datetime(2026, 11, 23, 1, tzinfo=UTC), is_late=False) == {"anna"}
