import pytest

from custodes.acts.plans.reading import FILE_BYTES_MAX, read
from custodes.kernel.refusal import Kind, Refusal


def why(raw):
    with pytest.raises(Refusal) as caught:
        read(raw)
    assert (caught.value.code, caught.value.kind) == ("file-refused", Kind.MALFORMED)
    return caught.value.facts["why"], caught.value.facts["line"]


def test_values_and_their_lines():
    found = read(b"# a comment\na: 1\nb:\n  - x: NO\n    y: yes\n  - 'true'\nc: [true, null, ~, -5]\n")
    assert found.value == {"a": 1, "b": [{"x": "NO", "y": "yes"}, "true"], "c": [True, None, None, -5]}
    assert [found.line(path) for path in ("$", "$.a", "$.b[0].y", "$.b[1]", "$.c[3]")] == [2, 2, 5, 6, 7]
    assert found.line("$.b[0].missing.deeper[2]") == 4
    assert found.line("$.b[7].x") == 3


def test_json_is_read_too():
    found = read(b'{"a":\t[1, {"b": "\\ud83d\\ude00 \\/"}]}')
    assert found.value == {"a": [1, {"b": "\U0001f600 /"}]}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", ("empty", 1)),
        (b"# nothing\n", ("empty", 1)),
        (b"a: 1\na: 2\n", ("twice", 2)),
        (b"1: a\n", ("name-not-text", 1)),
        (b"? [a]\n: 1\n", ("name-not-text", 1)),
        (b"a: 1\n---\nb: 1\n", ("two-documents", 2)),
        (b"%TAG ! tag:x,2000:\n---\na: 1\n", ("directive", 1)),
        (b"a:\n  b: 007\n", ("unclear", 2)),
        (b"a: 1.5\n", ("unclear", 1)),
        (b"a: 0x1F\n", ("unclear", 1)),
        (b"a: True\n", ("unclear", 1)),
        (b"a: 1234567890123456\n", ("unclear", 1)),
        (b"a: [1\n", ("not-yaml", 2)),
        (b"a: \x07\n", ("not-yaml", 1)),
        (b"\n\na: \xff\n", ("not-utf8", 3)),
        (b"a: ' x'\n", ("not-text", 1)),
        (b'a: "x\\ty"\n', ("not-text", 1)),
        (b'a: "u\\u0308"\n', ("not-text", 1)),
        (b'a: "\\ud83d"\n', ("not-text", 1)),
        (b"x" * (FILE_BYTES_MAX + 1), ("too-long", 1)),
    ],
)
def test_what_is_refused(raw, expected):
    assert why(raw) == expected


def test_a_refusal_shows_no_control_character():
    with pytest.raises(Refusal) as caught:
        read(b'"\\e[31mred\\e[0m": {x: 1, x: 2}\n')
    assert str(caught.value.facts["path"]).isprintable()
    assert str(caught.value.facts["what"]).isprintable()
