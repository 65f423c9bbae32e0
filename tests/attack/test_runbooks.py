"""Runbooks played from their pages (`fakes.runbooks`): added is who somebody is, and what he types."""

import dataclasses
import os
import re
import shlex
import subprocess

import msgspec
import pytest

from custodes.acts.answers.kills import KillAnswers
from custodes.acts.asks.cases import RunClock
from custodes.acts.watched.conflicts import Conflicts
from custodes.adapters.file_key import FORMAT, PlainKey
from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal
from custodes.policy.presets import default_rules
from custodes.store import house as house_row
from custodes.store.books import SqlBooks
from custodes.store.reserve import Reserve
from custodes.store.verbs import CHECKS, VERBS
from fakes.folk import entries
from fakes.keyrooms import LOCAL, PASSPHRASE
from fakes.office import OfficeWorld
from fakes.runbooks import Page
from fakes.served import served

pytestmark = pytest.mark.whole


@pytest.fixture
def house(tmp_path):
    with served(tmp_path, OfficeWorld) as found:
        yield found


def at(house, name):
    return str(house.folder / name)


def killed(house, said):
    """(kill, entry) out of what `custodes kill` said."""
    found = dict(re.findall(r"^(kill|entry)\s+(\S+)", said, re.MULTILINE))
    return found["kill"], found["entry"]


def test_kill_and_lift(house):
    """docs/runbooks/kill.md, then lift.md."""
    world = house.world
    page = Page(house, "kill", ID=world.customer_row.id, FILE=at(house, "kill.receipt"))
    assert "uses in the last day" in page.does("kill --customer", world.karl)
    said = page.does("kill --customer", world.karl, f"{world.customer_row.id}\n")
    kill, entry = killed(house, said)
    assert kill in page.does("kills", world.karl)
    keeper = house.call(kept(world))
    page.does("log receipt", world.olga, ENTRY=entry)
    house.call(keeper.close())
    assert (house.folder / "kill.receipt").stat().st_size > 500
    page.passes("seal")
    assert page.left == []
    page = Page(house, "lift", KILL=kill, FILE=at(house, "lift.json"), ID=world.olga.credential.id)
    assert kill in page.does("kills", world.karl)
    page.does("lift KILL --document", world.karl)
    page.does("file-key sign", world.olga, "sign\n", KEY=str(house.key_file(world.olga)))
    page.does("lift KILL --approval", world.karl, f"{kill}\n", KEY=str(house.key_file(world.karl)))
    assert kill not in page.does("kills", world.karl)
    assert page.left == []


async def kept(world):
    """The log with a round published over all that was entered."""
    keeper = world.keeper()
    await keeper.round(0)
    return keeper


def test_the_clock(house):
    """docs/runbooks/clock.md: the clock jumps, two officers of two organisations say that it is right."""
    world = house.world
    house.call(jumped(world))
    page = Page(house, "clock", FILE=at(house, "clock.json"), ID=world.kim.credential.id)
    assert "not confirmed" in page.does("clock show", world.karl)
    page.does("clock confirm --document", world.karl)
    page.does("file-key sign", world.kim, "sign\n", KEY=str(house.key_file(world.kim)))
    document = canonical.decode((house.folder / "clock.json").read_bytes())
    typed, key = f"{document['to_at']}\n", str(house.key_file(world.karl))
    said = page.does("clock confirm --approval", world.karl, typed, KEY=key)
    assert re.search(r"jump\s+none", said)
    assert world.key in page.does("key list", world.olga, CUSTOMER=world.customer_row.id)
    page.does("key cancel-destruction", world.olga, KEY=world.key, code=1)  # none is set: refused, and said
    assert page.left == []


async def jumped(world):
    world.clock.jump(hours=2)
    await world.keyroom.ask(RunClock(LOCAL))


class WithPassphrase(OfficeWorld):
    """A house whose holder somebody opens."""

    passphrase = PASSPHRASE


def test_unseal(tmp_path):
    """docs/runbooks/unseal.md for one passphrase: sealed, seen, opened by what is typed, a wrong one refused.

    The rest of the page, by shares and with holders of customers, is played by test_runbook_custodian.py.
    """
    with served(tmp_path, WithPassphrase) as house:
        page = Page(house, "unseal")
        closing = page.left.pop()
        page.left = [*page.left[:4], closing]
        assert closing.startswith("custodes seal ")
        house.run(*shlex.split(closing.replace("DIR", str(house.folder)))[1:])
        assert re.search(r"sealed\s+yes", page.does("status"))
        page.passes("serve")
        wrong = house.run("unseal", stdin="not this one at all\n")
        assert (wrong.exit_code, "wrong-secret" in wrong.stderr) == (1, True)
        said = page.does("unseal --folder", types=f"{PASSPHRASE.decode()}\n")
        assert PASSPHRASE.decode() not in said
        assert page.left[0] == "custodes doctor --folder DIR"
        seen = house.run("doctor", "--json", "--folder", str(house.folder)).stdout.strip()
        seal = next(one for one in canonical.decode(seen.encode()) if one["name"] == "seal")
        assert seal["state"] == "ok"
        log = f"{house.world.body.id}/exceptional"
        assert [one.fields["reason"] for one in entries(house.world, log, "house.unseal")] == ["secret"]


