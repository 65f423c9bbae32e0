"""What a step of the tour may use: the running house, its people's keys, real S3 clients, thieves' tools."""

import asyncio
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from custodes.acts.asks import Ask, Token
from custodes.acts.asks.cases import CaseView, LookCase, MoveCase, OpenCase, ToSign
from custodes.acts.asks.log import EntryView, LookEntries, MakeReceipt
from custodes.acts.audit.house import Report
from custodes.adapters.system import SystemClock, SystemDice
from custodes.kernel import canonical
from custodes.kernel.canonical import Plain
from custodes.kernel.refusal import Refusal, unavailable
from custodes.settings import FILE_NAME, Settings, to_toml
from custodes.store.intruder import Intruder
from custodes.wiring import auditing, demo
from custodes.wiring.local import LocalHouse

from . import cast as players
from .cast import Access, Cast

T = TypeVar("T")

RECEIPT_WITHIN_MS = 25_000
REASON = "The register does not show this resident."
VERIFIER = Path(__file__).resolve().parents[4] / "verifier" / "custodes_verify.py"


class Answer(NamedTuple):
    """What an S3 client got: the bytes, or the error as it came."""

    status: int
    code: str
    message: str
    body: bytes


class Verdict(NamedTuple):
    """What the stand-alone verifier said, and how it ended."""

    code: int
    lines: tuple[str, ...]


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """An object the tour has stored: its version's id is its reference in the log and under a grant."""

    name: str
    body: bytes
    version: str


