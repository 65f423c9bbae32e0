"""Asks about the log: entries opened to the asker, receipts, and what the logkeeper needs."""

import msgspec

from .doors import Ask, Evidence


class LookEntries(Ask["Entries"], frozen=True, tag="look-entries"):
    """-> `Entries`. `subject` narrows to one object version, key, case or credential; `until` is a time.

    Newest first, below the place `before`; with `after`, oldest first from that place on. A place is what
    `Entries` gave as one, or `<machine>.<exceptional>`: how many entries of each sub-log lie before it.
    `hides_persons` leaves out what erasure could not reach where it goes. Refused `bad-place`, `bad-limit`.
    """

    evidence: Evidence
    customer: str
    kind: str | None = None
    subject: str | None = None
    act: str | None = None
    before: str | None = None
    after: str | None = None
    until: str | None = None
    limit: int = 50
    hides_persons: bool = False


class EntryView(msgspec.Struct, frozen=True):
    """One opened entry. `erased` names the fields that were erased; the leaf still verifies."""

    log: str
    kind: str
    index: int
    at: str
    act: str
    leaf: bytes
    fields: dict[str, object]
    erased: tuple[str, ...]


class DestroyedView(msgspec.Struct, frozen=True):
    """Entries [first, end) of a log: their term was over, and what they said was destroyed at `at`.

    Entry `by` of the exceptional sub-log says so and was proven; leaves, tiles and proofs are as before. They
    were of one class, kept for `days`, and older than `until`.
    """

    log: str
    kind: str
    first: int
    end: int
    entry_class: str
    days: int
    at: str
    until: str
    by: int


class Entries(msgspec.Struct, frozen=True, tag="entries"):
    """A page of entries with the size of both sub-logs when it was read.

    Newest first, `next_before` is None when nothing is left; a page may be short of its limit and not the
    last. Oldest first, `next_after` is where to go on, now or once more entries are there. `destroyed` says
    what of the stretch this page covers was destroyed under retention.
    """

    entries: tuple[EntryView, ...]
    sizes: dict[str, int]
    next_before: str | None = None
    next_after: str | None = None
    destroyed: tuple[DestroyedView, ...] = ()


class MakeReceipt(Ask["ReceiptFile"], frozen=True, tag="make-receipt"):
    """-> `ReceiptFile`. `grade`: `sequenced` or `witnessed`.

    Refused `not-yet-witnessed` until an epoch holds the entry.
    """

    evidence: Evidence
    log: str
    index: int
    grade: str = "witnessed"
    disclose: tuple[str, ...] | None = None


class ReceiptFile(msgspec.Struct, frozen=True, tag="receipt"):
    """The receipt document as a file (docs/formats/receipt.md)."""

    document: bytes


class SubLogTile(Ask["Tile"], frozen=True, tag="sub-log-tile"):
    """-> `Tile`: one tile or entry bundle of the asker's own sub-log, by its tlog-tiles path."""

    evidence: Evidence
    log: str
    path: str


class Tile(msgspec.Struct, frozen=True, tag="tile"):
    """Bytes as tlog-tiles serves them."""

    body: bytes


class Heads(Ask["HeadList"], frozen=True, tag="heads"):
    """-> `HeadList`: every sub-log's head from one read snapshot. Evidence: logkeeper.

    Answers at once when somebody waits for an epoch, else after `wait_ms` at the latest.
    """

    evidence: Evidence
    wait_ms: int = 0


class HeadView(msgspec.Struct, frozen=True):
    """One sub-log's head with its slot, and the slot's leaf of the epoch before (empty at the first).

    `covered_size` is how much of it the last epoch appended covers.
    """

    log: str
    customer: str
    slot: int
    size: int
    root: bytes
    previous: bytes
    witnessed_size: int
    covered_size: int = 0


class HeadList(msgspec.Struct, frozen=True, tag="head-list"):
    """Heads, the last epoch appended, the root log's head, and whether somebody waits.

    `policies` are the tlog-policies that stand, the house's own first: whom to ask for cosignatures. Of
    `known_slot_keys` customers the keyroom was told the slot key; it forgets them when it is sealed.
    """

    heads: tuple[HeadView, ...]
    epoch: int
    root_size: int
    root: bytes
    waiting: bool
    published: bytes
    policies: tuple[str, ...] = ()
    known_slot_keys: int = 0


class SlotEvidence(msgspec.Struct, frozen=True):
    """What a receipt needs of one sub-log at one epoch."""

    log: str
    slot: int
    size: int
    root: bytes
    blind: bytes
    previous: bytes
    path: tuple[bytes, ...]


class AppendEpoch(Ask["EpochAppended"], frozen=True, tag="append-epoch"):
    """-> `EpochAppended`. The root log grows by one leaf; `leaves` are all slot leaves by slot.

    `changed` holds the evidence of every sub-log that grew since its last epoch.
    """

    evidence: Evidence
    epoch: int
    leaf: bytes
    leaves: dict[int, bytes]
    changed: tuple[SlotEvidence, ...]


