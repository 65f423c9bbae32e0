"""A software authenticator: makes WebAuthn assertions as a browser would hand them over."""

import hashlib
import json
from base64 import urlsafe_b64encode

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from custodes.kernel.canonical import b64
from custodes.parties.signature import PasskeySignature

ORIGIN = "https://trust.example"
RP_ID = "trust.example"


class Passkey:
    def __init__(self, number: int = 7, alg: int = -7) -> None:
        self.private = ec.derive_private_key(number, ec.SECP256R1())
        point = self.private.public_key().public_numbers()
        self.cose = cbor2.dumps(
            {1: 2, 3: alg, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        )

    def sign(
        self,
        challenge: bytes,
        credential: str,
        *,
        origin: str = ORIGIN,
        rp_id: str = RP_ID,
        flags: int = 0x05,
        kind: str = "webauthn.get",
        **more: object,
    ) -> PasskeySignature:
        said = {
            "type": kind,
            "challenge": urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "origin": origin,
            "crossOrigin": False,
            **more,
        }
        client_data = json.dumps(said).encode()
        authenticator_data = hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + b"\0\0\0\0"
        signed = authenticator_data + hashlib.sha256(client_data).digest()
        return PasskeySignature(
            credential=credential,
            client_data=b64(client_data),
            authenticator_data=b64(authenticator_data),
            signature=b64(self.private.sign(signed, ec.ECDSA(SHA256()))),
        )


def registration(passkey: Passkey, challenge: bytes, passkey_id: bytes, *, origin: str, rp_id: str) -> bytes:
    """What a browser hands over for a new passkey, as `MakeCredential.public` wants it."""
    said = {
        "type": "webauthn.create",
        "challenge": urlsafe_b64encode(challenge).rstrip(b"=").decode(),
        "origin": origin,
        "crossOrigin": False,
    }
    attested = bytes(16) + len(passkey_id).to_bytes(2, "big") + passkey_id + passkey.cose
    data = hashlib.sha256(rp_id.encode()).digest() + bytes([0x45]) + b"\0\0\0\0" + attested
    attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
    form = {"attestation_object": b64(attestation), "client_data": b64(json.dumps(said).encode())}
    return json.dumps(form, sort_keys=True, separators=(",", ":")).encode()
