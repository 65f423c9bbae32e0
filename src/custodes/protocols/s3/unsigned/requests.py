"""A request without a signature, and a form without a policy.

S3 lets whoever does not sign do what a bucket's policy or ACL allows to all the world (S3 User Guide,
"Identity and access management": anonymous requests). He may not begin multipart uploads or copies there,
and not here. Beyond S3, what he asks for beside the content is limited: no hold, no retention, no grant in a
header, and no key that the bucket's owner could not open what he wrote with.
"""

from datetime import datetime, timedelta

from custodes.kernel.limits import CLOCK_SKEW_S_MAX, EVIDENCE_BYTES_MAX
from custodes.kernel.refusal import malformed, unauthenticated
from custodes.protocols.s3.auth import Verified
from custodes.protocols.s3.canonical import Signed, canonical_request, parse_query, take_apart
from custodes.protocols.s3.forms.policy import Form, as_put
from custodes.protocols.s3.messages import (
    SIGNED_CHUNKS,
    SIGNED_CHUNKS_TRAILER,
    STREAMING,
    UNSIGNED,
    Claim,
    Head,
)

OPERATIONS = frozenset(
    {
        "ListBuckets",  # owns none
        "HeadBucket",
        "ListObjects",
        "ListObjectsV2",
        "ListObjectVersions",
        "GetObject",
        "HeadObject",
        "PutObject",
        "DeleteObject",
        "DeleteObjects",
    }
)
READING = OPERATIONS - {"PutObject", "DeleteObject", "DeleteObjects"}
_OF_A_SIGNATURE = frozenset(
    {"policy", "signature", "awsaccesskeyid", "x-amz-algorithm", "x-amz-credential", "x-amz-signature"}
)
_NOT_HIS = (
    "x-amz-grant-",
    "x-amz-object-lock-",
    "x-amz-bypass-governance-retention",
    "x-amz-server-side-encryption",
    "x-amz-website-redirect-location",
)


def is_unsigned(head: Head) -> bool:
    """Whether nothing in a request pretends to prove who asks."""
    if head.value(b"authorization") is not None or head.value(b"x-amz-security-token") is not None:
        return False
    names = {name for name, _ in parse_query(head.query)}
    return not any(name.startswith(b"X-Amz-") or name in (b"Signature", b"AWSAccessKeyId") for name in names)


def is_unsigned_form(form: Form) -> bool:
    """The same of a form."""
    return not any(name in _OF_A_SIGNATURE for name, _ in form.fields)


def unsigned(head: Head) -> Claim:
    """What an unsigned request asks for; no signature is in it and nobody is named.

    Refuses `not-signed` (unauthenticated) where the body claims to be signed or no host is named,
    `evidence-too-large` (malformed).
    """
    payload = (head.value(b"x-amz-content-sha256") or UNSIGNED.encode()).decode("latin-1")
    if payload in (SIGNED_CHUNKS, SIGNED_CHUNKS_TRAILER):
        raise unauthenticated("not-signed")
    if payload not in STREAMING:
        payload = UNSIGNED  # a hash nobody signed proves nothing
    names = {name.decode("ascii") for name, _ in head.headers if name.startswith(b"x-amz-")} | {"host"}
    present = {name.decode("ascii") for name, _ in head.headers}
    if "host" not in present:
        raise unauthenticated("not-signed")
    made = Claim(
        access_key_id="",
        date="",
        region="",
        service="s3",
        amz_date="",
        signed_headers=tuple(sorted(names)),
        canonical_request=canonical_request(head, tuple(sorted(names)), payload, presigned=False),
        signature="",
        mode="unsigned",
        payload=payload,
    )
    if len(made.canonical_request) > EVIDENCE_BYTES_MAX:
        raise malformed("evidence-too-large", bytes_max=EVIDENCE_BYTES_MAX)
    return made


def asked_by_anyone(request: bytes, now: datetime) -> Verified:
    """An unsigned request taken apart (`claim-malformed`): it proves nothing but what was asked."""
    return _asked(take_apart(request), now)


def form_of_anyone(form: Form, now: datetime) -> Verified:
    """The PutObject that a form without a policy is (`form-malformed`)."""
    if len({name for name, _ in form.fields}) != len(form.fields):
        raise malformed("form-malformed")
    return _asked(as_put(form), now)


def oversteps(signed: Signed) -> bool:
    """Whether it asks for something besides that is never anyone's to ask for.

    A key of his own may come with a read: then it is the key the object was written with.
    """
    is_read = signed.method in ("GET", "HEAD")
    names = [name for name, _ in signed.headers if name.startswith(_NOT_HIS)]
    return any(not (is_read and name.startswith("x-amz-server-side-encryption-customer-")) for name in names)


def _asked(signed: Signed, now: datetime) -> Verified:
    return Verified(
        access_key_id="",
        signed_at=now,
        lapses_at=now + timedelta(seconds=CLOCK_SKEW_S_MAX),
        is_presigned=False,
        payload=signed.payload,
        signed=signed,
        replay_mark="",
    )
