"""Every process of an installation, asked for itself at its own socket; users, ports, the published log."""

import socket
from collections.abc import Iterator

from custodes.acts.asks.running.findings import Finding, finding, unknown
from custodes.settings import Settings
from custodes.wiring.meters.probe import asked
from custodes.wiring.processes import wanted

KEEPERS = frozenset({"keyroom", "logkeeper"})
_CONNECT_S = 0.5
_READY = 200
_SEALED = "seal: "  # as `wiring.meters.health` begins it


def processes(settings: Settings) -> Iterator[Finding]:
    """Whether each is ready, in its own words; whose users they run as; whether the planes' ports answer."""
    owners: dict[str, int] = {}
    for name in wanted(settings):
        path = settings.meters / f"{name}.sock"
        try:
            owners[name] = path.stat().st_uid
            status, said = asked(str(path), "/readyz")
        except PermissionError:
            yield unknown(name, "not-ours-to-see")
            continue
        except OSError:
            yield finding(name, "silent", "-")
            continue
        words = " ".join(said.split())[:200]
        why = "" if status == _READY else "sealed" if words.startswith(_SEALED) else "not-ready"
        yield finding(name, why, words, is_wrong=name == "keyroom")
    yield _users(owners)
    yield from _ports(settings)


def _users(owners: dict[str, int]) -> Finding:
    planes = {uid for name, uid in owners.items() if name not in KEEPERS}
    if "keyroom" not in owners or not planes:
        return unknown("users", "silent")
    said = ", ".join(f"{name} {uid}" for name, uid in sorted(owners.items()))
    return finding("users", "one-user" if owners["keyroom"] in planes else "", said)


def _ports(settings: Settings) -> Iterator[Finding]:
    """Whether somebody answers where each plane listens: a port, or a socket for a front or a cluster."""
    for name, place in _places(settings):
        where = place if isinstance(place, str) else f"{place[0]}:{place[1]}"
        try:
            listens = _listens(place)
        except PermissionError:
            yield unknown("port", "not-ours-to-see")
        except OSError:  # no such address family here: this process has no network
            yield unknown("port", "no-network")
        else:
            yield finding("port", "" if listens else "port-silent", f"{name} {where}")


def _places(settings: Settings) -> Iterator[tuple[str, str | tuple[str, int]]]:
    sockets = {"xks": settings.xks_socket, "kms": settings.kms_socket}
    for name in wanted(settings):
        if sockets.get(name):
            yield name, str(settings.house / sockets[name])
        elif name not in KEEPERS:
            yield name, (settings.host, getattr(settings, f"{name}_port"))


def _listens(place: str | tuple[str, int]) -> bool:
    """True when a connection is taken; PermissionError, OSError where it cannot be tried."""
    try:
        if not isinstance(place, str):
            with socket.create_connection(place, timeout=_CONNECT_S):
                return True
        with socket.socket(socket.AF_UNIX) as one:
            one.settimeout(_CONNECT_S)
            one.connect(place)
            return True
    except (ConnectionError, TimeoutError, FileNotFoundError):
        return False
