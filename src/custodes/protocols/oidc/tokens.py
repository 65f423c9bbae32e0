"""Does this ID token hold? The whole law in one place (OpenID Connect Core 1.0 sections 2 and 3.1.3.7).

Stricter than the text where the text leaves a choice: one audience (ours), no reference to a key in the
header, no member twice, an `iat` that lies within this very sign-in. The reason is for the house's own log;
whoever hands in a token learns only that it does not hold.
"""

import hmac
from collections.abc import Callable, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from custodes.kernel.refusal import Refusal
from custodes.kernel.strict import members

from .messages import ALGORITHMS, Asserted, Expected, Judged, PublicKey
from .strict import unb64url

TOKEN_CHARS_MAX = 32_768
HEADER_BYTES_MAX = 2_048
PAYLOAD_BYTES_MAX = 24_576
SKEW_S = 60
TEXT_CHARS_MAX = 255
GROUPS_MAX = 500
# What a header may say. `jku`, `jwk`, `x5u`, `x5c` would let a token bring its own key, `crit` asks for
# what we do not know; `x5t` only names a certificate and is ignored.
HEADER = frozenset({"alg", "kid", "typ", "x5t", "x5t#S256"})
REASONS = (
    "token-too-long",
    "token-not-understood",
    "header-refused",
    "algorithm-refused",
    "unknown-key",
    "bad-signature",
    "wrong-issuer",
    "wrong-audience",
    "wrong-nonce",
    "token-expired",
    "token-too-early",
    "token-too-old",
    "no-subject",
)


def judge(token: str, keys: Sequence[PublicKey], expected: Expected, now: datetime) -> Judged:
    """Whether a compact JWS is an ID token for `expected` at this instant, verified by one of `keys`."""
    reason, claims = opened(token, keys)
    if not reason:
        reason = _against(claims, expected, int(now.timestamp()))
    if reason:
        return Judged(reason=reason)
    subject = claims.get(expected.subject_claim)
    if not isinstance(subject, str) or not 1 <= len(subject) <= TEXT_CHARS_MAX or not subject.isprintable():
        return Judged(reason="no-subject")
    return Judged(
        asserted=Asserted(
            subject=subject,
            groups=groups(claims.get(expected.groups_claim)),
            name=_text(claims.get("name")),
            mail=_text(claims.get("email")),
        )
    )


def key_id(token: str) -> str | None:
    """The key an unverified token names, for looking whether we have it; None when it names none of ours."""
    try:
        header, _, _, _ = _parts(token)
    except (Refusal, ValueError):
        return None
    kid = header.get("kid", "")
    return kid if isinstance(kid, str) else None


def nonce_of(token: str) -> str:
    """The nonce an unverified token names, for trying one out where no sign-in is under way; else empty."""
    try:
        _, _, payload, _ = _parts(token)
        nonce = members(payload, "token-not-understood", bytes_max=PAYLOAD_BYTES_MAX).get("nonce", "")
    except (Refusal, ValueError):
        return ""
    return nonce if isinstance(nonce, str) else ""


def opened(token: str, keys: Sequence[PublicKey]) -> tuple[str, dict[str, Any]]:
    """Why it is no token that one of these keys signed, or its claims, of which none is judged yet."""
    if len(token) > TOKEN_CHARS_MAX:
        return "token-too-long", {}
    try:
        header, signed, payload, signature = _parts(token)
    except (Refusal, ValueError):
        return "token-not-understood", {}
    if header.keys() - HEADER or str(header.get("typ", "JWT")).upper() != "JWT":
        return "header-refused", {}
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        return "algorithm-refused", {}
    key = _named(keys, kid, algorithm)
    if key is None:
        return "unknown-key", {}
    if not _VERIFY[algorithm](key, signature, signed):
        return "bad-signature", {}
    try:
        return "", members(payload, "token-not-understood", bytes_max=PAYLOAD_BYTES_MAX)
    except Refusal:
        return "token-not-understood", {}


def _parts(token: str) -> tuple[dict[str, Any], bytes, bytes, bytes]:
    first, second, third = token.split(".")
    header = members(unb64url(first), "token-not-understood", bytes_max=HEADER_BYTES_MAX)
    return header, f"{first}.{second}".encode("ascii"), unb64url(second), unb64url(third)


def _named(keys: Sequence[PublicKey], kid: object, algorithm: str) -> PublicKey | None:
    """The one key of this id that is for this algorithm; without an id only where there is no choice."""
    fits = [key for key in keys if key.kty == _KIND[algorithm] and key.alg in {"", algorithm}]
    if kid is not None:
        fits = [key for key in fits if key.kid == kid]
    return fits[0] if len(fits) == 1 else None


def _against(claims: dict[str, Any], expected: Expected, now_s: int) -> str:
    nonce = claims.get("nonce")
    if claims.get("iss") != expected.issuer:
        return "wrong-issuer"
    if claims.get("aud") not in (expected.client_id, [expected.client_id]):
        return "wrong-audience"
    if claims.get("azp", expected.client_id) != expected.client_id:
        return "wrong-audience"
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):
        return "wrong-nonce"
    expires, issued, begins = (second(claims.get(name)) for name in ("exp", "iat", "nbf"))
    if expires is None or issued is None or ("nbf" in claims and begins is None):
        return "token-not-understood"
    if now_s >= expires + SKEW_S:
        return "token-expired"
    if issued > now_s + SKEW_S or (begins is not None and begins > now_s + SKEW_S):
        return "token-too-early"
    return "token-too-old" if issued < expected.begun_at_s - SKEW_S else ""


def second(value: object) -> int | None:
    """A NumericDate (RFC 7519 section 2) in whole seconds."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**40:
        return None
    return int(value)


def groups(value: object) -> tuple[str, ...]:
    """Groups as a list of texts; anything else is no group. Too many are none: the issuer must choose."""
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list) or len(given) > GROUPS_MAX:
        return ()
    texts = {one for one in given if isinstance(one, str) and 0 < len(one) <= TEXT_CHARS_MAX}
    return tuple(sorted(texts))


def _text(value: object) -> str:
    fits = isinstance(value, str) and len(value) <= TEXT_CHARS_MAX and value.isprintable()
    return str(value) if fits else ""


def _number(text: str) -> int:
    return int.from_bytes(unb64url(text), "big")


def _rsa(key: PublicKey, signature: bytes, signed: bytes, scheme: padding.AsymmetricPadding) -> bool:
    try:
        public = rsa.RSAPublicNumbers(_number(key.e), _number(key.n)).public_key()
        public.verify(signature, signed, scheme, hashes.SHA256())
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def _rs256(key: PublicKey, signature: bytes, signed: bytes) -> bool:
    return _rsa(key, signature, signed, padding.PKCS1v15())


def _ps256(key: PublicKey, signature: bytes, signed: bytes) -> bool:
    return _rsa(key, signature, signed, padding.PSS(padding.MGF1(hashes.SHA256()), 32))


def _es256(key: PublicKey, signature: bytes, signed: bytes) -> bool:
    if len(signature) != 64:
        return False
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    try:
        public = ec.EllipticCurvePublicNumbers(_number(key.x), _number(key.y), ec.SECP256R1()).public_key()
        public.verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def _eddsa(key: PublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(unb64url(key.x)).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True


_KIND = MappingProxyType({"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP", "Ed25519": "OKP"})
_VERIFY: MappingProxyType[str, Callable[[PublicKey, bytes, bytes], bool]] = MappingProxyType(
    {"RS256": _rs256, "PS256": _ps256, "ES256": _es256, "EdDSA": _eddsa, "Ed25519": _eddsa}
)
