"""docs/formats/transit.md."""

import hmac
from hashlib import sha256

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

from .custody import context, hkdf512, unwrap
from .spelling import No, b64, write


def opened(where, material, bound, ciphertext):
    """A ciphertext of an aes256-gcm96 key; `where` is (house, customer, key, version)."""
    said, associated = bound
    label = "custodes/transit-context/v1"
    subject = sha256(
        write({"associated_data": b64(associated), "context": b64(said), "label": label})
    ).hexdigest()
    try:
        return unwrap(material, context(*where, purpose="external", subject=subject), ciphertext)
    except No:
        raise No("ciphertext-mismatch") from None


def code(where, material, name, message):
    """A message code by the hash a caller names (`sha2-256`)."""
    house, customer, key, version = where
    info = {"house": house, "customer": customer, "key": key, "version": version}
    mac_key = hkdf512(material, None, write(info | {"label": "custodes/transit-mac/v1"}), 32)
    family, bits = name.split("-")
    return hmac.digest(mac_key, message, f"sha{bits}" if family == "sha2" else f"sha3_{bits}")


def private_half(where, material, public, wrapped):
    """The private half beside this public one; PKCS #8, DER."""
    subject = sha256(public).hexdigest()
    raw = unwrap(material, context(*where, purpose="private-key", subject=subject), wrapped)
    own = load_der_private_key(raw, None).public_key()
    if own.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != public:
        raise No("wrap-mismatch")
    return raw
