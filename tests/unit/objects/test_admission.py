from datetime import UTC, datetime, timedelta

from custodes.objects.admission import FRAGMENTS_MAX, admit, is_open, spend
from custodes.objects.ranges import Span

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)


def span(first: int, end: int) -> Span:
    return Span(first=first, end=end)


def test_head_costs_none_and_opens_nothing():
    head = admit("crd", "ver", None, AT)
    assert head.uses_needed == 0
    first = spend(head.admission, span(0, 8), AT + timedelta(minutes=10))
    assert first.uses_needed == 1
    assert first.admission.opened_at == AT + timedelta(minutes=10)
    assert spend(first.admission, None, AT + timedelta(hours=1)).uses_needed == 0


def test_parallel_ranges_are_one_use_and_a_byte_again_is_the_next():
    one = admit("crd", "ver", span(0, 8), AT)
    two = spend(one.admission, span(16, 24), AT)
    three = spend(two.admission, span(8, 16), AT)
    assert [one.uses_needed, two.uses_needed, three.uses_needed] == [1, 0, 0]
    assert three.admission.released == (span(0, 24),)
    again = spend(three.admission, span(23, 25), AT)
    assert again.uses_needed == 1
    assert again.admission.released == (span(23, 25),)


def test_fifteen_minutes():
    one = admit("crd", "ver", span(0, 1), AT).admission
    assert is_open(one, AT + timedelta(minutes=14, seconds=59))
    assert spend(one, span(1, 2), AT + timedelta(minutes=15)).uses_needed == 1
    assert spend(one, span(1, 2), AT - timedelta(seconds=1)).uses_needed == 1


def test_too_many_crumbs_begin_the_next_use():
    admission = admit("crd", "ver", span(0, 1), AT).admission
    uses = 0
    for index in range(1, FRAGMENTS_MAX + 1):
        spending = spend(admission, span(2 * index, 2 * index + 1), AT)
        admission, uses = spending.admission, uses + spending.uses_needed
    assert uses == 1
    assert admission.released_bytes == 1
