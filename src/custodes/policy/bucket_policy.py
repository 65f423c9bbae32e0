"""A bucket's policy: the part of S3's policy language that can be kept faithfully, and what it says to a
question.

What it says becomes a fact about the resource (`bucket_policy`: `allow`, `deny` or `none`). `deny` is
forbidden by the house's own set; `allow` helps only where a rule of the customer's set says that it may
(form `bucket-policies-count`). So a bucket's policy can narrow what an application may do and never widens
what the customer allows. Whatever is not understood is refused when the policy is put, never skipped when it
is asked. Source: IAM User Guide, "IAM JSON policy elements reference"; S3 User Guide, "Bucket policies".
"""

import json
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from custodes.kernel.refusal import Refusal, malformed

POLICY_BYTES_MAX = 20_480
STATEMENTS_MAX = 100
ITEMS_MAX = 200
TEXT_CHARS_MAX = 2_048
BUCKET_ARN = "arn:aws:s3:::"
KEYS = frozenset(
    {
        "s3:prefix",
        "s3:delimiter",
        "s3:max-keys",
        "s3:versionid",
        "s3:x-amz-acl",
        "s3:x-amz-grant-full-control",
        "s3:x-amz-grant-read",
        "s3:x-amz-grant-read-acp",
        "s3:x-amz-grant-write",
        "s3:x-amz-grant-write-acp",
        "s3:x-amz-copy-source",
        "s3:x-amz-metadata-directive",
        "s3:x-amz-server-side-encryption",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
        "s3:x-amz-server-side-encryption-customer-algorithm",
        "s3:x-amz-storage-class",
        "s3:object-lock-mode",
        "s3:object-lock-legal-hold",
        "s3:requestobjecttagkeys",
    }
)
KEY_FAMILIES = ("s3:existingobjecttag/", "s3:requestobjecttag/")
OPERATORS = frozenset(
    {
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
        "Bool",
        "Null",
    }
)
_ACTION = re.compile(r"s3:[A-Za-z*?]{1,64}|\*")
_MEMBERS = frozenset({"Sid", "Effect", "Principal", "Action", "Resource", "Condition"})
_VERSIONS = ("2012-10-17", "2008-10-17")


class Said(StrEnum):
    """What a policy says to a question."""

    ALLOW = "allow"
    DENY = "deny"
    NONE = "none"


