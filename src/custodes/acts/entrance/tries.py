"""How often somebody may try: so many in a window, counted by name; what is not counted is not let in."""

from collections import OrderedDict

import msgspec

from custodes.kernel.clock import Clock
from custodes.kernel.refusal import limited

NAMES_MAX = 20_000


class _Window(msgspec.Struct):
    ends_ms: int
    tries: int


class Tries:
    """Counts tries by name in windows of fixed length; memory only, bounded."""

    def __init__(self, clock: Clock, *, tries_max: int, window_s: int) -> None:
        self._clock = clock
        self._tries_max = tries_max
        self._window_ms = window_s * 1000
        self._windows: OrderedDict[str, _Window] = OrderedDict()

    def take(self, name: str) -> None:
        """Count one try before anything is compared; `too-many-tries` (limited, `retry_after_s`).

        When more names are tried at once than can be remembered, new ones are refused: forgetting a name
        would give it fresh tries.
        """
        now = self._clock.boot_ms()
        while self._windows and next(iter(self._windows.values())).ends_ms <= now:
            self._windows.popitem(last=False)
        window = self._windows.get(name)
        if window is None:
            if len(self._windows) >= NAMES_MAX:
                raise limited("too-many-tries", retry_after_s=self._window_ms // 1000)
            window = self._windows[name] = _Window(now + self._window_ms, 0)
        if window.tries >= self._tries_max:
            raise limited("too-many-tries", retry_after_s=(window.ends_ms - now + 999) // 1000)
        window.tries += 1

    def forgive(self, name: str) -> None:
        """He got in: his earlier tries no longer count."""
        self._windows.pop(name, None)
