"""Medians, spread and the machine's own speed in the same run."""

import os
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


def spread(values: Sequence[float]) -> str:
    """`median (min-max)`."""
    return f"{statistics.median(values):,.1f} ({min(values):,.1f}-{max(values):,.1f})"


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0..1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def fdatasync_ms(folder: Path, rounds: int = 300) -> tuple[float, float]:
    """Median and 99th percentile of a 4 KiB append with fdatasync, in milliseconds."""
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        taken = []
        for _ in range(rounds):
            os.write(file.fileno(), bytes(4096))
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter() - began) * 1e3)
    return percentile(taken, 0.5), percentile(taken, 0.99)


def machine(folder: Path) -> str:
    """One line about the machine as it is now."""
    median, tail = fdatasync_ms(folder)
    return (
        f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, "
        f"fdatasync {median:.2f} ms (p99 {tail:.2f} ms)"
    )


def cpu_s(pids: Mapping[str, int]) -> dict[str, float]:
    """Processor seconds that each process has spent, all its threads together.

    The measure that repeats: it counts work, not how long work waited for somebody else's.
    """
    return {name: _cpu_ns(pid) / 1e9 for name, pid in pids.items()}


def _cpu_ns(pid: int) -> int:
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads)
