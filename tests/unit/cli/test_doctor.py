"""`custodes doctor` against a keyroom that answers, that is sealed, that is gone."""

import pytest
from click.testing import CliRunner

from custodes.acts.asks.running.findings import (
    FIRST,
    OK,
    ORDER,
    UNKNOWN,
    WARNING,
    WRONG,
    finding,
    unknown,
    worst_first,
)
from custodes.acts.asks.running.meanings import MEANINGS, NAMES
from custodes.cli import main
from custodes.cli.doctor import headline, joined, line
from custodes.kernel import canonical
from custodes.store import house as house_row
from house.tree import ROOT


@pytest.fixture
def founded(house):
    house.call(save(house.world))
    house.settings.logkeeper.mkdir()
    for place in (house.settings.keyroom, house.settings.logkeeper, house.settings.local_token):
        place.chmod(0o700)
    return house


async def save(world):
    house_row.save(world.engine, world.body)


def by_name(lines):
    return {one["name"]: one for one in lines}


def test_the_machine_alone():
    done = CliRunner().invoke(main, ["doctor", "--json"], env={"CUSTODES_FOLDER": None})
    lines = by_name(canonical.decode(done.stdout.strip().encode()))
    assert (done.exit_code, "database" in lines) == (0, False)
    assert lines["python"]["state"] == lines["ml-dsa"]["state"] == OK
    assert {"landlock", "swap", "memory-lock", "tracing", "clock-sync"} <= set(lines)


def test_a_living_installation(founded):
    found = founded.json("doctor")
    lines = by_name(found)
    assert {one["state"] for one in found} <= {OK, WARNING, UNKNOWN}
    assert lines["seal"]["state"] == lines["clock-log"]["state"] == lines["key-files"]["state"] == OK
    assert lines["fsync"]["found"].startswith("fdatasync: ")
    assert lines["s3"]["state"] == WARNING  # nobody runs a plane here
    assert (lines["holder"]["state"], lines["holder"]["why"]) == (WARNING, "root-in-a-file")
    assert lines["backup"]["mend"] == f"custodes backup --folder {founded.folder} BACKUPS"
    states = [ORDER.index(one["state"]) for one in found]
    assert states == sorted(states)
    assert list(founded.settings.keyroom.glob(".doctor*")) == []


def test_each_line_says_what_it_means_and_what_mends_it(founded):
    for one in founded.json("doctor"):
        assert one["name"] in NAMES
        assert bool(one["why"]) is bool(one["means"]) is bool(one["mend"]) is (one["state"] != OK), one


def test_what_is_sealed_or_silent(founded):
    founded.json("seal", "--reason", "drill")
    sealed = by_name(founded.json("doctor"))["seal"]
    assert (sealed["state"], sealed["mend"]) == (WARNING, f"custodes unseal --folder {founded.folder}")
    founded.call(founded.server.stop())
    done = founded.run("doctor")
    assert done.exit_code == 1
    assert "does not answer" in " ".join(done.stdout.split())
    for place in (founded.settings.socket, founded.settings.local_token):
        place.unlink(missing_ok=True)  # as before the first start
    first = founded.run("doctor").stdout.splitlines()[0]
    assert first.startswith("Wrong: 1. First: Keyroom: The process does not answer. systemctl start")
    assert f"custodes serve {founded.folder}" in first


def test_somebody_else_is_told_what_he_cannot_see(founded):
    founded.settings.local_token.unlink()
    keyroom = by_name(founded.json("doctor"))["keyroom"]
    assert (keyroom["state"], keyroom["why"]) == (WARNING, "silent")
    assert "seal" not in by_name(founded.json("doctor"))


def test_a_file_open_to_others_is_wrong(founded):
    founded.settings.keyroom.chmod(0o755)
    done = founded.run("doctor", "--json")
    files = by_name(canonical.decode(done.stdout.strip().encode()))["key-files"]
    assert (done.exit_code, files["state"]) == (1, WRONG)
    assert files["means"] == "Others on this machine can read keys."


def test_no_database(house):
    house.settings.logkeeper.mkdir()
    assert house.run("doctor").exit_code == 1


def test_the_first_line_says_what_to_do_first(tmp_path):
    def said(*found):
        return headline([line(one, tmp_path) for one in worst_first(found)])

    tracing, backup = finding("tracing", "tracing-open", "-"), finding("backup", "backup-never", "-")
    assert said(finding("python", "", "3.11")) == "Nothing is wrong."
    assert said(tracing, backup).startswith(
        "Nothing is wrong. Warnings: 2. First: Tracing of other processes"
    )
    kill = finding("kills", "kill-stands", "1")
    assert said(tracing, kill).startswith(
        "Nothing is wrong. Warnings: 2. First: Kills: Somebody stopped uses"
    )
    stores = finding("stores", "store-away", "bonn: store-gone", is_wrong=True)
    disk = finding("disk-space", "disk-small", "0.1 GiB", is_wrong=True)
    assert said(tracing, finding("backup", "backup-old", "-", is_wrong=True), stores).startswith(
        "Wrong: 2. First: Stores answer: A store does not answer"
    )
    assert said(stores, disk).endswith("docs/runbooks/full-disk.md")
    sealed = finding("keyroom", "sealed", "seal: the house is sealed", is_wrong=True)
    assert said(stores, sealed).endswith(f"custodes unseal --folder {tmp_path}")


def test_every_name_that_comes_first_is_one():
    assert set(FIRST) <= set(NAMES)


def test_what_the_keyroom_cannot_see_is_seen_from_here():
    told = (
        finding("seal", "", "-"),
        unknown("port", "no-network"),
        finding("fsync", "", "1 ms"),
        unknown("x", "silent"),
    )
    seen = (finding("port", "", "here"), finding("fsync", "", "2 ms"))
    assert [(one.name, one.found) for one in joined(told, seen)] == [
        ("seal", "-"), ("fsync", "1 ms"), ("port", "here"), ("x", ""),
    ]  # fmt: skip


def test_every_meaning_is_said_in_both_languages_and_mended(tmp_path):
    for code, meaning in MEANINGS.items():
        assert meaning.en.endswith("."), code
        assert meaning.de.endswith("."), code
        assert meaning.en != meaning.de, code
        assert meaning.mend, code
    shown = line(finding("key-files", "open-to-others", "x", is_wrong=True), tmp_path)
    assert (shown.state, f"{tmp_path}/keyroom" in shown.mend) == (WRONG, True)


def test_every_page_that_mends_exists():
    pages = [meaning.mend for meaning in MEANINGS.values() if meaning.mend.startswith(("docs/", "deploy/"))]
    assert [page for page in pages if not (ROOT / page).is_file()] == []
