"""The console, the JSON API and SCIM: one plane, one port, three tables."""

import os
from functools import partial
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

import custodes
from custodes.acts.asks import Doors
from custodes.adapters.file_socket import FileClient
from custodes.adapters.oidc import TokenEndpoint
from custodes.adapters.system import SystemClock, SystemDice
from custodes.settings import Settings
from custodes.web.api.app import api, face
from custodes.web.console.served.app import Console
from custodes.web.console.views.shell import House
from custodes.web.kit.front import Front
from custodes.web.kit.logs import gathered
from custodes.web.scim.app import face as scim_face
from custodes.web.scim.app import scim
from custodes.wiring.meters.planes import CountedLog, PlaneMeters, counted
from custodes.wiring.outside import outgoing_of

from .serving import Plane
from .serving import run as run_plane

API = ("/v1/", "/openapi.json")
SCIM = "/scim/"
_STDOUT = 1
_PUBLIC_BYTES_MAX = 1 << 20


def run(settings: Settings, fd: int | None = None) -> None:
    """Serve until SIGTERM."""
    run_plane(settings, console_plane(settings), fd)


def console_plane(settings: Settings) -> Plane:
    """What this plane is: it reads the published log, and writes nothing."""
    return Plane(name="console", build=build, port=settings.console_port, readable=(settings.public_log,))


def build(doors: Doors, settings: Settings, counts: PlaneMeters) -> ASGIApp:
    """Both applications over the keyroom's doors, told apart by path."""
    clock, dice = SystemClock(), SystemDice()
    of_console, of_api = (CountedLog(gathered(_write), clock, counts.of(name)) for name in ("console", "api"))
    house = House(
        name="Custodes",
        is_demo=False,
        zone=settings.time_zone,
        version=custodes.__version__,
        listens=_listens(settings),
        printed=_printed(settings),
    )
    public = partial(_public, settings.public_log)
    codes = TokenEndpoint(outgoing_of(settings))
    console = Console(
        doors,
        house,
        settings.console_url,
        (clock, dice, FileClient(settings.files)),
        public,
        codes=codes,
        channels=_channels(settings),
    )
    pages = Front(console.endpoints(), counted(console.face, of_console))
    rows = Front(api(doors), counted(lambda log: face(log, dice), of_api))
    people = Front(scim(doors), counted(lambda log: scim_face(log, dice, settings.console_url), of_api))

    async def by_path(scope: Scope, receive: Receive, send: Send) -> None:
        place = scope.get("path", "")
        if place.startswith(SCIM):
            await people(scope, receive, send)
            return
        await (rows if place.startswith(API) else pages)(scope, receive, send)

    return by_path


def _channels(settings: Settings) -> tuple[str, ...]:
    """By which ways people are told, as the settings have it; whether they work, only the logkeeper knows."""
    ways = (("mail", settings.mail_server), ("webhook", settings.webhooks), ("matrix", settings.matrix))
    return tuple(name for name, place in ways if place)


def _public(folder: Path, name: str) -> bytes | None:
    path = folder / name
    if not path.is_file() or path.stat().st_size > _PUBLIC_BYTES_MAX:
        return None
    return path.read_bytes()


def _write(line: bytes) -> None:
    os.write(_STDOUT, line)


def _listens(settings: Settings) -> dict[str, str]:
    """Where the process of each wire listens, for those that are switched on."""
    ports = {"xks": settings.xks_port, "dke": settings.dke_port, "transit": settings.transit_port}
    found = {name: f"{settings.host}:{port}" for name, port in ports.items() if port}
    if settings.xks_socket:
        found["xks"] = f"unix:{settings.xks_socket}"
    if settings.kms_socket:
        found["kms-v2"] = str(settings.house / settings.kms_socket)
    return found


def _printed(settings: Settings) -> dict[str, str]:
    """Settings that guides print as they are, where they are set."""
    found = {
        "transit_url": settings.transit_url,
        "kms_key": settings.kms_key,
        "kms_access": str(settings.house / settings.kms_access),
    }
    return {name: value for name, value in found.items() if value}
