import pytest

from custodes.custody.kill import Approval, Kill, KillScope, lift, stand_still, stands
from fakes import SetClock

NOW = SetClock().now()


def kill(scope, subject=""):
    return Kill(id="k", scope=KillScope(scope), subject=subject, killed_at=NOW, by="per-a", reason="r")


def approvals(*pairs):
    return [Approval(person=person, group=group) for person, group in pairs]


HOUSE, CUSTOMER, PROVIDER = kill("house"), kill("customer", "cus-a"), kill("provider", "org-x")


@pytest.mark.parametrize(
    ("kills", "customer", "provider", "reason"),
    [
        ([], "cus-a", "org-x", None),
        ([HOUSE], "cus-a", "org-x", "house-killed"),
        ([HOUSE], "cus-b", None, "house-killed"),
        ([CUSTOMER], "cus-a", "org-x", "customer-killed"),
        ([CUSTOMER], "cus-a", None, "customer-killed"),
        ([CUSTOMER], "cus-b", "org-x", None),
        ([PROVIDER], "cus-b", "org-x", "provider-killed"),
        ([PROVIDER], "cus-b", "org-y", None),
        ([PROVIDER], "cus-b", None, None),
        ([PROVIDER], "cus-b", "", "provider-killed"),
        ([CUSTOMER], "", "org-x", None),
        ([PROVIDER, CUSTOMER, HOUSE], "cus-a", "org-x", "house-killed"),
        ([PROVIDER, CUSTOMER], "cus-a", "org-x", "customer-killed"),
        ([kill("customer", "org-x")], "cus-a", "org-x", None),
        ([kill("provider", "cus-a")], "cus-a", "org-x", None),
    ],
)
def test_what_stands(kills, customer, provider, reason):
    assert stands(kills, customer, provider) == reason


def test_a_kill_names_what_it_kills():
    for scope, subject in (("house", "x"), ("customer", ""), ("provider", "")):
        with pytest.raises(ValueError, match="subject"):
            kill(scope, subject)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ([], "persons-too-few"),
        ([("per-a", "org-a")], "persons-too-few"),
        ([("per-a", "org-a"), ("per-a", "org-b")], "persons-too-few"),
        ([("", "org-a"), ("per-b", "org-b")], "persons-too-few"),
        ([("per-a", "org-a"), ("per-b", "org-a")], "groups-too-few"),
        ([("per-a", "org-a"), ("per-b", "")], "groups-too-few"),
        ([("per-a", "org-a"), ("per-b", "org-b")], None),
    ],
)
def test_lifting_takes_two_persons_of_two_groups(given, reason):
    lifted = lift(CUSTOMER, approvals(*given), NOW)
    assert lifted.reason == reason
    assert (lifted.kill is None) == (reason is not None)


def test_a_lifted_kill_no_longer_stands_and_is_not_lifted_again():
    both = approvals(("per-b", "org-b"), ("per-a", "org-a"))
    lifted = lift(CUSTOMER, both, NOW).kill
    assert (lifted.lifted_at, lifted.lifted_by) == (NOW, ("per-a", "per-b"))
    assert stands([lifted], "cus-a", None) is None
    assert stands([lifted, CUSTOMER], "cus-a", None) == "customer-killed"
    assert lift(lifted, both, NOW).reason == "kill-lifted"


def test_the_preview_names_who_stands_still_once_each():
    placements = [("cus-b", "org-x"), ("cus-a", "org-x"), ("cus-a", "org-y"), ("cus-c", None)]
    assert stand_still(KillScope.HOUSE, "", placements) == ("cus-a", "cus-b", "cus-c")
    assert stand_still(KillScope.CUSTOMER, "cus-a", placements) == ("cus-a",)
    assert stand_still(KillScope.PROVIDER, "org-x", placements) == ("cus-a", "cus-b")
    assert stand_still(KillScope.PROVIDER, "org-z", placements) == ()


def test_the_preview_and_the_rule_agree():
    placements = [("cus-a", "org-x"), ("cus-b", "org-x"), ("cus-b", "org-y"), ("cus-c", None)]
    for one in (HOUSE, CUSTOMER, PROVIDER):
        stopped = {c for c, p in placements if stands([one], c, p)}
        assert stand_still(one.scope, one.subject, placements) == tuple(sorted(stopped))
