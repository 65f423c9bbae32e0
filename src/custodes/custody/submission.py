"""How a custodian's share travels to a sealed keyroom (docs/formats/shares.md, "Giving a share").

The keyroom makes a key pair for each attempt and signs it with its submission key, whose public half stands
on every custodian's card: a plane in between can neither read a share nor offer a key of its own. The share
is sealed with HPKE (RFC 9180) to that key; the custodian signs what he sent with his file key.
"""

import hashlib

import msgspec
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from custodes.kernel import canonical
from custodes.kernel.papers import Offer
from custodes.kernel.refusal import denied

GIVE_V1 = "custodes/unseal-share/v1"
CANCEL_V1 = "custodes/unseal-cancel/v1"
SEALED_BYTES_MAX = 1_024

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA512, AEAD.AES_256_GCM)


class Card(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a custodian keeps besides his words: no secret, but the key by which he knows the keyroom."""

    custodian: str
    generation: int
    holder: str
    organisation: str
    submission: str
    v: str = "custodes/custodian-card/v1"


def make_offer(naming: tuple[str, str, int, str], key: X25519PrivateKey, seed: bytes) -> Offer:
    """An offer signed with the submission key; `naming` is (house, holder, generation, attempt)."""
    house, holder, generation, attempt = naming
    public = canonical.b64(key.public_key().public_bytes_raw())
    bare = Offer(attempt=attempt, generation=generation, holder=holder, house=house, public=public)
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(bare.document())
    return msgspec.structs.replace(bare, signature=canonical.b64(signature))


def check_offer(offer: Offer, card: Card) -> None:
    """`offer-forged` (denied): not by this card's keyroom; `card-older` (denied): shares were made anew."""
    try:
        public = Ed25519PublicKey.from_public_bytes(canonical.unb64(card.submission))
        public.verify(canonical.unb64(offer.signature), offer.document())
    except (InvalidSignature, ValueError):
        raise denied("offer-forged") from None
    if offer.holder != card.holder:
        raise denied("offer-forged")
    if offer.generation != card.generation:
        raise denied("card-older")


def seal(offer: Offer, words: str) -> bytes:
    """Words for the eyes of that keyroom in that attempt only."""
    public = X25519PublicKey.from_public_bytes(canonical.unb64(offer.public))
    return bytes(_SUITE.encrypt(words.encode(), public, offer.document()))


def unseal(offer: Offer, key: X25519PrivateKey, sealed: bytes) -> str:
    """The words; `share-wrong` (denied) for anything not sealed to this offer."""
    if len(sealed) > SEALED_BYTES_MAX:
        raise denied("share-wrong")
    try:
        return bytes(_SUITE.decrypt(sealed, key, offer.document())).decode("ascii")
    except (InvalidTag, ValueError):
        raise denied("share-wrong") from None


def give_document(offer: Offer, sealed: bytes) -> bytes:
    """What a custodian's file key signs (its SHA-256) when he gives a share."""
    return _signed(GIVE_V1, offer, canonical.b64(hashlib.sha256(sealed).digest()))


def cancel_document(offer: Offer) -> bytes:
    """What it signs when he cancels the attempt."""
    return _signed(CANCEL_V1, offer, "")


def _signed(version: str, offer: Offer, sealed_hash: str) -> bytes:
    return canonical.encode(
        {
            "v": version,
            "attempt": offer.attempt,
            "generation": offer.generation,
            "holder": offer.holder,
            "house": offer.house,
            "sealed": sealed_hash,
        }
    )
