"""The goal of XKS: so many calls a second offered for ten minutes, none waited for, each with its entry.

`make bench-xks` (or `python -m benchmarks xks_open`); `OFFERED_PER_S` (1,800), `OPEN_S` (600) and `RESULT`
(xks-open.json). Requests are signed as they fall due: a signature is good for five minutes.
"""

import json
import os
import statistics
import sys
from pathlib import Path

from custodes.adapters.system import SystemClock
from custodes.kernel.clock import to_text

from .figures import cpu_s, fdatasync_ms, machine, percentile
from .uses import OFFERED_PER_S, OPEN_CLIENTS, Crowd, _spent
from .xks import fits, lent, processes, turns

OPEN_S = float(os.environ.get("OPEN_S", "600"))
RESULT = Path(os.environ.get("RESULT", "xks-open.json"))
WARM_S = 3.0
PIECES = 10
SHARES = (0.5, 0.95, 0.99, 0.999)
GOAL = {"p99": 20.0, "fdatasync": 1.0}


def main() -> None:
    """Measure, print, and write the result."""
    out = sys.stdout.write
    with lent() as (house, folder):
        pids, port, requests = processes(house), house.settings.xks_port, turns(house)
        with Crowd(port, requests, OPEN_CLIENTS, fits) as crowd:
            crowd.open(OFFERED_PER_S // 2, WARM_S)
        first = fdatasync_ms(folder)
        began, at = cpu_s(pids), to_text(SystemClock().now())
        out(f"{at}, {machine(folder)}\n")
        out(f"{OFFERED_PER_S}/s for {OPEN_S:g} s\n")
        sys.stdout.flush()
        with Crowd(port, requests, OPEN_CLIENTS, fits) as crowd:
            crowd.open(OFFERED_PER_S, OPEN_S)
        used, taken = _spent(began, cpu_s(pids), len(crowd.taken)), crowd.taken
        after = fdatasync_ms(folder)
        size = house.settings.database.stat().st_size
    piece = -(-len(taken) // PIECES)
    result = {
        "at": at,
        "offered_per_s": OFFERED_PER_S,
        "seconds": OPEN_S,
        "calls": len(taken),
        "ms": {f"p{share * 100:g}": round(percentile(taken, share), 2) for share in SHARES},
        "max_ms": round(max(taken), 1),
        "p99_ms_by_piece": [
            round(percentile(taken[n : n + piece], 0.99), 2) for n in range(0, len(taken), piece)
        ],
        "fdatasync_ms": {
            name: {"p50": round(found[0], 3), "p99": round(found[1], 3)}
            for name, found in (("before", first), ("after", after))
        },
        "processor_us_per_call": {name: round(us) for name, us in used.items()},
        "processor_share": {name: round(us * OFFERED_PER_S / 1e6, 3) for name, us in used.items()},
        "database_bytes": size,
        "processors": os.cpu_count(),
    }
    fast = statistics.mean((first[0], after[0])) <= GOAL["fdatasync"]
    result["goal"] = (
        "met" if result["ms"]["p99"] < GOAL["p99"] else "missed" if fast else "not judged: slow disk"
    )
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    out(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
