"""Builds and runs the log plane: the public root log over HTTP, read-only, without the keyroom's help."""

import sys

from starlette.types import ASGIApp

from custodes.acts.asks import Doors
from custodes.adapters.system import SystemClock, SystemDice
from custodes.settings import Settings
from custodes.web.planes.log import LogPlane
from custodes.wiring.meters.planes import CountedLog, PlaneMeters

from . import serving


def run(settings: Settings, fd: int | None = None) -> None:
    """Serve until SIGTERM."""
    serving.run(
        settings,
        serving.Plane(
            name="log",
            build=_app,
            port=settings.log_port,
            readable=(settings.public_log,),
            needs_keyroom=False,
        ),
        fd,
    )


def _app(_doors: Doors, settings: Settings, counts: PlaneMeters) -> ASGIApp:
    log = CountedLog(_line, SystemClock(), counts.of("log"))
    return LogPlane(settings.public_log, log, SystemDice())


def _line(line: bytes) -> None:
    sys.stderr.buffer.write(line)
    sys.stderr.buffer.flush()
