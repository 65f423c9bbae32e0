"""A message sealed for somebody who keeps ciphertext, nonce and tag apart: external key stores of clouds.

    mark20 = 0x01 | version 3, big-endian | salt 16
    k32 = HKDF-SHA-512(ikm = key version's material, salt = salt | iv, info = canonical(context))[:32]
    ciphertext, tag16 = AES-256-GCM(k, iv 12, plaintext, aad)

Salt and nonce are drawn for every message and both go into its key: no key seals two messages, and there is
no limit on how many one key version seals. The caller puts the mark into the additional data, as his wire
demands. There is no commitment: the wire has no room for one; which key it is follows from the mark, which
the tag covers. Format: docs/formats/external-message.md.
"""

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Refusal, malformed

from .message import Material
from .wrap import KEY_BYTES, TAG_BYTES, hkdf_sha512

LABEL = "custodes/xks/v1"
FORMAT = b"\x01"
MARK_BYTES = 20
NONCE_BYTES = 12
VERSION_MAX = 0xFFFFFF
_SALT_BYTES = 16
_encode = msgspec.json.Encoder(order="sorted").encode


def new_mark(version: int, dice: Dice) -> bytes:
    """The mark of a fresh message under a key version, 20 bytes."""
    if not 1 <= version <= VERSION_MAX:
        raise ValueError("a version counts from 1 and has three bytes")
    return FORMAT + version.to_bytes(3, "big") + dice.draw(_SALT_BYTES)


def version_of(mark: bytes) -> int:
    """The key version a mark names; `message-mismatch` (malformed) when it is none of ours."""
    if len(mark) != MARK_BYTES or mark[:1] != FORMAT:
        raise _mismatch()
    return int.from_bytes(mark[1:4], "big")


def encrypt(material: Material, mark: bytes, iv: bytes, aad: bytes, plaintext: bytes) -> tuple[bytes, bytes]:
    """Ciphertext, as long as the plaintext, and tag; `mark` and `iv` are drawn for this message alone."""
    if version_of(mark) != material.version or len(iv) != NONCE_BYTES:
        raise ValueError("a mark of this version and a nonce of 12 bytes")
    sealed = AESGCM(_key(material, mark, iv)).encrypt(iv, plaintext, aad)
    return sealed[:-TAG_BYTES], sealed[-TAG_BYTES:]


def decrypt(material: Material, mark: bytes, iv: bytes, aad: bytes, sealed: tuple[bytes, bytes]) -> bytes:
    """Open `sealed` = (ciphertext, tag); `message-mismatch` (malformed) for every fault alike."""
    ciphertext, tag = sealed
    if version_of(mark) != material.version or len(iv) != NONCE_BYTES or len(tag) != TAG_BYTES:
        raise _mismatch()
    try:
        return AESGCM(_key(material, mark, iv)).decrypt(iv, ciphertext + tag, aad)
    except InvalidTag:
        raise _mismatch() from None


def _key(material: Material, mark: bytes, iv: bytes) -> bytes:
    scope = material.scope
    # as canonical.encode would: the types are known, so the walk over them is spared
    info = _encode((LABEL, scope.house, scope.customer, scope.key, material.version))
    return hkdf_sha512(material.secret, mark[4:] + iv, info)[:KEY_BYTES]


def _mismatch() -> Refusal:
    return malformed("message-mismatch")
