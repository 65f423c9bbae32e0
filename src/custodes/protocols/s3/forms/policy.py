"""The policy of a form: what was signed beforehand, and the PutObject request that a form under it is.

The signature is over the policy document alone (base64 as sent), so every field that asks for something must
be spoken of by a condition. Source: S3 API Reference, "Browser-based uploads using POST (AWS Signature
Version 4)".
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import msgspec

from custodes.kernel.limits import CLOCK_SKEW_S_MAX
from custodes.kernel.refusal import Refusal, denied, malformed, unauthenticated
from custodes.protocols.s3.auth import EXPIRES_S_MAX, Verified
from custodes.protocols.s3.canonical import Signed, canonical_value
from custodes.protocols.s3.chunks import signing_key
from custodes.protocols.s3.configs.plain import read_tagging
from custodes.protocols.s3.messages import UNSIGNED, check_header

ALGORITHM = "AWS4-HMAC-SHA256"
POLICY_BYTES_MAX = 32_768
CONDITIONS_MAX = 100
_SCOPE = re.compile(r"([!-.0-~]{1,128})/(\d{8})/([a-z0-9-]{1,64})/s3/aws4_request")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_DIGITS = re.compile(r"\d{1,16}", re.ASCII)  # many makers of policies write numbers as text
_FREE = frozenset({"policy", "x-amz-signature", "file"})  # what no condition need speak of, and x-ignore-*
_HEADERS = (
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
)
_NOT_HEADERS = frozenset({"x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"})
_NO_SECRET = b"an access key that does not exist has this secret"


class Form(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A form's fields by lower-case name, without the file, as they were sent to a bucket."""

    bucket: str
    fields: tuple[tuple[str, str], ...]
    filename: str = ""

    def value(self, name: str) -> str | None:
        """A field's value."""
        return next((value for found, value in self.fields if found == name), None)

    @property
    def key(self) -> str:
        """The object's name: `${filename}` in it is the file's own."""
        return (self.value("key") or "").replace("${filename}", self.filename)


class Allowed(msgspec.Struct, frozen=True, kw_only=True):
    """A policy as it was read."""

    expires_at: datetime
    conditions: tuple[tuple[str, str, str], ...]  # (eq or starts-with, field, value)
    bytes_min: int = 0
    bytes_max: int | None = None


def access_key_of(form: Form) -> str:
    """Whose secret the signature must be made with.

    `sigv2-not-served`, `form-malformed` (malformed), `not-signed` (unauthenticated).
    """
    if form.value("awsaccesskeyid") is not None or form.value("signature") is not None:
        raise malformed("sigv2-not-served")
    if form.value("policy") is None:
        raise unauthenticated("not-signed")
    if form.value("x-amz-algorithm") != ALGORITHM:
        raise malformed("form-malformed")
    return _scope(form)[0]


def verify_form(form: Form, secret: bytes | None, now: datetime) -> Verified:
    """Check the signature, the policy and every field; what comes out is a signed PutObject.

    Refuses `access-key-unknown`, `signature-differs`, `request-expired` (unauthenticated), `form-malformed`,
    `policy-document-malformed` (malformed), `form-forbidden` (denied), and those of `access_key_of`.
    """
    access_key_id, date, region = _scope(form)
    text = form.value("policy") or ""
    key = signing_key(_NO_SECRET if secret is None else secret, date, region, "s3")
    computed = hmac.digest(key, text.encode("utf-8", "replace"), hashlib.sha256).hex()
    given = form.value("x-amz-signature") or ""
    is_good = hmac.compare_digest(computed.encode(), given.encode("utf-8", "replace"))
    if secret is None:
        raise unauthenticated("access-key-unknown")
    if not is_good:
        raise unauthenticated("signature-differs")
    allowed = read_form_policy(text)
    signed_at = _signed_at(form)
    lapses_at = min(allowed.expires_at, signed_at + timedelta(seconds=EXPIRES_S_MAX))
    if now > lapses_at:
        raise unauthenticated("request-expired")
    if now < signed_at - timedelta(seconds=CLOCK_SKEW_S_MAX):
        raise unauthenticated("request-time-skewed", skew_s_max=CLOCK_SKEW_S_MAX)
    demand_fields(form, allowed)
    return Verified(
        access_key_id=access_key_id,
        signed_at=signed_at,
        lapses_at=lapses_at,
        is_presigned=True,
        payload=UNSIGNED,
        signed=as_put(form),
        replay_mark=hashlib.sha256(given.encode() + text.encode("utf-8", "replace")).hexdigest(),
        bytes_min=allowed.bytes_min,
        bytes_max=allowed.bytes_max,
    )


