import pytest

from custodes.kernel.refusal import Refusal
from custodes.objects.limits import CustomerLimits, check_limits, check_room


def test_no_limit_is_a_limit_too():
    assert check_limits(CustomerLimits(customer="cus-1")).bytes_max is None
    check_room(None, None)
    check_room(0, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"bytes_max": -1},
        {"bytes_max": (1 << 60) + 1},
        {"requests_per_s": 0},
        {"requests_per_s": 1, "requests_burst": 0},
        {"requests_burst": 5},
    ],
)
def test_limits_that_are_none(wrong):
    with pytest.raises(Refusal, match="limit-invalid") as caught:
        check_limits(CustomerLimits(customer="cus-1", **wrong))
    assert caught.value.facts["limit"] in wrong


def test_room_that_is_none():
    for wrong in ((-1, None), (None, -1), (None, (1 << 40) + 1)):
        with pytest.raises(Refusal, match="limit-invalid"):
            check_room(*wrong)
