"""The files at the turn of a year: cut off anywhere, the next start has them in order."""

import asyncio

import msgspec
import pytest

from custodes.acts.asks.running.turning import LookTurn, TurnView
from custodes.acts.logkeeper import keys as log_keys
from custodes.adapters import file_holder, schemes
from custodes.kernel import canonical
from custodes.ledger import quorum
from custodes.ledger.receipt import parse_pins
from custodes.ledger.shards import turn
from custodes.settings import Settings
from custodes.wiring import turning
from fakes import SeededDice, SetClock
from unit.ledger.shards.test_turn import BEFORE, WHOLE

ORIGIN, OPENS = WHOLE.document.announced.closes, WHOLE.document.announced.opens


class Doors:
    async def ask(self, ask):
        assert isinstance(ask, LookTurn)
        return TurnView(2, 2027, OPENS, b"", 0, self.turned)


@pytest.fixture
def house(tmp_path):
    settings = Settings(house=tmp_path, demo=True)
    dice = SeededDice(5)
    settings.logkeeper.mkdir()
    file_holder.create(settings.log_holder, None, dice)
    holder = schemes.holder(f"keyfile:{settings.log_holder}")
    holder.unseal(b"")
    wrapped = log_keys.make(holder, ORIGIN, dice)
    raw = canonical.encode({name: canonical.b64(one) for name, one in wrapped.items()})
    settings.log_keys.write_bytes(raw)
    present = log_keys.open_keys(holder, ORIGIN, wrapped)
    for name in ("checkpoint", "next.json", "tile/0/000", "slots/001"):
        (settings.public_log / name).parent.mkdir(parents=True, exist_ok=True)
        (settings.public_log / name).write_bytes(name.encode())
    (settings.public_log / "pins.json").write_bytes(BEFORE.encode())
    (settings.logkeeper / "signed.json").write_bytes(b"head")
    doors = Doors()
    doors.turned = WHOLE.document.encode()
    return settings, doors, (holder, SetClock(), dice), present


def settle(house):
    settings, doors, ports, _ = house
    asyncio.run(turning.settle(settings, doors, (BEFORE.house, OPENS), ports))


def test_coming_keys_blind_as_the_present_ones_and_sign_as_new_ones(house):
    settings, _, (holder, _, dice), present = house
    keys = turning.FolderNextKeys(settings, holder, dice)
    assert keys.find(OPENS) is None
    made = keys.prepare(OPENS, present)
    assert keys.prepare(OPENS, present) == made == keys.find(OPENS)
    assert (made.slots, made.dummies, made.witness) == (present.slots, present.dummies, present.witness)
    assert made.ed25519 != present.ed25519
    assert made.mldsa44 != present.mldsa44
    assert keys.find(ORIGIN) is None, "bound to their origin"


def test_nothing_is_touched_before_the_log_was_turned(house):
    settings, doors, ports, present = house
    settle(house)
    turning.FolderNextKeys(settings, ports[0], ports[2]).prepare(OPENS, present)
    doors.turned = b""
    settle(house)
    assert (settings.public_log / "checkpoint").exists()
    assert settings.log_keys.exists()


@pytest.mark.parametrize("cut", range(11))
def test_cut_off_anywhere_the_next_start_goes_on(house, cut, monkeypatch):
    settings, _, (holder, _, dice), present = house
    made = turning.FolderNextKeys(settings, holder, dice).prepare(OPENS, present)
    left = [cut]
    real_rename, real_write = turning.Path.rename, turning.write_durably

    def counted(work):
        def run(*args, **how):
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
            return work(*args, **how)

        return run

    with monkeypatch.context() as patched:
        patched.setattr(turning.Path, "rename", counted(real_rename))
        patched.setattr(turning, "write_durably", counted(real_write))
        try:
            settle(house)
        except KeyboardInterrupt:
            assert (settings.logkeeper / turning.NEXT).exists(), "the keys go into place last"
    settle(house)
    public, own = settings.public_log, settings.logkeeper
    assert (public / "closed/1/checkpoint").read_bytes() == b"checkpoint"
    assert (public / "closed/1/tile/0/000").exists()
    assert (public / "closed/1/pins.json").read_bytes() == BEFORE.encode()
    assert not (public / "checkpoint").exists()
    assert not (own / "signed.json").exists()
    assert not (own / turning.NEXT).exists()
    wrapped = msgspec.json.decode(settings.log_keys.read_bytes(), type=dict[str, bytes])
    assert log_keys.open_keys(holder, OPENS, wrapped) == made
    pins = parse_pins((public / "pins.json").read_bytes())
    assert [vkey.name for vkey, _ in quorum.parse(pins.policy.encode()).logs] == [OPENS, ORIGIN]
    assert turn.parse((public / "turn.json").read_bytes()).document == WHOLE.document


def test_all_steps_are_cut_once(house):
    """As many as the test above cuts: a step more would go unseen."""
    settings, _, (holder, _, dice), present = house
    turning.FolderNextKeys(settings, holder, dice).prepare(OPENS, present)
    moved = [name for name in turning.MOVED if (settings.public_log / name).exists()]
    own = [name for name in turning.OWN if (settings.logkeeper / name).exists()]
    assert len(moved) + len(own) + 3 == 10
