from datetime import UTC, datetime

import pytest

from custodes.kernel.clock import from_text, to_text
from custodes.kernel.refusal import Refusal


def test_time_has_one_spelling():
    at = datetime(2026, 11, 22, 7, 49, tzinfo=UTC)
    assert to_text(at) == "2026-11-22T07:49:00Z"
    assert from_text(to_text(at)) == at


@pytest.mark.parametrize(
    "text", ["2026-11-22T07:49:00+00:00", "2026-1-2T07:49:00Z", "2026-11-22", "", "0000-01-01T00:00:00Z"]
)
def test_another_spelling_is_refused(text):
    with pytest.raises(Refusal):
        from_text(text)


def test_naive_time_has_no_spelling():
    with pytest.raises(ValueError, match="naive"):
        to_text(datetime(2026, 1, 1))  # noqa: DTZ001
