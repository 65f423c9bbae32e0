"""Two installations as trustee and town, played from a happy day to a fork: `play.py FOLDER [--loopback]`.

The trustee's installation runs as its five processes; its policy asks for the cosignatures of the town's
witness and of the county's. In the town stand that witness, a monitor and a mirror, with pins and a policy
of the town's own. Each step says what it claims, what was shown, and whether that is a proof; the last line
counts them. Without `--loopback` it makes two network namespaces (root, iproute2) and removes them.
"""

import argparse
import asyncio
import hashlib
import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import msgspec
from botocore.exceptions import ClientError

from conformance.towns.places import COUNTY, FRONT, TOWN, TRUSTEE, Net, Programs, answers, until
from custodes.acts.asks import Token
from custodes.acts.asks.house import LookHouse, LookKills
from custodes.acts.asks.keys import CreateKey, UseKey
from custodes.acts.asks.parties import LookCustomer, MakeCredential
from custodes.acts.founding import Plan
from custodes.acts.keyroom import Keyroom
from custodes.acts.logkeeper.keys import open_keys
from custodes.adapters import schemes
from custodes.adapters.log_files import SignedHead
from custodes.adapters.system import SystemClock
from custodes.cli.touring import cast as players
from custodes.cli.touring import casting
from custodes.cli.touring.stage import Stage
from custodes.kernel.refusal import Refusal
from custodes.ledger import cosign, quorum
from custodes.ledger.checkpoint import Checkpoint
from custodes.ledger.note import Vkey
from custodes.ledger.receipt import parse_pins
from custodes.settings import FILE_NAME, Settings, load
from custodes.wiring import demo, founding, logkeeper
from custodes.wiring.local import LocalHouse

ORIGIN = "log.trustee.example/house"
NAMES = {"town-witness": "witness.town.example/w1", "county-witness": "witness.county.example/w1"}
NEVER = "key-00000000000000000000000000"


