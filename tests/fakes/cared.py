"""A real house with two places, a plain folder to be adopted, and two people who may sign.

house = CaredHouse(tmp_path).found()
with house.running("keyroom", "logkeeper", "s3"):
    house.ask(PlaceBucket(house.olga.token, "records", ("berlin", "bonn")))
"""

import asyncio
import contextlib
import json
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.acts.asks import Local, Signed, Token
from custodes.acts.asks.buckets.adopting import BeginAdoption, HandSheet, LookAdoptions, MoveAdoption
from custodes.acts.asks.buckets.bounds import SetCustomerLimits
from custodes.acts.asks.documents import act_document, export_document, hash_of
from custodes.acts.asks.exports import BeginExport, TakeExport
from custodes.acts.asks.upkeep import RunUpkeep
from custodes.acts.footing.nouns import StoreAt
from custodes.acts.socket import Client
from custodes.boundary.places import Location
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Credential, CredentialKind, Membership, Organisation, Person
from custodes.parties.signature import FileKeySignature, to_sign
from custodes.wiring import auditing
from custodes.wiring.keyroom import assembled

from .houses import ROOT, House
from .rows import api_token, put

VERIFIER = ROOT / "verifier" / "custodes_verify.py"
WITHIN_S = 180.0
LATER = ("unavailable", "limited", "locked")


@dataclass
class Signing:
    """A person of the town with a token and a file key."""

    token: Token
    credential: Credential
    private: Ed25519PrivateKey

    def sign(self, document):
        made = FileKeySignature(
            credential=self.credential.id,
            signature=canonical.b64(self.private.sign(to_sign(hash_of(document)))),
        )
        return canonical.encode(msgspec.to_builtins(made))


