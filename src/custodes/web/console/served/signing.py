"""Passkey ceremonies: what the browser is asked, and its answer as the signature the keyroom wants."""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec

from custodes.acts.asks import Doors, Session
from custodes.acts.asks.parties import BeginPasskey, PasskeyChallenge, SigningKey
from custodes.kernel import canonical
from custodes.kernel.refusal import denied, malformed
from custodes.web.console.views.shell import Passkey
from custodes.web.kit.forms import Form

TIMEOUT_MS = 120_000
_PARTS_BYTES_MAX = 16_384


class _Response(msgspec.Struct, frozen=True):
    # WebAuthn level 3 section 5.1.8: what is not named here (userHandle, transports) is not needed.
    clientDataJSON: str  # noqa: N815 - WebAuthn's own names
    authenticatorData: str = ""  # noqa: N815
    signature: str = ""
    attestationObject: str = ""  # noqa: N815


class _Credential(msgspec.Struct, frozen=True):
    rawId: str  # noqa: N815
    response: _Response


class Assertion(msgspec.Struct, frozen=True, kw_only=True):
    """A browser's answer: the passkey's id (base64url) and the byte strings, empty where not given."""

    passkey: str
    client_data: bytes
    authenticator_data: bytes = b""
    signature: bytes = b""
    attestation_object: bytes = b""

    def signed(self, credential: str) -> bytes:
        """Canonical JSON of `parties.signature.PasskeySignature` in the name of `credential`."""
        return canonical.encode(
            {
                "kind": "passkey",
                "credential": credential,
                "client_data": canonical.b64(self.client_data),
                "authenticator_data": canonical.b64(self.authenticator_data),
                "signature": canonical.b64(self.signature),
            }
        )

    def registered(self) -> bytes:
        """Canonical JSON of a registration as `MakeCredential` takes it."""
        return canonical.encode(
            {
                "client_data": canonical.b64(self.client_data),
                "attestation_object": canonical.b64(self.attestation_object),
            }
        )


def assertion(form: Form) -> Assertion:
    """The field `credential` that passkey.js fills in (`malformed-form`)."""
    raw = form.one("credential")
    try:
        given = msgspec.json.decode(raw, type=_Credential)
        parts = given.response
        return Assertion(
            passkey=text_of(bytes_of(given.rawId)),
            client_data=bytes_of(parts.clientDataJSON),
            authenticator_data=bytes_of(parts.authenticatorData),
            signature=bytes_of(parts.signature),
            attestation_object=bytes_of(parts.attestationObject),
        )
    except (msgspec.MsgspecError, ValueError) as error:
        raise malformed("malformed-form", field="credential") from error


def asking(
    challenge: PasskeyChallenge, digest: bytes | None = None, passkeys: tuple[str, ...] | None = None
) -> Passkey:
    """The view of a request to sign `digest` (none: the challenge as given).

    `passkeys` are browser ids: none given, those the challenge allows; an empty tuple, any the browser has.
    """
    allowed = challenge.allowed if passkeys is None else passkeys
    options = {
        "challenge": challenge.challenge if digest is None else text_of(digest),
        "rpId": challenge.rp_id,
        "allowCredentials": [{"type": "public-key", "id": id_} for id_ in allowed],
        "userVerification": "required",
        "timeout": TIMEOUT_MS,
    }
    return Passkey(options=msgspec.json.encode(options).decode())


def enrolling(challenge: PasskeyChallenge, house: str) -> Passkey:
    """The view of a request for a new passkey (WebAuthn level 3 section 5.4): ES256, EdDSA or RS256."""
    kinds = [{"type": "public-key", "alg": number} for number in (-7, -8, -257)]
    options = {
        "challenge": challenge.challenge,
        "rp": {"id": challenge.rp_id, "name": house},
        "user": {"id": challenge.user_id, "name": challenge.user_name, "displayName": challenge.user_name},
        "pubKeyCredParams": kinds,
        "excludeCredentials": [{"type": "public-key", "id": id_} for id_ in challenge.allowed],
        "authenticatorSelection": {"residentKey": "required", "userVerification": "required"},
        "attestation": "none",
        "timeout": TIMEOUT_MS,
    }
    return Passkey(options=msgspec.json.encode(options).decode(), is_enrolment=True)


async def to_sign(doors: Doors, evidence: Session, digest: bytes) -> PasskeyChallenge:
    """What is needed to have 32 bytes signed by the visitor's own keys."""
    return await doors.ask(BeginPasskey("sign", evidence, document_hash=digest))


async def signature(doors: Doors, evidence: Session, document: bytes, form: Form) -> bytes:
    """The visitor's signature over a document, from a posted form (`passkey-unknown`)."""
    given = assertion(form)
    asked = await to_sign(doors, evidence, digest_of(document))
    for key in passkeys_of(asked):
        if key.passkey == given.passkey:
            return given.signed(key.credential)
    raise malformed("passkey-unknown")


def passkeys_of(challenge: PasskeyChallenge) -> tuple[SigningKey, ...]:
    """Those of the visitor's keys that a browser can use."""
    return tuple(key for key in challenge.keys if key.passkey)


def text_of(raw: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def bytes_of(text: str) -> bytes:
    """Inverse of `text_of`; ValueError for other alphabets and too much."""
    if len(text) > _PARTS_BYTES_MAX or not set(text) <= _ALPHABET:
        raise ValueError("not base64url")
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def approval_of(text: str) -> bytes:
    """The other's signature as an address carries it; `signature-refused` (denied)."""
    try:
        return bytes_of(text)
    except ValueError as error:
        raise denied("signature-refused") from error


_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def digest_of(document: bytes) -> bytes:
    """The 32 bytes a passkey's challenge is."""
    return hashlib.sha256(document).digest()
