import pytest

from custodes.policy.question import GRADES
from custodes.policy.unsatisfied import GIVEN, unsatisfied

FORM = "cloud-grades-only"


@pytest.mark.parametrize(
    ("grades", "found"),
    [
        (["attested"], (FORM,)),
        (["atested"], (FORM,)),
        ([], (FORM,)),
        (["signed", "attested"], ()),
        (["asserted"], ()),
    ],
)
def test_a_rule_that_waits_for_what_nobody_gives_is_named(grades, found):
    assert unsatisfied([("applications-use-keys", {}), (FORM, {"grades": grades})]) == found


def test_every_grade_that_is_given_is_one_and_the_highest_is_not():
    assert set(GRADES) > GIVEN
    assert GRADES[-1] not in GIVEN
