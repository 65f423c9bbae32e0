"""Asks about inventories: what a bucket is to report, and how whoever reaches the stores writes it."""

import msgspec

from custodes.acts.asks.doors import Ask, Evidence
from custodes.acts.asks.objects import PutClosed, PutOpened, Stored
from custodes.objects.rules.inventory import Inventory, Line


class LookInventory(Ask["InventoryDocument"], frozen=True, tag="look-inventory"):
    """-> `InventoryDocument`: one configuration, or all of the bucket's (`id` None).

    `bucket-absent`, `inventory-absent` (absent), what policy says (`bucket:read`).
    """

    evidence: Evidence
    bucket: str
    id: str | None


class PutInventory(Ask["InventoryDocument"], frozen=True, tag="put-inventory"):
    """-> `InventoryDocument` of what stands now. The first report is due at once.

    Takes `bucket:configure` and `object:list` on the bucket, `object:write` on where the reports go, which
    must be a bucket of the same customer. Refusals: `xml-malformed`, `inventory-invalid`,
    `inventories-too-many`, `destination-unknown`, `operation-not-served` (malformed), `bucket-absent`
    (absent), what policy says.
    """

    evidence: Evidence
    bucket: str
    id: str
    body: bytes


class DropInventory(Ask["InventoryDocument"], frozen=True, tag="drop-inventory"):
    """-> `InventoryDocument` with no body. `inventory-absent` (absent)."""

    evidence: Evidence
    bucket: str
    id: str


class InventoryDocument(msgspec.Struct, frozen=True, tag="inventory-document"):
    """XML."""

    body: bytes


class TakeReport(Ask["ReportOpened"], frozen=True, tag="take-report"):
    """-> `ReportOpened`, which may be none. Asked by the process that reaches the stores."""


class ReportOpened(msgspec.Struct, frozen=True, kw_only=True, tag="report-opened"):
    """One file of a report, opened as any write. `body` is its content, or None for a data file: then its
    lines are asked for (`LookLines`) behind the place (`name`, `seq`), at most `lines_max` of them.
    """

    put: PutOpened | None = None
    rule: Inventory | None = None
    source: str = ""
    body: bytes | None = None
    name: str = ""
    seq: int = 0
    lines_max: int = 0


class LookLines(Ask["Lines"], frozen=True, tag="look-lines"):
    """-> `Lines`: the next of the report whose data file this ticket opened, behind a place.

    `ticket-unknown` (conflict), what stands still through a kill (locked), what policy says to whoever
    configured the report.
    """

    ticket: str
    name: str
    seq: int


class Lines(msgspec.Struct, frozen=True, tag="lines"):
    """A page of a report, and the place behind it; `is_end`: there is nothing behind."""

    lines: tuple[Line, ...]
    name: str
    seq: int
    is_end: bool


class CloseReport(Ask[PutClosed], frozen=True, kw_only=True, tag="close-report"):
    """-> `PutClosed`, as `ClosePut`; of a data file also where it ends and its MD5 (hex)."""

    ticket: str
    outcome: str
    stored: Stored | None = None
    name: str = ""
    seq: int = 0
    is_end: bool = False
    lines: int = 0
    md5: str = ""


class InventoryView(msgspec.Struct, frozen=True, kw_only=True):
    """One inventory as people see it: where its reports go, how the last went. `problem` is the code of why
    none is written now.
    """

    id: str
    is_enabled: bool
    destination: str
    destination_prefix: str
    frequency: str
    prefix: str
    reported_at: str = ""
    lines: int = 0
    is_running: bool = False
    problem: str = ""
