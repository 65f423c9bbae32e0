"""Asks about the marks by which local stores are known again: docs/formats/store-mark.md."""

import msgspec

from custodes.acts.asks.doors import Ask, Evidence

FOUND_MAX = 16
NAME_CHARACTERS_MAX = 100


class ShowMarks(Ask["MarkWanted"], frozen=True, kw_only=True, tag="show-marks"):
    """-> `MarkWanted`. Asked by the process that reaches the stores, which found these marks in the folder of
    a store. A mark of the house's own for this place that it does not know yet (made a moment ago, or before
    the database was restored) is known from then on. `no-such-location` (absent), `bad-marks` (malformed).
    """

    uri: str
    found: tuple[str, ...] = ()


class MarkWanted(msgspec.Struct, frozen=True, kw_only=True, tag="mark-wanted"):
    """The mark that has to lie there; empty where none is asked for, because no bucket lies there.
    `is_first`: none was ever seen there, so it may be made.
    """

    name: str = ""
    is_first: bool = False


class RenewMark(Ask[MarkWanted], frozen=True, kw_only=True, tag="renew-mark"):
    """-> `MarkWanted`: the mark of a new, empty disk of a location, from now on the only one
    (`location:change`). `no-such-location` (absent).
    """

    evidence: Evidence
    location: str
