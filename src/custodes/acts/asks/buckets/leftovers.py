"""Asks about what lies in the stores and belongs to nothing: looked for by listing them."""

from datetime import datetime

import msgspec

from custodes.acts.asks.doors import Ask, Evidence
from custodes.acts.asks.objects import Closed, Store

ITEMS_MAX = 1_000
REMOVED_MAX = 1_000  # by one act
DAYS_MIN, DAYS_PROPOSED, DAYS_MAX = 14, 30, 3_650


class TakeListing(Ask["ListingWork"], frozen=True, tag="take-listing"):
    """-> `ListingWork`, which may be none. Asked by the process that reaches the stores; `away` are locations
    it could not list lately.
    """

    away: tuple[str, ...] = ()


class ListingWork(msgspec.Struct, frozen=True, kw_only=True, tag="listing-work"):
    """A store to be listed behind the name `after`, a page of at most `ITEMS_MAX`."""

    store: Store | None = None
    after: str = ""


class Stray(msgspec.Struct, frozen=True):
    """A blob as a store lists it: its id, its length there and when the store says it was written."""

    blob: str
    size: int
    modified: datetime


class StoreListed(Ask[Closed], frozen=True, kw_only=True, tag="store-listed"):
    """-> `Closed`. What lies in a location behind `after` and bears a blob's name; `last` is the last name of
    the page, whatever bears it, and `is_end` says that there is nothing behind it.

    `not-now` (conflict): the location is listed from another place meanwhile; take again.
    """

    location: str
    after: str
    last: str
    blobs: tuple[Stray, ...]
    is_end: bool


class LookStrays(Ask["Strays"], frozen=True, kw_only=True, tag="look-strays"):
    """-> `Strays`: what lies in a location (an id; empty: counts of all alone) and belongs to nothing, by
    blob, behind `after` (`house:read`). `no-such-location` (absent).
    """

    evidence: Evidence
    location: str = ""
    after: str = ""


class StraysAt(msgspec.Struct, frozen=True):
    """A location, and how much in it belongs to nothing."""

    location: str
    name: str
    uri: str
    count: int
    size_bytes: int


class StrayView(msgspec.Struct, frozen=True):
    """One blob: when it was found first, and when it was said that it is to go."""

    blob: str
    size_bytes: int
    found_at: str
    doomed_at: str = ""


class Strays(msgspec.Struct, frozen=True, kw_only=True, tag="strays"):
    """`after` is where the next page of `blobs` begins; empty: there is none."""

    places: tuple[StraysAt, ...]
    blobs: tuple[StrayView, ...] = ()
    after: str = ""


class PlanStrays(Ask["StraysPlan"], frozen=True, kw_only=True, tag="plan-strays"):
    """-> `StraysPlan`: what `RemoveStrays` would remove; changes nothing (`house:read`).

    What was found at least `days` (`DAYS_MIN` to `DAYS_MAX`) ago, the first `REMOVED_MAX` by blob; with
    `before` what was found by then. `no-such-location` (absent), `bad-days` (malformed),
    `location-is-a-source` (conflict): something is adopted or restored from there.
    """

    evidence: Evidence
    location: str
    days: int = DAYS_PROPOSED
    before: str = ""


class StraysPlan(msgspec.Struct, frozen=True, kw_only=True, tag="strays-plan"):
    """`digest`: SHA-256 over a line `blob size` for each, in base64; `document`: what is signed."""

    location: str
    before: str
    count: int
    size_bytes: int
    digest: str
    document: bytes
    blobs: tuple[StrayView, ...]


class RemoveStrays(Ask["Strays"], frozen=True, kw_only=True, tag="remove-strays"):
    """-> `Strays` of the location afterwards: exactly what was planned goes, by the process that reaches the
    store, after it was looked once more whether something knows it.

    `approvals` over `documents.strays_document`, of two persons of two controlling groups, who asks among
    them. Refusals besides those of `PlanStrays`: `strays-changed` (conflict: plan again), `nothing-to-remove`
    (conflict), `asker-did-not-sign`, `signatures-too-few`, `signature-refused` and what policy says (denied).
    """

    evidence: Evidence
    location: str
    before: str
    digest: str
    approvals: tuple[bytes, ...]
