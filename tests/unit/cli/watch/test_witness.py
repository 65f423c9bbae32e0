import pytest
from click.testing import CliRunner

from custodes.cli.watch.witness import witness
from custodes.kernel import canonical
from custodes.ledger.note import Vkey
from custodes.ledger.receipt import Pins
from custodes.wiring.watch.witness import KEY, LOGS, LogFile, WitnessSettings, load
from fakes.ledger import ORIGIN, log_mldsa, log_signer

NAME = "witness.example/w1"


def run(*arguments, **how):
    return CliRunner().invoke(witness, [str(one) for one in arguments], **how)


@pytest.fixture
def folder(tmp_path):
    done = run("init", tmp_path / "w", "--name", NAME, "--plain", "--port", str(8090), "--json")
    assert done.exit_code == 0, done.output
    return tmp_path / "w"


def test_a_witness_is_made_once_with_a_key_of_its_own(folder):
    assert (folder / KEY).stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    first, second = (Vkey.parse(text) for text in run("key", folder).stdout.split())
    assert (first.name, first.sig_type, second.sig_type) == (NAME, 4, 6)
    assert run("init", folder, "--name", NAME, "--plain").exit_code == 1
    assert isinstance(load(folder), WitnessSettings)


def test_a_key_open_to_others_is_refused(folder):
    (folder / KEY).chmod(0o644)
    done = run("key", folder)
    assert done.exit_code == 3
    assert "file-key-unsafe" in done.stderr
    assert run("run", folder).exit_code == 3


def test_logs_are_accepted_by_origin_and_keys_and_seen_at_once(folder):
    running = LogFile(folder / LOGS)
    assert running() == {}
    keys = (log_signer().vkey.text(), log_mldsa().vkey.text())
    assert run("add-log", folder, *keys, "--per-day", "20000").exit_code == 0
    assert running()[ORIGIN].submissions_per_day == 20_000
    assert run("add-log", folder, *keys).exit_code == 1
    assert run("add-log", folder, "nonsense").exit_code == 2
    shown = canonical.decode(run("logs", folder, "--json").stdout.strip().encode())
    assert [(one["origin"], one["vkeys"]) for one in shown] == [(ORIGIN, list(keys))]
    (folder / LOGS).write_text("logs/v9\n")
    assert ORIGIN in running()  # what cannot be read does not take away what could
    (folder / LOGS).unlink()
    assert ORIGIN in running()


def test_a_log_is_told_of_by_its_pins(folder, tmp_path):
    vkeys = [one.vkey.text() for one in (log_signer(), log_mldsa())]
    policy = "".join(f"log {one}\n" for one in vkeys) + "quorum none\n"
    pins = tmp_path / "pins.json"
    pins.write_bytes(Pins(house="hse-1", receipt_keys=(), policy=policy).encode())
    assert run("add-log", folder, "--pins", pins).exit_code == 0
    listed = run("logs", folder, "--json").stdout
    assert all(one in listed for one in vkeys)
    assert run("add-log", folder, vkeys[0], "--pins", pins).exit_code == 2
    assert run("add-log", folder).exit_code == 2
    pins.write_text("{}")
    assert "bad-pins" in run("add-log", folder, "--pins", pins).stderr