class Test(msgspec.Struct, frozen=True, kw_only=True):
    """One condition: every one of a statement must hold."""

    operator: str
    key: str
    values: tuple[str, ...]
    if_exists: bool = False


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement; `principals` are ids, account roots or `*`."""

    sid: str
    is_deny: bool
    principals: tuple[str, ...]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    tests: tuple[Test, ...] = ()


class BucketPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A policy as it was understood."""

    statements: tuple[Statement, ...]

    @property
    def is_public(self) -> bool:
        """Whether it allows everybody anything: no condition known here keeps the world out, as S3 counts
        them ("The meaning of public"). Who does not sign still needs a rule of the customer's.
        """
        return any(not one.is_deny and "*" in one.principals for one in self.statements)


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks for what; `facts` has condition keys in lower case, absent ones left out. No `principal`:
    anyone, whom only `*` means.
    """

    principal: str
    customer: str
    action: str
    resource: str
    facts: Mapping[str, tuple[str, ...]] = {}


def read_policy(text: bytes, bucket: str) -> BucketPolicy:
    """A policy of this bucket (`policy-malformed`, `policy-unsupported`; malformed, fact `detail`)."""
    if len(text) > POLICY_BYTES_MAX:
        raise _no("policy-malformed", "longer than 20,480 bytes")
    try:
        document = json.loads(text.decode("utf-8", "strict"))
    except (ValueError, RecursionError) as error:
        raise _no("policy-malformed", "not JSON") from error
    if not isinstance(document, dict) or document.get("Version", _VERSIONS[0]) not in _VERSIONS:
        raise _no("policy-malformed", "Version")
    if set(document) - {"Version", "Id", "Statement"}:
        raise _no("policy-unsupported", _short(set(document) - {"Version", "Id", "Statement"}))
    listed = document.get("Statement")
    listed = [listed] if isinstance(listed, dict) else listed
    if not isinstance(listed, list) or not 1 <= len(listed) <= STATEMENTS_MAX:
        raise _no("policy-malformed", "Statement")
    return BucketPolicy(statements=tuple(_statement(one, bucket) for one in listed))


def ask(policy: BucketPolicy, asking: Asking) -> tuple[Said, str]:
    """What it says, and the statement that said so; a deny goes before every allow."""
    said, why = Said.NONE, ""
    for statement in policy.statements:
        if not _applies(statement, asking):
            continue
        if statement.is_deny:
            return Said.DENY, statement.sid
        said, why = Said.ALLOW, why or statement.sid
    return said, why


def opens(policy: BucketPolicy, action: str) -> bool:
    """Whether it allows everybody this action on anything, under whatever condition."""
    return any(
        any(like(allowed.lower(), action.lower()) for allowed in one.actions)
        for one in policy.statements
        if not one.is_deny and "*" in one.principals
    )


def like(pattern: str, text: str) -> bool:
    """`*` is any text, `?` one character; everything else is itself."""
    pieces = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)
    return re.fullmatch("".join(pieces), text, re.DOTALL) is not None


def _applies(statement: Statement, asking: Asking) -> bool:
    return (
        any(_is_principal(one, asking) for one in statement.principals)
        and any(like(one.lower(), asking.action.lower()) for one in statement.actions)
        and any(like(one, asking.resource) for one in statement.resources)
        and all(_holds(test, asking.facts) for test in statement.tests)
    )


def _is_principal(named: str, asking: Asking) -> bool:
    if named == "*" or not asking.principal:
        return named == "*"
    if named == asking.principal:
        return True
    arn = f"arn:aws:iam::{asking.customer}"
    return named in (asking.customer, f"{arn}:root", f"{arn}:user/{asking.principal}")


def _holds(test: Test, facts: Mapping[str, tuple[str, ...]]) -> bool:
    given = facts.get(test.key)
    if test.operator == "Null":
        return (given is None) == (test.values[0].lower() == "true")
    is_not = "Not" in test.operator
    if given is None:
        return test.if_exists or is_not
    found = any(_matches(test.operator, wanted, one) for wanted in test.values for one in given)
    return found != is_not


def _matches(operator: str, wanted: str, given: str) -> bool:
    if operator.endswith("Like"):
        return like(wanted, given)
    if operator.endswith("IgnoreCase") or operator == "Bool":
        return wanted.lower() == given.lower()
    return wanted == given


def _statement(given: Any, bucket: str) -> Statement:  # noqa: ANN401 - JSON
    if not isinstance(given, dict):
        raise _no("policy-malformed", "Statement")
    unknown = set(given) - _MEMBERS
    if unknown:
        raise _no("policy-unsupported", _short(unknown))
    if given.get("Effect") not in ("Allow", "Deny"):
        raise _no("policy-malformed", "Effect")
    actions = _texts(given.get("Action"), "Action")
    resources = _texts(given.get("Resource"), "Resource")
    if any(_ACTION.fullmatch(one) is None for one in actions):
        raise _no("policy-malformed", "Action")
    mine = f"{BUCKET_ARN}{bucket}"
    for one in resources:
        named = one.removeprefix(BUCKET_ARN).partition("/")[0]
        if not one.startswith(BUCKET_ARN) or not like(named, bucket):
            raise _no("policy-malformed", f"Resource outside {mine}")
    return Statement(
        sid=str(given.get("Sid", ""))[:128],
        is_deny=given["Effect"] == "Deny",
        principals=_principals(given.get("Principal")),
        actions=actions,
        resources=resources,
        tests=_tests(given.get("Condition", {})),
    )


def _principals(given: Any) -> tuple[str, ...]:  # noqa: ANN401 - JSON
    if given == "*":
        return ("*",)
    if not isinstance(given, dict) or set(given) != {"AWS"}:
        raise _no("policy-unsupported" if isinstance(given, dict) else "policy-malformed", "Principal")
    return _texts(given["AWS"], "Principal")


def _tests(given: Any) -> tuple[Test, ...]:  # noqa: ANN401 - JSON
    if not isinstance(given, dict):
        raise _no("policy-malformed", "Condition")
    tests = []
    for said, pairs in given.items():
        operator = said.removesuffix("IfExists")
        if operator not in OPERATORS:
            raise _no("policy-unsupported", said[:64])
        if not isinstance(pairs, dict) or not pairs:
            raise _no("policy-malformed", "Condition")
        for key, values in pairs.items():
            tests.append(_test(operator, key, values, if_exists=said != operator))
    return tuple(tests)


def _test(operator: str, key: str, values: Any, *, if_exists: bool) -> Test:  # noqa: ANN401 - JSON
    family = next((one for one in KEY_FAMILIES if key.lower().startswith(one)), None)
    if family is None and key.lower() not in KEYS:
        raise _no("policy-unsupported", key[:64])
    known = key.lower() if family is None else family + key[len(family) :]
    listed = values if isinstance(values, list) else [values]
    texts = [str(one).lower() if isinstance(one, bool) else one for one in listed]
    return Test(operator=operator, key=known, values=_texts(texts, "Condition"), if_exists=if_exists)


def _texts(given: Any, member: str) -> tuple[str, ...]:  # noqa: ANN401 - JSON
    listed: Sequence[Any] = given if isinstance(given, list) else [given]
    is_sound = 1 <= len(listed) <= ITEMS_MAX and all(
        type(one) is str and 0 < len(one) <= TEXT_CHARS_MAX for one in listed
    )
    if not is_sound:
        raise _no("policy-malformed", member)
    return tuple(listed)


def _no(code: str, detail: str) -> Refusal:
    return malformed(code, detail=detail)


def _short(names: set[str]) -> str:
    return ", ".join(sorted(names))[:120]
