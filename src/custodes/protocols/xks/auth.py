"""SigV4 for the service `kms-xks-proxy`: the claim in front of the network, its check beside the secrets.

The hash of the whole body is part of what is signed, always; there is no unsigned payload. AWS KMS signs
`host` and `x-amz-date`; more headers may be signed, never fewer. Paths of this API need no escaping, so that
the two canonical spellings of SigV4 (S3's and everybody else's) are one here; others are refused.
Source: XKS proxy API specification 1.0.3, "Authentication" and appendix A.
"""

import hashlib
import hmac
import re
from datetime import datetime, timedelta

import msgspec

from custodes.kernel.mac import hmac_sha256
from custodes.kernel.refusal import unauthenticated
from custodes.protocols.s3.canonical import canonical_request, take_apart
from custodes.protocols.s3.chunks import signing_key
from custodes.protocols.s3.dates import from_amz_date
from custodes.protocols.s3.messages import Head

SERVICE = "kms-xks-proxy"
ALGORITHM = "AWS4-HMAC-SHA256"
SKEW_S_MAX = 300

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=([A-Z2-7]{1,64})/(\d{8})/([a-z0-9-]{1,64})/kms-xks-proxy/aws4_request"
    r"\s*,\s*SignedHeaders=([a-z0-9-]+(?:;[a-z0-9-]+){0,31})\s*,\s*Signature=([0-9a-f]{64})"
)
_PLAIN = re.compile(rb"[A-Za-z0-9/._-]{1,256}")
_NEEDED = frozenset({"host", "x-amz-date"})


class XksClaim(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signature and everything it was made over, with no secret in it."""

    access_key_id: str
    date: str  # YYYYMMDD
    region: str
    canonical_request: bytes
    signature: str  # 64 hex digits

    @property
    def scope(self) -> str:
        """The credential scope as it stands in the string to sign."""
        return f"{self.date}/{self.region}/{SERVICE}/aws4_request"


class XksVerified(msgspec.Struct, frozen=True, kw_only=True):
    """What a good signature proves: the path, the body's hash (hex), and when."""

    path: bytes
    body_sha256: str
    signed_at: datetime


def claim(head: Head, body_sha256: str) -> XksClaim:
    """Turn a request's head and its body's hash (hex) into the claim that travels to the keyroom.

    Refusals: `not-signed`, `signature-malformed` (unauthenticated).
    """
    given = head.value(b"authorization")
    if given is None:
        raise unauthenticated("not-signed")
    found = _AUTHORIZATION.fullmatch(given.decode("latin-1").strip())
    if found is None or _PLAIN.fullmatch(head.raw_path) is None or head.query:
        raise unauthenticated("signature-malformed")
    access_key_id, date, region, names, signature = found.groups()
    signed = tuple(names.split(";"))
    if list(signed) != sorted(set(signed)) or not set(signed) >= _NEEDED:
        raise unauthenticated("signature-malformed")
    if any(head.value(name.encode("ascii")) is None for name in signed):
        raise unauthenticated("signature-malformed")
    return XksClaim(
        access_key_id=access_key_id,
        date=date,
        region=region,
        canonical_request=canonical_request(head, signed, body_sha256, presigned=False),
        signature=signature,
    )


def path_of(claim: XksClaim) -> bytes:
    """The path line of the canonical request, for whoever must know which credential to ask for; nothing
    of it is true before `verify`.
    """
    return claim.canonical_request.split(b"\n", 2)[1] if b"\n" in claim.canonical_request else b""


def day_key(secret: bytes, claim: XksClaim) -> bytes:
    """The key that signs for one day, region and service, 32 bytes; it never leaves the keyroom."""
    return signing_key(secret, claim.date, claim.region, SERVICE)


def verify(claim: XksClaim, key: bytes | None, now: datetime) -> XksVerified:
    """Check a claim against its day key (None: there is no such credential).

    Refusals, all unauthenticated and the same for an unknown id and a wrong secret: `signature-malformed`,
    `signature-differs`, `request-time-skewed`.
    """
    signed = take_apart(claim.canonical_request)
    headers = dict(signed.headers)
    amz_date = headers.get("x-amz-date", b"").decode("latin-1")
    signed_at = from_amz_date(amz_date)
    is_whole = (
        signed_at is not None
        and amz_date[:8] == claim.date
        and set(headers) >= _NEEDED
        and not signed.query
        and signed.method == "POST"
        and _PLAIN.fullmatch(signed.path) is not None
        and re.fullmatch(r"[0-9a-f]{64}", signed.payload) is not None
    )
    text = f"{ALGORITHM}\n{amz_date}\n{claim.scope}\n{hashlib.sha256(claim.canonical_request).hexdigest()}"
    computed = hmac_sha256(_NO_KEY if key is None else key, text.encode("latin-1", "replace")).hex()
    is_good = hmac.compare_digest(computed.encode(), claim.signature.encode()) and key is not None
    if not is_whole or signed_at is None:
        raise unauthenticated("signature-malformed")
    if not is_good:
        raise unauthenticated("signature-differs")
    if abs(now - signed_at) > timedelta(seconds=SKEW_S_MAX):
        raise unauthenticated("request-time-skewed", skew_s_max=SKEW_S_MAX)
    return XksVerified(
        path=signed.path,
        body_sha256=signed.payload,
        signed_at=signed_at,
    )


_NO_KEY = bytes(32)