class Play:
    """One play. `claims` holds what was proved, in order."""

    def __init__(self, net: Net, folder: Path) -> None:
        self.net, self.folder = net, folder
        self.programs = Programs(net)
        self.house = folder / "house"
        self.snapshot = folder / "snapshot"
        self.claims: list[tuple[str, bool]] = []
        self.vkeys: dict[str, str] = {}
        self.token = ""

    def proves(self, claim: str, holds: bool, shown: str) -> None:
        """Say what came of a step; whoever looks at the exit code sees what did not hold."""
        self.claims.append((claim, holds))
        say(f"{'proved' if holds else 'NOT PROVED'} {len(self.claims)}: {claim}\n    {shown}")

    # --- founding

    def found(self) -> None:
        """Witnesses first, for the policy names their keys; then the trustee's house and its people."""
        for name, place in (("town-witness", TOWN), ("county-witness", COUNTY)):
            self._make_witness(name, place, name)
        ports = {f"{one}_port": self.net.port(TRUSTEE, one) for one in ("console", "s3", "log")}
        settings = Settings(**ports, console_url=f"http://localhost:{ports['console_port']}")
        plan = Plan(
            name="Trustee",
            demo=True,  # its root is a key file; its witnesses are real
            origin=ORIGIN,
            console=settings.console_url,
            policy=self._policy(),
        )
        founding.found(self.house, plan, None, settings)
        for name, place in (("town-witness", TOWN), ("county-witness", COUNTY)):
            self._ok(place, "witness", "add-log", str(self.folder / name), *self.log_vkeys())
        self.settings = load(self.house / FILE_NAME)
        people, store = players.folder_of(self.house), self.settings.stores / casting.LOCATION
        people.mkdir(mode=0o700)
        store.mkdir()

        self._witnesses()

        async def keep(keyroom: Keyroom) -> None:
            made = logkeeper.keeper(self.settings, keyroom, ORIGIN)
            try:
                while True:
                    await made.round(1000)
            finally:
                await made.close()

        async def enrol() -> None:
            async with demo.alone(self.settings) as keyroom:
                kept = asyncio.create_task(keep(keyroom))  # no key is used unwitnessed, not even for a bucket
                try:
                    while keyroom.opened.witnessing.published_at is None:
                        assert not kept.done(), kept.exception()
                        await asyncio.sleep(0.05)
                    await casting.cast(keyroom, people, store)
                finally:
                    kept.cancel()
                    await asyncio.gather(kept, return_exceptions=True)

        asyncio.run(enrol())

    def open(self) -> None:
        """Everything up; the town takes its pins, and begins its monitor and its mirror."""
        self.start_house()
        self.stage = Stage(self.settings, self.folder)
        cast = self.stage.cast
        self.token = cast.people["olga"].token
        olga = self.stage.token("olga")
        self.key = self.stage.ask(CreateKey(olga, cast.customer, "registry")).id
        made = self.stage.ask(MakeCredential(olga, "api-token", cast.application, "Key uses"))
        self.application = Token(made.secret)
        view = self.stage.ask(LookCustomer(self.stage.token("olga"), cast.customer))
        slots = {f"{ORIGIN}/{name}": view.slots[kind] for kind, name in view.logs.items()}
        pins = parse_pins((self.house / "log/pins.json").read_bytes())
        (self.folder / "pins.json").write_bytes(msgspec.structs.replace(pins, slots=slots).encode())
        logs = "".join(f"log {vkey}\n" for vkey in self.log_vkeys())
        (self.folder / "policy").write_text(logs + self._policy())
        log_url, pins_file = self.net.url(TRUSTEE, "log"), str(self.folder / "pins.json")
        monitor, mirror = str(self.folder / "monitor"), str(self.folder / "mirror")
        line = ("--url", self.net.url(TRUSTEE, "console"), "--log-url", log_url, "--customer", cast.customer)
        policy = ("--pins", pins_file, "--policy", str(self.folder / "policy"))
        self._ok(TOWN, "monitor", "init", monitor, *line, *policy)
        self._ok(TOWN, "mirror", "init", mirror, "--url", log_url, "--pins", pins_file)

    def start_house(self) -> None:
        """The trustee's five processes; back when the last one answers."""
        self.programs.start("house", TRUSTEE, "serve", str(self.house))
        ports = [getattr(self.settings, f"{name}_port") for name in ("console", "s3", "log")]
        until("the keyroom", self._is_open)
        for port in ports:
            until("the house", lambda port=port: answers(f"http://127.0.0.1:{port}/"))
        until("a checkpoint", (self.house / "log/checkpoint").exists)

    # --- the steps

    def good_day(self) -> None:
        """Uses, a read under a grant, and what the town sees of it."""
        stage = self.stage
        until("cosignatures", lambda: self._cosigned() == set(NAMES.values()))
        stored = stage.put("first", "residents/1", b"what the engineer needs to see")
        back = stage.get(stage.town, stored.name)
        names = sorted(self._cosigned())
        used = self._refusal()
        self.proves(
            "machine uses go on under a quorum of the town's and the county's witness",
            (back.body, used) == (stored.body, "") and len(names) == 2,
            f"key use: carried out; boto3: HTTP {back.status}; cosigned by {', '.join(names)}",
        )
        code, report = self._monitor()
        self.size = int(report.get("size", 0))
        first = stage.get(stage.engineer, stored.name).status
        grant = self._granted("read", "first")
        got = stage.get(stage.engineer, stored.name)
        uses = [one for one in stage.entries(stored.version) if one.fields.get("grant") == grant]
        under = stage.witnessed(uses[0].log, uses[0].index) if uses else b""
        (self.folder / "receipt.json").write_bytes(under)
        verdict = self._ok(TOWN, "verify", str(self.folder / "receipt.json"), *self._pins())
        self.proves(
            "a read under a grant leaves a receipt that the town verifies by its own pins",
            (first, got.status, got.body) == (403, 200, stored.body) and "PROVEN" in verdict,
            f"before the grant HTTP {first}, under it HTTP {got.status}; custodes verify: "
            f"{verdict.splitlines()[-1]}",
        )
        again, after = self._monitor()
        failed = [one["name"] for one in after["checks"] if one["passed"] is False]
        held = [one["name"] for one in after["checks"] if one["passed"]]
        self.proves(
            "the town's monitor follows its whole chain by its own policy, and all that it checks holds",
            (code, again, failed) == (0, 0, []) and after["size"] > self.size and "quorum" in held,
            f"custodes monitor run: {after['size']} epochs, held: {', '.join(held)}",
        )
        self._certificate()
        looked, said = self.programs.once(TOWN, "mirror", "run", str(self.folder / "mirror"), "--once")
        tiles = self._ok(TOWN, "verify", str(self.folder / "mirror"), *self._pins())
        self.proves(
            "the mirror holds the root log off the trustee's machine",
            looked == 0 and "PROVEN" in tiles,
            f"custodes mirror run: {' '.join(said.split())}; custodes verify of it: {tiles.splitlines()[-1]}",
        )

    def cut_link(self) -> None:
        """The cable is pulled: no quorum. What a person reads waits; machines go on while it is young."""
        stage = self.stage
        stored = stage.put("second", "residents/2", b"the second file")
        self._granted("second read", "second")
        until("an epoch", self._is_all_published)
        self._cut(is_cut=True)
        before = self._size()
        late = stage.get(stage.engineer, stored.name)
        machine = stage.get(stage.town, stored.name)
        used = self._refusal()
        reached = answers(self.net.url(TOWN, "town-witness")) if self.net.names else False
        self.proves(
            "with the link to the town cut, reads under a grant stop; machine uses go on while young",
            (late.status, late.body, machine.status, used) == (503, b"", 200, "")
            and self._size() == before
            and not reached,
            f"engineer: HTTP {late.status} {late.code}; the town's application: HTTP {machine.status}; "
            f"no checkpoint after {before}: {self._said('cosignatures-missing')}",
        )
        self._cut(is_cut=False)
        until("the log catches up", lambda: self._size() > before)
        now = stage.get(stage.engineer, stored.name)
        spent = stage.get(stage.engineer, stored.name)
        code, report = self._monitor()
        failed = [one["name"] for one in report["checks"] if one["passed"] is False]
        self.proves(
            "with the link up again the log catches up, and the read that waited is counted once",
            (now.status, now.body, spent.status, code, failed) == (200, stored.body, 403, 0, []),
            f"the same read: HTTP {now.status}, once more: HTTP {spent.status}; monitor: exit code {code}",
        )

    def lying_witness(self) -> None:
        """The county's witness is replaced by one with its name and another key."""
        stage = self.stage
        stored = stage.put("third", "residents/3", b"the third file")
        self._granted("third read", "third")
        until("an epoch", self._is_all_published)
        self.programs.stop("county-witness")
        self._make_witness("liar", COUNTY, "county-witness")
        self._ok(TRUSTEE, "witness", "add-log", str(self.folder / "liar"), *self.log_vkeys())
        self.programs.start("liar", COUNTY, "witness", "run", str(self.folder / "liar"))
        until("the liar", lambda: answers(self.net.url(COUNTY, "county-witness")))
        before = self._size()
        late = stage.get(stage.engineer, stored.name)
        shown = self._shown_by(COUNTY, "county-witness")
        liar = Vkey.parse(self.vkeys["liar"])
        lines = cosign.verify(shown, [*map(Vkey.parse, self.log_vkeys()), liar], ORIGIN).lines
        did = any(line.is_checked and line.name == liar.name for line in lines)
        self.proves(
            "a witness with the right name and another key cosigns, and counts zero",
            did and self._size() == before and (late.status, late.body) == (503, b""),
            f"it cosigned size {_size_of(shown)}; published stays {before}; engineer: HTTP {late.status}; "
            f"logkeeper: {self._said('none of his lines is by his key')}",
        )
        self.programs.stop("liar")
        self.programs.start("county-witness", COUNTY, "witness", "run", str(self.folder / "county-witness"))
        until("the log goes on", lambda: self._size() > before)

    def fork(self) -> None:
        """The operator puts yesterday's copy back, and goes on from there as if nothing had been."""
        self._put_at_last("old", "residents/1", b"what was there before")
        self._stop_house()
        shutil.copytree(self.house, self.snapshot, symlinks=True, ignore=shutil.ignore_patterns("*.sock"))
        self.start_house()
        self._put_at_last("true", "residents/4", b"what really happened")
        until("an epoch", self._is_all_published)
        self._monitor()
        self._ok(TOWN, "mirror", "run", str(self.folder / "mirror"), "--once")
        held = (self.folder / "mirror/checkpoint").read_bytes()
        self._stop_house()
        shutil.move(self.house, self.folder / "put-away")
        shutil.copytree(self.snapshot, self.house, symlinks=True)
        self.start_house()
        evidence = self.house / "logkeeper/evidence"
        until("the house's own evidence", lambda: evidence.is_dir() and any(evidence.iterdir()))
        until("the stop", lambda: self._refusal() == "witness-conflict")
        machine = self.stage.get(self.stage.town, "residents/1")
        kill = self.stage.ask(LookKills(self.stage.token("karl"))).kills[0]
        self.proves(
            "an installation put back to an older copy is refused by the witnesses and stops every use",
            (machine.status, machine.body) == (403, b"")
            and kill.reason.startswith("witness-conflict")
            and kill.by == "logkeeper",
            f"key use: {self._refusal()}; boto3: HTTP {machine.status}; the kill in the log: {kill.reason}",
        )
        last = SignedHead(self.settings.logkeeper / "signed.json")
        until("the other tree grows", lambda: last.read()[0] >= _size_of(held))
        signed = self._show_other_tree()
        status, said = self._posted(TOWN, "town-witness", b"old 0\n\n" + signed)
        self.proves(
            "the town's witness cosigns nothing of the other tree",
            status == 409 and int(said) == _size_of(held),
            f"POST /add-checkpoint of size {_size_of(signed)}: {status}, it has {said.decode().strip()}",
        )
        self._evidence(held)

    # --- parts of steps

    def _evidence(self, held: bytes) -> None:
        """The operator's planes show the other tree to everybody."""
        mirror, monitor = self.folder / "mirror", self.folder / "monitor"
        first, said = self.programs.once(TOWN, "mirror", "run", str(mirror), "--once", "--json")
        second, told = self._monitor()
        kept = [*(mirror / "evidence").glob("*"), *(monitor / "root/evidence").glob("*")]
        verified = self._ok(TOWN, "verify", *map(str, kept), *self._pins()) if kept else ""
        proven = verified.count("\nPROVEN")
        self.proves(
            "the town's mirror and monitor keep evidence that convinces anybody with the log's keys",
            (first, second) == (4, 4)
            and json.loads(said)["proof"] == "proven"
            and len(told["forks"]) == 1
            and proven == len(kept) == 2
            and (mirror / "checkpoint").read_bytes() == held,
            f"exit codes {first} and {second}; custodes verify: {proven} of {len(kept)} PROVEN; "
            f"the mirror still holds size {_size_of(held)}",
        )

    def _certificate(self) -> None:
        target = str(self.folder / "none.json")
        self._ok(TOWN, "certificate", "make", str(self.folder / "monitor"), "--key", NEVER, "--out", target)
        code, said = self.programs.once(TOWN, "certificate", "verify", target, *self._pins())
        raw = json.loads(Path(target).read_bytes())
        cut = self.folder / "cut.json"
        shorter = {**raw, "leaves": raw["leaves"][:-1]}
        cut.write_text(json.dumps(shorter, separators=(",", ":"), sort_keys=True))
        other, _ = self.programs.once(TOWN, "certificate", "verify", str(cut), *self._pins())
        self.proves(
            "the town makes a certificate of no exceptional access, and one with a leaf left out fails",
            (code, other) == (0, 1) and len(raw["leaves"]) > 0,
            f"{len(raw['leaves'])} exceptional leaves; {said.splitlines()[-1][:60]}...",
        )

    def _granted(self, label: str, name: str) -> str:
        stage = self.stage
        stage.open_case(label, stage.engineer.credential, stage.resource(stage.objects[name]))
        stage.approve("anna", label)
        grant = stage.approve("karl", label).grant
        assert grant is not None
        return grant.id

    def _put_at_last(self, label: str, name: str, body: bytes) -> None:
        """A house that has just come up uses no key before its witnesses were heard."""

        def is_put() -> bool:
            try:
                self.stage.put(label, name, body)
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] != 503:
                    raise
                return False
            return True

        until("a use", is_put)

    def _show_other_tree(self) -> bytes:
        """What an operator can do who has the log's keys: sign the head he went on to, and show it."""
        holder = schemes.holder(f"keyfile:{self.settings.log_holder}")
        holder.unseal(b"")
        wrapped = msgspec.json.decode(self.settings.log_keys.read_bytes(), type=dict[str, bytes])
        size, root = SignedHead(self.settings.logkeeper / "signed.json").read()
        head = Checkpoint(origin=ORIGIN, size=size, root=root)
        signers = open_keys(holder, ORIGIN, wrapped).signers(ORIGIN)
        raw = cosign.publish(head, signers, SystemClock().now()).encode()
        (self.house / "log/checkpoint").write_bytes(raw)
        return raw

    def _cut(self, *, is_cut: bool) -> None:
        if self.net.names:
            self.net.cut(is_cut=is_cut)
        else:
            self.programs.hold("town-witness", is_held=is_cut)

    def _stop_house(self) -> None:
        self.stage.close()
        self.programs.stop("house")
        self.stage = Stage(self.settings, self.folder)

    def _is_open(self) -> bool:
        try:
            with LocalHouse(self.settings, timeout_s=2) as house:
                return not house.ask(LookHouse()).sealed
        except Refusal:
            return False

    def _refusal(self) -> str:
        """With what the application is refused when it uses its key; empty when it is not."""
        ask = UseKey(self.application, self.key, "wrap", b"a row", b"", "operation", "register")
        refusal = self.stage.refusal_of(ask)
        return refusal.code if refusal else ""

    def _monitor(self) -> tuple[int, dict[str, object]]:
        line = ("monitor", "run", str(self.folder / "monitor"), "--once", "--json")
        code, said = self.programs.once(TOWN, *line, CUSTODES_TOKEN=self.token)
        try:
            return code, json.loads(said)
        except ValueError:
            return code, {"checks": [{"name": said[-500:], "passed": False}], "forks": [], "size": 0}

    def _witnesses(self) -> None:
        self._fronts()
        for name, place in (("town-witness", TOWN), ("county-witness", COUNTY)):
            self.programs.start(name, place, "witness", "run", str(self.folder / name))
        for name, place in (("town-witness", TOWN), ("county-witness", COUNTY)):
            until(name, lambda place=place, name=name: answers(self.net.url(place, name)))

    def _fronts(self) -> None:
        if self.net.names is None:
            return
        for name, place, what in (
            ("trustee-front", TRUSTEE, ((TRUSTEE, "console"), (TRUSTEE, "log"), (COUNTY, "county-witness"))),
            ("town-front", TOWN, ((TOWN, "town-witness"),)),
        ):
            line = [f"{self.net.hosts[at]}:{self.net.port(at, one)}" for at, one in what]
            self.programs.start(name, place, str(FRONT), str(self.folder / "front.pem"), *line)

    def _make_witness(self, folder: str, place: str, what: str) -> None:
        port = str(self.net.port(place, what))
        line = ("--name", NAMES[what], "--port", port, "--plain")
        said = self._ok(place, "witness", "init", str(self.folder / folder), *line)
        self.vkeys[folder] = said.split()[0]

    def _policy(self) -> str:
        lines = []
        for name, place, party in (
            ("town-witness", TOWN, "town of town"),
            ("county-witness", COUNTY, "county of county"),
        ):
            lines.append(f"witness {name} {self.vkeys[name]} {self.net.url(place, name)}")
            lines.append(f"#: party {name} {party}")
        return "\n".join([*lines, "group both 2 town-witness county-witness", "quorum both", ""])

    def log_vkeys(self) -> list[str]:
        """The log's keys, out of its pins."""
        policy = quorum.parse(parse_pins((self.house / "log/pins.json").read_bytes()).policy.encode())
        return [vkey.text() for vkey, _ in policy.logs]

    def _cosigned(self) -> set[str]:
        note = (self.house / "log/checkpoint").read_bytes()
        pinned = [Vkey.parse(self.vkeys[name]) for name in NAMES]
        lines = cosign.verify(note, [*map(Vkey.parse, self.log_vkeys()), *pinned], ORIGIN).lines
        return {line.name for line in lines if line.is_checked and line.name in NAMES.values()}

    def _size(self) -> int:
        return _size_of((self.house / "log/checkpoint").read_bytes())

    def _is_all_published(self) -> bool:
        """Whether the last epoch that was signed is out, with nothing left over of what went before."""
        newest: dict[str, int] = {}
        for one in self.stage.entries():
            newest[one.log] = max(one.index, newest.get(one.log, 0))
        return all(self.stage.witnessed(log, index) for log, index in newest.items())

    def _shown_by(self, place: str, name: str) -> bytes:
        named = hashlib.sha256(ORIGIN.encode()).hexdigest()
        with urllib.request.urlopen(f"{self.net.url(place, name)}/{named}/checkpoint", timeout=10) as answer:
            return bytes(answer.read())

    def _posted(self, place: str, name: str, body: bytes) -> tuple[int, bytes]:
        url = f"{self.net.url(place, name)}/add-checkpoint"
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data=body), timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def _pins(self) -> tuple[str, str]:
        return "--pins", str(self.folder / "pins.json")

    def _said(self, *words: str) -> str:
        """Which of these the house's processes wrote."""
        text = (self.folder / "house.log").read_text(errors="replace")
        return ", ".join(word for word in words if word in text) or "-"

    def _ok(self, place: str, *line: str) -> str:
        code, said = self.programs.once(place, *line)
        assert code == 0, f"custodes {' '.join(line)}: {code}: {said[-2000:]}"
        return said


