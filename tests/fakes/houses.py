"""A real house in a folder: founded, enrolled, its processes running on free loopback ports.

    house = House(tmp_path).found()
    with house.running("keyroom", "s3"):
        client = house.boto3()

For everything that must be seen from outside: port tests, judges, crashes, the attacks, the benchmarks.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from custodes.acts.footing.identities import access_id
from custodes.acts.footing.nouns import StoreAt
from custodes.acts.founding import Plan, new_customer
from custodes.acts.keyroom import Keyroom
from custodes.adapters import schemes
from custodes.adapters.system import SystemClock, SystemDice
from custodes.boundary.places import Boundary, Location
from custodes.custody import hierarchy
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Application, Credential, CredentialKind
from custodes.policy.presets import default_rules, rule
from custodes.policy.rules import RuleSet
from custodes.settings import FILE_NAME, Settings, load
from custodes.web.serving.server import MALLOC
from custodes.wiring.founding import found
from custodes.wiring.keyroom import assembled
from fakes.ports import free_port
from fakes.rows import organisation, put

ROOT = Path(__file__).resolve().parents[2]
ORIGIN = "log.example/house"
UP_WITHIN_S = 60.0


class S3Key(msgspec.Struct, frozen=True):
    access_key: str
    secret: str


class House:
    """One town with one application, two S3 keys of it, and a local store inside the boundary."""

    forms: tuple[str, ...] = ()  # rules the town's owner set besides the default ones

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = folder
        self.given = settings
        self.clock, self.dice = SystemClock(), SystemDice()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.said: dict[str, Path] = {}

    def found(self) -> "House":
        """Found the house and enrol the town; nothing runs yet."""
        ports = {"s3_port": free_port(), "log_port": free_port(), "console_port": free_port()}
        plan = Plan(name="Test house", demo=True, origin=ORIGIN, console="http://localhost")
        self.body = found(self.folder / "house", plan, None, Settings(**{**ports, **self.given}))
        asyncio.run(self._settle())
        return self

    @property
    def settings(self) -> Settings:
        return load(self.settings_file)

    @property
    def settings_file(self) -> Path:
        return self.folder / "house" / FILE_NAME

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.settings.s3_port}"

    @property
    def store(self) -> Path:
        return self.settings.stores / "town"

    def blobs(self) -> list[Path]:
        """Every file in the store, finished or not."""
        return [path for path in self.store.rglob("*") if path.is_file()]

    @contextlib.contextmanager
    def running(self, *names: str) -> Iterator["House"]:
        """Run these processes; all are ended with SIGTERM at the end."""
        try:
            for name in names:
                self.start(name)
            yield self
        finally:
            self.stop(*reversed(names))

    def start(self, name: str, **environment: str) -> None:
        """Start one process and wait until it answers."""
        said = self.folder / f"{name}.log"
        self.said[name] = said
        command = [sys.executable, "-m", "custodes.wiring", name, str(self.settings_file)]
        with said.open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                env={**os.environ, **MALLOC, **environment, "PYTHONPATH": str(ROOT / "src")},
            )
        self._wait(name)

    def stop(self, *names: str) -> None:
        """SIGTERM, and SIGKILL for what does not end."""
        for name in names:
            process = self.processes.pop(name, None)
            if process is None:
                continue
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise AssertionError(f"{name} did not end:\n{self.said[name].read_text()}") from None

    def kill(self, name: str) -> None:
        """SIGKILL."""
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def boto3(self, key: S3Key | None = None, **config: Any) -> Any:
        """A boto3 client; `config` goes into botocore's."""
        import boto3
        from botocore.config import Config

        key = key or self.key
        wanted = {"retries": {"max_attempts": 0}, "s3": {"addressing_style": "path"}, **config}
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=key.access_key,
            aws_secret_access_key=key.secret,
            region_name="eu-central-1",
            config=Config(**wanted),
        )

    def _wait(self, name: str) -> None:
        until = time.monotonic() + UP_WITHIN_S
        while not self._is_up(name):
            process = self.processes[name]
            if process.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"{name} does not come up:\n{self.said[name].read_text()[-4000:]}")
            time.sleep(0.02)

    def _is_up(self, name: str) -> bool:
        settings = self.settings
        ports = {"s3": settings.s3_port, "log": settings.log_port, "console": settings.console_port}
        ports |= {"xks": settings.xks_port, "transit": settings.transit_port, "dke": settings.dke_port}
        sockets = {"keyroom": str(settings.socket), "xks": settings.xks_socket}
        if sockets.get(name):
            with socket.socket(socket.AF_UNIX) as probe:
                return probe.connect_ex(sockets[name]) == 0
        if name not in ports:
            return True
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", ports[name])) == 0

    async def _settle(self) -> None:
        async with assembled(self.settings, "a local token of no use") as keyroom:
            await keyroom.unseal(b"")
            ports = (self.clock, self.dice)
            trustee = organisation(ports, "Trustee", PartyKind.TRUSTEE)
            town = organisation(ports, "Town", PartyKind.CUSTOMER)
            house = self._customer("house", self.body.id, trustee.id, (0, 1))
            self.customer = self._customer("Town", new_id("cus", self.dice), town.id, (2, 3))
            town = msgspec.structs.replace(town, customers=(self.customer.id,))
            self.application = Application(
                id=new_id("per", self.dice), customer=self.customer.id, organisation=town.id, name="Registry"
            )
            credential, self.key = self._s3_key(keyroom, town.id)
            other, self.other_key = self._s3_key(keyroom, town.id)
            place = Location(
                id=new_id("loc", self.dice),
                name="berlin",
                country="DE",
                operator="Trustee",
                jurisdictions=("DE",),
            )
            boundary = Boundary(
                id=new_id("bdy", self.dice),
                customer=self.customer.id,
                areas=("EU",),
                jurisdictions=("EU",),
            )
            customer = self.customer.id
            rows = [
                ("customer", house.id, house.id, house),
                ("organisation", trustee.id, "", trustee),
                ("organisation", town.id, "", town),
                ("customer", customer, customer, self.customer),
                ("rules", customer, customer, self._rules(customer)),
                ("application", self.application.id, customer, self.application),
                ("credential", credential.id, customer, credential),
                ("credential", other.id, customer, other),
                ("location", place.id, "", place),
                ("store", place.id, "", StoreAt(location=place.id, uri=f"file:{self.store}")),
                ("boundary", customer, customer, boundary),
            ]
            await put(keyroom, house, rows)

    def _rules(self, customer: str) -> RuleSet:
        default = default_rules(customer)
        return msgspec.structs.replace(default, rules=(*default.rules, *map(rule, self.forms)))

    def _customer(self, name: str, id_: str, organisation: str, slots: tuple[int, int]) -> Any:
        holder = schemes.holder(self.body.holder)
        holder.unseal(b"")
        return new_customer((id_, name, organisation), self.body.id, holder, (self.clock, self.dice), slots)

    def _s3_key(self, keyroom: Keyroom, organisation: str) -> tuple[Credential, S3Key]:
        id_, secret = new_id("crd", self.dice), self.dice.draw(20).hex()
        keys = keyroom.opened.keyring.house_keys
        wrapped = hierarchy.wrap_credential(keys, self.body.id, id_, secret.encode(), self.dice)
        credential = Credential(
            id=id_,
            kind=CredentialKind.S3_KEY,
            organisation=organisation,
            application=self.application.id,
            customer=self.customer.id,
            secret=canonical.b64(wrapped),
            created_at=to_text(self.clock.now()),
            is_demo=True,
        )
        return credential, S3Key(access_id(id_), secret)
