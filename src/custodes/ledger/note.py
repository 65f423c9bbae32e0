"""Signed notes (c2sp.org/signed-note v1.0.0): verifier keys, parsing, signing, verifying.

A note is text that ends in a newline, an empty line, and signature lines. A line is known by name and
key ID together. Lines of unknown keys are kept and reported as not checked; a known key whose signature fails
spoils the whole note.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import TypeAlias

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from custodes.kernel.canonical import b64, unb64
from custodes.kernel.refusal import malformed, unauthenticated

ED25519 = 0x01
ED25519_COSIGNATURE = 0x04
MLDSA44_COSIGNATURE = 0x06
PUBLIC_BYTES = {ED25519: 32, ED25519_COSIGNATURE: 32, MLDSA44_COSIGNATURE: 1312}

NOTE_BYTES_MAX = 524_288
SIGNATURES_MAX = 100  # the specification asks for 16 at least; an ML-DSA-44 line has about 3,300 characters
NAME_BYTES_MAX = 255  # the u8 length of c2sp.org/tlog-cosignature
_DASH = "\u2014 "


class Vkey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A verifier key: `name+hex(key ID)+base64(type || public key)`."""

    name: str
    sig_type: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256(name || 0x0A || type || public key)."""
        return sha256(self.name.encode() + b"\n" + bytes([self.sig_type]) + self.public).digest()[:4]

    def text(self) -> str:
        """The vkey as one word."""
        return f"{self.name}+{self.key_id.hex()}+{b64(bytes([self.sig_type]) + self.public)}"

    @classmethod
    def parse(cls, text: str) -> "Vkey":
        """Strict inverse of `text` for the types 0x01, 0x04 and 0x06 (`bad-vkey`)."""
        name, _, rest = text.partition("+")
        key_id, _, encoded = rest.partition("+")
        try:
            raw = unb64(encoded)
        except ValueError as error:
            raise malformed("bad-vkey") from error
        if not raw or not is_name(name) or PUBLIC_BYTES.get(raw[0]) != len(raw) - 1:
            raise malformed("bad-vkey")
        vkey = cls(name=name, sig_type=raw[0], public=raw[1:])
        if vkey.key_id.hex() != key_id:
            raise malformed("bad-vkey")
        return vkey


class Signature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One signature line; `blob` is what follows the key ID."""

    name: str
    key_id: bytes
    blob: bytes

    def line(self) -> str:
        """The line without its newline."""
        return f"{_DASH}{self.name} {b64(self.key_id + self.blob)}"


class Note(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Text and its signatures. Nothing in it may be believed before `verify`."""

    text: str
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        """The note as it is published."""
        return f"{self.text}\n{''.join(one.line() + chr(10) for one in self.signatures)}".encode()

    def with_signatures(self, more: Iterable[Signature]) -> "Note":
        """The same text with further lines after the present ones, each line once."""
        return Note(text=self.text, signatures=tuple(dict.fromkeys((*self.signatures, *more))))


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of one signature line: checked (and good), or not checked because the key is not pinned.

    `cosigned_at` is POSIX seconds, None where the type has no time.
    """

    name: str
    key_id: str
    is_checked: bool
    sig_type: int | None = None
    cosigned_at: int | None = None


class Signed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The part of a signature blob that is a signature, over which message, at what time."""

    signature: bytes
    message: bytes
    at: int | None = None


Opener: TypeAlias = Callable[[Vkey, bytes, str], Signed]


class NoteSigner:
    """Signs text with an Ed25519 key under a name (type 0x01)."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.vkey = Vkey(
            name=checked_name(name), sig_type=ED25519, public=key.public_key().public_bytes_raw()
        )

    def sign(self, text: str) -> Signature:
        """One signature line over `text`."""
        return Signature(
            name=self.vkey.name, key_id=self.vkey.key_id, blob=self._key.sign(checked_text(text).encode())
        )


def sign(text: str, signers: Sequence[NoteSigner]) -> Note:
    """A note signed by all of `signers`."""
    return Note(text=checked_text(text), signatures=tuple(signer.sign(text) for signer in signers))


