"""However an object is read, n uses never let out more than n times its bytes."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from custodes.objects.admission import admit, spend
from custodes.objects.ranges import Span

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
SIZE = 40
_spans = st.tuples(st.integers(0, SIZE - 1), st.integers(1, SIZE)).map(
    lambda pair: Span(first=pair[0], end=min(SIZE, pair[0] + pair[1]))
)


@given(st.lists(st.tuples(_spans | st.none(), st.integers(0, 400)), min_size=1, max_size=40))
def test_no_byte_twice_per_use(requests):
    now = AT
    admission = None
    uses = released_bytes = 0
    within: list[int] = [0] * SIZE
    for span, seconds in requests:
        now += timedelta(seconds=seconds)
        spending = admit("crd", "ver", span, now) if admission is None else spend(admission, span, now)
        if spending.uses_needed:
            uses += 1
            within = [0] * SIZE
        admission = spending.admission
        if span is not None:
            released_bytes += span.size_bytes
            for index in range(span.first, span.end):
                within[index] += 1
        assert max(within) <= 1
        assert admission.released_bytes == sum(within)
    assert released_bytes <= uses * SIZE
