"""Asks about adopting a bucket that lies in plain somewhere: counted, sealed, removed there, or brought
back.
"""

import msgspec

from custodes.acts.asks.doors import Ask, Evidence
from custodes.acts.asks.objects import (
    Closed,
    Content,
    GetOpened,
    Piece,
    PutClosed,
    PutOpened,
    Store,
    Stored,
)
from custodes.kernel import canonical
from custodes.kernel.canonical import Plain
from custodes.objects.adoption import named

ITEMS_MAX = 1_000


class BeginAdoption(Ask["AdoptionView"], frozen=True, tag="begin-adoption"):
    """-> `AdoptionView`: what lies in the location `source` (id or name) is counted; nothing else is done.

    `is_export`: it is a restoration. In the source lie blobs of another installation; what they are is said
    by the sheets of an export, handed over by `HandSheet`, sealed to the answer's `recipient`.

    Refusals: `bucket-absent` (absent), `location-invalid`, `prefix-invalid` (malformed), `adoption-open`
    (conflict), what policy says.
    """

    evidence: Evidence
    bucket: str
    source: str
    prefix: str = ""
    is_export: bool = False


class MoveAdoption(Ask["AdoptionView"], frozen=True, tag="move-adoption"):
    """-> `AdoptionView`. `run`, `clear` and `back` are signed by one of the customer's own people.

    `recount` lists the source again; `run` seals what was found; `clear` removes from the source what was
    sealed, and is as it was counted; `back` writes what was removed there in plain again; `end` closes it.
    Refusals: `no-such-adoption` (absent), `unknown-verb` (malformed), `not-now` (conflict; fact `state`),
    what policy says.
    """

    evidence: Evidence
    adoption: str
    verb: str


class HandSheet(Ask["AdoptionView"], frozen=True, tag="hand-sheet"):
    """-> `AdoptionView`. One sheet of an export (docs/formats/export.md), sealed to the restoration's
    recipient. Handed again, it changes nothing but what failed, which is tried again.

    Refusals: `no-such-adoption` (absent), `bad-sheet` (malformed; fact `why`), `not-now`,
    `sheet-of-another-bucket`, `bucket-not-versioned` (conflict: it tells of several versions of a name), what
    policy says.
    """

    evidence: Evidence
    adoption: str
    sealed: bytes


class LookAdoptions(Ask["AdoptionsView"], frozen=True, tag="look-adoptions"):
    """-> `AdoptionsView`: every adoption of a bucket, newest first. `bucket-absent` (absent)."""

    evidence: Evidence
    bucket: str


class LookAdopted(Ask["AdoptedView"], frozen=True, tag="look-adopted"):
    """-> `AdoptedView`: a page of its objects by name behind `after`; `state` limits to one, if given."""

    evidence: Evidence
    adoption: str
    after: str = ""
    state: str = ""
    limit: int = ITEMS_MAX


class AdoptionView(msgspec.Struct, frozen=True, kw_only=True, tag="adoption"):
    """One adoption. `counts`: (state of objects, how many, plain bytes). `manifest` is a signed note over the
    SHA-256 of the manifest's lines (docs/formats/adoption.md), once everything found was taken in.
    """

    id: str
    bucket: str
    source: str
    prefix: str
    state: str
    begun_at: str
    counts: tuple[tuple[str, int, int], ...]
    manifest: str = ""
    generation: int = 0
    recipient: str = ""


class AdoptionsView(msgspec.Struct, frozen=True, tag="adoptions"):
    """Adoptions of a bucket."""

    adoptions: tuple[AdoptionView, ...]


class AdoptedItem(msgspec.Struct, frozen=True, kw_only=True):
    """One object: as it was found, and what became of it. `digest` is SHA-256 of its plain bytes, base64.

    Of a restoration: one version (`objects.adoption.named` tells its name and sequence), `etag` its id where
    it comes from, `sheet` the number of the sheet that opens it.
    """

    name: str
    size: int
    etag: str
    modified: str
    state: str = "found"
    version: str = ""
    digest: str = ""
    note: str = ""
    sheet: int = 0


