"""An upload on its way: its rows read, its key checked, and what its entries say."""

import msgspec

from custodes.acts.footing.decisions import Decided
from custodes.acts.footing.identities import Identified
from custodes.acts.objects.ground import Ground, Stand, record, together
from custodes.acts.objects.rules.wishing import Wished
from custodes.acts.objects.tickets import Admitted
from custodes.acts.records import Record
from custodes.acts.writing.object_rows import PartRow, UploadRow
from custodes.acts.writing.ports import Reads
from custodes.custody.hierarchy import Page
from custodes.custody.keys import Key
from custodes.custody.manifest import Part
from custodes.custody.materials.kinds import Use
from custodes.kernel import canonical
from custodes.kernel.ids import is_id
from custodes.kernel.refusal import Kind, Refusal, absent
from custodes.objects.checksums import Algorithm, Coverage
from custodes.objects.etags import etag_for, etag_of_part
from custodes.objects.rules.acl import Acl
from custodes.objects.rules.locks import Retention
from custodes.objects.rules.tags import Tags

OPEN, COMPLETED, ABORTED = "open", "completed", "aborted"


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An upload's canonical body: where its parts go, what checksum its object gets, how it was completed."""

    locations: tuple[str, ...]
    algorithm: Algorithm
    coverage: Coverage
    mark: str = ""
    etag: str = ""
    at: str = ""
    act: str = ""
    is_null: bool = False
    checksum: str = ""
    tags: Tags = ()
    retention: Retention | None = None
    is_held: bool | None = None
    sse: str = ""
    sse_key: str = ""
    mark_of_key: str = ""
    acl: Acl = ()
    owner: str = ""


def part_etag(upload: str, part: Part, algorithm: Algorithm) -> str:
    """A part's ETag: the same for the same content sent again in this upload."""
    checksum = part.checksums.get(algorithm.value)
    if checksum is None:
        return etag_for(part.blob)
    return etag_of_part(upload, part.number, part.plain_bytes, f"{algorithm.value}:{checksum}")


class Kept(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part's canonical body."""

    part: Part
    at: str
    check: bytes


class Going(msgspec.Struct, frozen=True, kw_only=True):
    """An open upload with its plan and the page and key its data key lies under."""

    stand: Stand
    row: UploadRow
    plan: Plan
    page: Page
    key: Key


async def going(ground: Ground, stand: Stand, name: str, upload: str) -> Going:
    """An open upload of this bucket and name; `upload-absent` (absent). Its key must be usable."""
    o = ground.o
    row, page = await o.read(lambda r: _look(r, o.house, upload))
    if row is None or row.state != OPEN or not is_of(row, stand, name):
        raise absent("upload-absent")
    key = o.standing.get("key", page.scope.key, Key) if page is not None else None
    if page is None or key is None or page.scope.customer != stand.customer.id:
        raise Refusal("page-lost", Kind.BROKEN)
    ground.usable(key, Use.UNWRAP, page.key_version)
    plan = msgspec.json.decode(row.body, type=Plan)
    return Going(stand=stand, row=row, plan=plan, page=page, key=key)


def data_key(ground: Ground, upload: Going) -> bytes:
    """The upload's data key; its use must be in the log."""
    row = upload.row
    return ground.pages.unwrap(upload.stand.customer, upload.key, upload.page, row.version, row.wrapped)


def wished(plan: Plan) -> Wished:
    """What the upload was opened with."""
    return Wished(
        tags=plan.tags,
        retention=plan.retention,
        is_held=plan.is_held,
        sse=plan.sse,
        sse_key=plan.sse_key,
        mark=plan.mark_of_key,
        by_parts=True,
        acl=plan.acl,
        owner=plan.owner,
    )


def said(
    ground: Ground,
    who: Identified,
    upload: Going,
    decided: Decided,
    what: tuple[str, str, int, Admitted | None],
) -> Record:
    """An entry about an upload: `what` is (act, phase, bytes, the admission it closes)."""
    act, phase, size, at = what
    return record(
        act,
        who,
        upload.stand,
        decided,
        subject=upload.row.version,
        name=upload.row.name,
        phase=phase,
        admission=[at.log, at.index] if at else None,
        outcome="complete" if at else None,
        key=upload.key.id,
        key_version=upload.page.key_version,
        object_version=upload.row.version,
        bytes=size,
        location=together(upload.plan.locations),
        standing_seq=ground.o.standing.seq,
    )


def is_of(row: UploadRow, stand: Stand, name: str) -> bool:
    """Whether this upload is one of this bucket and name."""
    return row.bucket == stand.bucket.id and row.name == name


def encoded(value: msgspec.Struct) -> bytes:
    """The canonical body of a row."""
    return canonical.encode(msgspec.to_builtins(value))


def kept(row: PartRow) -> Kept:
    """A part's body."""
    return msgspec.json.decode(row.body, type=Kept)


def _look(reads: Reads, house: str, upload: str) -> tuple[UploadRow | None, Page | None]:
    row = reads.objects.upload(upload) if is_id("upl", upload) else None
    return row, reads.page(house, row.page) if row is not None else None
