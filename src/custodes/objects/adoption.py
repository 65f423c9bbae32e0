"""Adopting a bucket that lies somewhere in plain: what is done with each object, in which order.

Nothing of the source is changed before every object that is to be removed there was sealed here, read back
and whole; and what was removed can be brought back as long as the adoption is not ended.

A *restoration* is an adoption whose source is another installation's store, opened by the sheets of an export
(docs/formats/export.md): each version of each object, oldest first. Nothing is ever removed there.
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

# of an adoption
COUNTING, COUNTED, RUNNING, DONE = "counting", "counted", "running", "done"
CLEARING, CLEARED, RETURNING, RETURNED, ENDED = "clearing", "cleared", "returning", "returned", "ended"
# of one object: what its bucket holds of it, and whether it still lies in plain
FOUND, SEALED, PASSED, CHANGED, FAILED, GONE, BACK = (
    "found",
    "sealed",
    "passed",
    "changed",
    "failed",
    "gone",
    "back",
)
ITEM_STATES = (FOUND, SEALED, PASSED, CHANGED, FAILED, GONE, BACK)
STILL_PLAIN = frozenset({FOUND, SEALED, PASSED, CHANGED, FAILED, BACK})

VERBS: Mapping[str, tuple[tuple[str, ...], str]] = MappingProxyType(
    {
        "recount": ((COUNTED, DONE), COUNTING),
        "handed": ((COUNTING,), COUNTED),  # of a restoration: there are no further sheets
        "run": ((COUNTED, DONE), RUNNING),
        "clear": ((DONE,), CLEARING),
        "back": ((DONE, CLEARING, CLEARED), RETURNING),
        "end": ((COUNTING, COUNTED, RUNNING, DONE, CLEARED, RETURNED), ENDED),
    }
)
"""Verb -> (from which states, into which)."""

WORKS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        RUNNING: (FOUND, DONE),
        CLEARING: (SEALED, CLEARED),
        RETURNING: (GONE, RETURNED),
    }
)
"""State -> (which objects are worked on, the state when none is left)."""


class Adoption(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Standing row. `bucket` and `source` (a location) are ids; `prefix` limits what is taken of the source.

    `credential` and `how` are of the person who approved the last verb: his standing is asked at each object.
    """

    id: str
    customer: str
    bucket: str
    source: str
    prefix: str
    state: str
    credential: str
    how: str
    begun_at: str
    manifest: str = ""
    done_at: str = ""
    counts: int = 0  # how often the source was listed to its end
    recipient: str = ""  # of a restoration: to whom its sheets are sealed, and what opens them, wrapped
    identity: bytes = b""

    @property
    def is_restoration(self) -> bool:
        """Whether its source is what an export opens."""
        return bool(self.recipient)


STREAM_BYTES_MAX = 1_099_511_627_776  # of one object: it becomes one stream, and one upload in a cloud store
NOT_IN_RESTORATIONS = ("clear", "back")
_END = "\0"  # no name holds it, so that all versions of a name stand together, oldest first


def item_name(name: str, sequence: int) -> str:
    """What one version of a restoration is called among its items."""
    return f"{name}{_END}{sequence:016d}"


def named(item: str) -> tuple[str, int | None]:
    """An item's name, and which version it is; None where it lay in plain."""
    name, end, sequence = item.partition(_END)
    return name, int(sequence) if end else None


def is_open(row: Adoption) -> bool:
    """Whether anything may still happen under it."""
    return row.state != ENDED


def serves(row: Adoption) -> bool:
    """Whether what the bucket does not have yet is taken from the source when somebody reads it."""
    return row.state == RUNNING
