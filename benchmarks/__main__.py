"""`python -m benchmarks [NAME ...]`: run all measurements, or the named ones."""

import importlib
import sys
from pathlib import Path

NAMES = ("keyrooms", "ledger", "uses", "uses_postgres", "xks", "transit", "kills", "s3", "s3_peers")
NAMES += ("envelope", "growth")
ALONE = ("rotation", "xks_open", "s3_listing", "s3_ranges")  # minutes: only where they are asked for


def main(names: list[str]) -> int:
    """Run measurements one after the other; 2 for a name there is none of."""
    unknown = [name for name in names if name not in (*NAMES, *ALONE)]
    if unknown:
        sys.stderr.write(
            f"no such measurement: {', '.join(unknown)}; there are {', '.join((*NAMES, *ALONE))}\n"
        )
        return 2
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
    for name in names or NAMES:
        sys.stdout.write(f"== {name}\n")
        sys.stdout.flush()
        importlib.import_module(f"benchmarks.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
