"""SigV4: the claim made in front of the network, and its check beside the secrets.

`claim` runs in the process that faces the network and needs no secret. `verify` runs in the keyroom: it
believes no field of a claim, takes the canonical request apart again, and answers with what was signed.
An unknown access key costs no less work than a wrong signature: the caller passes None for an unknown key's
secret and the same HMACs are computed. Access key ids are public names; refusals do tell the two apart,
as S3 does.

Source: S3 API Reference, "Authenticating Requests (AWS Signature Version 4)".
"""

import hashlib
import hmac
import re
from datetime import datetime, timedelta

import msgspec

from custodes.kernel.limits import CLOCK_SKEW_S_MAX, EVIDENCE_BYTES_MAX
from custodes.kernel.mac import hmac_sha256
from custodes.kernel.refusal import malformed, unauthenticated

from .canonical import Signed, canonical_request, parse_query, take_apart
from .chunks import ChunkChain, signing_key
from .dates import from_amz_date, from_http_date
from .messages import STREAMING, UNSIGNED, Claim, Head
from .operations import Call, call_of

ALGORITHM = "AWS4-HMAC-SHA256"
EXPIRES_S_MAX = 604_800

_SCOPE = re.compile(r"([!-.0-~]{1,128})/(\d{8})/([a-z0-9-]{1,64})/([a-z0-9-]{1,32})/aws4_request")
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=([^,\s]{1,300})\s*,\s*SignedHeaders=([^,\s]{1,4096})\s*,"
    r"\s*Signature=([0-9a-f]{64})"
)
_HEADER_NAMES = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+(;[!#$%&'*+.^_`|~0-9a-z-]+)*")
_HEX64 = re.compile(r"[0-9a-f]{64}")
_PRESIGNED = (
    b"X-Amz-Algorithm",
    b"X-Amz-Credential",
    b"X-Amz-Date",
    b"X-Amz-Expires",
    b"X-Amz-SignedHeaders",
    b"X-Amz-Signature",
)


class Verified(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a good signature proves. `lapses_at` is when the same bytes stop being good.

    `replay_mark` is the same for the same signed bytes: SigV4 has no nonce, so within its time a request can
    be sent again; whoever must not do a thing twice remembers the mark until `lapses_at`.
    """

    access_key_id: str
    signed_at: datetime
    lapses_at: datetime
    is_presigned: bool
    payload: str
    signed: Signed
    replay_mark: str
    bytes_min: int = 0  # of the content, where the signer said so (POST forms)
    bytes_max: int | None = None


def claim(head: Head) -> Claim:
    """Turn a request's head into the claim that travels to the keyroom; no secret, no clock.

    Refuses `not-signed`, `sigv2-not-served`, `sigv4a-not-served`, `two-signatures`, `token-not-served`,
    `authorization-malformed`, `presigned-malformed`, `expires-invalid`, `date-malformed`, `scope-malformed`,
    `payload-mark-missing`, `payload-mark-invalid`, `headers-not-signed`, `signed-header-absent`,
    `evidence-too-large`.
    """
    parameters = parse_query(head.query)
    names = [name for name, _ in parameters]
    authorization = head.value(b"authorization")
    _refuse_other_schemes(head, authorization, names)
    made = (
        _from_query(head, parameters)
        if b"X-Amz-Algorithm" in names or b"X-Amz-Signature" in names
        else _from_header(head, authorization or b"")
    )
    if len(msgspec.msgpack.encode(made)) > EVIDENCE_BYTES_MAX:
        raise malformed("evidence-too-large", bytes_max=EVIDENCE_BYTES_MAX)
    return made


def verify(claim: Claim, secret: bytes | None, now: datetime) -> Verified:
    """Check a claim against the secret of its access key (None: there is no such key).

    Refuses `claim-malformed`, `request-time-skewed`, `request-expired`, `access-key-unknown`,
    `signature-differs`.
    """
    return verify_under(claim, None if secret is None else day_key(claim, secret), now)


def day_key(claim: Claim, secret: bytes) -> bytes:
    """What signs on the day, in the region and for the service that a claim names."""
    return signing_key(secret, claim.date, claim.region, claim.service)


def verify_under(claim: Claim, known: bytes | None, now: datetime) -> Verified:
    """The same as `verify` for whoever keeps the `day_key` of the access key (None: there is no such key)."""
    signed = take_apart(claim.canonical_request)
    _check_repeats(claim, signed)
    key = day_key(claim, _NO_SECRET) if known is None else known
    computed = hmac_sha256(key, string_to_sign(claim)).hex()
    is_good = hmac.compare_digest(computed, claim.signature) and known is not None
    signed_at = _instant(claim.amz_date)
    lapses_at = _check_time(claim, signed_at, now)
    if known is None:
        raise unauthenticated("access-key-unknown")
    if not is_good:
        raise unauthenticated("signature-differs")
    return Verified(
        access_key_id=claim.access_key_id,
        signed_at=signed_at,
        lapses_at=lapses_at,
        is_presigned=claim.mode == "presigned",
        payload=claim.payload,
        signed=signed,
        replay_mark=hashlib.sha256(bytes.fromhex(claim.signature) + claim.canonical_request).hexdigest(),
    )


def operation_of(claim: Claim, base_domains: tuple[str, ...] = ()) -> Call:
    """What the signer asked for, read from nothing but the signed bytes (refusals of `operations.call_of`).

    Parts of a request that were not signed (a Range beside a presigned URL) are not in the answer: they can
    only narrow what was asked.
    """
    return call_of(take_apart(claim.canonical_request), base_domains)


def chain_of(claim: Claim, secret: bytes) -> ChunkChain:
    """The chain that the signatures of a streaming body's chunks must continue; call after `verify`."""
    key = signing_key(secret, claim.date, claim.region, claim.service)
    return ChunkChain(
        signing_key=key, amz_date=claim.amz_date, scope=claim.scope, seed_signature=claim.signature
    )


def string_to_sign(claim: Claim) -> bytes:
    """The string to sign of a claim."""
    digest = hashlib.sha256(claim.canonical_request).hexdigest()
    return f"{ALGORITHM}\n{claim.amz_date}\n{claim.scope}\n{digest}".encode("ascii")


_NO_SECRET = b"an access key that does not exist has this secret"


def _refuse_other_schemes(head: Head, authorization: bytes | None, names: list[bytes]) -> None:
    in_query = b"X-Amz-Algorithm" in names or b"X-Amz-Signature" in names
    if b"Signature" in names and b"AWSAccessKeyId" in names:
        raise malformed("sigv2-not-served")
    if authorization is None and not in_query:
        raise unauthenticated("not-signed")
    if authorization is not None and in_query:
        raise malformed("two-signatures")
    if authorization is not None and authorization.startswith(b"AWS "):
        raise malformed("sigv2-not-served")
    if authorization is not None and authorization.startswith(b"AWS4-ECDSA-P256-SHA256"):
        raise malformed("sigv4a-not-served")
    if head.value(b"x-amz-security-token") is not None or b"X-Amz-Security-Token" in names:
        raise malformed("token-not-served")


def _from_header(head: Head, authorization: bytes) -> Claim:
    found = _AUTHORIZATION.fullmatch(authorization.decode("latin-1").strip())
    if found is None:
        raise malformed("authorization-malformed")
    credential, names, signature = found.groups()
    access_key_id, date, region, service = _scope(credential)
    signed_headers = _signed_headers(head, names)
    payload = head.value(b"x-amz-content-sha256")
    if payload is None:
        raise malformed("payload-mark-missing")
    amz_date = _amz_date(head)
    return _claim(
        head,
        access_key_id=access_key_id,
        date=date,
        region=region,
        service=service,
        amz_date=amz_date,
        signed_headers=signed_headers,
        signature=signature,
        payload=_payload(payload),
    )


def _from_query(head: Head, parameters: tuple[tuple[bytes, bytes], ...]) -> Claim:
    values: dict[bytes, str] = {}
    for name, value in parameters:
        if name in values:
            raise malformed("presigned-malformed", parameter=name.decode("ascii"))
        if name in _PRESIGNED:
            values[name] = value.decode("latin-1")
    for name in _PRESIGNED:
        if name not in values:
            raise malformed("presigned-malformed", parameter=name.decode("ascii"))
    if values[b"X-Amz-Algorithm"] == "AWS4-ECDSA-P256-SHA256":
        raise malformed("sigv4a-not-served")
    signature = values[b"X-Amz-Signature"]
    if values[b"X-Amz-Algorithm"] != ALGORITHM or not _HEX64.fullmatch(signature):
        raise malformed("presigned-malformed", parameter="X-Amz-Algorithm")
    access_key_id, date, region, service = _scope(values[b"X-Amz-Credential"], "presigned-malformed")
    payload = head.value(b"x-amz-content-sha256")
    return _claim(
        head,
        access_key_id=access_key_id,
        date=date,
        region=region,
        service=service,
        amz_date=values[b"X-Amz-Date"],
        signed_headers=_signed_headers(head, values[b"X-Amz-SignedHeaders"]),
        signature=signature,
        payload=UNSIGNED if payload is None else _payload(payload),
        expires_s=_expires(values[b"X-Amz-Expires"]),
    )


def _claim(  # noqa: PLR0913 - the parts of one signature
    head: Head,
    *,
    access_key_id: str,
    date: str,
    region: str,
    service: str,
    amz_date: str,
    signed_headers: tuple[str, ...],
    signature: str,
    payload: str,
    expires_s: int | None = None,
) -> Claim:
    _instant(amz_date)
    is_presigned = expires_s is not None
    if amz_date[:8] != date:
        raise malformed("presigned-malformed" if is_presigned else "scope-malformed")
    return Claim(
        access_key_id=access_key_id,
        date=date,
        region=region,
        service=service,
        amz_date=amz_date,
        signed_headers=signed_headers,
        canonical_request=canonical_request(head, signed_headers, payload, presigned=is_presigned),
        signature=signature,
        mode="presigned" if is_presigned else "header",
        expires_s=expires_s,
        payload=payload,
    )


def _scope(credential: str, code: str = "scope-malformed") -> tuple[str, str, str, str]:
    found = _SCOPE.fullmatch(credential)
    if found is None or found.group(4) != "s3":
        raise malformed(code)
    access_key_id, date, region, service = found.groups()
    return access_key_id, date, region, service


def _signed_headers(head: Head, text: str) -> tuple[str, ...]:
    if _HEADER_NAMES.fullmatch(text) is None:
        raise malformed("authorization-malformed")
    names = tuple(text.split(";"))
    if list(names) != sorted(set(names)) or "host" not in names:
        raise malformed("authorization-malformed")
    unsigned = {
        name.decode("ascii")
        for name, _ in head.headers
        if name.startswith(b"x-amz-") and name.decode("ascii") not in names
    }
    if unsigned:
        raise unauthenticated("headers-not-signed", headers=tuple(sorted(unsigned)))
    return names


def _payload(raw: bytes) -> str:
    text = raw.decode("latin-1")
    if text != UNSIGNED and text not in STREAMING and _HEX64.fullmatch(text) is None:
        raise malformed("payload-mark-invalid")
    return text


def _expires(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 7 or int(text) > EXPIRES_S_MAX:
        raise malformed("expires-invalid", seconds_max=EXPIRES_S_MAX)
    return int(text)


def _amz_date(head: Head) -> str:
    text = head.value(b"x-amz-date")
    if text is not None:
        return text.decode("latin-1")
    return _from_http_date((head.value(b"date") or b"").decode("latin-1"))


def _from_http_date(text: str) -> str:
    at = from_http_date(text)
    if at is None:
        raise malformed("date-malformed")
    return at.strftime("%Y%m%dT%H%M%SZ")


def _instant(amz_date: str) -> datetime:
    at = from_amz_date(amz_date)
    if at is None:
        raise malformed("date-malformed")
    return at


def _check_time(claim: Claim, signed_at: datetime, now: datetime) -> datetime:
    skew = timedelta(seconds=CLOCK_SKEW_S_MAX)
    if claim.expires_s is None:
        if abs(now - signed_at) > skew:
            raise unauthenticated("request-time-skewed", skew_s_max=CLOCK_SKEW_S_MAX)
        return signed_at + skew
    lapses_at = signed_at + timedelta(seconds=claim.expires_s)
    if now < signed_at - skew:
        raise unauthenticated("request-time-skewed", skew_s_max=CLOCK_SKEW_S_MAX)
    if now > lapses_at or claim.expires_s == 0:
        raise unauthenticated("request-expired", expires_s=claim.expires_s)
    return lapses_at


def _check_repeats(claim: Claim, signed: Signed) -> None:
    """Every field that repeats the canonical request must agree with it, or the plane has lied."""
    parameters = dict(signed.query)
    is_presigned = b"X-Amz-Algorithm" in parameters
    agrees = (
        claim.signed_headers == tuple(name for name, _ in signed.headers)
        and claim.payload == signed.payload
        and claim.amz_date[:8] == claim.date
        and claim.service == "s3"
        and (claim.mode == "presigned") == is_presigned == (claim.expires_s is not None)
        and signed.header("host") is not None
        and _SCOPE.fullmatch(f"{claim.access_key_id}/{claim.scope}") is not None
        and _HEX64.fullmatch(claim.signature) is not None
    )
    if agrees and is_presigned:
        agrees = (
            parameters.get(b"X-Amz-Credential") == f"{claim.access_key_id}/{claim.scope}".encode()
            and parameters.get(b"X-Amz-Date") == claim.amz_date.encode()
            and parameters.get(b"X-Amz-Expires") == str(claim.expires_s).encode()
        )
    elif agrees:
        sent = signed.header("x-amz-date")
        date = signed.header("date")
        agrees = signed.header("x-amz-content-sha256") == claim.payload.encode() and (
            sent == claim.amz_date.encode()
            if sent is not None
            else date is not None and _from_http_date(date.decode("latin-1")) == claim.amz_date
        )
    if not agrees:
        raise malformed("claim-malformed")
