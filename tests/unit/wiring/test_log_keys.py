"""The log's own keys move from holder to holder: a real token, a keyroom at its socket, cut off between."""

import msgspec
import pytest

from custodes.acts.asks import LogSigned
from custodes.acts.asks.running.roots import NoteLogHolder
from custodes.acts.logkeeper.keys import wrap_keys
from custodes.adapters import file_holder
from custodes.adapters.holders import pkcs11
from custodes.kernel.refusal import Refusal
from custodes.wiring import log_keys
from fakes import SeededDice, softhsm
from fakes.folk import entries
from fakes.keyrooms import ORIGIN
from fakes.served import served

pytestmark = pytest.mark.whole


@pytest.fixture
def house(tmp_path):
    with served(tmp_path) as found:
        found.settings.logkeeper.mkdir()
        holder = log_keys.make_beside(found.settings)
        wrapped = wrap_keys(holder, ORIGIN, found.world.log_keys, SeededDice(7))
        log_keys.write(found.settings, found.settings.log_keys, holder.uri, wrapped)
        yield found


@pytest.fixture
def token(tmp_path):
    """A root in a token of its own, whose PIN lies in a file."""
    return pkcs11.create(softhsm.uri(softhsm.new_token(), softhsm.pin_file(tmp_path)), softhsm.PIN)


def told(house):
    log = f"{house.world.body.id}/exceptional"
    return [(one.fields["reason"], one.fields["subject"]) for one in entries(house.world, log, "log.holder")]


def moved(house, to):
    return house.run("holder", "move-log", "--to", to, "--confirm", "logkeeper")


def test_into_a_token_and_the_old_file_opens_nothing(house, token):
    before = house.settings.log_keys.read_bytes()
    beside = log_keys.holder_of(house.settings).uri
    done = moved(house, token)
    assert done.exit_code == 0, done.stderr
    assert told(house) == [(beside, token)]
    house.settings.log_holder.unlink()
    assert log_keys.opened(house.settings, ORIGIN) == house.world.log_keys
    assert log_keys.holder_of(house.settings).uri == token
    assert before != house.settings.log_keys.read_bytes()
    assert "root-moved-already" in moved(house, token).stderr


def test_cut_off_before_the_file_is_replaced_it_is_asked_again(house, token, monkeypatch):
    before = house.settings.log_keys.read_bytes()

    def power_cut(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as cut:
        cut.setattr(log_keys, "write", power_cut)
        with pytest.raises(KeyboardInterrupt):
            log_keys.move(house.settings, token)
    assert house.settings.log_keys.read_bytes() == before
    assert log_keys.opened(house.settings, ORIGIN) == house.world.log_keys
    log_keys.move(house.settings, token)
    assert log_keys.opened(house.settings, ORIGIN) == house.world.log_keys
    assert len(told(house)) == 2  # said before each try


def test_what_does_not_open_by_itself_or_gives_back_something_else_keeps_nothing(
    house, tmp_path, monkeypatch
):
    before = house.settings.log_keys.read_bytes()
    sealed = file_holder.create(tmp_path / "sealed.key", b"a passphrase of somebody", SeededDice(8))
    assert "holder-needs-secret" in moved(house, sealed).stderr
    other = file_holder.create(tmp_path / "other.key", None, SeededDice(9))
    honest = log_keys.open_keys
    with monkeypatch.context() as lying:
        lying.setattr(log_keys, "open_keys", lambda *a: msgspec.structs.replace(honest(*a), slots=bytes(32)))
        monkeypatch.setattr(log_keys, "opened", lambda *_: house.world.log_keys)
        assert "holder-not-same" in moved(house, other).stderr
    house.run("seal", "--reason", "drill")
    assert "house-sealed" in moved(house, other).stderr  # what cannot be said is not done
    assert house.settings.log_keys.read_bytes() == before


def test_keys_of_a_coming_year_are_not_left_behind(house, token):
    (house.settings.logkeeper / log_keys.NEXT).write_bytes(b"{}")
    assert "log-turn-announced" in moved(house, token).stderr
    assert told(house) == []


def test_nobody_else_says_it(house):
    world = house.world
    with pytest.raises(Refusal, match="not-the-logkeeper"):
        house.call(world.keyroom.ask(NoteLogHolder(LogSigned("2026-01-01T00:00:00Z", bytes(64)), "a", "b")))
    with pytest.raises(Refusal, match="not-the-logkeeper"):
        house.call(world.keyroom.ask(NoteLogHolder(world.karl.token, "a", "b")))
    assert told(house) == []


def test_a_file_of_no_form_is_a_lost_key(house):
    for raw in (b"", b"{}", b'{"ed25519": "?"}', b"[1]"):
        house.settings.log_keys.write_bytes(raw)
        with pytest.raises(Refusal, match="log-key-lost"):
            log_keys.opened(house.settings, ORIGIN)
