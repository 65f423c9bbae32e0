"""A real house with people, for tests that look at it from a browser or over HTTP: real processes, real keys.

Its people have passwords, and passkeys whose private keys a test puts into a browser's virtual authenticator.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from custodes.acts.asks import Token
from custodes.acts.asks.keys import CreateKey
from custodes.acts.entrance import passwords
from custodes.acts.footing.nouns import StoreAt
from custodes.acts.founding import Plan, new_customer
from custodes.adapters import schemes
from custodes.adapters.system import SystemClock, SystemDice
from custodes.boundary.places import Boundary, Location
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Application, Credential, CredentialKind, Membership, Organisation, Person
from custodes.policy.presets import default_rules
from custodes.settings import FILE_NAME, Settings
from custodes.wiring.founding import found
from custodes.wiring.keyroom import assembled
from fakes.ports import free_port
from fakes.rows import api_token, organisation, put

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"
UP_WITHIN_S = 180.0


@cache
def _kept() -> str:
    """The one password as it is kept; hashing it anew for everybody takes seconds."""
    return passwords.make(PASSWORD, bytes(16))


@dataclass
class Someone:
    """A person with a password, a token and, if `passkey` is set, a passkey."""

    person: Person
    organisation: Organisation
    token: Token
    credential: str
    mail: str
    passkey: ec.EllipticCurvePrivateKey | None
    passkey_id: str

    def virtual(self) -> dict[str, Any]:
        """The passkey as Chromium's virtual authenticator takes it."""
        assert self.passkey is not None
        raw = self.passkey.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return {
            "credentialId": b64encode(self.passkey_id.encode()).decode(),
            "isResidentCredential": True,
            "rpId": "localhost",
            "privateKey": b64encode(raw).decode(),
            "userHandle": b64encode(self.person.id.encode()).decode(),
            "signCount": 1,
        }


