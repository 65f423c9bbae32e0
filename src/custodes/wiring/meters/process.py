"""What every process tells of itself, by the names that Prometheus' own clients use."""

import os
import resource
from pathlib import Path

from custodes.kernel.clock import Clock
from custodes.kernel.meters import Meters

_PAGE_BYTES = resource.getpagesize()


def of_process(clock: Clock) -> Meters:
    """A registry with what any process can say: since when it runs, what it used, what it holds."""
    meters = Meters()
    began_s = clock.now().timestamp()
    meters.gauge("process_start_time_seconds", "When this process began, since 1970.", lambda: began_s)
    meters.gauge("process_cpu_seconds_total", "CPU time this process used.", _cpu_s)
    meters.gauge("process_resident_memory_bytes", "Resident memory of this process.", _resident_bytes)
    return meters


def _cpu_s() -> float:
    used = os.times()
    return used.user + used.system


def _resident_bytes() -> float | None:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES
    except (OSError, ValueError, IndexError):
        return None
