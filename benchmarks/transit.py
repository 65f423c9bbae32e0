"""The transit plane beside OpenBao's own transit engine: the same requests, in one run, in turns.

Both have the token's check, the rules and an audit record before each answer. What differs: our record is on
the disk (fdatasync) before the answer, signed over and provable; OpenBao's file audit device writes to the
page cache. OpenBao runs as a development server (storage in memory, which these requests do not touch).
Without `bao` (CUSTODES_BAO, or on the path) only our side is measured.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path

from custodes.acts.keyroom import Keyroom
from custodes.custody import hierarchy, keys
from custodes.custody.hierarchy import Scope
from custodes.custody.keys import Nature
from custodes.custody.materials import halves
from custodes.custody.materials.kinds import KeyKind
from custodes.custody.message import Material
from custodes.kernel.ids import new_id

from .figures import cpu_s, machine, percentile, spread
from .uses import Connection, Crowd, Target, _spent

ROUNDS = 3
SECONDS = float(os.environ.get("TRANSIT_S", "2.5"))
CLIENTS = int(os.environ.get("TRANSIT_CLIENTS", "32"))
BATCH = 32
ROOT_TOKEN = "root-of-the-measurement"  # noqa: S105 - of a server that lives for this run
UP_WITHIN_S = 30.0
PLAIN = b64encode(b"k" * 32).decode()
SIGNING = (KeyKind.ECDSA_P256, KeyKind.ED25519)


class Side:
    """One engine: where it listens, its token, its processes."""

    def __init__(self, name: str, port: int, token: str, pids: dict[str, int]) -> None:
        self.name, self.port, self.token = name, port, token
        self.pids = pids

    def request(self, path: str, body: dict[str, object]) -> bytes:
        """One whole HTTP/1.1 request."""
        raw = json.dumps(body).encode()
        head = (
            f"POST /v1/transit/{path} HTTP/1.1\r\nHost: localhost\r\nX-Vault-Token: {self.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n"
        )
        return head.encode() + raw

    def asked(self, path: str, body: dict[str, object]) -> dict[str, object]:
        """The `data` of one answer."""
        one = Connection(self.port)
        one.send(self.request(path, body), 0.0)
        while (got := one.read()) is None:
            pass
        one.socket.close()
        data: dict[str, object] = json.loads(got)["data"]
        return data

    def workloads(self) -> dict[str, bytes]:
        """Name and request of each."""
        sealed = self.asked("encrypt/bench", {"plaintext": PLAIN})["ciphertext"]
        many, opened = [{"plaintext": PLAIN}] * BATCH, [{"ciphertext": sealed}] * BATCH
        return {
            "encrypt": self.request("encrypt/bench", {"plaintext": PLAIN}),
            "decrypt": self.request("decrypt/bench", {"ciphertext": sealed}),
            f"encrypt, {BATCH} in a batch": self.request("encrypt/bench", {"batch_input": many}),
            f"decrypt, {BATCH} in a batch": self.request("decrypt/bench", {"batch_input": opened}),
            **{
                f"sign, {kind.value}": self.request(f"sign/{kind.value}", {"input": PLAIN})
                for kind in SIGNING
            },
        }


class TransitTarget(Target):
    """The house of `uses` with keys that sign."""

    async def _enrol(self, keyroom: Keyroom) -> None:
        await super()._enrol(keyroom)
        house, o = self.house, keyroom.opened
        customer, rows = house.customer, []
        for kind in SIGNING:
            id_ = new_id("key", house.dice)
            scope = Scope(house=o.house, customer=customer.id, key=id_)
            root = o.keyring.root(customer)
            wrapped = hierarchy.make_key_version(root, scope, 1, house.dice)
            secret = hierarchy.open_key_version(root, scope, 1, wrapped)
            material = Material(scope=scope, version=1, secret=secret)
            nature = Nature(
                kind=kind, halves=halves.at_rest(kind, halves.drawn(kind, house.dice), material, house.dice)
            )
            now = house.clock.now().replace(microsecond=0)
            key = keys.create(id_, customer.id, (kind.value, ""), wrapped, now, nature=nature)
            rows.append(("key", id_, customer.id, key))
        await self._put(keyroom, rows)


def main() -> None:
    """Print the figures."""
    from fakes.ports import free_port  # noqa: PLC0415 - as the tests' own house

    with tempfile.TemporaryDirectory(dir=Path.cwd()) as place:
        folder = Path(place)
        target = TransitTarget(folder, transit_port=free_port())
        with target.house.running("keyroom", "logkeeper", "transit"), _bao(folder, free_port()) as theirs:
            pids = {name: process.pid for name, process in target.house.processes.items()}
            ours = Side("custodes", target.house.settings.transit_port, target.token.token, pids)
            sides = [ours] if theirs is None else [ours, theirs]
            sys.stdout.write(f"machine: {machine(folder)}; {CLIENTS} clients, closed loop\n")
            _measure(sides)
            sys.stdout.write(f"machine: {machine(folder)}\n")


def _measure(sides: list[Side]) -> None:
    requests = {side.name: side.workloads() for side in sides}
    for workload in requests[sides[0].name]:
        found: dict[str, list[tuple[float, list[float], dict[str, float]]]] = {one.name: [] for one in sides}
        for turn in range(ROUNDS):
            for side in sides if turn % 2 == 0 else sides[::-1]:
                pids = side.pids | {"client": os.getpid()}
                with Crowd(side.port, repeat(requests[side.name][workload]), CLIENTS) as crowd:
                    before = cpu_s(pids)
                    rate = crowd.closed(SECONDS)
                    spent = _spent(before, cpu_s(pids), len(crowd.taken))
                    found[side.name].append((rate, crowd.taken, spent))
        for name, rounds in found.items():
            tails = [f"{spread([percentile(one[1], share) for one in rounds])}" for share in (0.5, 0.99)]
            rates = spread([one[0] for one in rounds])
            sys.stdout.write(f"{workload}, {name}: {rates}/s, p50 {tails[0]} ms, p99 {tails[1]} ms\n")
            us = (f"{who} {spread([one[2][who] for one in rounds])}" for who in rounds[0][2])
            sys.stdout.write(f"  processor us per request: {', '.join(us)}\n")


@contextmanager
def _bao(folder: Path, port: int) -> Iterator[Side | None]:
    program = os.environ.get("CUSTODES_BAO") or shutil.which("bao")
    if program is None:
        sys.stdout.write("no bao on this machine (CUSTODES_BAO): not compared\n")
        yield None
        return
    config = folder / "bao.hcl"
    config.write_text(
        f'audit "file" "to-file" {{\n  options {{ file_path = "{folder / "audit.log"}" }}\n}}\n'
    )
    command = [program, "server", "-dev", f"-dev-root-token-id={ROOT_TOKEN}", "-dev-no-store-token"]
    command += [f"-dev-listen-address=127.0.0.1:{port}", f"-config={config}"]
    with (folder / "bao.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={"HOME": str(folder)})  # noqa: S603
    try:
        _wait(port)
        side = Side("OpenBao", port, ROOT_TOKEN, {"bao": process.pid})
        side.token = _settled(side)
        yield side
        if (folder / "audit.log").stat().st_size == 0:
            raise RuntimeError("OpenBao audited nothing")
    finally:
        process.terminate()
        process.wait(30)


def _settled(side: Side) -> str:
    """Mount, keys, and a token that a policy lets use them, as an application has one."""
    rule = 'path "transit/*" { capabilities = ["create", "update"] }'
    _told(side, "sys/mounts/transit", {"type": "transit"})
    _told(side, "sys/policies/acl/bench", {"policy": rule})
    _told(side, "transit/keys/bench", {})
    for kind in SIGNING:
        _told(side, f"transit/keys/{kind.value}", {"type": kind.value})
    made = json.loads(_told(side, "auth/token/create", {"policies": ["bench"]}))
    token: str = made["auth"]["client_token"]
    return token


def _told(side: Side, path: str, body: dict[str, object]) -> bytes:
    request = urllib.request.Request(
        f"http://127.0.0.1:{side.port}/v1/{path}", json.dumps(body).encode(), method="POST"
    )
    request.add_header("X-Vault-Token", side.token)
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        raw: bytes = answer.read()
    return raw


def _wait(port: int) -> None:
    ends = time.monotonic() + UP_WITHIN_S
    while time.monotonic() < ends:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("bao does not listen")


if __name__ == "__main__":
    main()