class CaredHouse(House):
    """Locations `berlin` (the store), `bonn` (another folder) and `attic` (what lies in plain)."""

    def found(self):
        super().found()
        self.second, self.attic = self.settings.stores / "bonn", self.settings.stores / "attic"
        self.attic.mkdir(parents=True)
        asyncio.run(self._more())
        return self

    def also_at(self, name, uri):
        """One more location, while nothing runs."""
        asyncio.run(self._also_at(name, uri))

    def ask(self, ask):
        """One ask over the keyroom's socket."""

        async def run():
            client = Client(self.settings.socket, timeout_s=20.0)
            try:
                return await client.ask(ask)
            finally:
                await client.close()

        return asyncio.run(run())

    def until(self, looks, what, within_s=WITHIN_S):
        """Wait until it is so; while a process is away it is not."""
        ends = time.monotonic() + within_s
        while True:
            with contextlib.suppress(Refusal, OSError):
                if looks():
                    return
            assert time.monotonic() < ends, f"{what}\n{self.tail()}"
            time.sleep(0.05)

    def insist(self, ask):
        """Ask until the keyroom is there to answer."""
        ends = time.monotonic() + WITHIN_S
        while True:
            try:
                return self.ask(ask)
            except (Refusal, OSError) as error:
                is_no = isinstance(error, Refusal) and error.kind.value not in LATER
                if is_no or time.monotonic() > ends:
                    raise
                time.sleep(0.05)

    @contextlib.contextmanager
    def kept_up(self):
        """Rounds of upkeep one after the other, whoever dies meanwhile."""
        over, token = threading.Event(), Local(self.settings.local_token.read_text())

        def run():
            while not over.is_set():
                with contextlib.suppress(Refusal, OSError):
                    self.ask(RunUpkeep(token))
                over.wait(0.05)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(60)

    def adoption(self, bucket):
        return self.insist(LookAdoptions(self.olga.token, bucket)).adoptions[0]

    def step(self, bucket, verb):
        """Move the newest adoption of a bucket, signed."""
        view = self.adoption(bucket)
        ask = MoveAdoption(self.olga.token, view.id, verb)
        at = to_text(self.clock.now())
        document = act_document(ask, self.body.id, view.generation, at)
        signed = Signed(self.olga.token, at, self.olga.sign(document))
        return self.insist(msgspec.structs.replace(ask, evidence=signed))

    def handed(self, bucket, into, location):
        """An export of a bucket whose blobs lie in a location, handed over for `into`, to be restored; its
        sheets, opened, are `sheets`.
        """
        identity = pyrage.x25519.Identity.generate()
        bare = BeginExport(
            self.olga.token, self.customer.id, str(identity.to_public()), location, "we leave", (bucket,)
        )
        document = export_document(self.body.id, bare)
        signed = (self.olga.sign(document), self.anna.sign(document))
        export = self.insist(msgspec.structs.replace(bare, approvals=signed))
        begun = self.insist(BeginAdoption(self.olga.token, into, location, is_export=True))
        self.sheets, after = b"", ""
        while True:
            sheet = self.insist(TakeExport(self.olga.token, export.id, bucket, after=after, limit=20))
            own = pyrage.decrypt(sheet.sealed, [identity])
            self.sheets += own
            theirs = pyrage.encrypt(own, [pyrage.x25519.Recipient.from_str(begun.recipient)])
            self.insist(HandSheet(self.olga.token, begun.id, theirs))
            after = sheet.after
            if not after:
                break
        self.insist(MoveAdoption(self.olga.token, begun.id, "handed"))
        return begun

    def pace(self, requests_per_s=None, requests_burst=None):
        """How fast the town may ask, from now on."""
        self.insist(
            SetCustomerLimits(self.otto.token, self.customer.id, None, requests_per_s, requests_burst)
        )

    def rows(self, statement, *args):
        with contextlib.closing(sqlite3.connect(self.settings.database, timeout=20)) as connection:
            return connection.execute(statement, args).fetchall()

    def named(self):
        """(blob, location) of every version, and of every part of an open upload."""
        raw = self.rows("SELECT blobs FROM object_version UNION ALL SELECT blobs FROM upload_part")
        return {tuple(pair) for (one,) in raw for pair in json.loads(one)}

    def left_to_end(self):
        """How many versions of `ending` are there yet."""
        asked = "SELECT count(*) FROM object_version WHERE name >= ? AND name < ?"
        return self.rows(asked, b"over/", b"over0")[0][0]

    def ended(self):
        """Versions that were removed for good, as the log names them."""
        return [row for (row,) in self.rows("SELECT subject FROM opening WHERE code = 'object.delete'")]

    def stored(self):
        """(blob, location) of every blob in the two stores, finished or not."""
        places = ((self.store, self.berlin), (self.second, self.bonn))
        return {(path.name, place.id) for folder, place in places for path in folder.rglob("*blb-*")}

    def turn_clock(self, ahead_s):
        """From the next start on."""
        text = self.settings_file.read_text()
        lines = [line for line in text.splitlines() if not line.startswith("demo_clock_offset_s")]
        assert len(lines) == len(text.splitlines()) - 1
        kept = "\n".join(lines)
        self.settings_file.write_text(f"demo_clock_offset_s = {ahead_s}\n{kept}\n")

    def findings(self):
        """What `custodes audit` finds wrong."""
        return auditing.audit(self.settings, b"", lambda *_: None).findings

    def verified(self):
        """What the stand-alone verifier says of the published log: (exit code, lines)."""
        public = self.settings.public_log
        done = subprocess.run(
            [sys.executable, "-I", str(VERIFIER), "tiles", str(public), "--pins", str(public / "pins.json")],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def tail(self):
        return "\n".join(f"--- {name}\n{path.read_text()[-3000:]}" for name, path in self.said.items())

    async def _also_at(self, name, uri):
        async with assembled(self.settings, "a local token of no use") as keyroom:
            await keyroom.unseal(b"")
            place = msgspec.structs.replace(self.berlin, id=new_id("loc", self.dice), name=name)
            rows = [
                ("location", place.id, "", place),
                ("store", place.id, "", StoreAt(location=place.id, uri=uri)),
            ]
            await put(keyroom, self.customer, rows)

    async def _more(self):
        async with assembled(self.settings, "a local token of no use") as keyroom:
            await keyroom.unseal(b"")
            town = self.customer.organisation
            places = list(keyroom.opened.standing.all_of("location", Location))
            self.berlin = next(one for one in places if one.name == "berlin")
            rows = []
            for name, folder in (("bonn", self.second), ("attic", self.attic)):
                place = msgspec.structs.replace(self.berlin, id=new_id("loc", self.dice), name=name)
                setattr(self, "bonn" if name == "bonn" else "plain", place)
                rows.append(("location", place.id, "", place))
                rows.append(("store", place.id, "", StoreAt(location=place.id, uri=f"file:{folder}")))
            self.olga, olgas = self._person("Olga", town, ("owner", "key-officer"))
            self.anna, annas = self._person("Anna", town, ("approver",))
            organisations = keyroom.opened.standing.all_of("organisation", Organisation)
            trustee = next(one.id for one in organisations if one.kind is PartyKind.TRUSTEE)
            self.otto, ottos = self._person("Otto", trustee, ("administrator",), customer=None)
            await put(keyroom, self.customer, [*rows, *olgas, *annas, *ottos])

    def _person(self, name, organisation, roles, **more):
        person = Person(id=new_id("per", self.dice), name=name, country="DE", is_vetted=True)
        now = to_text(self.clock.now())
        member = Membership(
            id=new_id("mem", self.dice), person=person.id, organisation=organisation, roles=roles, since=now
        )
        private = Ed25519PrivateKey.from_private_bytes(self.dice.draw(32))
        whose = {"customer": self.customer.id, "person": person.id, **more}
        row, token = api_token((self.clock, self.dice), organisation, **whose)
        key = Credential(
            id=new_id("crd", self.dice),
            kind=CredentialKind.FILE_KEY,
            public=canonical.b64(private.public_key().public_bytes_raw()),
            organisation=organisation,
            created_at=now,
            is_demo=True,
            **whose,
        )
        rows = [
            ("person", person.id, "", person),
            ("membership", member.id, "", member),
            ("credential", row.id, "", row),
            ("credential", key.id, "", key),
        ]
        return Signing(token, key, private), rows


def ending(client, bucket, count):
    """Objects below `over/` that a rule ends from now on, and one that stays."""
    with ThreadPoolExecutor(4) as threads:
        put = partial(client.put_object, Bucket=bucket, Body=b"is to go")
        list(threads.map(lambda n: put(Key=f"over/{n:04d}"), range(count)))
    client.put_object(Bucket=bucket, Key="stays", Body=b"stays")
    rule = {
        "ID": "end",
        "Status": "Enabled",
        "Filter": {"Prefix": "over/"},
        "Expiration": {"Date": "2020-01-01T00:00:00Z"},
    }
    client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})


def lay_plain(folder: Path, count, dice):
    """Files in plain; name -> body."""
    found = {}
    for number in range(count):
        name = f"plain/{number % 7}/{number:04d}"
        body = dice.randbytes(100 + (number * 9_001) % 300_000)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        found[name] = body
    return found
