"""Wrap v2: a wrap whose key is made by a root that cannot be taken out (docs/formats/wrap.md).

    0x02 | salt 32 | commit 32 | AES-256-GCM(k, nonce = 12 zero bytes, secret) | tag 16
    k32 | commit32 = HMAC-SHA-512(root, "custodes/token-wrap/v1\\n" | salt | canonical(context))

The root lives in a token (an HSM) that computes the HMAC (RFC 2104, FIPS 198-1); what it hands out opens
this one wrap and nothing else, for the salt is drawn for every wrap. Everything else is as in wrap v1.
"""

from collections.abc import Callable

from custodes.kernel.dice import Dice

from .wrap import COMMIT_BYTES, KEY_BYTES, Context, opened, sealed

LABEL = b"custodes/token-wrap/v1\n"
VERSION = b"\x02"

Mac = Callable[[bytes], bytes]  # HMAC-SHA-512 by the root: 64 bytes


def wrap(mac: Mac, context: Context, plaintext: bytes, dice: Dice) -> bytes:
    """Wrap `plaintext` (any length) by one use of the root; as much longer as a wrap v1."""
    return sealed(VERSION, lambda salt: _derive(mac, salt, context), plaintext, dice)


def unwrap(mac: Mac, context: Context, wrapped: bytes) -> bytes:
    """Open a wrap by one use of the root. `wrap-mismatch` (broken) for every failure but the token's own."""
    return opened(VERSION, lambda salt: _derive(mac, salt, context), wrapped)


def _derive(mac: Mac, salt: bytes, context: Context) -> tuple[bytes, bytes]:
    both = mac(LABEL + salt + context.canonical())
    if len(both) != KEY_BYTES + COMMIT_BYTES:
        raise ValueError("a root's HMAC-SHA-512 has 64 bytes")
    return both[:KEY_BYTES], both[KEY_BYTES:]
