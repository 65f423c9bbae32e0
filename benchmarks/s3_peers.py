"""The S3 plane beside its peers in one run, in turns: rclone over a crypt remote, Ceph RGW with SSE-KMS.

Every server runs on this machine with its store in a folder of it (RGW: an OSD in memory). All are sent the
same requests by the same client, signed (SigV4), the payload unsigned and in one piece: the peers take no
trailer. What differs: rclone and RGW compute an MD5 for their ETag; what RGW writes is not on a disk; rclone
writes without fdatasync, keeps no log and asks nobody; Custodes writes an entry durably before each read
and each write, and syncs what it stores. A peer that is not installed is *not judged*.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from . import s3
from .figures import machine
from .s3_load import PLAIN, Target

ROUNDS = int(os.environ.get("ROUNDS", "3"))
SMALL_S = float(os.environ.get("SMALL_S", "3"))
KEY, SECRET = "benchmark", "a-secret-for-the-benchmark"
KMS_KEY = "town"
CEPH = """
[global]
fsid = 6d4f7f60-0000-4000-8000-000000000001
mon host = 127.0.0.1:{mon}
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
mon allow pool size one = true
mon warn on pool no redundancy = false
osd objectstore = memstore
memstore device bytes = 4294967296
osd crush chooseleaf type = 0
run dir = {folder}
log file = {folder}/$name.log
admin socket = {folder}/$name.asok
mon data = {folder}/mon
osd data = {folder}/osd
ms bind msgr2 = false

[client.rgw]
keyring = {folder}/keyring
rgw frontends = beast endpoint=127.0.0.1:{rgw} tcp_nodelay=1
rgw crypt require ssl = false
rgw crypt s3 kms backend = testing
rgw crypt s3 kms encryption keys = {key}=YmVuY2htYXJrLWtleS1iZW5jaG1hcmsta2V5LWJlbmM=
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
        for method in ("PUT", "GET"):
            for _ in range(ROUNDS):
                for one in (*targets, leased):
                    sys.stdout.write(s3.small_line(one, method, SMALL_S))


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
    from fakes.ports import free_port  # noqa: PLC0415

    if not all(map(shutil.which, ("ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "monmaptool"))):
        sys.stdout.write("RGW: not judged, not installed (apt-get install ceph-mon ceph-osd radosgw)\n")
        return None
    folder.mkdir()
    for name in ("mon", "osd"):
        (folder / name).mkdir()
    (folder / "keyring").write_text("")
    mon, rgw = free_port(), free_port()
    conf = folder / "ceph.conf"
    conf.write_text(CEPH.format(folder=folder, mon=mon, rgw=rgw, key=KMS_KEY))
    own = ["-c", str(conf)]
    said = stack.enter_context((folder / "said").open("wb"))

    def tell(*command: str) -> None:
        subprocess.run([*command], stdout=said, stderr=said, check=True)  # noqa: S603

    fsid = "6d4f7f60-0000-4000-8000-000000000001"
    monmap = str(folder / "monmap")
    tell("monmaptool", "--create", "--addv", "a", f"[v1:127.0.0.1:{mon}]", "--fsid", fsid, monmap)
    tell("ceph-mon", *own, "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", str(folder / "keyring"))
    stack.enter_context(_running(["ceph-mon", *own, "-i", "a", "-f"], said))
    tell("ceph", *own, "--connect-timeout", "30", "osd", "new", "6d4f7f60-0000-4000-8000-000000000002")
    osd_uuid = ["--osd-uuid", "6d4f7f60-0000-4000-8000-000000000002"]
    tell("ceph-osd", *own, "-i", "0", "--mkfs", *osd_uuid)
    osd = stack.enter_context(_running(["ceph-osd", *own, "-i", "0", "-f"], said))
    gateway = stack.enter_context(_running(["radosgw", *own, "-n", "client.rgw", "-f"], said))
    keys = ["--access-key", KEY, "--secret-key", SECRET]
    tell(
        "radosgw-admin",
        *own,
        "-n",
        "client.rgw",
        "user",
        "create",
        "--uid",
        "town",
        "--display-name",
        "town",
        *keys,
    )
    target = _target("RGW SSE-KMS", rgw, {"radosgw": gateway.pid, "osd": osd.pid})
    _make_bucket(target)
    given = {
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": KMS_KEY,
    }
    return Target(name=target.name, wire=target.wire, pids=target.pids, given=given, framing=PLAIN)


def _target(name: str, port: int, pids: dict[str, int]) -> Target:
    from fakes.s3_wire import Wire  # noqa: PLC0415 - the tests' own client

    return Target(name=name, wire=Wire(port, KEY, SECRET), pids=pids, framing=PLAIN)


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
