"""docs/formats/shares.md; SLIP-39 by its own library."""

import hmac
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from shamir_mnemonic import MnemonicError, combine_mnemonics

from .custody import context, hkdf512, unwrap
from .spelling import No, b64, read, unb64, write

SUITE = Suite(KEM.X25519, KDF.HKDF_SHA512, AEAD.AES_256_GCM)


def mark(holder, words):
    return b64(sha256(b"custodes/share-mark/v1\n" + holder.encode() + b"\n" + words.encode()).digest())


def holder_root(raw, words):
    """The root of a holder file of kind `shares`, from enough of its words."""
    body = read(raw, "holder-file", 131_072)
    if body.get("format") != "custodes/holder-file/v1" or body.get("kind") != "shares":
        raise No("holder-file")
    shares = body["shares"]
    marks = {member["mark"] for group in shares["groups"] for member in group["members"]}
    if not 2 <= shares["group_threshold"] <= len(shares["groups"]) <= 16:
        raise No("holder-file")
    if any(mark(body["holder"], text) not in marks for text in words):
        raise No("share-wrong")
    try:
        secret = combine_mnemonics(words)
    except MnemonicError as error:
        raise No("shares-too-few") from error
    info = {
        "generation": shares["generation"],
        "holder": body["holder"],
        "label": "custodes/holder-shares/v1",
    }
    okm = hkdf512(secret, None, write(info), 64)
    if not hmac.compare_digest(okm[32:], unb64(body["check"])):
        raise No("wrong-secret")
    where = context(version=shares["generation"], purpose="holder-root", subject=body["holder"])
    return unwrap(okm[:32], where, unb64(body["wrapped"]))


def offered(offer, submission):
    """The signed bytes of an offer by the keyroom whose submission key this is."""
    signed = {name: value for name, value in offer.items() if name != "signature"}
    document = write(signed | {"v": "custodes/unseal-offer/v1"})
    Ed25519PublicKey.from_public_bytes(submission).verify(unb64(offer["signature"]), document)
    return document


def received(key, document, sealed):
    try:
        return SUITE.decrypt(sealed, X25519PrivateKey.from_private_bytes(key), document).decode("ascii")
    except (InvalidTag, ValueError) as error:
        raise No("share-wrong") from error


def to_sign(offer, sealed):
    """What a custodian signs; without `sealed` to cancel."""
    said = {name: offer[name] for name in ("attempt", "generation", "holder", "house")}
    if sealed is None:
        return write(said | {"v": "custodes/unseal-cancel/v1", "sealed": ""})
    return write(said | {"v": "custodes/unseal-share/v1", "sealed": b64(sha256(sealed).digest())})
