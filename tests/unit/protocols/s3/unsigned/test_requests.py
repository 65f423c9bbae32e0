from datetime import UTC, datetime

import msgspec
import pytest

from custodes.kernel.refusal import Refusal
from custodes.protocols.s3.canonical import take_apart
from custodes.protocols.s3.forms.policy import Form
from custodes.protocols.s3.messages import SIGNED_CHUNKS, UNSIGNED, UNSIGNED_CHUNKS_TRAILER, Head
from custodes.protocols.s3.operations import BY_NAME, call_of
from custodes.protocols.s3.unsigned.requests import (
    OPERATIONS,
    READING,
    asked_by_anyone,
    form_of_anyone,
    is_unsigned,
    is_unsigned_form,
    oversteps,
    unsigned,
)
from fakes.s3_signer import signed_head

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
HOST = (b"host", b"s3.town.example")


def head(method="GET", path=b"/open-data/a%20b", query=b"", *more):
    return Head(method=method, raw_path=path, query=query, headers=(HOST, *more))


def test_what_pretends_to_prove_something_is_not_unsigned():
    assert is_unsigned(head())
    assert is_unsigned(head("GET", b"/open-data", b"list-type=2&prefix=x"))
    signed = signed_head("GET", "/open-data/a", {})
    assert not is_unsigned(signed)
    for query in (
        b"X-Amz-Signature=00",
        b"X-Amz-Algorithm=",
        b"Signature=x",
        b"AWSAccessKeyId=x",
        b"X-Amz-Date=1",
    ):
        assert not is_unsigned(head("GET", b"/open-data/a", query))
    for more in ((b"authorization", b""), (b"authorization", b"AWS x:y"), (b"x-amz-security-token", b"t")):
        assert not is_unsigned(head("GET", b"/open-data/a", b"", more))


def test_it_is_read_like_a_signed_one_and_names_nobody():
    claim = unsigned(
        head("GET", b"/open-data/a%20b", b"versionId=null", (b"x-amz-meta-a", b"1"), (b"cookie", b"c=1"))
    )
    assert (claim.mode, claim.access_key_id, claim.signature, claim.payload) == ("unsigned", "", "", UNSIGNED)
    asked = asked_by_anyone(claim.canonical_request, NOW)
    assert asked.access_key_id == asked.replay_mark == ""
    assert [name for name, _ in asked.signed.headers] == ["host", "x-amz-meta-a"]
    call = call_of(asked.signed)
    assert (call.operation.name, call.bucket, call.key, call.version) == (
        "GetObject",
        "open-data",
        "a b",
        "null",
    )


def test_a_body_is_taken_as_it_comes_but_not_as_a_signed_one():
    def of(mark):
        return unsigned(head("PUT", b"/open-data/a", b"", (b"x-amz-content-sha256", mark.encode())))

    assert of(UNSIGNED_CHUNKS_TRAILER).payload == UNSIGNED_CHUNKS_TRAILER
    assert of("0" * 64).payload == UNSIGNED
    with pytest.raises(Refusal, match="not-signed"):
        of(SIGNED_CHUNKS)
    with pytest.raises(Refusal, match="not-signed"):
        unsigned(Head(method="GET", raw_path=b"/open-data/a", headers=()))
    with pytest.raises(Refusal, match="evidence-too-large"):
        unsigned(head("GET", b"/open-data/a", b"", (b"x-amz-meta-a", b"x" * 20_000)))


@pytest.mark.parametrize(
    "name",
    [
        "x-amz-grant-read",
        "x-amz-object-lock-mode",
        "x-amz-object-lock-legal-hold",
        "x-amz-bypass-governance-retention",
        "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-customer-key",
        "x-amz-website-redirect-location",
    ],
)
def test_a_write_asks_for_nothing_that_binds_the_owner(name):
    given = (name.encode(), b"x")
    assert oversteps(take_apart(unsigned(head("PUT", b"/open-data/a", b"", given)).canonical_request))
    read = take_apart(unsigned(head("GET", b"/open-data/a", b"", given)).canonical_request)
    assert oversteps(read) == ("-customer-" not in name)


def test_what_is_his_is():
    given = ((b"x-amz-acl", b"private"), (b"x-amz-tagging", b"a=b"), (b"x-amz-meta-a", b"b"))
    assert not oversteps(take_apart(unsigned(head("PUT", b"/open-data/a", b"", *given)).canonical_request))
    assert set(BY_NAME) >= OPERATIONS
    assert not {BY_NAME[name].body for name in READING} - {"none"}


def test_a_form_without_a_policy_is_a_write():
    form = Form(bucket="open-data", fields=(("key", "a/${filename}"), ("x-amz-meta-b", "c")), filename="d")
    assert is_unsigned_form(form)
    asked = form_of_anyone(form, NOW)
    assert call_of(asked.signed).key == "a/d"
    assert (asked.bytes_max, asked.access_key_id) == (None, "")
    for name in (
        "policy",
        "x-amz-signature",
        "x-amz-credential",
        "signature",
        "awsaccesskeyid",
        "x-amz-algorithm",
    ):
        assert not is_unsigned_form(msgspec.structs.replace(form, fields=(*form.fields, (name, ""))))
    with pytest.raises(Refusal, match="form-malformed"):
        form_of_anyone(msgspec.structs.replace(form, fields=(*form.fields, ("key", "b"))), NOW)