class Stage:
    """One tour. `objects`, `cases` and `reads` are what earlier steps left for later ones, by name."""

    def __init__(self, settings: Settings, work: Path) -> None:
        self.settings = settings
        self.people = players.folder_of(settings.house)
        self.cast: Cast = players.load(self.people)
        self.work = work
        self.clock = SystemClock()
        self.run = SystemDice().draw(4).hex()
        self.database = Intruder(settings.database)
        self.objects: dict[str, Stored] = {}
        self.cases: dict[str, str] = {}
        self.rows: dict[str, Any] = {}
        self.receipt: Path | None = None
        self.reference = ""  # under which the engineer was told to ask
        self._house = LocalHouse(settings)

    def close(self) -> None:
        """Let go of the house."""
        self._house.close()

    def ask(self, ask: Ask[T]) -> T:
        """One ask over the keyroom's socket; raises its refusal."""
        return self._house.ask(ask)

    def refusal_of(self, ask: Ask[Any]) -> Refusal | None:
        """The refusal an ask gets; None when it is carried out."""
        try:
            self.ask(ask)
        except Refusal as refusal:
            return refusal
        return None

    def token(self, key: str) -> Token:
        """A person's API token."""
        return Token(self.cast.people[key].token)

    @property
    def town(self) -> Access:
        """The access key of the town's application."""
        return self.cast.town_access

    @property
    def engineer(self) -> Access:
        """The access key of the supplier's engineer."""
        return self.cast.engineer_access

    def s3(self, access: Access) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
        """An unmodified boto3 client of the demo's S3 endpoint."""
        try:
            import boto3  # noqa: PLC0415 - only a demo has it
            from botocore.config import Config  # noqa: PLC0415
        except ImportError as error:
            raise unavailable("boto3-missing") from error
        return boto3.client(
            "s3",
            endpoint_url=f"http://localhost:{self.settings.s3_port}",
            region_name="eu-central-1",
            aws_access_key_id=access.access_id,
            aws_secret_access_key=access.secret,
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        )

    def get(self, access: Access, name: str) -> Answer:
        """GET with boto3: the body, or the error."""
        from botocore.exceptions import ClientError  # noqa: PLC0415 - as above

        try:
            found = self.s3(access).get_object(Bucket=self.cast.bucket, Key=name)
            return Answer(found["ResponseMetadata"]["HTTPStatusCode"], "", "", found["Body"].read())
        except ClientError as error:
            said = error.response["Error"]
            status = int(error.response["ResponseMetadata"]["HTTPStatusCode"])
            return Answer(status, str(said.get("Code")), str(said.get("Message")), b"")

    def put(self, label: str, name: str, body: bytes) -> Stored:
        """PUT with boto3 as the town's application; remembered under `label`."""
        made = self.s3(self.town).put_object(Bucket=self.cast.bucket, Key=name, Body=body)
        self.objects[label] = Stored(name=name, body=body, version=str(made["VersionId"]))
        return self.objects[label]

    def resource(self, stored: Stored) -> str:
        """How a grant names an object version."""
        return f"{self.cast.bucket_id}/{stored.version}"

    def entries(self, subject: str | None = None) -> tuple[EntryView, ...]:
        """Entries of the town's logs, newest first, as its approver may open them: of one subject, or all."""
        found: list[EntryView] = []
        before: str | None = None
        while True:
            token = self.token("anna")
            page = self.ask(LookEntries(token, self.cast.customer, subject=subject, before=before, limit=500))
            found += page.entries
            before = page.next_before
            if before is None:
                return tuple(found)

    def audit(self) -> Report:
        """What `custodes audit` finds in the running house, with the holder opened."""
        return auditing.audit(self.settings, b"", lambda _done, _total: None)

    @property
    def prefix(self) -> str:
        """Under which this tour stores its files."""
        return f"residents/{self.run}/"

    def case(self, key: str, label: str) -> CaseView:
        """A case as this person sees it now."""
        return self.ask(LookCase(self.token(key), self.cases[label]))

    def open_case(self, label: str, beneficiary: str, resource: str) -> CaseView:
        """The engineer asks for one read of one object version within one hour."""
        form: dict[str, Plain] = {
            "beneficiary": beneficiary,
            "resources": [resource],
            "actions": ["object:read"],
            "purpose": "support",
            "reason": REASON,
            "ticket": f"T-{self.run}",
            "hours": 1,
            "uses": 1,
            "bytes_max": 1_000_000,
        }
        ask = OpenCase(self.token("erik"), "lockbox", self.cast.customer, canonical.encode(form))
        made = self.ask(ask)
        self.cases[label] = made.id
        return made

    def move(self, key: str, label: str, verb: str, form: dict[str, Plain] | None = None) -> MoveCase:
        """The ask by which this person moves a case as he sees it now."""
        return MoveCase(
            self.token(key),
            self.cases[label],
            verb,
            self.case(key, label).version,
            canonical.encode(form or {}),
        )

    def approval(self, key: str, label: str, *, signer: str = "") -> dict[str, Plain]:
        """The form of an approval; signed with the file key of `signer`, who is the approver himself."""
        line = self.to_sign(key, label)
        player = self.cast.people[signer or key]
        signature = canonical.b64(players.key_of(self.people, player).sign(line.digest))
        return {
            "grant_hash": line.grant_hash,
            "credential": line.credential,
            "key_hash": line.key_hash,
            "approved_at": line.approved_at,
            "signature": signature,
        }

    def to_sign(self, key: str, label: str) -> ToSign:
        """What the house would have this person's file key sign; LookupError while he may not approve."""
        lines = [line for line in self.case(key, label).to_sign if line.kind == "file-key"]
        if not lines:
            raise LookupError(f"nothing for {key} to sign")
        return lines[0]

    def approve(self, key: str, label: str) -> CaseView:
        """Approve a case with one's file key."""
        return self.ask(self.move(key, label, "approve", self.approval(key, label)))

    def witnessed(self, log: str, index: int) -> bytes:
        """A receipt of an entry once an epoch holds it."""
        until_ms = self.clock.boot_ms() + RECEIPT_WITHIN_MS
        while True:
            try:
                return self.ask(MakeReceipt(self.token("anna"), log, index)).document
            except Refusal as refusal:
                if refusal.code != "not-yet-witnessed" or self.clock.boot_ms() > until_ms:
                    raise
            time.sleep(0.2)

    def verify(self, *arguments: str) -> Verdict:
        """The stand-alone verifier, run by a bare interpreter that sees nothing of this installation."""
        python = str(getattr(sys, "_base_executable", "") or sys.executable)
        pins = str(self.settings.public_log / "pins.json")
        done = subprocess.run(  # noqa: S603 - our own file, our own arguments
            [python, "-I", "-S", str(VERIFIER), *arguments, "--pins", pins],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={},
        )
        return Verdict(done.returncode, tuple((done.stdout + done.stderr).strip().splitlines()))

    def blobs(self) -> list[Path]:
        """Every file that lies in the store."""
        return [path for path in self.settings.stores.rglob("*") if path.is_file()]

    @contextmanager
    def copy(self, *, clock_ahead_s: int = 0) -> Iterator[Settings]:
        """A copy of the installation, as a stolen backup: database and holder, no stored bytes."""
        folder = self.work / "copy"
        shutil.rmtree(folder, ignore_errors=True)
        settings = msgspec.structs.replace(self.settings, house=folder, demo_clock_offset_s=clock_ahead_s)
        for place in (settings.keyroom, settings.sockets, settings.logkeeper, settings.public_log):
            place.mkdir(parents=True)
        self.database.copy_to(settings.database)
        (folder / FILE_NAME).write_text(to_toml(settings), encoding="utf-8")
        try:
            yield settings
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def refusal_at_start(self, settings: Settings) -> Refusal | None:
        """The refusal with which a keyroom on this copy does not open; None when it does."""

        async def opens() -> None:
            async with demo.alone(settings):
                return

        try:
            asyncio.run(opens())
        except Refusal as refusal:
            return refusal
        return None

    def asked_of_copy(self, settings: Settings, ask: Ask[T]) -> T:
        """One ask to a keyroom on a copy; raises its refusal."""

        async def asks() -> T:
            async with demo.alone(settings) as keyroom:
                return await keyroom.ask(ask)

        return asyncio.run(asks())
