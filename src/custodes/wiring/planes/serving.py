"""Runs one plane: an ASGI application that faces the network, with a socket to the keyroom and no key.

The border is drawn before the first request: a plane opens the interpreter's own files, what it serves and
what it stores, and nothing else. Each plane's own file says what that is.
"""

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from starlette.types import ASGIApp

from custodes.acts.asks import Doors
from custodes.acts.socket import Client
from custodes.adapters.meter_socket import MeterSocket, metrics
from custodes.adapters.system import SystemClock
from custodes.settings import Settings
from custodes.web.serving.connection import Pace
from custodes.web.serving.server import Tcp, Unix, serve
from custodes.wiring import border
from custodes.wiring.meters.health import health, of_log, of_plane
from custodes.wiring.meters.planes import PlaneMeters

SWITCH_S = 0.0005  # threads that write to stores give the interpreter back to the loop soon
YOUNG_MAX = 10_000  # of what a request leaves nearly all goes by itself

_log = logging.getLogger("custodes.plane")

Build = Callable[[Doors, Settings, PlaneMeters], ASGIApp]
Beside = Callable[[Doors, Settings], Coroutine[Any, Any, None]]
Opens = Callable[[Doors, Settings], AbstractAsyncContextManager[None]]


class Plane(msgspec.Struct, frozen=True, kw_only=True):
    """What one plane is: its application, its port, and the folders it may read and write.

    `opens` is entered before the border is drawn, for what cannot be made afterwards. `beside` runs as long
    as the plane serves; if it ends with an error, so does the plane. One that does not need the keyroom is
    ready as soon as there is a log to serve.
    """

    name: str
    build: Build
    port: int
    unix_socket: str = ""  # listened on instead of the port
    opens: Opens | None = None
    beside: Beside | None = None
    needs_keyroom: bool = True
    readable: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()
    pace: Pace = Pace()


def run(settings: Settings, plane: Plane, fd: int | None) -> None:
    """Serve until SIGTERM, on the listening socket `fd` where one was handed down."""
    border.harden(locks_memory=False)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, plane, fd))


async def _serve(settings: Settings, plane: Plane, fd: int | None) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    client = Client(settings.socket)
    counts = PlaneMeters(SystemClock())
    app = plane.build(client, settings, counts)
    ready = of_plane(client) if plane.needs_keyroom else of_log(settings.public_log)
    pages = {**metrics(counts.meters), **health(ready)}
    told = MeterSocket(settings.meters / f"{plane.name}.sock", pages)
    async with AsyncExitStack() as opened:
        opened.push_async_callback(client.close)
        await told.start()
        opened.push_async_callback(told.stop)
        if plane.opens is not None:
            await opened.enter_async_context(plane.opens(client, settings))
        _confine(settings, plane)
        listen: Tcp | Unix = Tcp(host=settings.host, port=plane.port, is_exposed=settings.is_exposed, fd=fd)
        if plane.unix_socket:
            listen = Unix(path=plane.unix_socket)
        async with asyncio.TaskGroup() as tasks:
            beside = tasks.create_task(plane.beside(client, settings)) if plane.beside else None
            await serve(app, listen, stop, plane.pace)
            if beside is not None:
                beside.cancel()


def _confine(settings: Settings, plane: Plane) -> None:
    missing = border.confine(
        (*border.interpreter(), *plane.readable, settings.sockets), (Path("/dev"), *plane.writable)
    )
    if missing:
        _log.warning("this machine does not confine the plane %s: no %s", plane.name, ", ".join(missing))
    border.settle_down(switch_s=SWITCH_S, young_max=YOUNG_MAX)
