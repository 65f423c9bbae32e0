"""A whole keyroom in this process: real SQLite, real file holder, a set clock and seeded dice."""

import asyncio
from pathlib import Path

from custodes.acts.asks import Local
from custodes.acts.footing.nouns import KILLS_OF_HOUSE  # noqa: F401 - tests take it from here
from custodes.acts.founding import Plan, found, new_customer, receipt_vkey
from custodes.acts.keyroom import Keyroom, Parts
from custodes.acts.logkeeper.keeper import House, Keeper
from custodes.acts.logkeeper.keys import NAMES as LOG_KEY_NAMES
from custodes.acts.logkeeper.keys import LogKeys
from custodes.acts.opened import Read
from custodes.adapters.embedded_witness import EmbeddedWitness
from custodes.adapters.file_holder import FileHolder, create
from custodes.adapters.journal import LineJournal
from custodes.adapters.log_files import FolderLog, KeptEvidence, SignedHead
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.ledger.quorum import parse as parse_policy
from custodes.ledger.receipt import Pins
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Application, Membership, Organisation, Person
from custodes.policy.presets import default_rules
from custodes.store.books import SqlBooks
from custodes.store.migrate import migrate
from custodes.store.reads import reading
from custodes.store.verbs import CHECKS, VERBS

from . import SeededDice, SetClock
from .databases import Choice
from .rows import api_token, organisation, put

LOCAL = Local("this run's local token")
ORIGIN = "log.example/test"
PASSPHRASE = b"correct horse battery staple"


class World:
    """One founded house with a trustee, a customer, an application with a token, and a key."""

    passphrase = b""  # a key file: Argon2id would cost each test a second; subclasses that want it set one

    def __init__(self, folder: Path, seed: int = 1, quorum: str = "none"):
        self.folder = folder
        self.clock = self.make_clock()
        self.dice = SeededDice(seed)
        self.engine = Choice.opened(folder)
        migrate(self.engine)
        self.holder = self.make_holder()
        self.holder.unseal(self.passphrase)
        self.log_keys = LogKeys(**{name: self.dice.draw(32) for name in LOG_KEY_NAMES})
        signers = self.log_keys.signers(ORIGIN)
        embedded = self.log_keys.witness_signer(f"{ORIGIN}/embedded")
        policy = "".join(f"log {signer.vkey.text()}\n" for signer in signers)
        policy += (
            f"witness embedded {embedded.vkey.text()}\n#: party embedded house embedded\nquorum {quorum}\n"
        )
        plan = Plan(
            name="Test house",
            demo=True,
            origin=ORIGIN,
            console="http://localhost",
            log_vkeys=tuple(signer.vkey.text() for signer in signers),
            policy=policy,
        )
        self.body = found(plan, self.holder, self.clock, self.dice)
        self.holder.seal()
        self.keyroom: Keyroom | None = None
        self.pace = None

    def make_clock(self) -> SetClock:
        return SetClock()

    def make_holder(self) -> FileHolder:
        return FileHolder(create(self.folder / "holder.key", self.passphrase or None, self.dice))

    def pins(self) -> Pins:
        return Pins(house=self.body.id, receipt_keys=(receipt_vkey(self.body),), policy=self.body.policy)

    def keeper(self, reach=None) -> Keeper:
        places = (
            FolderLog(self.folder / "log"),
            SignedHead(self.folder / "signed.json"),
            KeptEvidence(self.folder / "evidence"),
        )
        house = House(id=self.body.id, origin=ORIGIN)
        ports = (self.clock, self.dice)
        return Keeper(house, self.keyroom, self.log_keys, places, reach or self.embedded, ports=ports)

    def embedded(self, witness) -> EmbeddedWitness | None:
        signer = self.log_keys.witness_signer(f"{ORIGIN}/embedded")
        if signer.vkey != witness.vkey:
            return None
        vkeys = tuple(vkey for vkey, _ in parse_policy(self.body.policy.encode()).logs)
        return EmbeddedWitness(signer, vkeys, self.folder / "witness.json", self.clock)

    def make_books(self) -> SqlBooks:
        return SqlBooks(self.engine, VERBS, CHECKS)

    def parts(self) -> Parts:
        async def hop(work):
            return await asyncio.to_thread(reading, self.engine, work)

        return Parts(
            books=self.make_books(),
            read=Read(hop),
            holders={self.holder.uri: self.holder},
            clock=self.clock,
            dice=self.dice,
            local_token=LOCAL.token,
            pace=self.pace,
            journal=LineJournal(self.folder / "unseal.jsonl"),
        )

    async def open(self) -> Keyroom:
        self.keyroom = Keyroom(self.body, self.parts())
        await self.keyroom.unseal(self.passphrase)
        return self.keyroom

    async def close(self):
        if self.keyroom is not None:
            await self.keyroom.close()

    async def settle_in(self):
        """Enrol a trustee, a town, its application and its key, as rows with their entries."""
        now = to_text(self.clock.now())
        self.trustee = self.organisation("Trustee", PartyKind.TRUSTEE)
        self.town = self.organisation("Town", PartyKind.CUSTOMER)
        self.house_customer = self.customer("house", self.body.id, self.trustee.id, (0, 1))
        self.customer_row = self.customer("Town", new_id("cus", self.dice), self.town.id, (2, 3))
        self.town = Organisation(**{**as_dict(self.town), "customers": (self.customer_row.id,)})
        self.application = Application(
            id=new_id("per", self.dice),
            customer=self.customer_row.id,
            organisation=self.town.id,
            name="Registry",
        )
        self.token_credential, self.token = self.api_token(
            self.town.id, application=self.application.id, customer=self.customer_row.id
        )
        rules = default_rules(self.customer_row.id)
        rows = [
            ("customer", self.house_customer.id, self.house_customer.id, self.house_customer),
            ("organisation", self.trustee.id, "", self.trustee),
            ("organisation", self.town.id, "", self.town),
            ("customer", self.customer_row.id, self.customer_row.id, self.customer_row),
            ("rules", self.customer_row.id, self.customer_row.id, rules),
            ("application", self.application.id, self.customer_row.id, self.application),
            ("credential", self.token_credential.id, self.customer_row.id, self.token_credential),
        ]
        await self.put(*rows)
        return now

    async def put(self, *rows):
        await put(self.keyroom, self.house_customer, rows)

    def organisation(self, name, kind, group=None):
        return organisation((self.clock, self.dice), name, kind, group)

    def customer(self, name, id_, organisation, slots):
        return new_customer(
            (id_, name, organisation), self.body.id, self.holder, (self.clock, self.dice), slots
        )

    def api_token(self, home, *, person=None, application=None, customer=None):
        whose = {"person": person, "application": application, "customer": customer}
        return api_token((self.clock, self.dice), home, **whose)

    async def enrol_person(self, name, organisation, roles):
        """A person with a membership and a token; returns (person, evidence)."""
        person = Person(id=new_id("per", self.dice), name=name, country="DE", is_vetted=True)
        member = Membership(
            id=new_id("mem", self.dice),
            person=person.id,
            organisation=organisation.id,
            roles=roles,
            since=to_text(self.clock.now()),
        )
        credential, token = self.api_token(organisation.id, person=person.id)
        await self.put(
            ("person", person.id, "", person),
            ("membership", member.id, "", member),
            ("credential", credential.id, "", credential),
        )
        return person, token


def as_dict(struct):
    return {name: getattr(struct, name) for name in struct.__struct_fields__}