def read_form_policy(text: str) -> Allowed:
    """The policy document of a form (`policy-document-malformed`, malformed)."""
    try:
        raw = base64.b64decode("".join(text.split()), validate=True)
        document = json.loads(raw.decode("utf-8", "strict")) if len(raw) <= POLICY_BYTES_MAX else None
    except (binascii.Error, ValueError, RecursionError) as error:
        raise _bad() from error
    if not isinstance(document, dict) or set(document) != {"expiration", "conditions"}:
        raise _bad()
    listed = document["conditions"]
    if not isinstance(listed, list) or not 1 <= len(listed) <= CONDITIONS_MAX:
        raise _bad()
    conditions: list[tuple[str, str, str]] = []
    bytes_min, bytes_max = 0, None
    for one in listed:
        if isinstance(one, list) and one and one[0] == "content-length-range":
            bytes_min, bytes_max = _range(one)
        else:
            conditions += _conditions(one)
    return Allowed(
        expires_at=_instant(document["expiration"]),
        conditions=tuple(conditions),
        bytes_min=bytes_min,
        bytes_max=bytes_max,
    )


def demand_fields(form: Form, allowed: Allowed) -> None:
    """Every condition holds, and every field that asks for something has one (`form-forbidden`, denied)."""
    given = {**dict(form.fields), "bucket": form.bucket}
    if len(given) != len(form.fields) + ("bucket" not in dict(form.fields)):
        raise malformed("form-malformed")
    spoken = set()
    for operator, name, value in allowed.conditions:
        found = form.key if name == "key" else given.get(name)
        spoken.add(name)
        holds = found is not None and (found == value if operator == "eq" else found.startswith(value))
        if name == "content-type" and operator == "starts-with" and found is not None:
            holds = all(piece.strip().startswith(value) for piece in found.split(","))
        if not holds:
            raise denied("form-forbidden", field=name)
    for name in given:
        if name not in spoken and name not in _FREE and not name.startswith("x-ignore-"):
            raise denied("form-forbidden", field=name)


def as_put(form: Form) -> Signed:
    """The PutObject that this form is; its fields must be good as headers, for they are given back as such
    (`form-malformed`, `header-malformed`, malformed).
    """
    if form.value("key") is None or not form.key:
        raise malformed("form-malformed")
    headers: dict[str, str] = {"host": ""}
    for name, value in form.fields:
        if name in _HEADERS or (name.startswith("x-amz-") and name not in _NOT_HEADERS):
            headers[name] = value
    if form.value("acl") is not None:
        headers["x-amz-acl"] = form.value("acl") or ""
    tagging = form.value("tagging")
    if tagging is not None:
        tags = read_tagging(tagging.encode("utf-8"))
        headers["x-amz-tagging"] = "&".join(f"{quote(key)}={quote(value)}" for key, value in tags)
    pairs = [(name, canonical_value(value.encode("utf-8"))) for name, value in sorted(headers.items())]
    for name, line in pairs:
        check_header(name.encode("utf-8"), line)
    return Signed(
        method="PUT",
        path=f"/{form.bucket}/".encode("latin-1") + form.key.encode("utf-8"),
        query=(),
        headers=tuple(pairs),
        payload=UNSIGNED,
    )


def _scope(form: Form) -> tuple[str, str, str]:
    found = _SCOPE.fullmatch(form.value("x-amz-credential") or "")
    if found is None:
        raise malformed("form-malformed")
    access_key_id, date, region = found.groups()
    return access_key_id, date, region


def _signed_at(form: Form) -> datetime:
    try:
        at = datetime.strptime(form.value("x-amz-date") or "", "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise malformed("form-malformed") from error
    if at.strftime("%Y%m%d") != _scope(form)[1]:
        raise malformed("form-malformed")
    return at


def _instant(text: Any) -> datetime:  # noqa: ANN401 - JSON
    if type(text) is not str or _INSTANT.fullmatch(text) is None:
        raise _bad()
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _bad() from error


def _range(one: list[Any]) -> tuple[int, int]:
    numbers = [int(n) if type(n) is str and _DIGITS.fullmatch(n) else n for n in one[1:]]
    if len(numbers) != 2 or not all(type(n) is int and 0 <= n <= 2**53 for n in numbers):
        raise _bad()
    return numbers[0], numbers[1]


def _conditions(one: Any) -> list[tuple[str, str, str]]:  # noqa: ANN401 - JSON
    if isinstance(one, dict) and one and all(type(value) is str for value in one.values()):
        return [("eq", name.lower(), value) for name, value in one.items()]
    if isinstance(one, list) and len(one) == 3 and all(type(item) is str for item in one):
        operator, name, value = one
        if operator.lower() in ("eq", "starts-with") and name.startswith("$"):
            return [(operator.lower(), name[1:].lower(), value)]
    raise _bad()


def _bad() -> Refusal:
    return malformed("policy-document-malformed")
