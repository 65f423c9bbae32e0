import json

import pytest

from custodes.kernel.refusal import Refusal
from custodes.policy.bucket_policy import Asking, Said, ask, like, read_policy


def policy(*statements, **more):
    return read_policy(
        json.dumps({"Version": "2012-10-17", "Statement": list(statements), **more}).encode(), "files"
    )


def one(effect="Allow", action="s3:GetObject", resource="arn:aws:s3:::files/*", principal="*", **more):
    return {"Effect": effect, "Principal": principal, "Action": action, "Resource": resource, **more}


def asked(action="s3:GetObject", resource="arn:aws:s3:::files/a/b", principal="per-1", **facts):
    named = {name.replace("__", ":").replace("_", "-"): value for name, value in facts.items()}
    return Asking(principal=principal, customer="cus-1", action=action, resource=resource, facts=named)


def test_a_deny_goes_before_every_allow():
    both = policy(one(), one("Deny", resource="arn:aws:s3:::files/secret/*", Sid="no"))
    assert ask(both, asked())[0] is Said.ALLOW
    assert ask(both, asked(resource="arn:aws:s3:::files/secret/x")) == (Said.DENY, "no")
    assert ask(both, asked("s3:PutObject"))[0] is Said.NONE


@pytest.mark.parametrize(
    ("principal", "fits"),
    [
        ({"AWS": "per-1"}, True),
        ({"AWS": ["per-2", "arn:aws:iam::cus-1:user/per-1"]}, True),
        ({"AWS": "arn:aws:iam::cus-1:root"}, True),
        ({"AWS": "arn:aws:iam::cus-2:root"}, False),
        ({"AWS": "per-11"}, False),
    ],
)
def test_principals(principal, fits):
    assert (ask(policy(one(principal=principal)), asked())[0] is Said.ALLOW) is fits


@pytest.mark.parametrize(
    ("condition", "facts", "fits"),
    [
        ({"StringEquals": {"s3:prefix": ["a/", "b/"]}}, {"s3__prefix": ("b/",)}, True),
        ({"StringEquals": {"s3:prefix": "a/"}}, {}, False),
        ({"StringEqualsIfExists": {"s3:prefix": "a/"}}, {}, True),
        ({"StringNotEquals": {"s3:x-amz-acl": "private"}}, {}, True),
        ({"StringNotEquals": {"s3:x-amz-acl": "private"}}, {"s3__x_amz_acl": ("private",)}, False),
        (
            {"StringLike": {"s3:x-amz-copy-source": "files/pub*"}},
            {"s3__x_amz_copy_source": ("files/public",)},
            True,
        ),
        ({"Null": {"s3:x-amz-server-side-encryption": True}}, {}, True),
        ({"Null": {"s3:x-amz-server-side-encryption": "false"}}, {}, False),
    ],
)
def test_conditions(condition, facts, fits):
    assert (ask(policy(one(Condition=condition)), asked(**facts))[0] is Said.ALLOW) is fits


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (b"{", "policy-malformed"),
        (b"[]", "policy-malformed"),
        (b'{"Version": "2020-01-01", "Statement": []}', "policy-malformed"),
        (b"[" * 30_000, "policy-malformed"),
        (json.dumps({"Statement": one(NotPrincipal="x")}).encode(), "policy-unsupported"),
        (json.dumps({"Statement": one(Condition={"IpAddress": {"aws:SourceIp": "1.2.3.4"}})}).encode(), "policy-unsupported"),  # noqa: E501 - one document, one line
        (json.dumps({"Statement": one(Condition={"StringEquals": {"aws:Referer": "x"}})}).encode(), "policy-unsupported"),  # noqa: E501 - one document, one line
        (json.dumps({"Statement": one(principal={"Service": "x"})}).encode(), "policy-unsupported"),
        (json.dumps({"Statement": one(resource="arn:aws:s3:::other/*")}).encode(), "policy-malformed"),
        (json.dumps({"Statement": one(action="iam:PassRole")}).encode(), "policy-malformed"),
        (json.dumps({"Statement": one(effect="Perhaps")}).encode(), "policy-malformed"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_when_it_is_put(document, code):
    with pytest.raises(Refusal, match=code):
        read_policy(document, "files")


def test_public_means_everybody_whatever_the_condition():
    assert policy(one()).is_public
    assert policy(one(Condition={"StringEquals": {"s3:prefix": "a"}})).is_public
    assert not policy(one("Deny")).is_public


def test_patterns_are_no_expressions():
    assert like("a.?[b]*", "a.x[b]yz\n")
    assert not like("a.?", "abc")
    assert like("*", "")
