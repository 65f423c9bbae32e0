"""Cosignatures (c2sp.org/tlog-cosignature): Ed25519 `cosignature/v1` (0x04) and ML-DSA-44 (0x06).

A cosignature says: as of this time, this is the largest consistent tree I have seen of this log. A log signs
its own checkpoints with type 0x01 and with type 0x06 under its origin as name.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from custodes.kernel.refusal import malformed, unauthenticated

from . import checkpoint as checkpoints
from . import note as notes
from .checkpoint import Checkpoint
from .note import (
    ED25519,
    ED25519_COSIGNATURE,
    MLDSA44_COSIGNATURE,
    Line,
    Note,
    NoteSigner,
    Signature,
    Signed,
    Vkey,
)

LABEL = b"subtree/v1\n\0"
TIME_BYTES = 8
TIME_MAX = 2**63 - 1


class CheckpointSigner(Protocol):
    """Whoever can put a line under a checkpoint at a time."""

    @property
    def vkey(self) -> Vkey:
        """The key that checks the lines."""
        ...

    def cosign(self, checkpoint: Checkpoint, at: datetime) -> Signature:
        """One signature line."""
        ...


class VerifiedCheckpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A checkpoint whose known signatures all hold, the log's own among them.

    `lines` also names the lines that were not checked.
    """

    checkpoint: Checkpoint
    lines: tuple[Line, ...]


class LogSigner:
    """The log's own Ed25519 line (type 0x01); its name is the origin."""

    def __init__(self, origin: str, key: Ed25519PrivateKey) -> None:
        self._signer = NoteSigner(origin, key)
        self.vkey = self._signer.vkey

    def cosign(self, checkpoint: Checkpoint, at: datetime) -> Signature:  # noqa: ARG002 - 0x01 has no time
        """One signature line; only under checkpoints of this origin (`wrong-origin`)."""
        if checkpoint.origin != self.vkey.name:
            raise malformed("wrong-origin")
        return self._signer.sign(checkpoint.text())


class Ed25519Cosigner:
    """A witness with an Ed25519 key (type 0x04). The form does not bind the name: one key, one witness."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        self._key = key
        public = key.public_key().public_bytes_raw()
        self.vkey = Vkey(name=notes.checked_name(name), sig_type=ED25519_COSIGNATURE, public=public)

    def cosign(self, checkpoint: Checkpoint, at: datetime) -> Signature:
        """One signature line."""
        time = posix(at)
        message = ed25519_message(checkpoint.text(), time)
        return _line(self.vkey, time, self._key.sign(message))


class MlDsa44Cosigner:
    """A log or witness with an ML-DSA-44 key (type 0x06)."""

    def __init__(self, name: str, key: MLDSA44PrivateKey) -> None:
        self._key = key
        public = key.public_key().public_bytes_raw()
        self.vkey = Vkey(name=notes.checked_name(name), sig_type=MLDSA44_COSIGNATURE, public=public)

    def cosign(self, checkpoint: Checkpoint, at: datetime) -> Signature:
        """One signature line."""
        time = posix(at)
        checkpoint.text()  # refuses what has no spelling
        return _line(self.vkey, time, self._key.sign(mldsa44_message(self.vkey.name, checkpoint, time)))


def publish(checkpoint: Checkpoint, signers: Sequence[CheckpointSigner], at: datetime) -> Note:
    """The checkpoint as a note, signed by all of `signers`."""
    lines = tuple(signer.cosign(checkpoint, at) for signer in signers)
    return Note(text=checkpoint.text(), signatures=lines)


def verify(raw: bytes, vkeys: Iterable[Vkey], origin: str) -> VerifiedCheckpoint:
    """A checkpoint of `origin`, signed by a pinned key of that name and by every other pinned key it names.

    Codes: `bad-note`, `bad-checkpoint`, `wrong-origin`, `bad-signature`, `no-known-signature`,
    `not-signed-by-log`, `ambiguous-key`.
    """
    note = notes.parse(raw)
    checkpoint = checkpoints.parse(note.text)
    if checkpoint.origin != origin:
        raise malformed("wrong-origin")
    lines = notes.verify(note, vkeys, message_of)
    own = {ED25519, MLDSA44_COSIGNATURE}
    if not any(line.is_checked and line.name == origin and line.sig_type in own for line in lines):
        raise unauthenticated("not-signed-by-log")
    return VerifiedCheckpoint(checkpoint=checkpoint, lines=lines)


def message_of(vkey: Vkey, blob: bytes, text: str) -> Signed:
    """What the three types sign when the note is a checkpoint (a `note.Opener`)."""
    if vkey.sig_type == ED25519:
        return Signed(signature=blob, message=text.encode())
    time = int.from_bytes(blob[:TIME_BYTES], "big")
    if len(blob) <= TIME_BYTES or time > TIME_MAX:
        raise unauthenticated("bad-signature", name=vkey.name)
    if vkey.sig_type == ED25519_COSIGNATURE:
        message = ed25519_message(text, time)
    else:
        message = mldsa44_message(vkey.name, checkpoints.parse(text), time)
    return Signed(signature=blob[TIME_BYTES:], message=message, at=time)


def ed25519_message(text: str, time: int) -> bytes:
    """Two header lines and the whole checkpoint text."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def mldsa44_message(name: str, checkpoint: Checkpoint, time: int) -> bytes:
    """The `cosigned_message` structure for the subtree from 0 to the checkpoint's size."""
    cosigner, origin = name.encode(), checkpoint.origin.encode()
    return b"".join(
        (
            LABEL,
            bytes([len(cosigner)]) + cosigner,
            time.to_bytes(8, "big"),
            bytes([len(origin)]) + origin,
            bytes(8),
            checkpoint.size.to_bytes(8, "big"),
            checkpoint.root,
        )
    )


def posix(at: datetime) -> int:
    """Whole seconds since the Epoch."""
    if at.tzinfo is None:
        raise ValueError("naive time")
    return int(at.timestamp())


def _line(vkey: Vkey, time: int, signature: bytes) -> Signature:
    return Signature(name=vkey.name, key_id=vkey.key_id, blob=time.to_bytes(TIME_BYTES, "big") + signature)
