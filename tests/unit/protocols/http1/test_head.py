"""Heads: what is taken, and everything that two programs could read differently."""

import pytest

from custodes.kernel.refusal import Refusal
from custodes.protocols.http1.head import HEAD_BYTES_MAX, HEADERS_MAX, parse

POST = b"POST /a%2Fb?x=1&y HTTP/1.1\r\n"


def refused(raw):
    with pytest.raises(Refusal) as told:
        parse(raw)
    return told.value.code


def test_what_is_said_is_taken_as_it_was_sent():
    found = parse(POST + b"Host: a\r\nX-Amz-Meta-N: \t f\xc3\xbcr \t\r\nContent-Length: 007\r\nx:\r\n\r\n")
    assert (found.method, found.raw_path, found.query, found.minor) == ("POST", b"/a%2Fb", b"x=1&y", 1)
    assert found.path == "/a/b"
    assert found.headers[1:] == [(b"x-amz-meta-n", b"f\xc3\xbcr"), (b"content-length", b"007"), (b"x", b"")]
    assert (found.body_bytes, found.is_last, found.is_waiting) == (7, False, False)


@pytest.mark.parametrize(
    ("line", "fields", "body_bytes", "is_last", "is_waiting"),
    [
        (b"GET / HTTP/1.1", b"host:a", 0, False, False),
        (b"GET / HTTP/1.0", b"", 0, True, False),
        (b"GET / HTTP/1.0", b"connection: keep-alive", 0, True, False),
        (b"PUT / HTTP/1.1", b"host:a\r\ntransfer-encoding: Chunked", None, False, False),
        (b"PUT / HTTP/1.1", b"host:a\r\nconnection: foo, Close", 0, True, False),
        (b"PUT / HTTP/1.1", b"host:a\r\nexpect: 100-Continue\r\ncontent-length: 1", 1, False, True),
        (b"PUT / HTTP/1.1", b"host:a\r\nexpect: 100-continue\r\ncontent-length: 0", 0, False, False),
        (b"PUT / HTTP/1.0", b"expect: 100-continue\r\ncontent-length: 1", 1, True, False),
        (b"OPTIONS * HTTP/1.1", b"host:a", 0, False, False),
    ],
)
def test_what_a_head_says_of_body_and_connection(line, fields, body_bytes, is_last, is_waiting):
    found = parse(line + b"\r\n" + (fields + b"\r\n" if fields else b"") + b"\r\n")
    assert (found.body_bytes, found.is_last, found.is_waiting) == (body_bytes, is_last, is_waiting)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"GET  / HTTP/1.1", "request-line-malformed"),
        (b"GET / HTTP/1.1 ", "request-line-malformed"),
        (b" GET / HTTP/1.1", "request-line-malformed"),
        (b"GET\t/ HTTP/1.1", "request-line-malformed"),
        (b"get / HTTP/1.1", "request-line-malformed"),
        (b"G@T / HTTP/1.1", "request-line-malformed"),
        (b"GET /", "request-line-malformed"),
        (b"GET /a b HTTP/1.1", "request-line-malformed"),
        (b"GET /a\x00 HTTP/1.1", "request-line-malformed"),
        (b"GET /\xc3\xbc HTTP/1.1", "request-line-malformed"),
        (b"GET /#top HTTP/1.1", "request-line-malformed"),
        (b"GET http://b/ HTTP/1.1", "request-line-malformed"),
        (b"GET * HTTP/1.1", "request-line-malformed"),
        (b"CONNECT b:443 HTTP/1.1", "request-line-malformed"),
        (b"GET / http/1.1", "request-line-malformed"),
        (b"GET / HTTP/1.10", "request-line-malformed"),
        (b"GET / HTTP/1.2", "version-not-served"),
        (b"PRI * HTTP/2.0", "version-not-served"),
        (b"GET / HTTP/0.9", "version-not-served"),
    ],
)
def test_a_first_line_that_is_none(line, code):
    assert refused(line + b"\r\nhost: a\r\n\r\n") == code


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        (b"host: a\r\nx y: 1", "field-malformed"),
        (b"host: a\r\nx : 1", "field-malformed"),
        (b"host: a\r\n x: 1", "field-malformed"),  # a folded line
        (b"host: a\r\nx: 1\r\n\t2", "field-malformed"),
        (b"host: a\r\nx", "field-malformed"),
        (b"host: a\r\n: 1", "field-malformed"),
        (b"host: a\nx: 1", "field-malformed"),
        (b"host: a\r\nx: 1\ny: 2", "field-malformed"),
        (b"host: a\r\nx: 1\ry: 2", "field-malformed"),
        (b"host: a\r\nx: 1\x00", "field-malformed"),
        (b"host: a\r\nx: 1\x7f", "field-malformed"),
        (b"host: a\r\nx\xc3\xbc: 1", "field-malformed"),
        (b"host: a\r\n%b: 1" % (b"x" * 4_097), "field-malformed"),
        (b"host: a" + b"\r\nx: 1" * HEADERS_MAX, "headers-too-many"),
        (b"x: 1", "host-ambiguous"),
        (b"host: a\r\nHOST: b", "host-ambiguous"),
        (b"host: a\r\ncontent-length: 1\r\ncontent-length: 1", "framing-ambiguous"),
        (b"host: a\r\ncontent-length: 1, 1", "framing-ambiguous"),
        (b"host: a\r\ncontent-length: +1", "framing-ambiguous"),
        (b"host: a\r\ncontent-length: 0x1", "framing-ambiguous"),
        (b"host: a\r\ncontent-length: 1_0", "framing-ambiguous"),
        (b"host: a\r\ncontent-length:", "framing-ambiguous"),
        (b"host: a\r\ncontent-length: 1234567890123456789", "framing-ambiguous"),
        (b"host: a\r\ncontent-length: \xd9\xa1", "framing-ambiguous"),
        (b"host: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked", "framing-ambiguous"),
        (b"host: a\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked", "framing-ambiguous"),
        (b"host: a\r\ntransfer-encoding: gzip, chunked", "coding-not-served"),
        (b"host: a\r\ntransfer-encoding: chunked, identity", "coding-not-served"),
        (b"host: a\r\ntransfer-encoding: identity", "coding-not-served"),
        (b"host: a\r\ntransfer-encoding: \x0bchunked", "field-malformed"),
        (b"host: a\r\ntransfer-encoding:", "coding-not-served"),
    ],
)
def test_fields_that_two_programs_could_read_differently(fields, code):
    assert refused(b"POST / HTTP/1.1\r\n" + fields + b"\r\n\r\n") == code


def test_a_coding_is_of_http_1_1_only():
    assert refused(b"POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n") == "framing-ambiguous"


def test_a_path_that_is_no_text_is_still_one():
    assert parse(b"GET /%FF HTTP/1.0\r\n\r\n").path == "/\ufffd"


def test_a_value_of_spaces_that_ends_badly_costs_no_more_than_its_length():
    """The attack: a value could begin at each space, and one head held the process for a minute."""
    spaces = b" " * (HEAD_BYTES_MAX - 100)
    assert refused(b"GET / HTTP/1.1\r\nhost: a\r\nx:" + spaces + b"\0\r\n\r\n") == "field-malformed"
