"""What a process facing the network writes down: one JSON line per request, one per fault.

Never in a line: a query string, a header, a body, a cookie, an exception's message, or a path beyond the
endpoint's own template; any of them may hold a secret.
"""

import asyncio
import time
import traceback
from collections.abc import Callable

import msgspec

from custodes.kernel.clock import Clock, to_text


def began() -> int:
    """A moment, for `took_us`; it tells no time of day. Unlike a loop's own time it costs no system call."""
    return time.perf_counter_ns()


def took_us(since: int) -> int:
    """Microseconds since that moment."""
    return (time.perf_counter_ns() - since) // 1_000


class Log:
    """Writes lines to `sink`, which adds nothing and keeps their order."""

    def __init__(self, sink: Callable[[bytes], None], clock: Clock) -> None:
        self._sink = sink
        self._clock = clock

    def access(self, request_id: str, method: str, status: int, **more: str | int | None) -> None:
        """One answered request; `more` names endpoint, path template, bytes, duration_us and refusal code."""
        self._line({"log": "access", "request": request_id, "method": method, "status": status, **more})

    def fault(self, request_id: str, error: BaseException) -> None:
        """One exception nobody expected: its type and where, without its message."""
        frames = [f"{f.filename.rpartition('/')[2]}:{f.lineno} {f.name}" for f in _frames(error)]
        self._line(
            {"log": "fault", "request": request_id, "error": type(error).__qualname__, "at": frames[-12:]}
        )

    def _line(self, members: dict[str, object]) -> None:
        self._sink(msgspec.json.encode({"time": to_text(self._clock.now()), **members}) + b"\n")


def gathered(sink: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """A sink that hands the lines of one tick of the loop on together: one system call instead of many."""
    lines: list[bytes] = []
    loops: list[asyncio.AbstractEventLoop] = []  # looked up once: it is a system call each time

    def flush() -> None:
        whole = b"".join(lines)
        lines.clear()
        sink(whole)

    def take(line: bytes) -> None:
        if not lines:
            if not loops or loops[0].is_closed():
                loops[:] = [asyncio.get_running_loop()]
            loops[0].call_soon(flush)
        lines.append(line)

    return take


def _frames(error: BaseException) -> list[traceback.FrameSummary]:
    return traceback.extract_tb(error.__traceback__)
