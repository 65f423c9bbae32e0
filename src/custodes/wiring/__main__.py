"""`python -m custodes.wiring NAME SETTINGS [FD]`: run one process of the house.

FD is the number of the listening socket that a plane is handed down.
"""

import logging
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from custodes.kernel.refusal import Refusal
from custodes.settings import Settings, load

_log = logging.getLogger("custodes.starting")


def main(name: str, file: str, *handed: str) -> int:
    """Run the process of this name; its exit code."""
    settings = load(Path(file))
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    _log.info("%s: begins", name)  # before its files are read: on a loaded machine that is seconds
    run = _process(name, int(handed[0]) if handed else None)
    if run is None:
        sys.stderr.write(f"no such process: {name}\n")
        return 2
    try:
        run(settings)
    except Refusal as refusal:
        sys.stderr.write(f"{name}: {refusal.code} {dict(refusal.facts)}\n")
        return 3
    return 0


def _process(  # noqa: PLR0911 - one branch for each process
    name: str, fd: int | None
) -> Callable[[Settings], None] | None:
    # Each branch imports its own file only: what a process does not import, it cannot hold.
    if name == "keyroom":
        from custodes.wiring import keyroom  # noqa: PLC0415

        return keyroom.run
    if name == "logkeeper":
        from custodes.wiring import logkeeper  # noqa: PLC0415

        return logkeeper.run
    if name == "console":
        from custodes.wiring.planes import console  # noqa: PLC0415

        return partial(console.run, fd=fd)
    if name == "s3":
        from custodes.wiring.planes import s3  # noqa: PLC0415

        return partial(s3.run, fd=fd)
    if name == "log":
        from custodes.wiring.planes import log  # noqa: PLC0415

        return partial(log.run, fd=fd)
    if name == "kms":
        from custodes.wiring.planes import kms  # noqa: PLC0415

        return partial(kms.run, _fd=fd)
    if name == "dke":
        from custodes.wiring.planes import dke  # noqa: PLC0415

        return partial(dke.run, fd=fd)
    if name == "transit":
        from custodes.wiring.planes import transit  # noqa: PLC0415

        return partial(transit.run, fd=fd)
    if name == "xks":
        from custodes.wiring.planes import xks  # noqa: PLC0415

        return partial(xks.run, fd=fd)
    return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
