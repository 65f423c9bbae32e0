"""One object sealed by its owner: head, stream, tail. Format: docs/formats/client-object.md.

The stream and the manifest are those of the gateway's objects; what differs is who held the data key. Head
and tail have fixed lengths, so that the plain size follows from the stored one and a listing reads nothing.
"""

import msgspec

from custodes.custody import envelope, manifest
from custodes.custody.wrap import hkdf_sha512
from custodes.kernel import canonical
from custodes.kernel.dice import Dice
from custodes.kernel.ids import is_id
from custodes.kernel.refusal import Kind, Refusal, malformed

FORMAT = "custodes/client-object/v1"
KEY_LABEL = b"custodes/client-key/v1"
MAGIC = b"custodes-client/v1\n"
HEAD_BYTES, TAIL_BYTES = 1_024, 4_096
KEY_BYTES = 32
NAME_BYTES_MAX = 1_024
_LENGTH_BYTES = 2
_BUCKET, _BLOB = "client", "client"
_OVERHEAD = HEAD_BYTES + TAIL_BYTES


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in the open: whose key opens it, and what that key has to be asked with.

    `token` is what wrapping the secret gave; `is_split` when the owner's own secret is needed besides.
    """

    format: str = FORMAT
    house: str
    customer: str
    key: str
    object_version: str
    token: bytes
    is_split: bool

    def context(self) -> bytes:
        """What the key use is bound to."""
        return context(self.object_version)


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an object when its stream is over: `at` as in `kernel.clock`."""

    header: bytes
    plain_bytes: int
    name: str
    at: str


def context(object_version: str) -> bytes:
    """The context of wrapping and unwrapping one object's secret."""
    return canonical.encode({"format": FORMAT, "object_version": object_version})


def data_key(secret: bytes, own: bytes | None, object_version: str) -> bytes:
    """The data key: the secret itself, or one that takes the owner's own secret too (32 bytes each)."""
    if len(secret) != KEY_BYTES or (own is not None and len(own) != KEY_BYTES):
        raise _broken("secret-mismatch")
    if own is None:
        return secret
    return hkdf_sha512(secret + own, object_version.encode(), KEY_LABEL)[:KEY_BYTES]


def plain_size(stored_bytes: int) -> int:
    """Plain bytes of an object that takes so many in its store; `client-object-mismatch` (broken)."""
    try:
        return envelope.plain_length(stored_bytes - _OVERHEAD)
    except Refusal as refusal:
        raise _broken("client-object-mismatch") from refusal


def write_head(head: Head) -> bytes:
    """HEAD_BYTES."""
    return _fixed(MAGIC, canonical.encode(msgspec.to_builtins(head)), HEAD_BYTES)


def read_head(raw: bytes) -> Head:
    """`client-object-mismatch` (broken) for anything else."""
    body = _unfixed(MAGIC, raw, HEAD_BYTES)
    try:
        head = msgspec.json.decode(body, type=Head)
    except msgspec.MsgspecError as error:
        raise _broken("client-object-mismatch") from error
    if head.format != FORMAT or canonical.encode(msgspec.to_builtins(head)) != body:
        raise _broken("client-object-mismatch")
    if not is_id("ver", head.object_version) or not is_id("key", head.key):
        raise _broken("client-object-mismatch")
    return head


def bound(head: Head) -> bytes:
    """What the stream is bound to."""
    return envelope.associated(
        house=head.house,
        customer=head.customer,
        bucket=_BUCKET,
        object_version=head.object_version,
        part=1,
        attempt=_BLOB,
    )


def write_tail(head: Head, key: bytes, ended: Ended, dice: Dice) -> bytes:
    """TAIL_BYTES: the manifest. `name-too-long` (malformed)."""
    if len(ended.name.encode()) > NAME_BYTES_MAX:
        raise malformed("name-too-long", bytes_max=NAME_BYTES_MAX)
    made = manifest.Manifest(
        house=head.house,
        customer=head.customer,
        object_version=head.object_version,
        origin=manifest.Origin(bucket=_BUCKET, object_version=head.object_version),
        parts=(
            manifest.Part(
                number=1,
                blob=_BLOB,
                plain_bytes=ended.plain_bytes,
                cipher_bytes=envelope.cipher_length(ended.plain_bytes),
                header=ended.header,
            ),
        ),
        content_type="application/octet-stream",
        metadata={"name": ended.name},
        etag="",
        commitment=envelope.commitment(key, head.object_version),
        location="",
        key=head.key,
        key_version=0,
        written_at=ended.at,
    )
    return _fixed(b"", manifest.wrap_manifest(key, made, dice), TAIL_BYTES)


def read_tail(head: Head, key: bytes, raw: bytes, stored_bytes: int, name: str) -> manifest.Part:
    """The object's one part, of an object of this name and length in its store.

    `client-object-mismatch` (broken), also for an object that was written under another name.
    """
    try:
        ids = (head.house, head.customer, head.object_version)
        made = manifest.open_manifest(key, ids, _unfixed(b"", raw, TAIL_BYTES))
    except Refusal as refusal:
        raise _broken("client-object-mismatch") from refusal
    part = made.parts[0]
    is_sound = len(made.parts) == 1 and part.number == 1 and part.blob == _BLOB
    if not is_sound or part.cipher_bytes != stored_bytes - _OVERHEAD or made.metadata.get("name") != name:
        raise _broken("client-object-mismatch")
    return part


def _fixed(magic: bytes, body: bytes, length_bytes: int) -> bytes:
    raw = magic + len(body).to_bytes(_LENGTH_BYTES, "big") + body
    if len(raw) > length_bytes:
        raise malformed("client-object-too-long")
    return raw.ljust(length_bytes, b"\0")


def _unfixed(magic: bytes, raw: bytes, length_bytes: int) -> bytes:
    if len(raw) != length_bytes or not raw.startswith(magic):
        raise _broken("client-object-mismatch")
    at = len(magic) + _LENGTH_BYTES
    end = at + int.from_bytes(raw[len(magic) : at], "big")
    if end > length_bytes or raw[end:].strip(b"\0"):
        raise _broken("client-object-mismatch")
    return raw[at:end]


def _broken(code: str) -> Refusal:
    return Refusal(code, Kind.BROKEN)
