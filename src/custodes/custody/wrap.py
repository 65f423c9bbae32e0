"""Wrap v1: one secret under one key, bound to the place it belongs to (docs/formats/wrap.md).

    0x01 | salt 32 | commit 32 | AES-256-GCM(k, nonce = 12 zero bytes, secret) | tag 16
    k32 | commit32 = HKDF-SHA-512(ikm = kek, salt = salt, info = canonical(context), length = 64)

HKDF is RFC 5869, AES-GCM is NIST SP 800-38D, canonical JSON is RFC 8785 as narrowed in the kernel.
The salt is drawn for every wrap, so k encrypts exactly one message and the nonce may stand still: there
is no limit on the number of wraps under one kek. The commit makes the wrap key-committing and is
compared first. A wrap opens only under the context it was made with, so it cannot be moved to another
row, customer, purpose or version.
"""

import hmac
from collections.abc import Callable
from enum import StrEnum

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from custodes.kernel import canonical
from custodes.kernel.dice import Dice
from custodes.kernel.mac import hmac_sha512
from custodes.kernel.refusal import Kind, Refusal

LABEL = "custodes/wrap/v1"
VERSION = b"\x01"
KEY_BYTES = 32
SALT_BYTES = 32
COMMIT_BYTES = 32
TAG_BYTES = 16
OVERHEAD_BYTES = 1 + SALT_BYTES + COMMIT_BYTES + TAG_BYTES

_COMMIT_AT = 1 + SALT_BYTES
_CIPHER_AT = _COMMIT_AT + COMMIT_BYTES
_NONCE = bytes(12)

Derive = Callable[[bytes], tuple[bytes, bytes]]  # salt -> (key, commitment), 32 bytes each
_encode = msgspec.json.Encoder(order="sorted").encode
_ONE_BLOCK = b"\x01"  # 64 bytes are exactly one block of HKDF-SHA-512


class Purpose(StrEnum):
    """What a wrapped secret is for; closed, because a wrap opens only under its own purpose."""

    HOLDER_ROOT = "holder-root"  # a passphrase's kek wraps the root in a holder file
    HOUSE_KEY = "house-key"  # holder root wraps a key of the house
    CUSTOMER_ROOT = "customer-root"  # holder root wraps a customer's root
    KEY_VERSION = "key-version"  # customer root wraps the material of one version of a key
    SHRED = "shred"  # customer root wraps the customer's shred key
    PAGE = "page"  # page kek wraps a page key
    OBJECT = "object"  # page key wraps the data key of one object version
    RECORD = "record"  # page key wraps the key of one ledger record's lasting fields
    RECORD_PERSON = "record-person"  # page key wraps the key of one ledger record's person fields
    MANIFEST = "manifest"  # manifest key wraps a manifest
    METADATA = "metadata"  # data key's child wraps user metadata kept outside a manifest
    NAME = "name"  # page key's child wraps an object's name
    CREDENTIAL = "credential"  # the house's credential key wraps a caller's symmetric secret
    SESSION = "session"  # the house's session key wraps what a session must carry
    LOG_KEY = "log-key"  # logkeeper's holder wraps a signing key of the log
    SLOT = "slot"  # logkeeper's holder wraps the key that places customers in slots
    PRESERVATION = "preservation"  # preservation key wraps a data key a second time
    BACKUP = "backup"  # holder root wraps a backup generation key
    EXTERNAL = "external"  # key version material wraps a caller's own bytes
    GRANT = "grant"  # a key wrapped for the length of one grant
    FILE_KEY = "file-key"  # a passphrase's kek wraps a person's or organisation's signing key in its file
    VEIL = "veil"  # a veil's opening, and the seal auditors' shares of the key it lies under
    SHARE = "share"  # a share of a split key, at rest
    LEAVES = "leaves"  # the logkeeper's stream key wraps an epoch's leaves (ledger.loss.stream)
    FOLD = "fold"  # page key wraps counts made of a customer's entries
    PRIVATE_KEY = "private-key"  # key version material wraps the private half of an asymmetric key version


