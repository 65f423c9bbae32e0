"""Builds and runs the process that AWS KMS reaches: the external key store proxy."""

import sys
from pathlib import Path

from starlette.types import ASGIApp

from custodes.acts.asks import Doors
from custodes.adapters.system import SystemClock, SystemDice
from custodes.settings import Settings
from custodes.web.kit.logs import gathered
from custodes.web.planes.xks import XksPlane
from custodes.wiring.meters.planes import CountedLog, PlaneMeters

from . import serving


def run(settings: Settings, fd: int | None = None) -> None:
    """Serve until SIGTERM."""
    socket = settings.xks_socket
    serving.run(
        settings,
        serving.Plane(
            name="xks",
            build=_app,
            port=settings.xks_port,
            unix_socket=socket,
            writable=(Path(socket).parent,) if socket else (),
        ),
        fd,
    )


def _app(doors: Doors, settings: Settings, counts: PlaneMeters) -> ASGIApp:
    counted = counts.of("xks")
    log = CountedLog(gathered(_line), SystemClock(), counted)
    is_unix_socket = bool(settings.xks_socket)
    return XksPlane(doors, log, SystemDice(), refused=counted.refused, is_unix_socket=is_unix_socket)


def _line(line: bytes) -> None:
    sys.stderr.buffer.write(line)
    sys.stderr.buffer.flush()
