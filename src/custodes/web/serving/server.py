"""Runs an ASGI application under Granian inside the process that calls it: one worker, one loop.

Granian's ASGI interface is used because its other one has no back-pressure. TLS ends in front.
"""

import asyncio
import ipaddress
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec
from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server
from starlette.types import ASGIApp

# glibc gives each fresh large buffer back to the kernel and faults it in again; bulk planes want these set
# before the process starts (unit file, `custodes serve`): 0.96 -> 0.42 CPU seconds per GB sent.
MALLOC: Mapping[str, str] = MappingProxyType(
    {
        "MALLOC_MMAP_THRESHOLD_": "1073741824",
        "MALLOC_TRIM_THRESHOLD_": "1073741824",
        "MALLOC_TOP_PAD_": "67108864",
        "MALLOC_ARENA_MAX": "2",  # each arena has its own padding, and each thread would have its own arena
    }
)
BACKLOG = 1024
PIECE_BYTES = 65_536  # of a body at a time, and of a head in all: one buffer of a connection holds both
CONNECTIONS_MAX = 16_384  # the server would stop at 128: so few idlers could keep everybody out
HEADERS_TIMEOUT_MS = 10_000
SETTLE_S = 0.3  # Granian's threads still let go of Python objects; an interpreter that ends meanwhile aborts


class Tcp(msgspec.Struct, frozen=True, kw_only=True):
    """A TCP port; other than loopback only where a TLS front on another machine reaches it."""

    host: str = "127.0.0.1"
    port: int
    is_exposed: bool = False
    fd: int | None = None  # already bound and listening, handed down by whoever started this process


class Unix(msgspec.Struct, frozen=True, kw_only=True):
    """A UNIX socket in a folder that only the front and we can enter."""

    path: str
    mode: int = 0o660


def bound(listen: Tcp) -> socket.socket:
    """A listening socket alone on its port; OSError if that is taken, ValueError if it would be exposed.

    Granian's own would let every process of the same user share the port, and get some of the requests.
    """
    address = ipaddress.ip_address(listen.host)
    if not listen.is_exposed and not address.is_loopback:
        raise ValueError("not a loopback address")
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    return socket.create_server((listen.host, listen.port), family=family, backlog=BACKLOG)


async def serve(
    app: ASGIApp, listen: Tcp | Unix, stop: asyncio.Event, piece_bytes: int = PIECE_BYTES
) -> None:
    """Serve until `stop` is set; OSError if the place is taken, ValueError if it would be exposed.

    Bodies come in pieces of up to `piece_bytes`; a connection that sends less holds less.
    """
    if isinstance(listen, Tcp) and listen.fd is None:
        with bound(listen) as alone:
            await serve(app, msgspec.structs.replace(listen, fd=alone.fileno()), stop, piece_bytes)
        return
    http1 = HTTP1Settings(header_read_timeout=HEADERS_TIMEOUT_MS, max_buffer_size=piece_bytes)
    server = _Server(
        app,
        uds=_path(listen) if isinstance(listen, Unix) else None,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        http1_settings=http1,
        websockets=False,
        log_enabled=False,
        backpressure=CONNECTIONS_MAX,
    )
    if isinstance(listen, Unix):
        server.uds_permissions = listen.mode
    else:
        server.fd = listen.fd
    task = asyncio.create_task(server.serve())
    waiter = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({task, waiter}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiter.cancel()
        server.stop()  # type: ignore[no-untyped-call]
        await task
        await asyncio.sleep(SETTLE_S)


class _Server(Server):
    """Granian's server on a socket it did not bind."""

    fd: int | None = None

    def _init_shared_socket(self) -> None:
        if self.fd is None:
            super()._init_shared_socket()  # type: ignore[no-untyped-call]
        else:
            # Granian closes what it is given, and a port outlives the one who serves it.
            self._shd = SocketHolder(os.dup(self.fd), False, BACKLOG)  # type: ignore[call-arg, assignment]


def _path(listen: Unix) -> Path:
    path = Path(listen.path)
    if path.is_socket():
        path.unlink()  # a leftover; the caller's lock file says that nobody else serves here
    return path
