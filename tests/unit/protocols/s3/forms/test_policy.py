import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest

from custodes.kernel.refusal import Refusal
from custodes.protocols.s3.chunks import signing_key
from custodes.protocols.s3.forms.policy import Form, access_key_of, read_form_policy, verify_form

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
SECRET = b"secret"
CONDITIONS = [
    {"bucket": "files"},
    ["starts-with", "$key", "in/"],
    {"x-amz-credential": "AK/20261122/eu/s3/aws4_request"},
    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},
    {"x-amz-date": "20261122T075900Z"},
    ["content-length-range", 1, 10],
    ["starts-with", "$Content-Type", "text/"],
]


def form(conditions=CONDITIONS, secret=SECRET, expiration="2026-11-22T09:00:00Z", drop=(), **more):
    document = json.dumps({"expiration": expiration, "conditions": conditions})
    policy = base64.b64encode(document.encode()).decode()
    key = signing_key(secret, "20261122", "eu", "s3")
    fields = {
        "key": "in/${filename}",
        "content-type": "text/plain",
        "x-amz-credential": "AK/20261122/eu/s3/aws4_request",
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-date": "20261122T075900Z",
        "policy": policy,
        "x-amz-signature": hmac.digest(key, policy.encode(), hashlib.sha256).hex(),
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    kept = tuple((name, value) for name, value in fields.items() if name not in drop)
    return Form(bucket="files", fields=kept, filename="a b.txt")


def test_a_form_says_the_language_of_its_content():
    conditions = [*CONDITIONS, {"content-language": "de"}]
    found = verify_form(form(conditions=conditions, content_language="de"), SECRET, NOW)
    assert found.signed.header("content-language") == b"de"


def test_a_good_form_is_a_put():
    found = verify_form(form(x_ignore_me="1"), SECRET, NOW)
    assert access_key_of(form()) == "AK"
    assert (found.signed.method, found.signed.path) == ("PUT", b"/files/in/a b.txt")
    assert found.signed.header("content-type") == b"text/plain"
    assert (found.bytes_min, found.bytes_max) == (1, 10)


@pytest.mark.parametrize(
    ("made", "code"),
    [
        ({"secret": b"other"}, "signature-differs"),
        ({"expiration": "2026-11-22T07:59:59Z"}, "request-expired"),
        ({"expiration": "soon"}, "policy-document-malformed"),
        ({"expiration": "2026-11-22 09:00:00+00:00"}, "policy-document-malformed"),
        ({"expiration": "9999-12-31T23:59:59-23:00"}, "policy-document-malformed"),
        ({"expiration": 7}, "policy-document-malformed"),
        ({"conditions": []}, "policy-document-malformed"),
        ({"conditions": [["content-length-range", -1, 2]]}, "policy-document-malformed"),
        ({"conditions": [["content-length-range", "-1", "2"]]}, "policy-document-malformed"),
        ({"conditions": CONDITIONS[1:]}, "form-forbidden"),
        ({"key": "out/x"}, "form-forbidden"),
        ({"x_amz_meta_more": "1"}, "form-forbidden"),
        ({"x_amz_tagging": "a=b"}, "form-forbidden"),
        ({"drop": ("key",)}, "form-forbidden"),
    ],
)
def test_what_a_policy_does_not_allow(made, code):
    with pytest.raises(Refusal, match=code):
        verify_form(form(**made), SECRET, NOW)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("cache-control", "\x00", "header-malformed"),
        ("content-type", "text/\x7f", "header-malformed"),
        ("x-amz-meta-\xfc", "v", "header-malformed"),
        ("x-amz-meta-a b", "v", "header-malformed"),
        ("x-amz-meta-", "v", None),
        ("x-amz-meta-a", "two\r\nX-Evil: lines", None),
    ],
)
def test_a_field_that_is_no_header_is_not_kept(name, value, code):
    """It would be given back as one, and an answer that cannot be sent is an object nobody can read."""
    made = form(conditions=[*CONDITIONS, ["starts-with", f"${name}", ""]], **{name: value})
    if code is None:
        assert verify_form(made, SECRET, NOW).signed.header(name) == b" ".join(value.encode().split())
        return
    with pytest.raises(Refusal, match=code):
        verify_form(made, SECRET, NOW)


def test_a_range_of_lengths_may_be_written_as_text():
    made = form(conditions=[*CONDITIONS, ["content-length-range", "2", "20"]])
    assert verify_form(made, SECRET, NOW).bytes_max == 20


def test_the_old_signature_and_none():
    with pytest.raises(Refusal, match="sigv2-not-served"):
        access_key_of(form(awsaccesskeyid="AK"))
    with pytest.raises(Refusal, match="not-signed"):
        access_key_of(form(drop=("policy",)))
    with pytest.raises(Refusal, match="access-key-unknown"):
        verify_form(form(), None, NOW)


def test_a_policy_that_is_none():
    for text in ("?", base64.b64encode(b"[]").decode(), base64.b64encode(b"{").decode()):
        with pytest.raises(Refusal, match="policy-document-malformed"):
            read_form_policy(text)
