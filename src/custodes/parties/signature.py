"""An approver's signature over a document: Ed25519 with a file key, or a passkey's assertion.

Both sign the SHA-256 of the document's canonical bytes. File key: Ed25519 (RFC 8032) over
`custodes/sign/v1` followed by the 32 bytes. Passkey: a WebAuthn Level 3 assertion whose challenge *is*
the 32 bytes, with origin and relying party pinned and user verification required; the signature counter
is not relied on (synchronised passkeys do not count).
"""

import hashlib
import json
from typing import Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from webauthn import verify_authentication_response
from webauthn.helpers import bytes_to_base64url, decode_credential_public_key
from webauthn.helpers.structs import AuthenticationCredential, AuthenticatorAssertionResponse

from custodes.kernel.canonical import unb64

from .rows import Credential

LABEL = b"custodes/sign/v1"
SIGNED_BYTES_MAX = 4_096
COSE_BYTES_MAX = 2_048
COSE_ALGORITHMS = (-7, -8, -257)  # ES256, EdDSA, RS256: what authenticators make and nothing weaker

# Points of small order, in every encoding OpenSSL takes: a signature by such a key proves nothing.
_SMALL_ORDER = frozenset(
    bytes.fromhex(text)
    for text in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    )
)


class FileKeySignature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """64 bytes of Ed25519, base64."""

    kind: Literal["file-key"] = "file-key"
    credential: str
    signature: str


class PasskeySignature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The three byte strings of a WebAuthn assertion, base64."""

    kind: Literal["passkey"] = "passkey"
    credential: str
    client_data: str
    authenticator_data: str
    signature: str


class RelyingParty(msgspec.Struct, frozen=True, kw_only=True):
    """Where passkeys of this house are used: one id (a domain name) and its exact origins."""

    id: str
    origins: tuple[str, ...]


def to_sign(document_hash: bytes) -> bytes:
    """What a file key signs; ValueError unless handed a SHA-256."""
    if len(document_hash) != hashlib.sha256().digest_size:
        raise ValueError("not a SHA-256")
    return LABEL + document_hash


def is_good_key(public: bytes) -> bool:
    """Whether 32 bytes are an Ed25519 public key worth enrolling (not one of small order)."""
    if len(public) != 32 or bytes([*public[:31], public[31] & 0x7F]) in _SMALL_ORDER:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public)
    except ValueError:
        return False
    return True


def is_good_cose_key(cose: bytes) -> bool:
    """Whether bytes are a COSE public key of an algorithm in `COSE_ALGORITHMS`."""
    if len(cose) > COSE_BYTES_MAX:
        return False
    try:
        return int(decode_credential_public_key(cose).alg) in COSE_ALGORITHMS
    except Exception:  # a foreign parser on foreign bytes: whatever it raises is a no
        return False


def verify(
    signature: FileKeySignature | PasskeySignature,
    credential: Credential,
    document_hash: bytes,
    relying: RelyingParty,
) -> str | None:
    """None when the credential signed this document; else `wrong-credential`, `wrong-kind`,
    `bad-signature` or, for passkeys, `wrong-origin`.

    Says nothing about whether the credential may sign: see `distinct.count`.
    """
    if signature.credential != credential.id:
        return "wrong-credential"
    if signature.kind != credential.kind.value or credential.public is None:
        return "wrong-kind"
    try:
        public = unb64(credential.public)
        if isinstance(signature, FileKeySignature):
            ok = verify_ed25519(public, unb64(signature.signature), to_sign(document_hash))
            return None if ok else "bad-signature"
        to_sign(document_hash)
        return _verify_passkey(signature, public, document_hash, relying)
    except ValueError:
        return "bad-signature"


def verify_ed25519(public: bytes, signature: bytes, message: bytes) -> bool:
    """Ed25519 by a good key; never raises for bad input."""
    if not is_good_key(public):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _verify_passkey(
    signature: PasskeySignature, cose: bytes, document_hash: bytes, relying: RelyingParty
) -> str | None:
    parts = (signature.client_data, signature.authenticator_data, signature.signature)
    if max(map(len, parts)) > SIGNED_BYTES_MAX or not is_good_cose_key(cose):
        return "bad-signature"
    client_data, authenticator_data, signed = map(unb64, parts)
    if not _is_own_page(client_data, relying):
        return "wrong-origin"
    try:
        verify_authentication_response(
            credential=AuthenticationCredential(
                id=bytes_to_base64url(b"-"),
                raw_id=b"-",
                response=AuthenticatorAssertionResponse(
                    client_data_json=client_data,
                    authenticator_data=authenticator_data,
                    signature=signed,
                ),
            ),
            expected_challenge=document_hash,
            expected_rp_id=relying.id,
            expected_origin=list(relying.origins),
            credential_public_key=cose,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception:  # as above
        return "bad-signature"
    return None


def _is_own_page(client_data: bytes, relying: RelyingParty) -> bool:
    """The assertion was asked for by one of our origins, not from within somebody else's frame."""
    try:
        said = json.loads(client_data)
    except (ValueError, RecursionError):
        return False
    return (
        isinstance(said, dict)
        and said.get("origin") in relying.origins
        and said.get("crossOrigin", False) is False
        and "topOrigin" not in said
    )