def parse(raw: bytes) -> Note:
    """Parse a note strictly (`bad-note`); nothing is verified."""
    if len(raw) > NOTE_BYTES_MAX:
        raise malformed("bad-note", reason="too-long")
    try:
        whole = raw.decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        raise malformed("bad-note", reason="not-utf-8") from error
    at = whole.rfind("\n\n")
    if at < 0 or not whole.endswith("\n") or not is_text(whole):
        raise malformed("bad-note", reason="form")
    lines = whole[at + 2 : -1].split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise malformed("bad-note", reason="too-many-signatures")
    return Note(text=whole[: at + 1], signatures=tuple(_parse_line(line) for line in lines))


def verify(note: Note, vkeys: Iterable[Vkey], opener: Opener | None = None) -> tuple[Line, ...]:
    """Check every line of a known key; at least one must be known.

    Codes: `bad-signature` (a known key's signature fails), `no-known-signature`, `ambiguous-key` (two pinned
    keys share name and key ID).
    """
    known: dict[tuple[str, bytes], Vkey] = {}
    for vkey in vkeys:
        if known.setdefault((vkey.name, vkey.key_id), vkey) != vkey:
            raise unauthenticated("ambiguous-key", name=vkey.name)
    opener = opener or _plain
    lines = []
    for one in note.signatures:
        found = known.get((one.name, one.key_id))
        if found is None:
            lines.append(Line(name=one.name, key_id=one.key_id.hex(), is_checked=False))
            continue
        signed = opener(found, one.blob, note.text)
        if not signature_holds(found, signed.signature, signed.message):
            raise unauthenticated("bad-signature", name=found.name)
        lines.append(
            Line(
                name=found.name,
                key_id=found.key_id.hex(),
                is_checked=True,
                sig_type=found.sig_type,
                cosigned_at=signed.at,
            )
        )
    if not any(line.is_checked for line in lines):
        raise unauthenticated("no-known-signature")
    return tuple(lines)


def signature_holds(vkey: Vkey, signature: bytes, message: bytes) -> bool:
    """Whether the key's bare signature over `message` is good; a key that is no key signs nothing."""
    try:
        if vkey.sig_type == MLDSA44_COSIGNATURE:
            MLDSA44PublicKey.from_public_bytes(vkey.public).verify(signature, message)
        else:
            Ed25519PublicKey.from_public_bytes(vkey.public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def is_name(name: str) -> bool:
    """A key name: not empty, no Unicode space, no plus, no control character, at most 255 bytes."""
    if not name or "+" in name or any(char.isspace() for char in name) or not is_text(name):
        return False
    return len(name.encode()) <= NAME_BYTES_MAX and "\n" not in name


def is_text(text: str) -> bool:
    """No ASCII control character but newline, and encodable as UTF-8."""
    try:
        text.encode("utf-8", "strict")
    except UnicodeEncodeError:
        return False
    return not any(char < " " and char != "\n" for char in text)


def checked_name(name: str) -> str:
    """The name, or `bad-name`."""
    if not is_name(name):
        raise malformed("bad-name")
    return name


def checked_text(text: str) -> str:
    """The text of a note, or `bad-note`."""
    if not text.endswith("\n") or not is_text(text):
        raise malformed("bad-note", reason="form")
    return text


def _parse_line(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not is_name(name):
        raise malformed("bad-note", reason="signature-line")
    try:
        raw = unb64(encoded)
    except ValueError as error:
        raise malformed("bad-note", reason="signature-line") from error
    if len(raw) < 5:
        raise malformed("bad-note", reason="signature-line")
    return Signature(name=name, key_id=raw[:4], blob=raw[4:])


def _plain(vkey: Vkey, blob: bytes, text: str) -> Signed:
    if vkey.sig_type != ED25519:
        raise unauthenticated("bad-signature", name=vkey.name)  # a cosigner signs checkpoints only
    return Signed(signature=blob, message=text.encode())
