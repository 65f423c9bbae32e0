"""Copies of a bucket: where they lie, what they lack, what was found."""

from datetime import datetime

from custodes.web.console.views.questions import Place
from custodes.web.console.views.shell import View


class CopiesRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One place of a bucket; `lacks` are (why, how many). `is_left`: being emptied. `fault`: what its store
    said last instead of an answer.
    """

    place: Place
    fault: str
    lacks: tuple[tuple[str, int], ...]
    is_left: bool


class LackRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One copy that is missing or bad: of which version, where, why, and when it is tried next."""

    version: str
    place: str
    why: str
    due_at: datetime


class RoundRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One reading of every copy; `whole_bytes` is about what there is to read, 0 where nobody knows."""

    begun_at: datetime
    ended_at: datetime | None
    checked: int
    checked_bytes: int
    whole_bytes: int
    copied: int
    damaged: int
    released: int
    unreachable: int


class Choice(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A location the bucket may lie in."""

    id: str
    place: Place
    is_chosen: bool


class CareView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The page; `place` is the bucket's address. Without `choices` nothing can be changed by the visitor."""

    bucket: str
    place: str
    copies_min: int
    places: tuple[CopiesRow, ...]
    lacking: tuple[LackRow, ...]
    next_at: datetime | None
    running: RoundRow | None
    last: RoundRow | None
    choices: tuple[Choice, ...] = ()
