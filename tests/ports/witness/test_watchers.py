"""`custodes mirror` and `custodes monitor` from the command line, over real HTTP, against a real house."""

import functools
import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from custodes.acts.asks.keys import CreateKey, LookKeys
from custodes.acts.watch import certifying  # noqa: F401 - this suite is its test
from custodes.cli import main
from custodes.wiring.watch import mirror as mirrors  # noqa: F401 - this suite is its test
from custodes.wiring.watch import monitor as monitors  # noqa: F401
from fakes.keyrooms import ORIGIN
from fakes.logs import entries, published
from fakes.served import api_of, served
from ports.keyroom.test_watching import MonitorWorld

pytestmark = pytest.mark.whole
VERIFIER = Path(__file__).parents[3] / "verifier" / "custodes_verify.py"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextmanager
def over_http(folder):
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def run(*arguments, **how):
    return CliRunner().invoke(main, [str(one) for one in arguments], env={"CUSTODES_TOKEN": None}, **how)


@pytest.fixture
def house(tmp_path):
    with served(tmp_path, MonitorWorld) as made:
        made.keeper = made.world.keeper()
        made.call(made.world.write("a.txt", b"one"))
        made.call(made.keeper.round())
        (tmp_path / "pins.json").write_bytes(made.world.pins().encode())
        (tmp_path / "token").write_text(made.world.owner.token)
        yield made


def forged(house, folder):
    """The same log with another first entry, signed by its own keys."""
    signers = house.world.log_keys.signers(ORIGIN)
    for path, body in published(entries(5), signers, at=house.world.clock.now(), origin=ORIGIN).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(body)


def test_a_mirror_follows_serves_the_same_and_keeps_evidence(house, tmp_path):
    log, held = house.world.folder / "log", tmp_path / "held"
    with over_http(log) as url:
        done = run("mirror", "init", held, "--url", url, "--pins", tmp_path / "pins.json")
        assert done.exit_code == 0, done.output
        assert run("mirror", "init", held, "--url", url, "--pins", tmp_path / "pins.json").exit_code == 1
        assert run("mirror", "run", held, "--once").exit_code == 0
        house.call(house.world.write("b.txt", b"two"))
        house.call(house.keeper.round())
        done = run("mirror", "run", held, "--once", "--json")
        assert json.loads(done.stdout) == {
            "before": 1,
            "fork": "",
            "leaves_missing": 0,
            "outcome": "grew",
            "proof": "",
            "rows_missing": 0,
            "size": 2,
        }
    assert run("mirror", "run", held, "--once").exit_code == 3
    for path in ("checkpoint", "tile/0/000.p/2", "tile/entries/000.p/2", "slots/001", "slots/002"):
        assert (held / path).read_bytes() == (log / path).read_bytes()
    done = run("verify", held, "--pins", tmp_path / "pins.json")
    assert done.exit_code == 0, done.output
    (tmp_path / "other").mkdir()
    forged(house, tmp_path / "other")
    settings = (held / "mirror.json").read_text()
    with over_http(tmp_path / "other") as url:
        (held / "mirror.json").write_text(settings.replace(json.loads(settings)["url"], url))
        done = run("mirror", "run", held, "--once", "--json")
        assert done.exit_code == 4
        assert json.loads(done.stdout)["proof"] == "proven"
        assert run("mirror", "run", held, "--once").exit_code == 4
    done = run("mirror", "status", held, "--json")
    assert done.exit_code == 4
    assert len(json.loads(done.stdout)["forks"]) == 1
    done = run("mirror", "evidence", held, "--json")
    assert (done.exit_code, json.loads(done.stdout)[0]["proof"]) == (0, "proven")


