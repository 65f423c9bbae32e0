"""Asks about what lies in the stores and belongs to nothing: looked for by listing them."""

from datetime import datetime

import msgspec

from custodes.acts.asks.doors import Ask
from custodes.acts.asks.objects import Closed, Store

ITEMS_MAX = 1_000


class TakeListing(Ask["ListingWork"], frozen=True, tag="take-listing"):
    """-> `ListingWork`, which may be none. Asked by the process that reaches the stores."""


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
