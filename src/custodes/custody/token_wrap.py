"""Wrap v2: a wrap whose key is made by a root that cannot be taken out (docs/formats/wrap.md).

    0x02 | salt 32 | commit 32 | AES-256-GCM(k, nonce = 12 zero bytes, secret) | tag 16
    k32 | commit32 = HMAC-SHA-512(root, "custodes/token-wrap/v1\\n" | salt | canonical(context))

The root lives in a token (an HSM) that computes the HMAC (RFC 2104, FIPS 198-1); what it hands out opens
this one wrap and nothing else, for the salt is drawn for every wrap. Everything else is as in wrap v1.
"""

import hmac
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Kind, Refusal

from .wrap import COMMIT_BYTES, KEY_BYTES, OVERHEAD_BYTES, SALT_BYTES, Context

LABEL = b"custodes/token-wrap/v1\n"
VERSION = b"\x02"

Mac = Callable[[bytes], bytes]  # HMAC-SHA-512 by the root: 64 bytes

_COMMIT_AT = 1 + SALT_BYTES
_CIPHER_AT = _COMMIT_AT + COMMIT_BYTES
_NONCE = bytes(12)


def wrap(mac: Mac, context: Context, plaintext: bytes, dice: Dice) -> bytes:
    """Wrap `plaintext` (any length) by one use of the root; as much longer as a wrap v1."""
    salt = dice.draw(SALT_BYTES)
    if len(salt) != SALT_BYTES:
        raise ValueError("short draw")
    key, commit = _derive(mac, salt, context)
    return b"".join((VERSION, salt, commit, AESGCM(key).encrypt(_NONCE, plaintext, None)))


def unwrap(mac: Mac, context: Context, wrapped: bytes) -> bytes:
    """Open a wrap by one use of the root. `wrap-mismatch` (broken) for every failure but the token's own."""
    if len(wrapped) < OVERHEAD_BYTES or wrapped[:1] != VERSION:
        raise _mismatch()
    key, commit = _derive(mac, wrapped[1:_COMMIT_AT], context)
    if not hmac.compare_digest(commit, wrapped[_COMMIT_AT:_CIPHER_AT]):
        raise _mismatch()
    try:
        return AESGCM(key).decrypt(_NONCE, wrapped[_CIPHER_AT:], None)
    except InvalidTag:
        raise _mismatch() from None


def _derive(mac: Mac, salt: bytes, context: Context) -> tuple[bytes, bytes]:
    both = mac(LABEL + salt + context.canonical())
    if len(both) != KEY_BYTES + COMMIT_BYTES:
        raise ValueError("a root's HMAC-SHA-512 has 64 bytes")
    return both[:KEY_BYTES], both[KEY_BYTES:]


def _mismatch() -> Refusal:
    return Refusal("wrap-mismatch", Kind.BROKEN)
