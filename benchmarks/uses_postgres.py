"""Key uses over HTTP on SQLite, on PostgreSQL, and on PostgreSQL with a synchronous standby, in one run.

Two houses, each with its keyroom, logkeeper and API plane, one over SQLite and one over a real server (fsync
on, UNIX socket), measured in turns. The standby is a second server on this machine, so both share processors
and disk with everything else: shown is what waiting for it costs, not what a second machine would give.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from itertools import repeat
from pathlib import Path

from .figures import cpu_s, machine, percentile, spread
from .uses import Crowd, Target, _token

CLIENTS = (8, 64)
SECONDS = float(os.environ.get("POSTGRES_S", "4"))
ROUNDS = int(os.environ.get("POSTGRES_ROUNDS", "3"))
KINDS = ("sqlite", "postgresql", "postgresql, synchronous standby")


def main() -> None:
    """Print the figures."""
    from fakes.databases import Server, scratch  # noqa: PLC0415 - the tests' own server
    from fakes.houses import House  # noqa: PLC0415

    with scratch() as data, tempfile.TemporaryDirectory(dir=Path.cwd()) as place:
        primary = Server.found(data, 5432)
        servers = [primary]
        try:
            targets = {"sqlite": Target(Path(place) / "lite")}
            targets["postgresql"] = Target(Path(place) / "pg", database_url=primary.database("house"))
            targets[KINDS[2]] = targets["postgresql"]
            servers.append(primary.standby(5433))

            def waits(kind: str) -> None:
                primary.tell("synchronous_standby_names", "*" if kind == KINDS[2] else "")

            lite: House = targets["sqlite"].house
            other: House = targets["postgresql"].house
            names = ("keyroom", "logkeeper", "console")
            with lite.running(*names), other.running(*names):
                _measure(targets, waits, Path(place))
        finally:
            for server in servers:
                server.stop()


def _measure(targets: dict[str, Target], waits: Callable[[str], None], folder: Path) -> None:
    out = sys.stdout.write
    out(f"machine: {machine(folder)}\n")
    requests = {
        kind: one.request("unwrap", _token(one, one.house.settings.console_port))
        for kind, one in targets.items()
    }
    for clients in CLIENTS:
        rates: dict[str, list[float]] = {kind: [] for kind in KINDS}
        tails: dict[str, list[float]] = {kind: [] for kind in KINDS}
        spent: dict[str, list[float]] = {kind: [] for kind in KINDS}
        for _ in range(ROUNDS):  # in turns: what the machine does, all feel
            for kind in KINDS:
                waits(kind)
                house = targets[kind].house
                pid = {"keyroom": house.processes["keyroom"].pid}
                with Crowd(house.settings.console_port, repeat(requests[kind]), clients) as crowd:
                    before = cpu_s(pid)["keyroom"]
                    rates[kind].append(crowd.closed(SECONDS))
                    spent[kind].append((cpu_s(pid)["keyroom"] - before) * 1e6 / len(crowd.taken))
                    tails[kind].append(percentile(crowd.taken, 0.99))
        for kind in KINDS:
            shares = [one / lite for one, lite in zip(rates[kind], rates["sqlite"], strict=True)]
            out(f"{clients:>2} clients, {kind}: {spread(rates[kind])} uses/s, p99 {spread(tails[kind])} ms, ")
            out(f"keyroom {spread(spent[kind])} us; {min(shares):.2f}-{max(shares):.2f} of SQLite\n")
    out(f"machine: {machine(folder)}\n")


if __name__ == "__main__":
    main()
