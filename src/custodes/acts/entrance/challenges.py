"""Challenges for sign-in and for registering a passkey: drawn here, used once, good for five minutes."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict

import msgspec
from webauthn import verify_registration_response
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import AuthenticatorAttestationResponse, RegistrationCredential

from custodes.acts.asks.documents import hash_of, sign_in_document
from custodes.kernel import canonical
from custodes.kernel.clock import Clock
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Refusal, denied, malformed
from custodes.parties.signature import COSE_ALGORITHMS, RelyingParty, is_good_cose_key

NONCE_BYTES = 32
LASTS_MS = 300_000
KEPT_MAX = 10_000
REGISTRATION_BYTES_MAX = 16_384


class Registration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a browser hands over for a new passkey, base64 (`public` of `MakeCredential`)."""

    client_data: str
    attestation_object: str


class _Open(msgspec.Struct, frozen=True):
    purpose: str
    person: str
    ends_ms: int


class Challenges:
    """Open challenges of this run; a restart forgets them, and so does being the oldest of too many."""

    def __init__(self, house: str, relying: RelyingParty, clock: Clock, dice: Dice) -> None:
        self._house = house
        self._relying = relying
        self._clock = clock
        self._dice = dice
        self._open: OrderedDict[bytes, _Open] = OrderedDict()

    def for_sign_in(self) -> tuple[bytes, bytes]:
        """A fresh challenge (32 bytes), and the document whose SHA-256 it is."""
        document = sign_in_document(self._house, canonical.b64(self._dice.draw(NONCE_BYTES)))
        return self._keep(hash_of(document), "sign-in", ""), document

    def for_registration(self, person: str) -> bytes:
        """A fresh challenge for one person's next passkey."""
        return self._keep(self._dice.draw(NONCE_BYTES), "register", person)

    def take(self, text: str, purpose: str, person: str = "") -> bytes | None:
        """Use a challenge up; None when it is unknown, too old, used before, or another's."""
        challenge = _unb64url(text)
        kept = self._open.pop(challenge, None)
        if kept is None or kept.ends_ms <= self._clock.boot_ms():
            return None
        return challenge if (kept.purpose, kept.person) == (purpose, person) else None

    def registered(self, challenge: str, raw: bytes, person: str) -> tuple[bytes, str]:
        """The COSE key and the browser's id (base64url) of a new passkey; `registration-refused` (denied).

        WebAuthn Level 3, section 7.1, with user verification and without regard to attestation: which
        device it is, is vouched for by whoever signs the enrolment.
        """
        expected = self.take(challenge, "register", person)
        if expected is None:
            raise denied("registration-refused")
        client_data, attestation = _registration(raw)
        try:
            verified = verify_registration_response(
                credential=RegistrationCredential(
                    id=urlsafe_b64encode(b"-").decode("ascii").rstrip("="),
                    raw_id=b"-",
                    response=AuthenticatorAttestationResponse(
                        client_data_json=client_data, attestation_object=attestation
                    ),
                ),
                expected_challenge=expected,
                expected_rp_id=self._relying.id,
                expected_origin=list(self._relying.origins),
                require_user_verification=True,
                supported_pub_key_algs=[COSEAlgorithmIdentifier(alg) for alg in COSE_ALGORITHMS],
            )
        except Exception as error:  # a foreign parser on foreign bytes: whatever it raises is a no
            raise denied("registration-refused") from error
        if not is_good_cose_key(verified.credential_public_key):
            raise denied("registration-refused")
        return verified.credential_public_key, b64url(verified.credential_id)

    def _keep(self, challenge: bytes, purpose: str, person: str) -> bytes:
        if len(self._open) >= KEPT_MAX:
            self._open.popitem(last=False)
        self._open[challenge] = _Open(purpose, person, self._clock.boot_ms() + LASTS_MS)
        return challenge


def b64url(raw: bytes) -> str:
    """base64url without padding, as browsers spell it."""
    return urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def _unb64url(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""


def _registration(raw: bytes) -> tuple[bytes, bytes]:
    if len(raw) > REGISTRATION_BYTES_MAX:
        raise malformed("bad-registration")
    try:
        form = msgspec.convert(canonical.decode(raw), Registration)
        return canonical.unb64(form.client_data), canonical.unb64(form.attestation_object)
    except (Refusal, msgspec.ValidationError, ValueError) as error:
        raise malformed("bad-registration") from error
