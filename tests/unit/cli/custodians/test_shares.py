"""A custodian at his own machine, over the keyroom's real socket, and once over the API."""

import msgspec
import pytest

from custodes.adapters import file_key
from custodes.kernel import canonical
from fakes import SeededDice
from fakes.custodians import SharedWorld, hold_ceremony
from fakes.office import OfficeWorld
from fakes.served import api_of, served


class Shared(SharedWorld, OfficeWorld):
    """A served house that custodians open."""


@pytest.fixture
def house(tmp_path):
    with served(tmp_path, Shared) as found:
        yield found


@pytest.fixture
def home(house, tmp_path):
    """What each custodian has at home: key file, card, words."""
    world = house.world
    homes = {}
    for number, one in enumerate([one for some in world.people.values() for one in some]):
        folder = tmp_path / f"home-{number}"
        folder.mkdir()
        public = file_key.create(folder / "key", None, SeededDice(100 + number))
        one.public = canonical.b64(public)
        homes[one.name] = folder
    hold_ceremony_with(world, homes)
    house.json("seal", "--reason", "drill")
    return homes


def hold_ceremony_with(world, homes):
    root = bytes(world.holder._root)
    world.path.unlink()
    hold_ceremony(world.path, world.people, SeededDice(5), root=root)
    for some in world.people.values():
        for one in some:
            (homes[one.name] / "card").write_bytes(canonical.encode(msgspec.to_builtins(one.card)))
            (homes[one.name] / "words").write_text(one.words + "\n")


def give(house, folder, *more):
    card, key = str(folder / "card"), str(folder / "key")
    return house.run("share", "give", "--card", card, "--key-file", key, *more)


def words_of(home, name):
    return "--words-file", str(home[name] / "words")


def test_each_gives_his_own_and_the_last_opens_it(house, home):
    assert house.json("share", "status")["by_shares"] is True
    for name in ("Trustee 0", "Town 1", "Trustee 2"):
        done = give(house, home[name], "--words-file", str(home[name] / "words"))
        assert done.exit_code == 0, done.stderr
        assert house.json("status")["sealed"] is True
    with api_of(house) as house.url:  # from elsewhere it is the same share
        assert "share-given" in give(house, home["Trustee 2"], *words_of(home, "Trustee 2")).stderr
        assert house.json("share", "status")["groups"] == [
            {"needed": 2, "given": 2},
            {"needed": 2, "given": 1},
        ]
    house.url = None
    words = (home["Town 0"] / "words").read_text()
    done = give(house, home["Town 0"])
    assert done.exit_code != 0  # no words were typed
    done = house.run(
        "share", "give", "--card", str(home["Town 0"] / "card"), "--key-file", str(home["Town 0"] / "key"),
        stdin=words,
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert words.split()[7] not in done.output + done.stderr
    assert house.json("status")["sealed"] is False
    assert "attempt-over" in give(house, home["Town 2"], "--words-file", str(home["Town 2"] / "words")).stderr


def test_a_misread_word_never_leaves_the_machine(house, home):
    folder = home["Town 0"]
    (folder / "words").write_text("academic " + (folder / "words").read_text())
    before = house.json("share", "status")
    done = give(house, folder, "--words-file", str(folder / "words"))
    assert (done.exit_code, "share-wrong" in done.stderr) == (1, True)
    assert house.json("share", "status") == before


def test_a_card_of_another_keyroom_gives_nothing(house, home):
    folder = home["Town 0"]
    card = canonical.decode((folder / "card").read_bytes())
    card["submission"] = canonical.b64(bytes(32))
    (folder / "card").write_bytes(canonical.encode(card))
    done = give(house, folder, "--words-file", str(folder / "words"))
    assert "offer-forged" in done.stderr
    (folder / "card").write_text("{}")
    assert "bad-card" in give(house, folder, "--words-file", str(folder / "words")).stderr


def test_a_custodian_ends_the_attempt(house, home):
    give(house, home["Town 0"], "--words-file", str(home["Town 0"] / "words"))
    folder = home["Trustee 1"]
    done = house.run(
        "share", "cancel", "--card", str(folder / "card"), "--key-file", str(folder / "key"),
        "--confirm", "cancel",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert [one["given"] for one in house.json("share", "status")["groups"]] == [0, 0]
