import pytest

from custodes.kernel.refusal import Refusal
from custodes.kernel.strict import members


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b'{"a": NaN}',
        b"[]",
        b"\xff",
        b"",
        b'{"a": ' + b"[" * 100_000,
        b'{"long": "' + b"x" * 2_000 + b'"}',
    ],
)
def test_only_one_reading_of_an_object(raw):
    with pytest.raises(Refusal) as no:
        members(raw, "bad-discovery", bytes_max=1_000)
    assert no.value.code == "bad-discovery"
