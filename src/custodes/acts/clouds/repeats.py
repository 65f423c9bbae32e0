"""How often the same signed bytes came: a signature without a nonce can be sent again while it is fresh.

A client that lost its connection sends the same bytes again, so a few times are let through, each with an
entry of its own. Marks are kept for two spans of time, in two halves that turn.
"""


class Repeats:
    """Counts marks (64-bit numbers); bounded in time and number."""

    def __init__(self, *, span_ms: int, times_max: int, marks_max: int = 1_000_000) -> None:
        self._span_ms = span_ms
        self._times_max = times_max
        self._marks_max = marks_max
        self._young: dict[int, int] = {}
        self._old: dict[int, int] = {}
        self._turned_ms: int | None = None

    def is_one_too_many(self, mark: int, now_ms: int) -> bool:
        """Count one; whether it came more often than may be. `now_ms` never runs backwards."""
        if self._turned_ms is None:
            self._turned_ms = now_ms
        if now_ms - self._turned_ms >= self._span_ms or len(self._young) >= self._marks_max:
            self._old = self._young if now_ms - self._turned_ms < 2 * self._span_ms else {}
            self._young, self._turned_ms = {}, now_ms
        times = self._young.get(mark, 0) or self._old.get(mark, 0)
        self._young[mark] = times + 1
        return times >= self._times_max
