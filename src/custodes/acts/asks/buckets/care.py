"""Asks about the copies of what is stored: where they lie, whether they are still what was written."""

import msgspec

from custodes.acts.asks.doors import Ask, Evidence
from custodes.acts.asks.objects import Closed, Store


class TakeWork(Ask["Work"], frozen=True, tag="take-work"):
    """-> `Work`, which may be none. Asked by the process that reaches the stores. What is handed out is
    handed out again when nobody says `HoldWork` or `WorkDone` for half a minute; whatever is done twice does
    no harm. `is_starting`: the process has just begun, and may reach what the one before it did not.
    """

    is_starting: bool = False


class Task(msgspec.Struct, frozen=True):
    """One blob in one store. `sources` empty: check what lies there. Otherwise: copy it there from the first
    source whose bytes check, and check it there.
    """

    version: str
    blob: str
    cipher_bytes: int
    check: bytes
    check_key: bytes
    at: Store
    sources: tuple[Store, ...] = ()


class Work(msgspec.Struct, frozen=True, tag="work"):
    """A batch, to be told of whole in one `WorkDone`."""

    batch: str
    tasks: tuple[Task, ...]


class HoldWork(Ask[Closed], frozen=True, tag="hold-work"):
    """-> `Closed`. Still at it. `work-unknown` (conflict): handed out by another run, or again."""

    batch: str


class TaskDone(msgspec.Struct, frozen=True):
    """`outcome` of a check: `whole`, `absent`, `differs`, `unreachable`. Of a copy: `whole`, `no-source`,
    `unreachable` (the store it was to go to).
    """

    version: str
    blob: str
    location: str
    outcome: str


class WorkDone(Ask[Closed], frozen=True, tag="work-done"):
    """-> `Closed`. `work-unknown` (conflict): handed out by another run, or too long ago; ask anew."""

    batch: str
    done: tuple[TaskDone, ...]


class ScrubBucket(Ask["CareView"], frozen=True, tag="scrub-bucket"):
    """-> `CareView`. Every copy is read again from now on; a round that runs goes on. `bucket-absent`."""

    evidence: Evidence
    bucket: str


class PlaceBucket(Ask["CareView"], frozen=True, tag="place-bucket"):
    """-> `CareView`. The bucket lies in these locations (ids or names) from now on, `copies_min` of which
    must hold a write before it is answered (0: all). What is written already is copied there, checked there,
    and only then let go where it lay before; it is read and written all the while.

    Refusals: `bucket-absent` (absent), `location-invalid`, `copies-min-invalid` (malformed),
    `outside-boundary` (denied, with reasons), and what policy says.
    """

    evidence: Evidence
    bucket: str
    locations: tuple[str, ...]
    copies_min: int = 0


class LookCare(Ask["CareView"], frozen=True, tag="look-care"):
    """-> `CareView`. `bucket-absent` (absent)."""

    evidence: Evidence
    bucket: str


class PlaceView(msgspec.Struct, frozen=True):
    """One place of a bucket: copies it lacks by why (`behind`, `absent`, `differs`, `lost`). `is_left`: no
    place of the bucket any more, but something of it was still there when last counted.
    """

    location: str
    lacks: tuple[tuple[str, int], ...] = ()
    is_left: bool = False


class LackView(msgspec.Struct, frozen=True):
    """One copy that is missing or bad."""

    version: str
    blob: str
    location: str
    why: str
    due_at: str


class RoundView(msgspec.Struct, frozen=True):
    """One reading of everything. Counts are of copies; `unreachable` ones could not be read."""

    begun_at: str
    ended_at: str = ""
    checked: int = 0
    checked_bytes: int = 0
    copied: int = 0
    damaged: int = 0
    released: int = 0
    unreachable: int = 0


class CareView(msgspec.Struct, frozen=True, kw_only=True, tag="care"):
    """How the copies of a bucket are: `running` is the round now, `last` the one before, if there were
    any.
    """

    bucket: str
    copies_min: int
    places: tuple[PlaceView, ...]
    lacking: tuple[LackView, ...]
    next_at: str
    running: RoundView | None = None
    last: RoundView | None = None
