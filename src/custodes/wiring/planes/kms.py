"""Builds and runs the KMS plugin of a Kubernetes API server: gRPC on a UNIX socket, beside the API server.

It acts by the token of one application, read from a file that only it and its owner can read.
"""

import asyncio
import logging
import signal
import sys
from pathlib import Path

from custodes.acts.socket import Client
from custodes.adapters.holders import secret_file
from custodes.adapters.meter_socket import MeterSocket, metrics
from custodes.adapters.system import SystemClock, SystemDice
from custodes.settings import Settings
from custodes.web.kit.logs import gathered
from custodes.web.planes.kms.listening import KmsServer
from custodes.web.planes.kms.plugin import Plugin
from custodes.wiring import border
from custodes.wiring.meters.health import health, of_plane
from custodes.wiring.meters.planes import CountedLog, PlaneMeters

_log = logging.getLogger("custodes.plane")


def run(settings: Settings, _fd: int | None = None) -> None:
    """Serve until SIGTERM."""
    border.harden(locks_memory=False)
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    path = settings.house / settings.kms_socket
    token = secret_file.read(settings.house / settings.kms_access).decode("ascii")
    client = Client(settings.socket)
    counts = PlaneMeters(SystemClock())
    counted = counts.of("kms-v2")
    pages = {**metrics(counts.meters), **health(of_plane(client))}
    told = MeterSocket(settings.meters / "kms.sock", pages)
    await told.start()
    missing = border.confine((*border.interpreter(), settings.sockets), (Path("/dev"), path.parent))
    if missing:
        _log.warning("this machine does not confine the KMS plugin: no %s", ", ".join(missing))
    log = CountedLog(gathered(_line), SystemClock(), counted)
    try:
        plugin = Plugin(client, settings.kms_key, token)
        await KmsServer(plugin, log, SystemDice(), counted.refused).serve(path, stop)
    finally:
        await told.stop()
        await client.close()


def _line(line: bytes) -> None:
    sys.stderr.buffer.write(line)
    sys.stderr.buffer.flush()