PURPOSES = frozenset(purpose.value for purpose in Purpose)


class Context(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a wrapped secret belongs. Every field is bound; what does not apply is "" or 0.

    `version` counts what the purpose says it counts (table in docs/formats/wrap.md): the key's version,
    the shred key's or the page key's generation.
    """

    house: str
    customer: str
    key: str
    version: int
    purpose: Purpose
    subject: str

    def canonical(self) -> bytes:
        """The bytes bound into the wrap; ValueError for a purpose outside the table."""
        if self.purpose not in PURPOSES:
            raise ValueError("unknown purpose")
        if not 0 <= self.version <= canonical.INT_MAX:
            raise ValueError("a version counts from 0, within 53 bits")
        return _encode(  # as canonical.encode would: the types are known, so the walk over them is spared
            {
                "customer": self.customer,
                "house": self.house,
                "key": self.key,
                "label": LABEL,
                "purpose": self.purpose,
                "subject": self.subject,
                "version": self.version,
            }
        )


def wrap(kek: bytes, context: Context, plaintext: bytes, dice: Dice) -> bytes:
    """Wrap `plaintext` (any length) under a 32-byte kek; the result is OVERHEAD_BYTES longer."""
    return wrap_in(kek, context.canonical(), plaintext, dice)


def unwrap(kek: bytes, context: Context, wrapped: bytes) -> bytes:
    """Open a wrap. `wrap-mismatch` (broken) for every failure: it never tells which part failed."""
    return unwrap_in(kek, context.canonical(), wrapped)


def wrap_in(kek: bytes, bound: bytes, plaintext: bytes, dice: Dice) -> bytes:
    """`wrap` where a context's canonical bytes are at hand: many messages of a batch have the same."""
    return sealed(VERSION, lambda salt: _derive(kek, salt, bound), plaintext, dice)


def unwrap_in(kek: bytes, bound: bytes, wrapped: bytes) -> bytes:
    """`unwrap` where a context's canonical bytes are at hand."""
    return opened(VERSION, lambda salt: _derive(kek, salt, bound), wrapped)


def sealed(version: bytes, derive: Derive, plaintext: bytes, dice: Dice) -> bytes:
    """A wrap of a version that differs in nothing but how key and commitment come from the salt."""
    salt = dice.draw(SALT_BYTES)
    if len(salt) != SALT_BYTES:
        raise ValueError("short draw")
    key, commit = derive(salt)
    return b"".join((version, salt, commit, AESGCM(key).encrypt(_NONCE, plaintext, None)))


def opened(version: bytes, derive: Derive, wrapped: bytes) -> bytes:
    """Inverse of `sealed`: the commitment is compared first. `wrap-mismatch` (broken)."""
    if len(wrapped) < OVERHEAD_BYTES or wrapped[:1] != version:
        raise _mismatch()
    key, commit = derive(wrapped[1:_COMMIT_AT])
    if not hmac.compare_digest(commit, wrapped[_COMMIT_AT:_CIPHER_AT]):
        raise _mismatch()
    try:
        return AESGCM(key).decrypt(_NONCE, wrapped[_CIPHER_AT:], None)
    except InvalidTag:
        raise _mismatch() from None


def hkdf_sha512(ikm: bytes, salt: bytes, info: bytes) -> bytes:
    """HKDF-SHA-512 (RFC 5869), one block: 64 bytes. Take 32 of them where one key is wanted."""
    return hmac_sha512(hmac_sha512(salt, ikm), info + _ONE_BLOCK)


def _derive(kek: bytes, salt: bytes, bound: bytes) -> tuple[bytes, bytes]:
    if len(kek) != KEY_BYTES:
        raise ValueError("a kek has 32 bytes")
    both = hkdf_sha512(kek, salt, bound)
    return both[:KEY_BYTES], both[KEY_BYTES:]


def _mismatch() -> Refusal:
    return Refusal("wrap-mismatch", Kind.BROKEN)