def _size_of(note: bytes) -> int:
    return int(note.split(b"\n", 2)[1])


def say(text: str) -> None:
    """A line of the transcript, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


STEPS = {
    "good-day": Play.good_day,
    "cut-link": Play.cut_link,
    "lying-witness": Play.lying_witness,
    "fork": Play.fork,
}


def play(net: Net, folder: Path, steps: list[str]) -> int:
    """The steps in their order; 0 when each was proved."""
    made = Play(net, folder)
    try:
        made.found()
        made.open()
        for name in steps:
            STEPS[name](made)
    finally:
        made.programs.stop_all()
    proved = sum(holds for _, holds in made.claims)
    say(f"two organisations: {proved} of {len(made.claims)} proved")
    return 0 if proved == len(made.claims) else 1


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--loopback", action="store_true", help="no namespaces: one loopback, no root needed")
    parser.add_argument("--within", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=list(STEPS))
    given = parser.parse_args()
    folder = given.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if given.loopback:
        return play(Net(None, folder), folder, given.steps)
    if given.within:
        return play(Net(tuple(given.within), folder), folder, given.steps)
    names = (f"custodes-{os.getpid()}-trustee", f"custodes-{os.getpid()}-town")
    net = Net(names, folder)
    with net.laid():  # everything of the trustee, this play too, runs in the trustee's namespace
        line = [sys.executable, str(Path(__file__).resolve()), str(folder), "--within", *names]
        line += ["--steps", *given.steps]
        return subprocess.run(net.command(TRUSTEE, *line), env=net.environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
