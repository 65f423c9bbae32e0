import pytest

from custodes.kernel.refusal import Refusal
from custodes.objects.ranges import Span, parse, resolve, resolve_copy


@pytest.mark.parametrize(
    ("text", "size", "first", "end"),
    [
        ("bytes=0-0", 10, 0, 1),
        ("bytes=0-", 10, 0, 10),
        ("bytes=0-9", 10, 0, 10),
        ("bytes=0-999", 10, 0, 10),
        ("bytes=4-", 10, 4, 10),
        ("bytes=-3", 10, 7, 10),
        ("bytes=-99", 10, 0, 10),
        (" bytes=1-2 ", 10, 1, 3),
        ("Bytes=1-2", 10, 1, 3),
        ("bytes=-" + "9" * 64, 10, 0, 10),
    ],
)
def test_what_a_range_selects(text, size, first, end):
    asked = parse(text)
    assert asked is not None
    span = resolve(asked, size)
    assert span == Span(first=first, end=end)
    assert span.content_range(size) == f"bytes {first}-{end - 1}/{size}"


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=5-4",
        "bytes=a-b",
        "items=0-1",
        "bytes=0-1,3-4",
        "bytes=+1-2",
        "bytes=" + "9" * 65 + "-",
        "bytes=٣-",
        "bytes=0x1-2",
        "bytes= -1",
        "bytes=0 -1",
    ],
)
def test_what_is_no_range_is_ignored(text):
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "size"),
    [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=-5", 0), (f"bytes={'9' * 64}-", 10)],
)
def test_a_range_that_selects_nothing_is_refused(text, size):
    asked = parse(text)
    assert asked is not None
    with pytest.raises(Refusal, match="range-not-satisfiable") as caught:
        resolve(asked, size)
    assert caught.value.facts["size_bytes"] == size


def test_a_copy_range_is_exact():
    assert resolve_copy("bytes=2-9", 10) == Span(first=2, end=10)
    for text, code in [
        ("bytes=2-10", "range-not-satisfiable"),
        ("bytes=2-", "copy-range-invalid"),
        ("bytes=-2", "copy-range-invalid"),
        ("0-1", "copy-range-invalid"),
    ]:
        with pytest.raises(Refusal, match=code):
            resolve_copy(text, 10)
