"""Where tests lay their folders: in memory where there is plenty, for it is not the disk that is tested.

A keyroom's test waits for some ten fsyncs before it asks its first question. What must reach a disk is shown
by the calls that are made (`tests/attack/test_durable.py`), not by how long they take.
"""

import re
import shutil
from pathlib import Path

ROOMY_BYTES = 4_000_000_000
SHARED = Path("/dev/shm")
MEMORY = Path("/proc/meminfo")


def memory() -> Path | None:
    """The folder in memory, where both it and the machine have room to spare."""
    if not SHARED.is_dir() or shutil.disk_usage(SHARED).free < ROOMY_BYTES:
        return None
    available = re.search(r"^MemAvailable: +(\d+) kB", MEMORY.read_text("ascii"), re.MULTILINE)
    return SHARED if available and int(available[1]) * 1024 > ROOMY_BYTES else None
