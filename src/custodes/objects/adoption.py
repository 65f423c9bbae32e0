"""Adopting a bucket that lies somewhere in plain: what is done with each object, in which order.

Nothing of the source is changed before every object that is to be removed there was sealed here, read back
and whole; and what was removed can be brought back as long as the adoption is not ended.
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


def is_open(row: Adoption) -> bool:
    """Whether anything may still happen under it."""
    return row.state != ENDED


def serves(row: Adoption) -> bool:
    """Whether what the bucket does not have yet is taken from the source when somebody reads it."""
    return row.state == RUNNING