class ConsoleHouse:
    """A trustee (Ada, Karl), a town (Olga, Anna, Paul), a custodian (Kim), a supplier (Erik)."""

    def __init__(self, folder: Path, *, database_url: str = "") -> None:
        self.folder = folder
        self.ports = self.clock, self.dice = SystemClock(), SystemDice()
        self.port = free_port()
        self.origin = f"http://localhost:{self.port}"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        plan = Plan(name="Rechenhaus Nord", demo=True, origin="log.example/nord", console=self.origin)
        settings = Settings(
            console_url=self.origin,
            console_port=self.port,
            log_port=free_port(),
            s3_port=free_port(),
            database_url=database_url,
        )
        self.body = found(folder / "house", plan, None, settings)
        self.file = folder / "house" / FILE_NAME
        (folder / "house" / "stores" / "kiel").mkdir(parents=True, exist_ok=True)
        self.people: dict[str, Someone] = {}
        apart(self._settle)

    @contextlib.contextmanager
    def running(self, *names: str) -> Iterator["ConsoleHouse"]:
        """Run these processes; all are ended with SIGTERM at the end, none may have to be killed."""
        try:
            for name in names:
                self._begin(name)
                if name == "keyroom":
                    self._wait(name)  # the others ask it, and come up side by side
            for name in names:
                self._wait(name)
            yield self
        finally:
            codes = {name: self._end(self.processes.pop(name)) for name in reversed(list(self.processes))}
        assert set(codes.values()) <= {0}, (codes, self.said(*codes))

    def start(self, name: str) -> None:
        """Start one process and wait until it answers."""
        self._begin(name)
        self._wait(name)

    def _begin(self, name: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "custodes.wiring", name, str(self.file)],
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            )

    def _wait(self, name: str) -> None:
        until = time.monotonic() + UP_WITHIN_S
        while not self._is_up(name):
            if self.processes[name].poll() is not None or time.monotonic() > until:
                raise AssertionError(f"{name} does not come up:\n{self.said(name)}")
            time.sleep(0.02)

    def said(self, *names: str) -> str:
        """What the processes wrote."""
        return "\n".join((self.folder / f"{name}.log").read_text()[-6000:] for name in names)

    def _end(self, process: "subprocess.Popen[bytes]") -> int:
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return 99

    def _is_up(self, name: str) -> bool:
        if name == "keyroom":
            with socket.socket(socket.AF_UNIX) as probe:
                return probe.connect_ex(str(self.folder / "house" / "sockets" / "keyroom.sock")) == 0
        if name == "s3":
            with socket.socket(socket.AF_UNIX) as probe:
                return probe.connect_ex(str(self.folder / "house" / "meters" / "s3-files.sock")) == 0
        if name == "console":
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0
        return True

    async def _settle(self) -> None:
        from custodes.settings import load

        async with assembled(load(self.file), "no use") as keyroom:
            await keyroom.unseal(b"")
            self._rows: list[tuple[str, str, str, Any]] = []
            self.trustee = organisation(self.ports, "Rechenhaus Nord", PartyKind.TRUSTEE)
            town = organisation(self.ports, "Stadt Lindenau", PartyKind.CUSTOMER)
            supplier = organisation(self.ports, "Meldewerk Software GmbH", PartyKind.SUPPLIER)
            house = self._customer("Rechenhaus Nord", self.body.id, self.trustee.id, (0, 1))
            self.customer = self._customer("Stadt Lindenau", new_id("cus", self.dice), town.id, (2, 3))
            id_ = self.customer.id
            self.town = Organisation(**{**_fields(town), "customers": (id_,)})
            self.supplier = Organisation(**{**_fields(supplier), "customers": (id_,)})
            self.application = Application(
                id=new_id("per", self.dice), customer=id_, organisation=town.id, name="Meldeverfahren"
            )
            place = Location(
                id=new_id("loc", self.dice),
                name="Kiel",
                country="DE",
                operator=self.trustee.id,
                jurisdictions=("DE",),
            )
            far = Location(
                id=new_id("loc", self.dice),
                name="eu-central-x",
                country="DE",
                operator=self.supplier.id,
                jurisdictions=("US",),
            )
            boundary = Boundary(
                id=new_id("bdy", self.dice), customer=id_, areas=("EU",), jurisdictions=("EU",)
            )
            credential, self.token = api_token(
                self.ports, town.id, application=self.application.id, customer=id_
            )
            self._rows += [
                ("customer", house.id, house.id, house),
                ("organisation", self.trustee.id, "", self.trustee),
                ("organisation", town.id, "", self.town),
                ("organisation", supplier.id, "", self.supplier),
                ("customer", id_, id_, self.customer),
                ("rules", house.id, house.id, default_rules(house.id)),
                ("rules", id_, id_, default_rules(id_)),
                ("application", self.application.id, id_, self.application),
                ("credential", credential.id, id_, credential),
                ("location", place.id, "", place),
                ("location", far.id, "", far),
                (
                    "store",
                    place.id,
                    "",
                    StoreAt(location=place.id, uri=f"file:{self.folder / 'house/stores/kiel'}"),
                ),
                ("boundary", id_, id_, boundary),
            ]
            self._person("ada", "Ada Lorenz", self.trustee, ("administrator",))
            self._person("karl", "Karl Petersen", self.trustee, ("approver", "key-officer"))
            self._person("olga", "Olga Brandt", self.town, ("owner", "key-officer"))
            self._person("anna", "Anna Wolf", self.town, ("approver",))
            self._person("paul", "Paul Ernst", self.town, ("reader",), has_passkey=False)
            custodian = organisation(self.ports, "Kreis Lindenau", PartyKind.CUSTODIAN)
            self._rows.append(("organisation", custodian.id, "", custodian))
            self._person("kim", "Kim Kunze", custodian, ("share-holder",))
            self._person("erik", "Erik Holm", self.supplier, ("engineer",))
            self._other()
            await put(keyroom, house, self._rows)
            self.key = (await keyroom.ask(CreateKey(self.people["olga"].token, id_, "meldedaten"))).id

    def _other(self) -> None:
        """Another customer, whose owner may see nothing of the town's."""
        home = organisation(self.ports, "Gemeinde Fern", PartyKind.CUSTOMER)
        other = self._customer("Gemeinde Fern", new_id("cus", self.dice), home.id, (4, 5))
        home = Organisation(**{**_fields(home), "customers": (other.id,)})
        person = Person(id=new_id("per", self.dice), name="Otto Fern", country="DE", is_vetted=True)
        member = Membership(
            id=new_id("mem", self.dice),
            person=person.id,
            organisation=home.id,
            roles=("owner", "key-officer", "approver"),
            since=to_text(self.clock.now()),
        )
        credential, self.other_token = api_token(self.ports, home.id, person=person.id, customer=other.id)
        self._rows += [
            ("organisation", home.id, "", home),
            ("customer", other.id, other.id, other),
            ("rules", other.id, other.id, default_rules(other.id)),
            ("person", person.id, "", person),
            ("membership", member.id, "", member),
            ("credential", credential.id, other.id, credential),
        ]

    def _person(
        self,
        short: str,
        name: str,
        home: Organisation,
        roles: tuple[str, ...],
        *,
        has_passkey: bool = True,
    ) -> None:
        now, mail = to_text(self.clock.now()), f"{short}@example.org"
        person = Person(
            id=new_id("per", self.dice),
            name=name,
            mail=mail,
            is_mail_verified=True,
            country="DE",
            is_vetted=True,
        )
        member = Membership(
            id=new_id("mem", self.dice), person=person.id, organisation=home.id, roles=roles, since=now
        )
        customer = self.customer.id if home is self.town else None
        about = {"organisation": home.id, "person": person.id, "customer": customer, "created_at": now}
        password = Credential(
            id=new_id("crd", self.dice),
            kind=CredentialKind.PASSWORD,
            secret=_kept(),
            is_demo=True,
            **about,
        )
        api, token = api_token(self.ports, home.id, person=person.id, customer=customer)
        private = ec.generate_private_key(ec.SECP256R1())
        point = private.public_key().public_numbers()
        raw_id = f"passkey-{short}-01"
        key = Credential(
            id=new_id("crd", self.dice),
            kind=CredentialKind.PASSKEY,
            public=canonical.b64(
                cbor2.dumps(
                    {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
                )
            ),
            passkey_id=urlsafe_b64encode(raw_id.encode()).rstrip(b"=").decode(),
            is_demo=True,
            **about,
        )
        self.people[short] = Someone(
            person, home, token, key.id, mail, private if has_passkey else None, raw_id
        )
        self._rows += [
            ("person", person.id, "", person),
            ("membership", member.id, "", member),
            ("credential", password.id, customer or "", password),
            ("credential", api.id, customer or "", api),
            *([("credential", key.id, customer or "", key)] if has_passkey else []),
        ]

    def _customer(self, name: str, id_: str, organisation: str, slots: tuple[int, int]) -> Any:
        holder = schemes.holder(self.body.holder)
        holder.unseal(b"")
        return new_customer((id_, name, organisation), self.body.id, holder, self.ports, slots)


def apart(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine on a thread of its own: a browser's loop may own this one."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(lambda: asyncio.run(work())).result(60)


def _fields(struct: Any) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}
