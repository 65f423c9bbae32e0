import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.kernel.refusal import Refusal
from custodes.protocols.s3.canonical import (
    canonical_request,
    canonical_value,
    parse_query,
    percent_decode,
    percent_encode,
    percent_encode_path,
    signed_head,
    take_apart,
)
from custodes.protocols.s3.messages import Head


@given(st.binary(max_size=40))
def test_percent_coding_goes_there_and_back(raw):
    assert percent_decode(percent_encode(raw)) == raw
    assert percent_decode(percent_encode_path(raw)) == raw
    assert set(percent_encode(raw)) <= set(
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%"
    )


@pytest.mark.parametrize("raw", [b"%", b"%1", b"%zz", b"a%2", b"%%41"])
def test_a_stray_percent_is_refused(raw):
    with pytest.raises(Refusal, match="target-malformed"):
        percent_decode(raw)


def test_decoding_happens_once():
    assert percent_decode(b"%2541") == b"%41"
    assert percent_decode(b"%252e%252e") == b"%2e%2e"


def test_queries():
    assert parse_query(b"a=1&&b&c=%20+&a==") == (
        (b"a", b"1"),
        (b"b", b""),
        (b"c", b"  "),
        (b"a", b"="),
    )


def test_the_query_is_sorted_by_encoded_name():
    head = Head(method="GET", raw_path=b"/", query=b"a-b=1&a=2&%C3%A4=3&A=4&a=1", headers=((b"host", b"h"),))
    line = canonical_request(head, ("host",), "UNSIGNED-PAYLOAD", presigned=False).split(b"\n")[2]
    assert line == b"%C3%A4=3&A=4&a=1&a=2&a-b=1"


def test_only_the_signature_leaves_a_presigned_query():
    head = Head(
        method="GET", raw_path=b"/", query=b"X-Amz-Signature=s&X-Amz-Expires=1", headers=((b"host", b"h"),)
    )
    assert b"X-Amz-Expires=1\n" in canonical_request(head, ("host",), "UNSIGNED-PAYLOAD", presigned=True)
    assert b"Signature=s" not in canonical_request(head, ("host",), "UNSIGNED-PAYLOAD", presigned=True)
    assert b"Signature=s" in canonical_request(head, ("host",), "UNSIGNED-PAYLOAD", presigned=False)


def test_values_are_trimmed_and_joined():
    assert canonical_value(b"  a   b\t c ") == b"a b c"
    head = Head(method="GET", raw_path=b"/", headers=((b"x-amz-meta-a", b"1"), (b"x-amz-meta-a", b" 2 ")))
    assert b"\nx-amz-meta-a:1,2\n" in canonical_request(head, ("x-amz-meta-a",), "p", presigned=False)


GOOD = b"GET\n/b/k\na=1\nhost:h\nx-amz-date:d\n\nhost;x-amz-date\nUNSIGNED-PAYLOAD"


def test_taking_apart_is_the_inverse():
    signed = take_apart(GOOD)
    assert (signed.method, signed.path, signed.query) == ("GET", b"/b/k", ((b"a", b"1"),))
    assert signed.header("x-amz-date") == b"d"
    assert signed.header("range") is None
    assert signed.parameter(b"a") == b"1"
    assert signed.payload == "UNSIGNED-PAYLOAD"


def test_a_head_of_what_was_signed():
    made = signed_head(take_apart(GOOD))
    assert made == Head(
        method="GET", raw_path=b"/b/k", query=b"a=1", headers=((b"host", b"h"), (b"x-amz-date", b"d"))
    )
    assert canonical_request(made, ("host", "x-amz-date"), "UNSIGNED-PAYLOAD", presigned=False) == GOOD


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"GET\n", b""),
        (b"/b/k", b"/b/%6b"),
        (b"/b/k", b"/b/k+"),
        (b"a=1", b"a=%31"),
        (b"a=1", b"a"),
        (b"a=1", b"a=1&"),
        (b"host:h\n", b"host:h\nhost:h\n"),
        (b"host:h\n", b"host\n"),
        (b"host:h\n", b":h\n"),
        (b"host;x-amz-date", b"host"),
        (b"\n\n", b"\nx\n"),
        (b"GET", b"\xff"),
    ],
)
def test_another_spelling_is_refused(old, new):
    with pytest.raises(Refusal, match="claim-malformed"):
        take_apart(GOOD.replace(old, new, 1))
