"""`custodes holder` against a served house, and a root made in a real token."""

import json

import pytest

from custodes.adapters.holders.openbao import OpenBaoHolder
from custodes.adapters.holders.pkcs11 import Pkcs11Holder
from custodes.cli.custodians.holders import holders
from fakes import softhsm
from fakes.folk import FolkWorld
from fakes.openbao import TOKEN, Bao
from fakes.served import served


class InBao(FolkWorld):
    """A house whose root is in (the documented API of) OpenBao."""

    passphrase = TOKEN.encode()

    def make_holder(self):
        self.bao = Bao(self.folder)
        return OpenBaoHolder(self.bao.uri())


@pytest.fixture
def house(tmp_path):
    with served(tmp_path) as found:
        yield found


def test_the_machine_sees_how_its_holders_are(house):
    (one,) = house.json("holder", "list")["holders"]
    assert (one["grade"], one["sealed"], one["reason"], one["customers"]) == ("file", False, "", 2)
    assert holders.name == "holder"


def test_another_user_does_not(house):
    house.settings.local_token.write_text("somebody's guess")
    assert house.run("holder", "list").exit_code == 1


def test_a_holder_nobody_named_is_not_opened(house, tmp_path):
    (tmp_path / "pin").write_text("1234\n")
    done = house.run("holder", "open", "file:/etc/x", "--passphrase-file", str(tmp_path / "pin"))
    assert "no-such-thing" in done.stderr


def test_a_root_is_made_in_a_token_and_nothing_of_it_is_shown(house, tmp_path):
    source = softhsm.pin_file(tmp_path)
    done = house.json("holder", "make", softhsm.uri(softhsm.new_token(), source))
    holder = Pkcs11Holder(done["holder"])
    holder.unseal(b"")
    holder.probe()
    holder.seal()
    assert "holder-exists" in house.run("holder", "make", done["holder"]).stderr


def test_what_openbao_counted_is_compared_with_the_log(tmp_path):
    with served(tmp_path, InBao) as house:
        uri, audit = house.world.holder.uri, house.world.bao.audit

        def compared():
            done = house.run("holder", "compare", uri, "--audit", str(audit), "--json")
            return done.exit_code, json.loads(done.stdout)

        code, seen = compared()
        beside = seen["audit"] - seen["log"]  # this world is founded by hand, beside any keyroom
        assert (code, beside > 0, seen["verdict"]) == (1, True, "USED BESIDE THE LOG")
        uses = [line for line in audit.read_text().splitlines(keepends=True) if "crypt/" in line]
        audit.write_text("".join(uses[beside:]))
        assert (compared()[0], compared()[1]["verdict"]) == (0, "fits")
        audit.write_text("".join(uses[beside + 1 :]))
        assert (compared()[0], compared()[1]["verdict"]) == (1, "AUDIT INCOMPLETE")
        audit.write_text("cut off")
        assert (compared()[0], compared()[1]["verdict"]) == (1, "AUDIT UNREADABLE")
        house.world.bao.close()
