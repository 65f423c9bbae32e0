"""`custodes init`: what would not do is said before anything is written."""

import pytest
from click.testing import CliRunner

from custodes.cli import main
from custodes.cli.founding.init import init
from custodes.kernel import canonical
from custodes.ledger import quorum
from custodes.ledger.receipt import parse_pins
from custodes.settings import FILE_NAME, load
from fakes.ledger import witness

NAME, ORIGIN = "Trustee", "log.example/house"
NO_URL = f"witness w {witness('w').vkey.text()}\n#: party w town\nquorum w\n"
POLICY = f"witness w {witness('w').vkey.text()} https://w.example/\n#: party w town\nquorum w\n"


def run(folder, *more, policy="", passphrase="a long passphrase"):
    line = ["init", str(folder / "house"), "--name", NAME, *more]
    line += [] if "--origin" in more else ["--origin", ORIGIN]
    for name, text in (("policy", policy), ("passphrase", passphrase)):
        (folder / name).write_text(text)
    line += ["--policy", str(folder / "policy")] if policy else []
    return CliRunner().invoke(main, [*line, "--passphrase-file", str(folder / "passphrase")])


def test_a_house_with_witnesses(tmp_path):
    assert main.commands["init"] is init
    done = run(tmp_path, "--console", "http://localhost:18443", "--json", policy=POLICY)
    assert done.exit_code == 0, done.output
    made = canonical.decode(done.stdout.strip().encode())
    settings = load(tmp_path / "house" / FILE_NAME)
    assert (made["demo"], made["origin"]) == (False, ORIGIN)
    assert (settings.console_port, settings.auto_unseal) == (18443, False)
    pins = parse_pins((settings.public_log / "pins.json").read_bytes())
    assert pins.house == made["id"]
    assert not quorum.parse(pins.policy.encode()).is_none
    again = run(tmp_path, policy=POLICY)
    assert (again.exit_code, "folder-not-empty" in again.stderr) == (1, True)


@pytest.mark.parametrize(
    ("code", "more", "given"),
    [
        ("policy-missing", (), {}),
        ("bad-policy (line: 2)", (), {"policy": POLICY.replace("#: party w", "#: party v")}),
        ("witness-policy-refused (why: quorum-none)", (), {"policy": "quorum none\n"}),
        (
            "witness-policy-refused (why: url-missing)",
            (),
            {"policy": NO_URL},
        ),
        ("passphrase-length", (), {"policy": POLICY, "passphrase": "too short"}),
        ("bad-name", ("--origin", "log example"), {"policy": POLICY}),
    ],
)
def test_what_would_not_do_leaves_nothing(tmp_path, code, more, given):
    done = run(tmp_path, *more, **given)
    assert done.exit_code == 1, done.output
    assert code in done.stderr
    assert not (tmp_path / "house").exists()


@pytest.mark.parametrize("address", ["trustee.example", "ftp://trustee.example", "http://[x", "https://"])
def test_an_address_that_is_none(tmp_path, address):
    done = run(tmp_path, "--console", address, policy=POLICY)
    assert (done.exit_code, (tmp_path / "house").exists()) == (2, False)
