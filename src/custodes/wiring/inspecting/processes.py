"""Every process of an installation, asked for itself at its own socket; users, ports, the published log."""

import socket
from collections.abc import Iterator

from custodes.acts.asks.running.findings import Finding, finding, unknown
from custodes.settings import Settings
from custodes.wiring.meters.probe import asked

PROCESSES = ("keyroom", "logkeeper", "console", "s3", "log")
PLANES = ("console", "s3", "log")
_CONNECT_S = 0.5
_READY = 200


def processes(settings: Settings) -> Iterator[Finding]:
    """Whether each is ready, in its own words; whose users they run as; whether the planes' ports answer."""
    owners: dict[str, int] = {}
    for name in PROCESSES:
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
        yield finding(name, "" if status == _READY else "not-ready", words, is_wrong=name == "keyroom")
    yield _users(owners)
    yield from _ports(settings)


def _users(owners: dict[str, int]) -> Finding:
    planes = {owners[name] for name in PLANES if name in owners}
    if "keyroom" not in owners or not planes:
        return unknown("users", "silent")
    said = ", ".join(f"{name} {uid}" for name, uid in sorted(owners.items()))
    return finding("users", "one-user" if owners["keyroom"] in planes else "", said)


def _ports(settings: Settings) -> Iterator[Finding]:
    ports = (settings.console_port, settings.s3_port, settings.log_port)
    for name, port in zip(PLANES, ports, strict=True):
        try:
            with socket.create_connection((settings.host, port), timeout=_CONNECT_S):
                listens = True
        except (ConnectionError, TimeoutError):
            listens = False
        except OSError:  # no such address family here: this process has no network
            yield unknown("port", "no-network")
            return
        yield finding("port", "" if listens else "port-silent", f"{name} {settings.host}:{port}")
