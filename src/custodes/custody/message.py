"""Message tokens: what `POST /v1/keys/{id}/wrap` gives out and `/unwrap` takes back.

    0x01 | key version, unsigned 32 bits big-endian | wrap v1 under that version's material

The wrap's purpose is `external` and its subject the SHA-256, in lower-case hex, of the context bytes the
caller gave. A token opens only with the same house, customer, key, version and context.
"""

import hashlib

import msgspec

from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Refusal, malformed

from .hierarchy import Scope
from .wrap import OVERHEAD_BYTES, Context, Purpose, unwrap, wrap

TOKEN_VERSION = b"\x01"
MESSAGE_BYTES_MAX = 4_096
CONTEXT_BYTES_MAX = 8_192
HEAD_BYTES = 5
TOKEN_BYTES_MAX = HEAD_BYTES + OVERHEAD_BYTES + MESSAGE_BYTES_MAX


class Material(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The material of one key version in the clear, and whose it is."""

    scope: Scope
    version: int
    secret: bytes

    def __repr__(self) -> str:
        return f"Material(version={self.version}, ...)"


def wrap_message(material: Material, context: bytes, message: bytes, dice: Dice) -> bytes:
    """Make a token; `message-too-long`, `context-too-long` (malformed)."""
    if len(message) > MESSAGE_BYTES_MAX:
        raise malformed("message-too-long", bytes_max=MESSAGE_BYTES_MAX)
    where = _context(material, context)
    return b"".join(
        (TOKEN_VERSION, material.version.to_bytes(4, "big"), wrap(material.secret, where, message, dice))
    )


def version_of(token: bytes) -> int:
    """The key version a token names; `token-mismatch` (malformed) when it is no token."""
    if not HEAD_BYTES + OVERHEAD_BYTES <= len(token) <= TOKEN_BYTES_MAX or token[:1] != TOKEN_VERSION:
        raise malformed("token-mismatch")
    return int.from_bytes(token[1:HEAD_BYTES], "big")


def unwrap_message(material: Material, context: bytes, token: bytes) -> bytes:
    """Open a token; `token-mismatch` (malformed) for a wrong key, version, context or byte."""
    if version_of(token) != material.version:
        raise malformed("token-mismatch")
    where = _context(material, context)
    try:
        return unwrap(material.secret, where, token[HEAD_BYTES:])
    except Refusal:
        raise malformed("token-mismatch") from None


def _context(material: Material, context: bytes) -> Context:
    if len(context) > CONTEXT_BYTES_MAX:
        raise malformed("context-too-long", bytes_max=CONTEXT_BYTES_MAX)
    return Context(
        house=material.scope.house,
        customer=material.scope.customer,
        key=material.scope.key,
        version=material.version,
        purpose=Purpose.EXTERNAL,
        subject=hashlib.sha256(context).hexdigest(),
    )
