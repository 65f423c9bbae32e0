"""Which kinds of keys there are and what each does: one table."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Use(StrEnum):
    """What a key does."""

    WRAP = "wrap"  # keys and messages in the house's own formats
    UNWRAP = "unwrap"
    ENCRYPT = "encrypt"  # a caller's own bytes, in the form of his protocol
    DECRYPT = "decrypt"
    SIGN = "sign"
    VERIFY = "verify"
    MAC = "mac"  # makes and checks message codes: the key is one secret for both


class KeyKind(StrEnum):
    """What a key is made of, in the words of the transit engine, which are the most widely known."""

    AES256 = "aes256-gcm96"
    AES128 = "aes128-gcm96"  # what is sealed here is sealed as with 256 bits: see docs/formats/transit.md
    ED25519 = "ed25519"
    ECDSA_P256 = "ecdsa-p256"
    ECDSA_P384 = "ecdsa-p384"
    ECDSA_P521 = "ecdsa-p521"
    RSA_2048 = "rsa-2048"
    RSA_3072 = "rsa-3072"
    RSA_4096 = "rsa-4096"
    HMAC = "hmac"


_SIGNS = frozenset({Use.SIGN, Use.VERIFY, Use.MAC})
_SEALS = frozenset({Use.ENCRYPT, Use.DECRYPT, Use.MAC})

USES: Mapping[KeyKind, frozenset[Use]] = MappingProxyType(
    {
        KeyKind.AES256: _SEALS | {Use.WRAP, Use.UNWRAP},
        KeyKind.AES128: _SEALS,
        KeyKind.ED25519: _SIGNS,
        KeyKind.ECDSA_P256: _SIGNS,
        KeyKind.ECDSA_P384: _SIGNS,
        KeyKind.ECDSA_P521: _SIGNS,
        KeyKind.RSA_2048: _SEALS | _SIGNS,
        KeyKind.RSA_3072: _SEALS | _SIGNS,
        KeyKind.RSA_4096: _SEALS | _SIGNS,
        KeyKind.HMAC: frozenset({Use.MAC}),
    }
)
RSA_BITS: Mapping[KeyKind, int] = MappingProxyType(
    {KeyKind.RSA_2048: 2_048, KeyKind.RSA_3072: 3_072, KeyKind.RSA_4096: 4_096}
)
SYMMETRIC = frozenset({KeyKind.AES256, KeyKind.AES128})  # their ciphertexts have a place for a context
LENGTHS: Mapping[KeyKind, tuple[int, int]] = MappingProxyType(  # of a secret that comes in, in bytes
    {KeyKind.AES256: (32, 32), KeyKind.AES128: (16, 16), KeyKind.HMAC: (32, 512)}
)
PAIRED = frozenset(kind for kind, uses in USES.items() if Use.SIGN in uses)  # has a public half