class AdoptedView(msgspec.Struct, frozen=True, tag="adopted"):
    """A page of objects; `after` is empty with the last one."""

    items: tuple[AdoptedItem, ...]
    after: str


class TakeAdoption(Ask["AdoptionWork"], frozen=True, tag="take-adoption"):
    """-> `AdoptionWork`, which may be none. Asked by the process that reaches the stores. Objects that are
    handed out are handed out again when nothing is said of them for half a minute.
    """


class HoldItems(Ask[Closed], frozen=True, tag="hold-items"):
    """-> `Closed`. Still at these objects of a step that was handed out."""

    adoption: str
    names: tuple[str, ...]


class AdoptionWork(msgspec.Struct, frozen=True, kw_only=True, tag="adoption-work"):
    """`step`: `count` (list the source behind `after`), `seal`, `clear`, `return` or `restore` (each of
    `items`).
    """

    adoption: str = ""
    step: str = ""
    source: Store | None = None
    prefix: str = ""
    after: str = ""
    items: tuple[AdoptedItem, ...] = ()


class TakeItem(Ask[AdoptionWork], frozen=True, tag="take-item"):
    """-> `AdoptionWork` with this one object, because somebody reads it; without one if it is taken in
    already.
    """

    adoption: str
    name: str


class ItemsCounted(Ask[Closed], frozen=True, tag="items-counted"):
    """-> `Closed`. What lies in the source behind `after`; `is_end`: nothing behind these."""

    adoption: str
    after: str
    items: tuple[AdoptedItem, ...]
    is_end: bool


class OpenItem(Ask[PutOpened], frozen=True, tag="open-item"):
    """-> `PutOpened`, as for any write; `item-passed` (conflict) if the bucket has the name meanwhile."""

    adoption: str
    name: str


class CloseItem(Ask[PutClosed], frozen=True, kw_only=True, tag="close-item"):
    """-> `PutClosed`. As `ClosePut`, with what was read: its ETag there and SHA-256 of its plain bytes."""

    ticket: str
    outcome: str
    stored: Stored | None = None
    content: Content = Content()
    etag: str = ""
    digest: str = ""


class OpenRestored(Ask["RestoredOpened"], frozen=True, tag="open-restored"):
    """-> `RestoredOpened`: one version of a restoration; `item-passed` (conflict) if the bucket has the name
    otherwise, `item-waits` (conflict) while an older version of it is to come first.
    """

    adoption: str
    name: str


class RestoredOpened(msgspec.Struct, frozen=True, kw_only=True, tag="restored-opened"):
    """What to read, under the keys it was written with, and what to write. `put` is None where there is
    nothing to do: a delete marker was set.

    The pieces name no stores: all of them lie in the adoption's source.
    """

    put: PutOpened | None
    data_key: bytes = b""
    version: str = ""
    commitment: bytes = b""
    pieces: tuple[Piece, ...] = ()


class CloseRestored(Ask[PutClosed], frozen=True, kw_only=True, tag="close-restored"):
    """-> `PutClosed`. As `ClosePut`, with the SHA-256 of the plain bytes; what is told about the object is
    what its own manifest said.
    """

    ticket: str
    outcome: str
    stored: Stored | None = None
    digest: str = ""


class OpenReturn(Ask[GetOpened], frozen=True, tag="open-return"):
    """-> `GetOpened`: the content of one object that was removed from the source."""

    adoption: str
    name: str


class ItemDone(Ask[Closed], frozen=True, kw_only=True, tag="item-done"):
    """-> `Closed`. `state` is what became of an object: `gone`, `back`, `changed` or `failed`, with a
    `note`.
    """

    adoption: str
    name: str
    state: str
    note: str = ""


def line_of(item: AdoptedItem) -> bytes:
    """One line of a manifest (docs/formats/adoption.md), of an object that was taken in."""
    name, sequence = named(item.name)
    if sequence is None:
        whence: dict[str, Plain] = {"etag": item.etag, "modified": item.modified}
    else:
        whence = {"from_version": item.etag, "sequence": sequence, "written": item.modified}
    said: dict[str, Plain] = {
        "name": name,
        "size": item.size,
        "sha256": item.digest,
        "object_version": item.version,
        **whence,
    }
    return canonical.encode(said) + b"\n"
