"""Tricks with paths, headers and evidence, signed by a caller who may do everything else.

Nothing a trick asks for may reach another bucket, another key or an operation that was not signed.
"""

import msgspec
import pytest

from custodes.kernel.refusal import Refusal
from custodes.protocols.s3 import auth, requests
from custodes.protocols.s3.canonical import percent_decode, percent_encode_path
from custodes.protocols.s3.canonical import signed_head as head_of_signed
from custodes.protocols.s3.messages import head
from fakes.s3_house import House
from fakes.s3_signer import ACCESS_KEY, AT, SECRET, signed_head


def house() -> House:
    made = House({ACCESS_KEY: SECRET.encode()})
    for method, target, body in (
        ("PUT", "/town", b""),
        ("PUT", "/other", b""),
        ("PUT", "/other/secret", b"s3cret"),
    ):
        assert send(made, method, target, body=body).status == 200
    return made


def send(
    there: House, method: str, target: str, headers=None, *, body: bytes = b"", raw: bytes | None = None
):
    """Signed in the one canonical spelling, sent as `raw` or else as spelled in `target`."""
    path, question, query = target.partition("?")
    spelled = percent_encode_path(percent_decode(path.encode())).decode() + question + query
    given = signed_head(method, spelled, {"content-length": str(len(body)), **(headers or {})}, body=body)
    sent = raw if raw is not None else target.encode()
    return there.answer(method, sent, given.headers, body, AT)


@pytest.mark.parametrize(
    "key",
    [
        "../other/secret",
        "%2e%2e/other/secret",
        "..%2Fother%2Fsecret",
        "/other/secret",
        "./x",
        "a/../../other/secret",
    ],
)
def test_a_path_never_leaves_its_bucket(key):
    there = house()
    assert send(there, "GET", f"/town/{key}").status == 404
    assert send(there, "PUT", f"/town/{key}", body=b"mine").status == 200
    assert send(there, "GET", f"/town/{key}").body == b"mine"
    assert send(there, "GET", "/other/secret").body == b"s3cret"
    assert [v.key for v in there.buckets["town"].versions] == [key.replace("%2e", ".").replace("%2F", "/")]


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("/town/a%00b", b"InvalidArgument"),
        ("/town/%FF", b"InvalidURI"),
        ("/town/%C0%AE%C0%AE", b"InvalidURI"),
        ("/town/%ED%A0%80", b"InvalidURI"),
        ("/town/" + "k" * 1_025, b"KeyTooLongError"),
        ("/town/" + "%C3%A4" * 513, b"KeyTooLongError"),
        ("/to%00wn/k", b"InvalidBucketName"),
        ("/..%2Fother/k", b"NoSuchBucket"),
        ("/%2e%2e/k", b"NoSuchBucket"),
    ],
)
def test_what_is_no_name(target, code):
    there = house()
    before = [list(room.versions) for room in there.buckets.values()]
    made = send(there, "PUT", target, body=b"x")
    assert made.status == (404 if code == b"NoSuchBucket" else 400)  # a bucket called `..` cannot exist
    assert b"<Code>" + code + b"</Code>" in made.body
    assert [list(room.versions) for room in there.buckets.values()] == before


def test_the_path_sent_is_the_path_signed():
    there = house()
    for raw in (b"/other/secret", b"/town/../other/secret", b"/town/%2e%2e/other/secret", b"//other/secret"):
        assert send(there, "GET", "/town/key", raw=raw).status in (400, 403)
    assert send(there, "GET", "/other/secret", raw=b"/%6fther/s%65cret").body == b"s3cret"


def test_a_second_reading_of_a_header_is_refused():
    given = signed_head("GET", "/town/key")
    for extra in (
        (b"host", b"s3.other.example"),
        (b"Host", b"s3.other.example"),
        (b"x-amz-date", b"20200101T000000Z"),
        (b"range\x00", b"bytes=0-1"),
        (b"x-a\r\nrange", b"bytes=0-1"),
        (b"x-a", b"1\r\nrange: bytes=0-1"),
        (b" range", b"bytes=0-1"),
        (b"range ", b"bytes=0-1"),
    ):
        with pytest.raises(Refusal):
            head("GET", given.raw_path, given.query, (*given.headers, extra))


def test_a_plane_cannot_make_another_request_of_a_claim():
    given = signed_head("PUT", "/town/key", {"if-none-match": "*", "x-amz-meta-a": "1"})
    made = auth.claim(given)
    other = made.canonical_request.replace(b"/town/key", b"/other/key")
    for lie in (
        msgspec.structs.replace(made, canonical_request=other),
        msgspec.structs.replace(made, canonical_request=made.canonical_request.replace(b"PUT", b"GET")),
        msgspec.structs.replace(
            made, canonical_request=made.canonical_request.replace(b"match:*", b"match:x")
        ),
    ):
        with pytest.raises(Refusal, match="signature-differs"):
            auth.verify(lie, SECRET.encode(), AT)
    believed = head_of_signed(auth.verify(made, SECRET.encode(), AT).signed)
    writing = requests.writing(believed)
    assert writing.conditions.if_none_match is not None
    assert writing.conditions.if_none_match.is_any
    assert writing.kept.metadata == (("a", "1"),)


def test_a_presigned_url_is_good_for_one_thing():
    given = signed_head("GET", "/other/secret", expires_s=60)
    there = house()
    target = given.raw_path + b"?" + given.query
    assert there.answer("GET", target, given.headers, b"", AT).body == b"s3cret"
    for method, changed in (
        ("PUT", target),
        ("HEAD", target),
        ("DELETE", target),
        ("GET", target.replace(b"secret", b"other")),
        ("GET", target + b"&versionId=null"),
        ("GET", target + b"&response-content-type=text%2Fhtml"),
        ("GET", target.replace(b"X-Amz-Expires=60", b"X-Amz-Expires=6000")),
        ("GET", target + b"&X-Amz-Expires=6000"),
    ):
        assert there.answer(method, changed, given.headers, b"", AT).status in (400, 403)


def test_entities_in_a_body_expand_to_nothing():
    there = house()
    bomb = b'<!DOCTYPE Delete [<!ENTITY k "secret">]><Delete><Object><Key>&k;</Key></Object></Delete>'
    made = send(there, "POST", "/other?delete", body=bomb)
    assert (made.status, b"MalformedXML" in made.body) == (400, True)
    assert send(there, "GET", "/other/secret").body == b"s3cret"
