"""The installation itself. Who may unseal and seal is the machine's own user, whatever token he has."""

import pytest

from custodes.cli.house import status
from fakes.keyrooms import PASSPHRASE
from fakes.office import OfficeWorld
from fakes.served import served


class Kept(OfficeWorld):
    passphrase = PASSPHRASE


@pytest.fixture
def kept(tmp_path):
    """A house under a passphrase; the others open by a key file, for a passphrase takes its second."""
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


def test_seal_and_unseal(kept):
    assert kept.json("seal", "--reason", "drill")["sealed"] is True
    refused = kept.run("unseal", "--passphrase-file", passphrase(kept, b"wrong horse battery staple"))
    assert refused.exit_code == 1
    assert "wrong-secret" in refused.stderr
    assert kept.json("status")["sealed"] is True
    assert kept.json("unseal", "--passphrase-file", passphrase(kept))["sealed"] is False


def test_the_passphrase_is_asked_for_and_not_shown(kept):
    kept.json("seal", "--reason", "drill")
    done = kept.run("unseal", stdin=f"{PASSPHRASE.decode()}\n")
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


def test_kill_shows_who_stands_still_and_a_quorum_lifts_it(house):
    world = house.world
    customer = world.customer_row.id
    line = ("kill", "--customer", customer, "--reason", "drill")
    preview = house.json(*line, "--preview", who=world.olga)
    assert [id_ for id_, _ in preview["customers"]] == [customer]
    assert preview["keys"] == 1
    assert house.json("kills", who=world.karl)["kills"] == []
    unsure = house.run(*line, who=world.olga, stdin="yes\n")
    assert (unsure.exit_code, "nothing was done" in unsure.stderr) == (2, True)
    assert "uses in the last day" in unsure.stdout
    assert house.json("kills", who=world.karl)["kills"] == []
    done = house.json(*line, "--confirm", customer, who=world.olga)
    assert done["state"] == "done"
    message = house.folder / "message"
    message.write_bytes(world.message)
    use = ("key", "unwrap", world.key, "--in", str(message), "--context", "row 7", "--reason", "x")
    refused = house.run(*use, who=world.token)
    assert (refused.exit_code, "house-killed" in refused.stderr) == (1, True)
    document, approval = house.folder / "document", house.folder / "approval"
    lift = ("lift", done["kill"])
    house.json(*lift, "--document", str(document), who=world.karl)
    alone = house.run(*lift, "--confirm", done["kill"], who=world.karl)
    assert (alone.exit_code, "signatures-too-few" in alone.stderr) == (1, True)
    approval.write_bytes(world.olga.sign(document.read_bytes()))
    house.json(*lift, "--approval", str(approval), "--confirm", done["kill"], who=world.karl)
    assert house.run(*use, who=world.token).exit_code == 0
    absent = house.run(*lift, "--confirm", done["kill"], who=world.karl)
    assert (absent.exit_code, "no-such-kill" in absent.stderr) == (1, True)
    again = house.json(*line, "--confirm", customer, who=world.olga)["kill"]  # and now the owner is the one
    assert [one["id"] for one in house.json("kills", who=world.olga)["kills"]] == [again]
    house.json("lift", again, "--document", str(document), who=world.olga)
    approval.write_bytes(world.karl.sign(document.read_bytes()))
    house.json("lift", again, "--approval", str(approval), "--confirm", again, who=world.olga)
    assert house.json("kills", who=world.olga)["kills"] == []
