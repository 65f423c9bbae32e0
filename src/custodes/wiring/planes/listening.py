"""The house's TCP ports, bound by whoever starts the processes and handed down to them.

A port is one socket for the life of the supervisor: a plane that is started again finds the callers of
meanwhile waiting instead of turned away, and no other process can come to share the port.
"""

import errno
import socket

import msgspec

from custodes.kernel.refusal import Refusal, unavailable
from custodes.settings import Settings
from custodes.web.serving.server import Tcp, bound

PORTS = {name: f"{name}_port" for name in ("console", "s3", "log", "xks", "transit", "dke")}

Sockets = dict[str, socket.socket]


def bind(settings: Settings, names: tuple[str, ...]) -> Sockets:
    """A listening socket for each of `names` that has a port.

    `port-taken` (unavailable) names the port somebody else has.
    """
    sockets: Sockets = {}
    try:
        for name in names:
            if name in PORTS and getattr(settings, PORTS[name]):
                sockets[name] = _bound(settings, getattr(settings, PORTS[name]))
    except BaseException:
        close(sockets)
        raise
    return sockets


def bind_anywhere(settings: Settings) -> tuple[Settings, Sockets]:
    """As `bind`, moving to a free port where one is taken; the console's address follows."""
    sockets: Sockets = {}
    ports: dict[str, int] = {}
    for name, member in PORTS.items():
        if not getattr(settings, member):  # a wire that is switched off
            continue
        try:
            sockets[name] = _bound(settings, getattr(settings, member))
        except Refusal:
            sockets[name] = _bound(settings, 0)
        ports[member] = sockets[name].getsockname()[1]
    if any(getattr(settings, member) != port for member, port in ports.items()):
        url = f"http://localhost:{ports['console_port']}"
        settings = msgspec.structs.replace(settings, console_url=url, **ports)
    return settings, sockets


def close(sockets: Sockets) -> None:
    """Let go of them."""
    for one in sockets.values():
        one.close()


def _bound(settings: Settings, port: int) -> socket.socket:
    try:
        return bound(Tcp(host=settings.host, port=port, is_exposed=settings.is_exposed))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise unavailable("port-taken", host=settings.host, port=port) from error