def test_a_monitor_over_the_api_says_what_held_and_ends_with_a_code(house, tmp_path):
    folder = tmp_path / "monitor"
    with api_of(house) as api, over_http(house.world.folder / "log") as url:
        begin = ("monitor", "init", folder, "--url", api, "--log-url", url)
        begin = (*begin, "--customer", house.world.customer_row.id, "--pins", tmp_path / "pins.json")
        done = run(*begin)
        assert done.exit_code == 0, done.output
        assert run("monitor", "run", folder, "--once").exit_code == 2  # no token
        once = ("monitor", "run", folder, "--token-file", tmp_path / "token", "--once")
        done = run(*once, "--json")
        assert done.exit_code == 0, done.output
        report = json.loads(done.stdout)
        assert (report["size"], report["epoch"], report["forks"]) == (1, 1, []), report
        assert not [one for one in report["checks"] if one["passed"] is False]
        assert {one["name"] for one in report["checks"] if one["passed"] is None} == {"quorum", "veils"}
        house.call(house.world.write("b.txt", b"two"))
        house.call(house.keeper.round())
        done = run(*once)
        assert done.exit_code == 0, done.output
        assert "not checked" in done.output
        same = house.world.folder / "log/checkpoint"
        assert run("monitor", "compare", folder, same).exit_code == 0
        (tmp_path / "other").mkdir()
        forged(house, tmp_path / "other")
        house.call(house.world.write("c.txt", b"x"))
        for _ in range(3):
            house.world.clock.forward(minutes=11)
            house.call(house.keeper.round())
        assert run(*once).exit_code == 0
        done = run(
            "monitor", "compare", folder, tmp_path / "other/checkpoint", "--from", "the trustee", "--json"
        )
        assert (done.exit_code, json.loads(done.stdout)["proof"]) == (4, "proven")
        assert run(*once).exit_code == 4  # two planes with two views: whoever compares keeps the proof
        shown = json.loads(run("monitor", "evidence", folder, "--json").stdout)
        assert (shown[0]["proof"], shown[0]["said_by"]) == ("proven", "the trustee")
    assert run(*once).exit_code == 3


def test_a_certificate_out_of_what_the_monitor_holds(house, tmp_path):
    folder, world = tmp_path / "monitor", house.world
    key = house.call(world.keyroom.ask(CreateKey(world.owner, world.customer_row.id, "registry"))).id
    slots = {f"{ORIGIN}/{world.customer_row.log(kind)}": at for kind, at in world.customer_row.slots.items()}
    pins = msgspec.structs.replace(world.pins(), slots=slots)
    (tmp_path / "pins.json").write_bytes(pins.encode())
    with api_of(house) as api, over_http(world.folder / "log") as url:
        begin = ("monitor", "init", folder, "--url", api, "--log-url", url)
        run(*begin, "--customer", world.customer_row.id, "--pins", tmp_path / "pins.json")
        once = ("monitor", "run", folder, "--token-file", tmp_path / "token", "--once")
        for _ in range(3):
            house.call(world.keeper().round())
            house.call(world.write("c.txt", b"x"))
            assert run(*once).exit_code == 0
        _, somebody = house.call(world.enrol_person("New", world.town, ("approver",)))
        assert somebody
        house.call(world.keeper().round())
        assert run(*once).exit_code == 0
    target = tmp_path / "none.json"
    done = run("certificate", "make", folder, "--key", "key-00000000000000000000000000", "--out", target)
    assert done.exit_code == 0, done.output
    done = run("certificate", "verify", target, "--pins", tmp_path / "pins.json", "--json")
    assert done.exit_code == 0, done.output
    assert "nothing about machine uses" in json.loads(done.stdout)["claim"]
    line = [sys.executable, str(VERIFIER), "certificate", str(target), "--pins", str(tmp_path / "pins.json")]
    alone = subprocess.run(line, capture_output=True, text=True, check=False)
    assert alone.returncode == 0, alone.stdout + alone.stderr
    raw = json.loads(target.read_bytes())
    raw["leaves"] = raw["leaves"][:-1]
    target.write_text(json.dumps(raw, separators=(",", ":"), sort_keys=True))
    assert run("certificate", "verify", target, "--pins", tmp_path / "pins.json").exit_code == 1
    moved = house.call(world.keyroom.ask(LookKeys(world.owner, world.customer_row.id))).keys
    assert key in {one.id for one in moved}
