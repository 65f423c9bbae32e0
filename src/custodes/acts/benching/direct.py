"""The work itself, in whatever process it is done."""

from typing import cast

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from custodes.custody.materials import halves, sealing, signing
from custodes.custody.materials.signing import How
from custodes.kernel.refusal import Kind, Refusal

from .bench import Done, Job

_EXPONENT = 65_537


class Direct:
    """A halver that works where it is called."""

    def born(self, bits: int) -> bytes:
        """Primes are found by the cryptographic library with its own generator; seconds for 4,096 bits."""
        key = rsa.generate_private_key(_EXPONENT, bits)
        return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    def unseal(self, private: bytes, hash_name: str, ciphertext: bytes) -> bytes:
        """See `Halver.unseal`."""
        return sealing.oaep_unseal(_rsa(private), hash_name, ciphertext)

    def sign(self, private: bytes, message: bytes, how: How) -> bytes:
        """See `Halver.sign`."""
        return signing.sign(_rsa(private), message, how)


def done(job: Job) -> Done:
    """One job; what the caller got wrong is an answer, anything else is raised."""
    direct = Direct()
    try:
        if job.verb == "born":
            return Done(body=direct.born(job.bits))
        if job.verb == "unseal":
            return Done(body=direct.unseal(job.private, job.how.hash_name, job.body))
        return Done(body=direct.sign(job.private, job.body, job.how))
    except Refusal as refusal:
        if refusal.kind is not Kind.MALFORMED:
            raise
        return Done(refused=refusal.code)


def _rsa(private: bytes) -> RSAPrivateKey:
    return cast("RSAPrivateKey", halves.read(private))
