"""Runs an ASGI application in the process and on the loop of whoever calls: no threads, no processes.

The server is our own (`connection`, `turn`, and the grammar in `protocols.http1`); why says decision 0048.
TLS ends in front.
"""

import asyncio
import ipaddress
import os
import resource
import socket
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec
from starlette.types import ASGIApp

from .connection import Pace, Served

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
STOP_S = 20.0  # for requests under way
UNSENT_BYTES_MAX = 262_144  # what the kernel takes of an answer before it can send it


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
    """A listening socket alone on its port; OSError if that is taken, ValueError if it would be exposed."""
    address = ipaddress.ip_address(listen.host)
    if not listen.is_exposed and not address.is_loopback:
        raise ValueError("not a loopback address")
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    return socket.create_server((listen.host, listen.port), family=family, backlog=BACKLOG)


async def serve(app: ASGIApp, listen: Tcp | Unix, stop: asyncio.Event, pace: Pace | None = None) -> None:
    """Serve until `stop` is set; OSError if the place is taken, ValueError if it would be exposed."""
    place, pace = _socket(listen), pace or Pace()
    connections_max = min(pace.connections_max, _files_max() * 3 // 4)
    served = Served(app, msgspec.structs.replace(pace, connections_max=connections_max))
    server = await served.loop.create_server(served.connection, sock=place, backlog=BACKLOG)
    try:
        await stop.wait()
    finally:
        server.close()
        await served.stop(STOP_S)


def _socket(listen: Tcp | Unix) -> socket.socket:
    """What is listened on; a port outlives the one who serves it, so one that was handed down is doubled."""
    if isinstance(listen, Unix):
        return _unix(listen)
    made = bound(listen) if listen.fd is None else socket.socket(fileno=os.dup(listen.fd))
    # Every connection inherits it (tcp(7)): a client that leaves was sent little more than had left for it.
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES_MAX)
    return made


def _unix(listen: Unix) -> socket.socket:
    path = Path(listen.path)
    if path.is_socket():
        path.unlink()  # a leftover; the caller's lock file says that nobody else serves here
    made = socket.socket(socket.AF_UNIX)
    made.bind(listen.path)
    path.chmod(listen.mode)  # nobody can connect before it listens
    return made


def _files_max() -> int:
    """How many files this process may have open, from now on as many as it ever may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        return soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