class EpochAppended(msgspec.Struct, frozen=True, tag="epoch-appended"):
    """Where the epoch stands in the root log, and the root log's new head."""

    index: int
    size: int
    root: bytes


class RootTile(Ask["Tile"], frozen=True, tag="root-tile"):
    """-> `Tile`: a tile or entry bundle of the public root log, by its tlog-tiles path."""

    path: str
    size: int


class SubLogLeaves(Ask["LeafRun"], frozen=True, tag="sub-log-leaves"):
    """-> `LeafRun`: leaves [first, end) of a sub-log, for the stream. Evidence: logkeeper. `bad-limit`."""

    evidence: Evidence
    log: str
    first: int
    end: int


class LeafRun(msgspec.Struct, frozen=True, tag="leaf-run"):
    """The leaves one after the other, 33 bytes each; fewer where there are no more."""

    leaves: bytes


class Published(Ask["Accepted"], frozen=True, tag="published"):
    """-> `Accepted`. A cosigned checkpoint of the root log; releases what waits for it."""

    evidence: Evidence
    note: bytes


class Accepted(msgspec.Struct, frozen=True, tag="accepted"):
    """Taken."""


class Conflict(Ask["Accepted"], frozen=True, tag="conflict"):
    """-> `Accepted`. A witness, or the last signed head, knows another tree: every use stops.

    `detail` says who and what, in a line without white space but spaces; the same code and detail stop once.
    """

    evidence: Evidence
    code: str
    detail: str = ""


class SlotKeys(Ask[Accepted], frozen=True, tag="slot-keys"):
    """-> `Accepted`. The keys that blind each customer's slots, by customer. Evidence: logkeeper.

    They are handed on to the customer and kept in memory only.
    """

    evidence: Evidence
    keys: dict[str, bytes]


class LookChain(Ask["Chain"], frozen=True, tag="look-chain"):
    """-> `Chain`: the epochs after `after` at which a sub-log had another head than before, oldest first."""

    evidence: Evidence
    log: str
    after: int = 0
    limit: int = 500


class ChainHead(msgspec.Struct, frozen=True):
    """At this epoch, and until the next one listed, the sub-log had this size and root."""

    epoch: int
    size: int
    root: bytes


class Chain(msgspec.Struct, frozen=True, tag="chain"):
    """`slot` and `key` compute every epoch's blind; `first_epoch` is the one with which the slot began.

    Where the epochs asked for are of a year that was pruned, it is the first later one at which the sub-log
    changed, and `previous` the slot's leaf before it: a chain begun there begins in its middle.
    `is_all` is False when the limit cut the heads. `slot-key-unknown` (unavailable) until the logkeeper has
    told the keyroom the key.
    """

    log: str
    slot: int
    key: bytes
    first_epoch: int
    heads: tuple[ChainHead, ...]
    is_all: bool
    previous: bytes = b""


class LookOpenings(Ask["Openings"], frozen=True, tag="look-openings"):
    """-> `Openings` of entries [first, first + limit) of one of the asker's sub-logs."""

    evidence: Evidence
    log: str
    first: int
    limit: int = 100


class OpeningView(msgspec.Struct, frozen=True):
    """One entry's leaf with its openings (docs/formats/entry.md); a veil's shows its first item only.

    `person` is empty where there is none or it was erased. `opening` is empty where it was lost with a
    machine, as an entry `house.lost` of the exceptional sub-log says, or destroyed under retention: believe
    that only of the entry `destroyed_by` of the exceptional sub-log, once it is proven.
    """

    index: int
    leaf: bytes
    opening: bytes
    person: bytes
    destroyed_by: int = -1


class Openings(msgspec.Struct, frozen=True, tag="openings"):
    """As many as there are, in order."""

    openings: tuple[OpeningView, ...]
    size: int


class LookNames(Ask["Names"], frozen=True, tag="look-names"):
    """-> `Names`: what the index holds under each name of a bucket, from a place on (all empty: the first).

    The monitor compares it with what his entries say (`objects.audit`).
    """

    evidence: Evidence
    bucket: str
    name: str = ""
    sequence: int = -1


class NamedVersion(msgspec.Struct, frozen=True):
    """One version or delete marker, by its own id."""

    name: str
    version: str


class Names(msgspec.Struct, frozen=True, tag="names"):
    """Newest first under each name, names in order; `next_name` is empty at the end. `bucket` is its id."""

    bucket: str
    versions: tuple[NamedVersion, ...]
    next_name: str = ""
    next_sequence: int = -1


class LookVeilSeal(Ask["VeilSealFile"], frozen=True, tag="look-veil-seal"):
    """-> `VeilSealFile`: the veil of a customer's day (`2026-11-22`), sealed to the seal auditors."""

    evidence: Evidence
    customer: str
    day: str


class VeilSealFile(msgspec.Struct, frozen=True, tag="veil-seal"):
    """The document (docs/formats/veil-seal.md), the veil's leaf, and its opening with the first item only."""

    document: bytes
    leaf: bytes
    opening: bytes
