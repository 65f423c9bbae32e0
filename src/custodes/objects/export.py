"""An export: what a customer's people approved to be handed to him, for whom it is sealed, and until when.

What lies in the store is ciphertext that the customer can copy without us. An export hands him what opens it:
the data key and the manifest of every object version, sealed to a recipient of his (docs/formats/export.md).
"""

from datetime import datetime

import msgspec

from custodes.kernel.clock import from_text

DAYS_DEFAULT = 14
DAYS_MAX = 90
VERSIONS_MAX = 500  # in one sheet
OPEN, ENDED = "open", "ended"


class Export(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Standing row. `buckets` are ids; `recipient` an age recipient; `location` where the export will lie."""

    id: str
    customer: str
    buckets: tuple[str, ...]
    recipient: str
    location: str
    reason: str
    begun_at: str
    lapses_at: str
    state: str = OPEN


def is_open(row: Export, now: datetime) -> bool:
    """Whether sheets may be taken now; its end is exclusive."""
    return row.state == OPEN and now < from_text(row.lapses_at)
