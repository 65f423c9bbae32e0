"""The S3 plane beside its peers in one run, in turns: rclone over a crypt remote, Ceph RGW with SSE-KMS.

Every server runs on this machine with its store in a folder of it (RGW: an OSD in memory). All are sent the
same requests by the same client, signed (SigV4), the payload unsigned and in one piece: the peers take no
trailer. What differs: rclone and RGW compute an MD5 for their ETag; what RGW writes is not on a disk; rclone
writes without fdatasync, keeps no log and asks nobody; Custodes writes an entry durably before each read
and each write, and syncs what it stores. A peer that is not installed is *not judged*.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from . import s3, s3_load, s3_ranges
from .figures import machine, spread
from .s3_load import PLAIN, Target

ROUNDS = int(os.environ.get("ROUNDS", "3"))
SMALL_S = float(os.environ.get("SMALL_S", "3"))
RANGE_BYTES = int(os.environ.get("PEERS_RANGE_MIB", "1024")) * 1_048_576
LISTED, LISTINGS = int(os.environ.get("PEERS_LISTED", "2000")), 20
KEY, SECRET = "benchmark", "a-secret-for-the-benchmark"
KMS_KEY = "town"
KMS = f"""
rgw crypt require ssl = false
rgw crypt s3 kms backend = testing
rgw crypt s3 kms encryption keys = {KMS_KEY}=YmVuY2htYXJrLWtleS1iZW5jaG1hcmsta2V5LWJlbmM=
"""


def main() -> None:
    """Start what is there, measure in turns, print."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sys.stdout.write(machine(folder) + "\n")
        targets = [_custodes(stack, folder / "custodes")]
        leased = _custodes(stack, folder / "leased", "applications-lease-reads")
        targets += [one for one in (_rclone(stack, folder / "rclone"), _ceph(stack, folder / "ceph")) if one]
        large: dict[str, list[tuple[float, float, float, float]]] = {one.name: [] for one in targets}
        for n in range(ROUNDS + 1):
            for one in targets:
                found = s3.large_round(one, n)
                large[one.name] += [found] if n else []  # the first one warms up
        for name, rounds in large.items():
            sys.stdout.write(s3.large_lines(name, rounds))
        for one in targets:
            s3_load.put_large(one, "range", RANGE_BYTES)
            s3_ranges.measure(one, "range", RANGE_BYTES)
        for one in targets:
            sys.stdout.write(_listed(one))
        for one in targets:
            sys.stdout.write(s3.slow_line(one))
        small(*targets, leased)


def small(*targets: Target) -> None:
    """Small objects, in turns."""
    for one in targets:
        s3.warm(one)
    for method in ("PUT", "GET"):
        for clients in s3.CLIENTS:
            for _ in range(ROUNDS):
                for one in targets:
                    sys.stdout.write(s3.small_line(one, method, clients, SMALL_S))


def _listed(at: Target) -> str:
    """The first page of a thousand names out of as many objects as a peer takes in a short while."""
    asyncio.run(s3_load.some(at, LISTED))
    times = []
    with s3_load.Connection(at) as connection:
        cpu = s3_load.spent_s(at)
        for _ in range(LISTINGS):
            began = time.perf_counter()
            connection.listed({"list-type": "2", "prefix": "listed/"})
            times.append((time.perf_counter() - began) * 1e3)
        cpu = (s3_load.spent_s(at) - cpu) / LISTINGS * 1e3
    return f"{at.name}: first page of {LISTED:,} names: {spread(times)} ms, {cpu:.0f} cpu ms of the server\n"


def _custodes(stack: contextlib.ExitStack, folder: Path, *forms: str) -> Target:
    folder.mkdir()
    house = stack.enter_context(s3.founded(folder, *forms))
    at = s3.target(house)
    name = "custodes under leases" if forms else "custodes"
    return Target(name=name, wire=at.wire, pids=at.pids, framing=PLAIN)


def _rclone(stack: contextlib.ExitStack, folder: Path) -> Target | None:
    import judges  # noqa: PLC0415
    from fakes.ports import free_port  # noqa: PLC0415

    try:
        command = str(judges.environment("rclone") / "rclone")
    except judges.pytest.skip.Exception as skipped:
        sys.stdout.write(f"rclone: {skipped}\n")
        return None
    folder.mkdir()
    port = free_port()
    hide = [command, "obscure", SECRET]
    obscured = subprocess.run(hide, capture_output=True, text=True, check=True).stdout  # noqa: S603
    environment = {
        **os.environ,
        "RCLONE_CONFIG": "/dev/null",
        "RCLONE_CONFIG_SEALED_TYPE": "crypt",
        "RCLONE_CONFIG_SEALED_REMOTE": str(folder / "store"),
        "RCLONE_CONFIG_SEALED_PASSWORD": obscured.strip(),
    }
    (folder / "store").mkdir()
    serve = [
        command,
        "serve",
        "s3",
        "sealed:",
        "--addr",
        f"127.0.0.1:{port}",
        "--auth-key",
        f"{KEY},{SECRET}",
    ]
    said = stack.enter_context((folder / "log").open("wb"))
    process = stack.enter_context(_running(serve, said, environment))
    target = _target("rclone crypt", port, {"rclone": process.pid})
    _make_bucket(target)
    return target


def _ceph(stack: contextlib.ExitStack, folder: Path) -> Target | None:
    import judges  # noqa: PLC0415
    from conformance.stores import servers  # noqa: PLC0415 - the suite's own RGW

    folder.mkdir()
    try:
        found = stack.enter_context(servers.rgw(folder, KMS, room=4 << 30))
    except judges.pytest.skip.Exception as skipped:
        sys.stdout.write(f"RGW: {skipped}\n")
        return None
    target = _target("RGW SSE-KMS", found.port, found.pids, (servers.KEY, servers.SECRET))
    _make_bucket(target)
    given = {
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": KMS_KEY,
    }
    return replace(target, given=given)


def _target(name: str, port: int, pids: dict[str, int], key: tuple[str, str] = (KEY, SECRET)) -> Target:
    from fakes.s3_wire import Wire  # noqa: PLC0415 - the tests' own client

    return Target(name=name, wire=Wire(port, *key), pids=pids, framing=PLAIN)


def _make_bucket(at: Target) -> None:
    until = time.perf_counter() + 60
    while True:
        try:
            status = at.wire.request("PUT", f"/{at.bucket}").status
        except ConnectionRefusedError:
            status = 0
        if status == 200:
            return
        if time.perf_counter() > until:
            raise RuntimeError(f"{at.name} does not answer: {status}")
        time.sleep(0.2)


@contextlib.contextmanager
def _running(
    command: list[str], said: object, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdout=said, stderr=said, env=environment)  # type: ignore[call-overload]  # noqa: S603
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
