"""How often the same signed bytes came: a signature without a nonce can be sent again while it is fresh.

A client that lost its connection sends the same bytes again, so a few times are let through, each with an
entry of its own. Where several keyrooms share a database none of them has seen it all: there each time takes
one of a few act ids that follow from the signature, and the one writer gives each id away once.

Marks are kept for a span of time at least, in slices of it: the oldest is let go whole, and none grows so
large that making room in it would hold everybody up (30 ms and more for a million).
"""

import hashlib
from collections import deque

from custodes.kernel.ids import ID_BYTES, id_of

SLICES = 8
LABEL = "custodes repeated signature"


class Repeats:
    """Counts marks (64-bit numbers); bounded in time and number."""

    def __init__(self, *, span_ms: int, marks_max: int = 1_000_000) -> None:
        """`marks_max`: where more come, slices turn early and the oldest marks are forgotten."""
        self._slice_ms = -(-span_ms // SLICES)
        self._slice_max = -(-marks_max // SLICES)
        self._slices: deque[dict[int, int]] = deque([{}], maxlen=SLICES + 1)
        self._turned_ms: int | None = None

    def count(self, mark: int, now_ms: int) -> int:
        """Count one; how often it came before, as far as is remembered. `now_ms` never runs backwards."""
        since_ms = 0 if self._turned_ms is None else now_ms - self._turned_ms
        if self._turned_ms is None or since_ms >= self._slice_ms:
            turns = min(since_ms // self._slice_ms, SLICES + 1)
            self._slices.extend({} for _ in range(turns))
            self._turned_ms = now_ms
        if len(self._slices[-1]) >= self._slice_max:
            self._slices.append({})
        times = 0
        for kept in self._slices:
            times += kept.get(mark, 0)
        newest = self._slices[-1]
        newest[mark] = newest.get(mark, 0) + 1
        return times

    def __len__(self) -> int:
        """Marks that are kept."""
        return sum(map(len, self._slices))


def act_ids(signature: str, times: range) -> tuple[str, ...]:
    """The acts that this signature may be, one for each time it may come."""
    return tuple(_act_id(signature, n) for n in times)


def _act_id(signature: str, n: int) -> str:
    digest = hashlib.sha256(f"{LABEL}\n{n}\n{signature}".encode()).digest()
    return id_of("act", digest[:ID_BYTES])
