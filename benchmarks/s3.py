"""The S3 plane before a real keyroom and the syncing local store: large bodies, small objects, slow readers.

CPU seconds are the plane process's own, user and system, per GB (10^9 bytes) of content; wall-clock figures
share the processors with the client. Large PUTs are framed as boto3 does over TLS: unsigned chunks with a CRC
in the trailer. Small reads are made with an entry each, and then under leases.
"""

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from . import s3_load, s3_small
from .figures import machine, percentile, spread
from .s3_load import Target

if TYPE_CHECKING:
    from fakes.houses import House

LARGE_BYTES = int(os.environ.get("LARGE_MIB", "256")) * 1_048_576
ROUNDS = int(os.environ.get("ROUNDS", "5"))
SMALL_BYTES, CLIENTS, SMALL_S = 4_096, (16, 64), float(os.environ.get("SMALL_S", "5"))
SLOW_CLIENTS, SLOW_BYTES, SLOW_BYTES_PER_S, SLOW_S = 4, 512 * 1_048_576, 2_000_000, 6.0


def main() -> None:
    """Found a house, run its keyroom and S3 plane, measure, print; then one whose town permits leases."""
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(machine(Path(folder)) + "\n")
        with founded(Path(folder)) as house:
            at = target(house)
            _large(at)
            warm(at)
            _small(at, "PUT", "an entry each")
            _small(at, "GET", "an entry each")
            sys.stdout.write(slow_line(at.only("s3")))
    with tempfile.TemporaryDirectory() as folder, founded(Path(folder), "applications-lease-reads") as house:
        at = target(house)
        warm(at)
        _small(at, "GET", "under leases")


@contextlib.contextmanager
def founded(folder: Path, *forms: str) -> "Iterator[House]":
    """A house that runs, with the bucket that is measured in, and these rules of its town."""
    from fakes.houses import House  # noqa: PLC0415 - the tests' own house

    house = House(folder)
    house.forms = forms
    house.found()
    with house.running("keyroom", "s3"):
        house.boto3().create_bucket(Bucket="bench")
        yield house


def target(house: "House") -> Target:
    """The house's S3 endpoint; its plane and its keyroom are what is counted."""
    from fakes.s3_wire import Wire  # noqa: PLC0415 - the tests' own client

    wire = Wire(house.settings.s3_port, house.key.access_key, house.key.secret)
    pids = {name: house.processes[name].pid for name in ("s3", "keyroom")}
    return Target(name="custodes", wire=wire, pids=pids)


def large_round(at: Target, n: int) -> tuple[float, float, float, float]:
    """One PUT and one GET: (put cpu-s/GB, put MB/s, get cpu-s/GB, get MB/s)."""
    name = f"large-{n % 2}"
    began, cpu = time.perf_counter(), s3_load.spent_s(at)
    s3_load.put_large(at, name, LARGE_BYTES)
    middle, cpu_put = time.perf_counter(), s3_load.spent_s(at)
    s3_load.get_large(at, name, LARGE_BYTES)
    ended, cpu_get = time.perf_counter(), s3_load.spent_s(at)
    gb, mb = LARGE_BYTES / 1e9, LARGE_BYTES / 1e6
    return (cpu_put - cpu) / gb, mb / (middle - began), (cpu_get - cpu_put) / gb, mb / (ended - middle)


def large_lines(name: str, rounds: list[tuple[float, float, float, float]]) -> str:
    """What was found, as two lines."""
    put_cpu, put_speed, get_cpu, get_speed = ([one[n] for one in rounds] for n in range(4))
    size = f"{LARGE_BYTES >> 20} MiB"
    return (
        f"{name}: put {size}: {_fine(put_cpu)} cpu-s/GB, {spread(put_speed)} MB/s\n"
        f"{name}: get {size}: {_fine(get_cpu)} cpu-s/GB, {spread(get_speed)} MB/s\n"
    )


def warm(at: Target) -> None:
    """Every name that will be read is there, and nothing is opened for the first time."""
    s3_small.small(at, "PUT", bytes(SMALL_BYTES), max(CLIENTS), 1.0)


def small_line(at: Target, method: str, clients: int, seconds: float = SMALL_S) -> str:
    """One run of small objects, as a line."""
    cpu = {name: s3_load.spent_s(at.only(name)) for name in at.pids}
    times = s3_small.small(at, method, bytes(SMALL_BYTES), clients, seconds)
    us = [(s3_load.spent_s(at.only(name)) - before) / len(times) * 1e6 for name, before in cpu.items()]
    each = ", ".join(f"{name} {one:.0f}" for name, one in zip(cpu, us, strict=True))
    return (
        f"{at.name}: {method} 4 KiB, {clients} clients: {len(times) / seconds:,.0f}/s, "
        f"p50 {percentile(times, 0.5) * 1e3:.1f}, p99 {percentile(times, 0.99) * 1e3:.1f} ms, "
        f"{sum(us):.0f} cpu us of the server each ({each})\n"
    )


def _large(at: Target) -> None:
    rounds = [large_round(at, n) for n in range(ROUNDS + 1)][1:]  # the first one warms up
    sys.stdout.write(large_lines(at.name, rounds))
    for name, pid in at.pids.items():
        sys.stdout.write(f"{name}: resident at most {s3_load.status_mib(pid, 'VmHWM:'):.0f} MiB\n")


def _small(at: Target, method: str, how: str) -> None:
    for _ in range(3):
        for clients in CLIENTS:
            sys.stdout.write(f"{how}: {small_line(at, method, clients)}")


def slow_line(at: Target) -> str:
    """Slow readers, then slow writers, of one large object each: how much memory its processes hold."""
    s3_load.put_large(at, "slow", SLOW_BYTES)
    said = []
    for what, begin in (("readers", s3_load.slow_reader), ("writers", s3_load.slow_writer)):
        before, peak = s3_load.memory_mib(at), 0.0
        clients = [begin(at, n, SLOW_BYTES) for n in range(SLOW_CLIENTS)]
        until = time.perf_counter() + SLOW_S
        while time.perf_counter() < until:
            for step in clients:
                step(SLOW_BYTES_PER_S // 10)
            time.sleep(0.1)
            peak = max(peak, s3_load.memory_mib(at))
        for step in clients:
            step(0)
        said.append(f"{SLOW_CLIENTS} slow {what} of {SLOW_BYTES >> 20} MiB: {before:.0f} -> {peak:.0f} MiB")
    return f"{at.name}: resident, {', '.join(said)} at most\n"


def _fine(values: list[float]) -> str:
    return f"{percentile(values, 0.5):.2f} ({min(values):.2f}-{max(values):.2f})"
