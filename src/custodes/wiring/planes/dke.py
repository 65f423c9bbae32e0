"""Builds and runs the process that office programs reach: the key store of Double Key Encryption."""

import sys

from starlette.types import ASGIApp

from custodes.acts.asks import Doors
from custodes.adapters.system import SystemClock, SystemDice
from custodes.settings import Settings
from custodes.web.kit.logs import gathered
from custodes.web.planes.dke import DkePlane
from custodes.wiring.meters.planes import CountedLog, PlaneMeters

from . import serving


def run(settings: Settings, fd: int | None = None) -> None:
    """Serve until SIGTERM."""
    serving.run(settings, serving.Plane(name="dke", build=_app, port=settings.dke_port), fd)


def _app(doors: Doors, _settings: Settings, counts: PlaneMeters) -> ASGIApp:
    counted = counts.of("dke")
    return DkePlane(doors, CountedLog(gathered(_line), SystemClock(), counted), SystemDice(), counted.refused)


def _line(line: bytes) -> None:
    sys.stderr.buffer.write(line)
    sys.stderr.buffer.flush()
