import hashlib
from datetime import timedelta

import msgspec
import pytest

from custodes.kernel.refusal import Kind, Refusal
from custodes.protocols.s3.messages import head
from custodes.protocols.xks import auth
from fakes.clouds import AT, claimed, signed_headers

PAIR = ("CXK" + "A" * 26, "PleaseReplaceThisWithSomeSecretOfLength43To64")
PATH = "/con-" + "0" * 26 + "/kms/xks/v1/health"
BODY = b'{"requestMetadata":{}}'


def key(claim):
    return auth.day_key(PAIR[1].encode(), claim)


def told(claim, secret_key="own", now=AT):
    with pytest.raises(Refusal) as caught:
        auth.verify(claim, key(claim) if secret_key == "own" else secret_key, now)
    assert caught.value.kind is Kind.UNAUTHENTICATED
    return caught.value.code


def test_what_botocore_signs_is_verified():
    claim = claimed(PAIR, PATH, BODY)
    found = auth.verify(claim, key(claim), AT)
    assert found.path == PATH.encode()
    assert found.body_sha256 == hashlib.sha256(BODY).hexdigest()
    assert found.signed_at == AT
    for seconds in (-300, 300):
        auth.verify(claim, key(claim), AT + timedelta(seconds=seconds))


def test_an_unknown_id_and_a_wrong_secret_are_told_the_same():
    claim = claimed(PAIR, PATH, BODY)
    assert told(claim, None) == told(claim, auth.day_key(b"wrong", claim)) == "signature-differs"


def test_a_request_has_its_time():
    claim = claimed(PAIR, PATH, BODY)
    for seconds in (-301, 301, 86_400):
        assert told(claim, now=AT + timedelta(seconds=seconds)) == "request-time-skewed"


@pytest.mark.parametrize(
    "lie",
    [
        {"signature": "0" * 64},
        {"region": "us-east-1"},
        {"date": "20261121"},
        {"canonical_request": b"POST"},
    ],
)
def test_a_claim_that_was_changed(lie):
    claim = claimed(PAIR, PATH, BODY)
    changed = msgspec.structs.replace(claim, **lie)
    with pytest.raises(Refusal):
        auth.verify(changed, key(claim), AT)


def test_each_line_of_the_canonical_request_counts():
    claim = claimed(PAIR, PATH, BODY)
    lines = claim.canonical_request.split(b"\n")
    for number in range(len(lines)):
        other = [*lines]
        other[number] += b"x"
        changed = msgspec.structs.replace(claim, canonical_request=b"\n".join(other))
        with pytest.raises(Refusal):
            auth.verify(changed, key(claim), AT)


def given(**changed):
    headers = {**signed_headers(PAIR, PATH, BODY), **changed}
    pairs = [(n.replace("_", "-").encode(), v.encode()) for n, v in headers.items() if v is not None]
    return head("POST", PATH.encode(), b"", pairs)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Bearer x",
        "AWS4-HMAC-SHA256 Credential=lower/20261122/eu-central-1/kms-xks-proxy/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64,
        "AWS4-HMAC-SHA256 Credential=AAAA/20261122/eu-central-1/s3/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64,
        "AWS4-HMAC-SHA256 Credential=AAAA/20261122/eu-central-1/kms-xks-proxy/aws4_request, "
        "SignedHeaders=host, Signature=" + "0" * 64,
        "AWS4-HMAC-SHA256 Credential=AAAA/20261122/eu-central-1/kms-xks-proxy/aws4_request, "
        "SignedHeaders=x-amz-date;host, Signature=" + "0" * 64,
        "AWS4-HMAC-SHA256 Credential=AAAA/20261122/eu-central-1/kms-xks-proxy/aws4_request, "
        "SignedHeaders=host;not-sent;x-amz-date, Signature=" + "0" * 64,
    ],
)
def test_what_is_no_signature_of_this_service(text):
    with pytest.raises(Refusal) as caught:
        auth.claim(given(authorization=text), "0" * 64)
    assert caught.value.kind is Kind.UNAUTHENTICATED


def test_no_signature_and_a_query():
    with pytest.raises(Refusal, match="not-signed"):
        auth.claim(given(authorization=None), "0" * 64)
    signed = given()
    with pytest.raises(Refusal, match="signature-malformed"):
        auth.claim(msgspec.structs.replace(signed, query=b"a=b"), "0" * 64)
