import pytest

from custodes.kernel.refusal import Refusal
from custodes.protocols.s3.messages import Head, head


def code_of(method="GET", path=b"/", query=b"", headers=()) -> str:
    with pytest.raises(Refusal) as caught:
        head(method, path, query, tuple(headers))
    return caught.value.code


def test_a_head_is_lower_case_and_trimmed():
    made = head("GET", b"/b/k", b"a=1", [(b"HOST", b" h \t"), (b"Accept", b"a"), (b"accept", b"b")])
    assert made == Head(
        method="GET",
        raw_path=b"/b/k",
        query=b"a=1",
        headers=((b"host", b"h"), (b"accept", b"a"), (b"accept", b"b")),
    )
    assert made.value(b"accept") == b"a,b"
    assert made.value(b"range") is None


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"method": "get"}, "method-malformed"),
        ({"method": "GET /x HTTP/1.1\r\nX:"}, "method-malformed"),
        ({"path": b"b/k"}, "target-malformed"),
        ({"path": b"http://h/k"}, "target-malformed"),
        ({"path": b"/a b"}, "target-malformed"),
        ({"path": b"/\xff"}, "target-malformed"),
        ({"query": b"a\r\nb"}, "target-malformed"),
        ({"path": b"/" + b"a" * 3_400}, "target-too-long"),
        ({"query": b"a" * 8_193}, "target-too-long"),
        ({"headers": [(b"x-a", b"1")] * 101}, "headers-too-large"),
        ({"headers": [(b"x-a", b"1" * 12_288)]}, "headers-too-large"),
        ({"headers": [(b"x a", b"1")]}, "header-malformed"),
        ({"headers": [(b"x:a", b"1")]}, "header-malformed"),
        ({"headers": [(b"", b"1")]}, "header-malformed"),
        ({"headers": [(b"x-a", b"1\r\nhost: other")]}, "header-malformed"),
        ({"headers": [(b"x-a", b"1\nb")]}, "header-malformed"),
        ({"headers": [(b"x-a", b"\0")]}, "header-malformed"),
        ({"headers": [(b"transfer-encoding", b"chunked"), (b"content-length", b"1")]}, "framing-ambiguous"),
        ({"headers": [(b"transfer-encoding", b"gzip, chunked")]}, "framing-ambiguous"),
        ({"headers": [(b"transfer-encoding", b"xchunked")]}, "framing-ambiguous"),
    ],
)
def test_what_is_refused(given, code):
    assert code_of(**given) == code


@pytest.mark.parametrize(
    "name",
    [
        b"host",
        b"content-length",
        b"authorization",
        b"range",
        b"if-match",
        b"x-amz-date",
        b"x-amz-copy-source",
        b"transfer-encoding",
        b"content-md5",
        b"x-amz-content-sha256",
        b"content-type",
    ],
)
def test_what_may_be_sent_once(name):
    assert code_of(headers=[(name, b"chunked"), (name.upper(), b"chunked")]) == "header-repeated"


def test_what_to_show_may_be_asked_for_in_several_headers():
    """AWS's library for Go sends one header per attribute."""
    several = [(b"x-amz-object-attributes", b"ETag"), (b"X-Amz-Object-Attributes", b"ObjectSize")]
    found = head("GET", b"/town/one", b"attributes", [(b"host", b"h"), *several])
    assert found.text("x-amz-object-attributes") == "ETag,ObjectSize"


def test_a_header_sent_twice_has_all_its_values():
    twice = ((b"accept", b"a"), (b"accept", b"b"), (b"range", b"bytes=0-"))
    given = Head(method="GET", raw_path=b"/", headers=twice)
    assert (given.value(b"accept"), given.values(b"accept"), given.values(b"etag")) == (
        b"a,b",
        [b"a", b"b"],
        (),
    )
    assert given.has_any((b"etag", b"range"))
    assert not given.has_any((b"etag",))
    assert given == Head(method="GET", raw_path=b"/", headers=twice)
