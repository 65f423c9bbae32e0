"""The manifest of one object version: which parts it has, and what is told about it (docs/formats/object.md).

Canonical JSON, wrapped with wrap v1 (purpose `manifest`) under a key derived from the data key, so whoever
has the data key can check the list of parts, and nobody else can change, cut or reorder it.
"""

from collections.abc import Mapping

import msgspec

from custodes.kernel import canonical
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Kind, Refusal, malformed

from .envelope import HEADER_BYTES, associated, cipher_length, demand_commitment
from .wrap import KEY_BYTES, OVERHEAD_BYTES, Context, Purpose, hkdf_sha512, unwrap, wrap

FORMAT = "custodes/manifest/v1"
KEY_LABEL = b"custodes/object/manifest/v1"
METADATA_LABEL = b"custodes/object/metadata/v1"
PARTS_MAX = 10_000

# As `canonical.encode` for what `_is_plain`: of the types a manifest is made of, sorted is all there is.
_encode = msgspec.json.Encoder(order="sorted").encode
MANIFEST_BYTES_MAX = 4 * 1_048_576


class Origin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Under which ids the parts were written: a copy inside one customer keeps the parts it copies."""

    bucket: str
    object_version: str


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One part: `number` as the writer gave it, `blob` the id of the attempt and of its place in the store.

    `header` is the stream's, so that a range needs no second read; `checksums` map an algorithm's name to
    base64, of this part's plain bytes. The stream holds `padding_bytes` more behind the plain ones: they hide
    the length from the store and are never given out.
    """

    number: int
    blob: str
    plain_bytes: int
    padding_bytes: int = 0
    cipher_bytes: int
    header: bytes
    checksums: Mapping[str, str] = {}

    @property
    def stream_bytes(self) -> int:
        """What the stream holds: plain bytes and padding."""
        return self.plain_bytes + self.padding_bytes


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an object version is. `written_at` is the kernel's text; key and version as at writing.

    `headers` are the stored HTTP headers by lower-case name (content-encoding ...), `metadata` the user's
    own by lower-case name without the protocol's prefix.
    """

    format: str = FORMAT
    house: str
    customer: str
    object_version: str
    origin: Origin
    parts: tuple[Part, ...]
    content_type: str
    headers: Mapping[str, str] = {}
    metadata: Mapping[str, str] = {}
    etag: str
    checksums: Mapping[str, str] = {}
    checksum_type: str = ""  # "", "FULL_OBJECT" or "COMPOSITE": what `checksums` are of
    commitment: bytes
    location: str
    key: str
    key_version: int
    written_at: str

    @property
    def plain_bytes(self) -> int:
        """Length of the object."""
        return sum(part.plain_bytes for part in self.parts)

    def associated(self, part: Part) -> bytes:
        """What the stream of this part is bound to."""
        return associated(
            house=self.house,
            customer=self.customer,
            bucket=self.origin.bucket,
            object_version=self.origin.object_version,
            part=part.number,
            attempt=part.blob,
        )


def wrap_manifest(data_key: bytes, manifest: Manifest, dice: Dice) -> bytes:
    """Wrap; `manifest-mismatch` (broken) when it contradicts itself or names another data key.

    `manifest-too-long` (malformed) above PARTS_MAX parts or MANIFEST_BYTES_MAX.
    """
    _demand_sound(manifest)
    demand_commitment(data_key, manifest.object_version, manifest.commitment)
    plain = _encode(manifest) if _is_plain(manifest) else canonical.encode(msgspec.to_builtins(manifest))
    if len(manifest.parts) > PARTS_MAX or len(plain) > MANIFEST_BYTES_MAX:
        raise malformed("manifest-too-long", parts_max=PARTS_MAX, bytes_max=MANIFEST_BYTES_MAX)
    context = _context(manifest.house, manifest.customer, manifest.object_version)
    return wrap(_manifest_key(data_key, manifest.object_version), context, plain, dice)


def open_manifest(data_key: bytes, ids: tuple[str, str, str], wrapped: bytes) -> Manifest:
    """Open the manifest of `ids` = (house, customer, object version) and check its commitment.

    `wrap-mismatch`, `commitment-mismatch`, `manifest-mismatch` (all broken).
    """
    if len(wrapped) > MANIFEST_BYTES_MAX + OVERHEAD_BYTES:
        raise _mismatch()
    plain = unwrap(_manifest_key(data_key, ids[2]), _context(*ids), wrapped)
    try:
        manifest = msgspec.json.decode(plain, type=Manifest)
        is_same = _is_plain(manifest) and _encode(manifest) == plain  # no second spelling
    except (ValueError, TypeError, msgspec.MsgspecError):
        raise _mismatch() from None
    if not is_same or (manifest.house, manifest.customer, manifest.object_version) != ids:
        raise _mismatch()
    demand_commitment(data_key, manifest.object_version, manifest.commitment)
    _demand_sound(manifest)
    return manifest


def wrap_metadata(data_key: bytes, ids: tuple[str, str, str], plain: bytes, dice: Dice) -> bytes:
    """Wrap what a client says about an object before it has a manifest (a multipart upload).

    `ids` = (house, customer, object version); the key is a child of the data key, apart from the manifest's.
    """
    return wrap(_metadata_key(data_key, ids[2]), _context(*ids, Purpose.METADATA), plain, dice)


def open_metadata(data_key: bytes, ids: tuple[str, str, str], wrapped: bytes) -> bytes:
    """Inverse of `wrap_metadata`; `wrap-mismatch` (broken)."""
    return unwrap(_metadata_key(data_key, ids[2]), _context(*ids, Purpose.METADATA), wrapped)


def cover(manifest: Manifest, first_byte: int, last_byte: int) -> tuple[tuple[Part, int, int], ...]:
    """The parts that hold bytes first to last of the object, both inclusive, in order.

    Each with the first and last byte wanted of it, as `envelope.segment_range` takes them; parts
    without bytes are left out. ValueError for a range outside the object.
    """
    if not 0 <= first_byte <= last_byte < manifest.plain_bytes:
        raise ValueError("not a range of this object")
    found, begins = [], 0
    for part in manifest.parts:
        ends = begins + part.plain_bytes
        if begins <= last_byte and first_byte < ends:
            found.append((part, max(first_byte - begins, 0), min(last_byte, ends - 1) - begins))
        begins = ends
    return tuple(found)


def _demand_sound(manifest: Manifest) -> None:
    if manifest.format != FORMAT or not manifest.parts:
        raise _mismatch()
    before = 0
    for part in manifest.parts:
        if part.number <= before or not _is_sound(part):
            raise _mismatch()
        before = part.number
    if len({part.blob for part in manifest.parts}) != len(manifest.parts):
        raise _mismatch()


def _is_plain(manifest: Manifest) -> bool:
    """Within what the canonical encoding can say: member names in ASCII, numbers of at most 53 bits."""
    maps = (
        manifest.headers,
        manifest.metadata,
        manifest.checksums,
        *(part.checksums for part in manifest.parts),
    )
    largest = max((max(part.number, part.stream_bytes) for part in manifest.parts), default=0)
    is_ascii = all(name.isascii() for one in maps for name in one)
    return is_ascii and max(largest, manifest.key_version) <= canonical.INT_MAX


def _is_sound(part: Part) -> bool:
    return (
        part.plain_bytes >= 0
        and part.padding_bytes >= 0
        and part.cipher_bytes == cipher_length(part.stream_bytes)
        and len(part.header) == HEADER_BYTES
    )


def _manifest_key(data_key: bytes, object_version: str) -> bytes:
    return hkdf_sha512(data_key, object_version.encode(), KEY_LABEL)[:KEY_BYTES]


def _metadata_key(data_key: bytes, object_version: str) -> bytes:
    return hkdf_sha512(data_key, object_version.encode(), METADATA_LABEL)[:KEY_BYTES]


def _context(house: str, customer: str, object_version: str, purpose: Purpose = Purpose.MANIFEST) -> Context:
    return Context(house=house, customer=customer, key="", version=0, purpose=purpose, subject=object_version)


def _mismatch() -> Refusal:
    return Refusal("manifest-mismatch", Kind.BROKEN)
