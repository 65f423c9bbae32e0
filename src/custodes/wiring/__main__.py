"""`python -m custodes.wiring NAME SETTINGS`: run one process of the house."""

import logging
import sys
from collections.abc import Callable
from pathlib import Path

from custodes.kernel.refusal import Refusal
from custodes.settings import Settings, load


def main(name: str, file: str) -> int:
    """Run the process of this name; its exit code."""
    settings = load(Path(file))
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    run = _process(name)
    if run is None:
        sys.stderr.write(f"no such process: {name}\n")
        return 2
    try:
        run(settings)
    except Refusal as refusal:
        sys.stderr.write(f"{name}: {refusal.code} {dict(refusal.facts)}\n")
        return 3
    return 0


def _process(name: str) -> Callable[[Settings], None] | None:
    # Each branch imports its own file only: what a process does not import, it cannot hold.
    if name == "keyroom":
        from custodes.wiring import keyroom  # noqa: PLC0415

        return keyroom.run
    if name == "logkeeper":
        from custodes.wiring import logkeeper  # noqa: PLC0415

        return logkeeper.run
    if name == "console":
        from custodes.wiring import plane_console  # noqa: PLC0415

        return plane_console.run
    if name == "s3":
        from custodes.wiring import plane_s3  # noqa: PLC0415

        return plane_s3.run
    if name == "log":
        from custodes.wiring import plane_log  # noqa: PLC0415

        return plane_log.run
    return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