def test_a_lost_approver(house):
    """docs/runbooks/lost-approver.md: stopped, a new key enrolled by the root of her town, gone at last."""
    world = house.world
    case = house.call(world.request()).id
    page = Page(house, "lost-approver", CUSTOMER=world.customer_row.id, CASE=case)
    page.left = [line.replace(" --url https://…", "") for line in page.left]
    assert case in page.does("case list", world.karl)
    assert page.does("case explain", world.karl)
    page.does("case call --help", world.karl)
    page.does("party revoke", world.olga, CREDENTIAL=world.anna.credential.id)
    page.does("case withdraw", world.erik)
    new, secret = at(house, "new.key"), "a passphrase of her own"
    page.does("file-key new", types=f"{secret}\n{secret}\n", FILE=new)
    assert len(page.does("file-key public").strip()) == 44
    words = {"PERSON": world.anna.person.id, "DOCUMENT": at(house, "enrol.json")}
    page.does("party credential", world.olga, **words)
    root = PlainKey(format=FORMAT, public=world.town.root_key, seed=seed_of(world.roots[world.town.id]))
    file = house.folder / "root.key"
    file.touch(mode=0o600)
    file.write_bytes(canonical.encode(msgspec.to_builtins(root)))
    page.does("file-key sign", types="sign\n", ROOT=str(file))
    page.does("party enrol", world.olga)
    assert page.does("leaver plan", world.olga)
    page.does("leaver go", world.olga, f"{world.anna.person.id}\n")
    page.passes("case list")
    assert re.search(r"Anna +person +Town +customer +- ", page.does("party list", world.olga))  # no role left
    page.does("party organisation --help")
    assert page.left == []


def seed_of(private):
    return canonical.b64(private.private_bytes_raw())


def test_a_witness_is_replaced_and_a_conflict_looked_into(house):
    """docs/runbooks/witness-conflict.md, both halves; what is lifted at its end is lifted as in lift.md."""
    world = house.world
    house.call(founded_row(world))
    own = world.body.id
    policy = house.folder / "policy"
    policy.write_text(world.body.policy + "# the same, said anew\n")
    page = Page(house, "witness-conflict", HOUSE=own, FILE=str(policy), ID=world.kim.credential.id)
    assert "embedded" in page.does("witnesses show", world.karl)
    assert own in page.does("status")
    page.does("witnesses set", world.karl, DOCUMENT=at(house, "policy.json"))
    page.does("file-key sign", world.kim, "sign\n", KEY=str(house.key_file(world.kim)))
    said = page.does("witnesses set", world.karl, KEY=str(house.key_file(world.karl)))
    assert "said anew" in said
    house.call(conflict(world))
    kills = page.does("kills", world.karl)
    assert "logkeeper" in kills
    assert "another tree" in kills
    page.does("audit --folder")
    kill = re.search(r"kil-\w+", kills).group()
    page.does("lift KILL --document", world.karl, KILL=kill, FILE=at(house, "lift.json"))
    assert canonical.decode((house.folder / "lift.json").read_bytes())["kill"] == kill
    assert page.left == []


async def founded_row(world):
    house_row.save(world.engine, world.body)
    own = world.body.id
    await world.put(("rules", own, own, default_rules(own)))


async def conflict(world):
    """What the logkeeper does when a witness shows another tree."""
    o = world.keyroom.opened
    await Conflicts(o, KillAnswers(o)).stop("witness-conflict", "w1 knows another tree")


class OnSmallDisk(OfficeWorld):
    """With a reserve beside the database that fits the disk."""

    def parts(self):
        books = SqlBooks(self.engine, VERBS, CHECKS, Reserve(self.folder / "reserve", 2 * 2**20))
        return dataclasses.replace(super().parts(), books=books)


@pytest.fixture
def small_disk(tmp_path):
    """32 MiB of tmpfs; where none can be mounted there is nothing to play."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(place)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        if os.environ.get("CI"):
            pytest.fail("no tmpfs can be mounted here")
        pytest.skip("no tmpfs can be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.sqlite
def test_a_full_disk(small_disk):
    """docs/runbooks/full-disk.md on a disk that is full: seen, room made, one use, the log proven."""
    with served(small_disk, OnSmallDisk) as house:
        house.call(founded_row(house.world))
        body = small_disk / "body"
        body.write_bytes(b"m")
        filler = small_disk / "filler"
        with filler.open("wb") as file:
            room = os.fstatvfs(file.fileno())
            os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_frsize)
        page = Page(house, "full-disk", KEY=house.world.key, FILE=str(body))
        house.call(until_full(house.world))
        assert "disk is full" in " ".join(page.does("doctor", code=1).split())
        filler.unlink()
        page.does("status")
        page.does("key wrap", house.world.token)
        page.does("audit --folder")
        assert page.left == []


async def until_full(world):
    for _ in range(2_000):
        try:
            await world.use(world.token, "wrap", b"m" * 4_000)
        except Refusal as refusal:
            if refusal.code == "disk-full":
                return
            raise
    raise AssertionError("the disk never ran full")
