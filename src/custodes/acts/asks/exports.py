"""Asks about exports: everything that opens a customer's objects, handed to the customer."""

import msgspec

from custodes.objects.export import DAYS_DEFAULT, VERSIONS_MAX

from .doors import Ask, Evidence


class BeginExport(Ask["ExportView"], frozen=True, tag="begin-export"):
    """-> `ExportView`. Two people of the customer sign `export_document`; nobody else has to agree.

    `buckets` are names, all of the customer's where empty; `recipient` an age recipient (`age1...`);
    `location` the id or name of a location inside the boundary where the export will lie.

    Refusals: `bad-export` (malformed); `no-such-customer`, `bucket-absent` (absent); `outside-boundary`,
    `asker-did-not-sign`, `signatures-too-few`, `signature-refused` and what policy says (denied).
    """

    evidence: Evidence
    customer: str
    recipient: str
    location: str
    reason: str
    buckets: tuple[str, ...] = ()
    days: int = DAYS_DEFAULT
    approvals: tuple[bytes, ...] = ()


class TakeExport(Ask["ExportSheet"], frozen=True, tag="take-export"):
    """-> `ExportSheet`: the next object versions of one bucket after `after`, which a sheet before gave.

    Refusals: `no-such-export` (absent); `export-ended`, `export-place-unknown` (conflict); what policy says
    (denied), and what locks the keys.
    """

    evidence: Evidence
    export: str
    bucket: str
    after: str = ""
    limit: int = VERSIONS_MAX


class EndExport(Ask["ExportView"], frozen=True, tag="end-export"):
    """-> `ExportView`: no further sheet is given. `no-such-export` (absent)."""

    evidence: Evidence
    export: str


class LookExports(Ask["ExportsView"], frozen=True, tag="look-exports"):
    """-> `ExportsView`: every export of a customer, newest first. `no-such-customer` (absent)."""

    evidence: Evidence
    customer: str


class ExportView(msgspec.Struct, frozen=True, kw_only=True, tag="export-view"):
    """One export; `state` is `open`, `lapsed` or `ended`."""

    id: str
    customer: str
    buckets: tuple[str, ...]
    recipient: str
    location: str
    reason: str
    begun_at: str
    lapses_at: str
    state: str


class ExportsView(msgspec.Struct, frozen=True, tag="exports-view"):
    """Exports of a customer."""

    exports: tuple[ExportView, ...]


class ExportSheet(msgspec.Struct, frozen=True, kw_only=True, tag="export-sheet"):
    """`sealed` is an age file of JSON lines (docs/formats/export.md); `after` is empty with the last sheet.

    `log` and `index` are the place of the entry that says that this sheet was given.
    """

    sealed: bytes
    count: int
    size_bytes: int
    after: str
    log: str
    index: int
