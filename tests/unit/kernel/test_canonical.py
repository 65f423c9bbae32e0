import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal

names = st.text(st.characters(max_codepoint=127), max_size=8)
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-canonical.INT_MAX, canonical.INT_MAX)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=20,
)


@given(plain)
def test_any_json_library_with_sorted_keys_writes_the_same_bytes(value):
    ours = canonical.encode(value)
    assert ours == json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert canonical.decode(ours) == value


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a": 1}',
        b'{"b":1,"a":2}',
        b"1.0",
        b'{"a":1,"a":1}',
        b'"\\u0041"',
        b'"\\ud800"',
        b"\xff",
        b"[" * 99,
        b"",
        b"9007199254740993",
        b"NaN",
        b'"\\/"',
        b"-0",
    ],
)
def test_another_spelling_is_refused(raw):
    with pytest.raises(Refusal) as caught:
        canonical.decode(raw)
    assert caught.value.code == "not-canonical"


@pytest.mark.parametrize("value", [1.5, {"ä": 1}, {1: 2}, b"raw", 2**53, "\ud800"])
def test_a_value_without_canonical_form_raises(value):
    with pytest.raises((TypeError, ValueError)):
        canonical.encode(value)


@pytest.mark.parametrize("text", ["AA", "AB==", "A A=", "-_==", "AAA"])
def test_base64_is_strict(text):
    with pytest.raises(ValueError, match="base64"):
        canonical.unb64(text)
