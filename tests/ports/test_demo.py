"""`make run` from outside: founds, starts, plays, stays up, stops, finds everything again."""

import asyncio
import re
import shutil
import socket
import sqlite3
import stat
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from custodes.cli.demo import demo  # noqa: F401 - this suite is its test
from custodes.cli.tour import tour  # noqa: F401
from custodes.cli.touring import cast, foreign, transcript
from custodes.cli.touring.run import STEPS
from custodes.kernel.refusal import Refusal
from custodes.settings import FILE_NAME, load, to_toml
from custodes.wiring import demo as house
from custodes.wiring.planes import listening
from fakes.demos import ROOT, Demo, children, steps, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def _founded(folder):
    settings, sockets = house.found(folder / "house")
    listening.close(sockets)
    return settings


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """A demo founded and toured once, stopped again; with what `--once --json` said."""
    made = Demo(tmp_path_factory.mktemp("demo") / "demo")
    return made, made.run("demo", "--once", "--json")


def test_every_step_is_proved(played):
    _, finished = played
    found = steps(finished)
    assert [name for name, step in found.items() if not step["proved"]] == []
    assert list(found) == [step.name for step in STEPS]
    assert finished.returncode == 0
    assert house.BANNER in finished.stderr


def test_what_people_hold_is_theirs_alone(played):
    made, _ = played
    folder = cast.folder_of(made.folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = list(folder.iterdir())
    assert len(files) == 7
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    everybody = cast.load(folder)
    assert everybody.town_access.secret not in repr(everybody)
    assert everybody.people["erik"].token not in repr(everybody)


def test_it_comes_up_again_stays_up_and_stops(played):
    """A second run finds its data; the tour is replayed against it; Ctrl-C ends it and leaves nothing."""
    made, _ = played
    before = cast.load(cast.folder_of(made.folder))
    process, said = made.start("--no-tour")
    try:
        pids = children(process.pid)
        assert len(pids) == 5
        settings = load(made.folder / FILE_NAME)
        for needed in (settings.console_url, before.town_access.secret, str(settings.log_port), house.BANNER):
            assert needed in said
        with urllib.request.urlopen(f"http://localhost:{settings.log_port}/checkpoint") as answer:
            assert answer.read().startswith(house.ORIGIN.encode())
        twice = made.run("demo", "--once")
        assert (twice.returncode, "keyroom-runs-already" in twice.stderr) == (1, True)
        again = made.run("tour", "--json")
        assert again.returncode == 0
        assert all(step["proved"] for step in steps(again).values())
    finally:
        assert made.interrupt(process) == 0
    gone = made.run("tour")
    assert (gone.returncode, "keyroom-gone" in gone.stderr) == (1, True)
    assert cast.load(cast.folder_of(made.folder)) == before
    assert until(lambda: not [pid for pid in pids if Path(f"/proc/{pid}").exists()])


def test_the_transcript_in_the_readme_is_what_a_tour_says(played):
    """Ids, times, sizes and hashes differ from run to run; every other word is the same."""
    _, finished = played
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert transcript.in_readme(readme) == transcript.written(finished.stdout)


def test_the_foreign_judge_refuses_a_log_with_another_leaf(played, tmp_path, capsys):
    """The step with tlog-scales can fail."""
    made, _ = played
    log = tmp_path / "log"
    shutil.copytree(load(made.folder / FILE_NAME).public_log, log)
    assert foreign.main(str(log), str(log / "pins.json")) == 0
    for tile in (log / "tile" / "0").rglob("*"):
        if tile.is_file():
            raw = tile.read_bytes()
            tile.unlink()
            tile.write_bytes(bytes([raw[0] ^ 1]) + raw[1:])
    capsys.readouterr()
    assert foreign.main(str(log), str(log / "pins.json")) == 1
    assert "nothing is proved" in capsys.readouterr().out


def test_a_taken_port_is_passed_by(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings, sockets = listening.bind_anywhere(house.Settings(s3_port=port))
        with pytest.raises(Refusal, match="port-taken"):
            listening.bind(house.Settings(s3_port=port), ("keyroom", "s3"))
    assert settings.s3_port != port
    assert {name: one.getsockname()[1] for name, one in sockets.items()} == {
        "console": settings.console_port,
        "s3": settings.s3_port,
        "log": settings.log_port,
    }
    other, more = listening.bind_anywhere(settings)  # another demo at the same moment
    taken = {one.getsockname()[1] for one in (*sockets.values(), *more.values())}
    assert len(taken) == len(sockets) + len(more)
    assert other.console_url != settings.console_url
    listening.close(more)
    listening.close(sockets)
    assert settings.console_url == f"http://localhost:{settings.console_port}"


def test_no_way_from_demo_to_production_or_back(tmp_path):
    """Neither with the settings changed nor with another's database."""
    settings = _founded(tmp_path)
    assert settings.demo
    file = settings.house / FILE_NAME
    text = file.read_text(encoding="utf-8")
    file.write_text(re.sub(r"^demo = true$", "demo = false", text, flags=re.MULTILINE), encoding="utf-8")
    with pytest.raises(Refusal, match="not-a-demo"):
        house.opened(settings.house)
    made = Demo(settings.house)
    refused = made.run("demo", "--once")
    assert refused.returncode == 1
    assert "not-a-demo" in refused.stderr
    assert made.run("tour").returncode == 2

    async def opens():
        async with house.alone(load(file)):
            raise AssertionError

    with pytest.raises(Refusal, match="demo-and-production"):
        asyncio.run(opens())
    file.write_text(text, encoding="utf-8")
    with closing(sqlite3.connect(settings.database)) as database, database:
        (body,) = database.execute("SELECT body FROM house").fetchone()
        real = bytes(body).replace(b'"demo":true', b'"demo":false')
        assert real != bytes(body)
        database.execute("UPDATE house SET body = ?", (real,))
    with pytest.raises(Refusal, match="demo-and-production"):
        asyncio.run(opens())


def test_a_founding_that_was_cut_short_begins_anew(tmp_path):
    settings = _founded(tmp_path)
    (settings.house / ".founding").touch()
    made = Demo(settings.house)
    process, said = made.start("--no-tour")
    assert "founding" in said
    assert made.interrupt(process) == 0
    assert cast.load(cast.folder_of(settings.house)).house != ""


def test_a_process_that_does_not_answer_is_named(tmp_path):
    settings = _founded(tmp_path)
    file = settings.house / FILE_NAME
    (settings.house / "people").mkdir()
    (settings.logkeeper / "keys.json").unlink()
    file.write_text(to_toml(settings), encoding="utf-8")
    finished = Demo(settings.house).run("demo", "--once")
    assert finished.returncode == 1
    assert "process-silent" in finished.stderr
    assert "logkeeper" in finished.stderr
