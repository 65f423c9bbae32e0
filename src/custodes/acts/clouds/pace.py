"""So many uses a second and no more: a bucket that fills with time."""


class Pace:
    """At most `per_second` at once, and as many again each second."""

    def __init__(self, per_second: int) -> None:
        self.per_second = per_second
        self._left = float(per_second)
        self._at_ms: int | None = None

    def takes(self, now_ms: int) -> bool:
        """Take one; whether there was one. `now_ms` never runs backwards."""
        since_ms = 0 if self._at_ms is None else now_ms - self._at_ms
        self._at_ms = now_ms
        self._left = min(float(self.per_second), self._left + since_ms * self.per_second / 1000)
        if self._left < 1:
            return False
        self._left -= 1
        return True
