"""The installation itself. Who may unseal and seal is the machine's own user, whatever token he has."""

import pytest

from custodes.cli.house import status
from fakes.folk import FolkWorld
from fakes.keyrooms import PASSPHRASE
from fakes.served import served


class Kept(FolkWorld):
    passphrase = PASSPHRASE


@pytest.fixture
def house(tmp_path):
    with served(tmp_path, Kept) as found:
        yield found


def passphrase(house, text=PASSPHRASE):
    file = house.folder / "passphrase"
    file.write_bytes(text + b"\n")
    return str(file)


def test_status_needs_no_token(house):
    seen = house.json("status")
    assert (seen["sealed"], seen["demo"], seen["grade"]) == (False, True, "file")
    shown = house.run("status")
    assert shown.exit_code == 0
    assert "Test house" in shown.stdout
    assert "not for real data" in shown.stderr
    assert status.name == "status"


def test_seal_and_unseal(house):
    assert house.json("seal", "--reason", "drill")["sealed"] is True
    refused = house.run("unseal", "--passphrase-file", passphrase(house, b"wrong horse battery staple"))
    assert refused.exit_code == 1
    assert "wrong-secret" in refused.stderr
    assert house.json("status")["sealed"] is True
    assert house.json("unseal", "--passphrase-file", passphrase(house))["sealed"] is False


def test_the_passphrase_is_asked_for_and_not_shown(house):
    house.json("seal", "--reason", "drill")
    done = house.run("unseal", stdin=f"{PASSPHRASE.decode()}\n")
    assert done.exit_code == 0
    assert PASSPHRASE.decode() not in done.output


def test_another_user_has_no_local_token(house):
    house.settings.local_token.write_text("somebody's guess")
    done = house.run("seal", "--reason", "x")
    assert done.exit_code == 1
    assert "local-only" in done.stderr
    house.settings.local_token.unlink()
    done = house.run("seal", "--reason", "x")
    assert done.exit_code == 3
    assert "local-token-gone" in done.stderr
    assert house.json("status")["sealed"] is False


def test_what_to_kill_must_be_said(house):
    for wrong in ((), ("--everything", "--customer", "cus-1")):
        done = house.run("kill", "--reason", "x", *wrong, who=house.world.olga)
        assert done.exit_code == 2
        assert "say what to stop" in done.stderr
