"""Builds and runs the process that tools of the transit engine reach."""

import sys

from starlette.types import ASGIApp

from custodes.acts.asks import Doors
from custodes.adapters.system import SystemClock, SystemDice
from custodes.settings import Settings
from custodes.web.kit.logs import gathered
from custodes.web.planes.transit.app import application, face
from custodes.wiring.meters.planes import CountedLog, PlaneMeters, counted

from . import serving


def run(settings: Settings, fd: int | None = None) -> None:
    """Serve until SIGTERM."""
    serving.run(settings, serving.Plane(name="transit", build=_app, port=settings.transit_port), fd)


def _app(doors: Doors, _settings: Settings, counts: PlaneMeters) -> ASGIApp:
    log = CountedLog(gathered(_line), SystemClock(), counts.of("transit"))
    return application(doors, counted(lambda one: face(one, SystemDice()), log))


def _line(line: bytes) -> None:
    sys.stderr.buffer.write(line)
    sys.stderr.buffer.flush()
