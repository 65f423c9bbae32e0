"""The ceremony, played with a real holder file; what people type is read from the sheets as people would."""

import json

import pytest
from click.testing import CliRunner

from custodes.adapters import file_holder
from custodes.adapters.file_holder import FileHolder
from custodes.cli.custodians import ceremony
from custodes.cli.main import main
from custodes.custody import shares
from custodes.custody.wrap import Context, Purpose
from fakes import SeededDice
from fakes.ceremony import Room
from fakes.custodians import custodians, hold_ceremony, secret_of

WHERE = Context(
    house="hse-a", customer="cus-a", key="", version=0, purpose=Purpose.CUSTOMER_ROOT, subject="cus-a"
)


@pytest.fixture
def people():
    return custodians()


@pytest.fixture
def plan(tmp_path, people):
    path = tmp_path / "plan.toml"
    lines = ["organisations_needed = 2"]
    for name, some in people.items():
        lines += ["[[organisation]]", f'name = "{name}"', "needed = 2"]
        for one in some:
            lines += ["[[organisation.custodian]]", f'name = "{one.name}"', f'key = "{one.public}"']
    path.write_text("\n".join(lines))
    return path


@pytest.fixture
def holder(tmp_path, people):
    """A file that shares of a first generation open: no Argon2 in every test."""
    path = tmp_path / "holder.key"
    hold_ceremony(path, people, SeededDice(1), root=bytes(range(32)))
    return path


def present(people):
    """What is typed, last first."""
    return [one.words for some in people.values() for one in some][::-1]


def play(monkeypatch, people, holder, plan, *more):
    folder = holder.parent / "made"
    room = Room(present(people), folder)
    monkeypatch.setattr(ceremony.click, "prompt", room.prompt)
    done = CliRunner().invoke(main, ["ceremony", str(holder), str(plan), str(folder), "--json", *more])
    return folder, room, done


def test_sheets_cards_and_a_file_that_the_sheets_open(monkeypatch, people, holder, plan):
    wrapped_by = FileHolder(f"file:{holder}")
    wrapped_by.unseal(secret_of(holder, people))
    wrapped = wrapped_by.wrap(WHERE, b"root", SeededDice(9))
    folder, room, done = play(monkeypatch, people, holder, plan, "--dice")
    assert done.exit_code == 0, done.output + done.stderr
    assert room.rolls == 4
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["holder.key", "protocol.html", *(f"custodian-{number:02}.card.json" for number in range(1, 7))]
    )
    assert folder.stat().st_mode & 0o777 == 0o700
    made = FileHolder(f"file:{folder / 'holder.key'}")
    _, found = made.share_set()
    assert found.generation == 2
    read = [shares.read(" ".join(words)) for words in room.sheets.values()]
    made.unseal(shares.combine(found, {(one.group, one.member): one for one in read}))
    assert made.unwrap(WHERE, wrapped) == b"root"
    seen = done.output + done.stderr + (folder / "protocol.html").read_text()
    for words in room.sheets.values():
        assert not [at for at in range(4, 32) if " ".join(words[at : at + 2]) in seen]
    card = json.loads((folder / "custodian-01.card.json").read_text())
    assert (card["custodian"], card["generation"]) == ("Trustee 0", 2)


def test_too_few_present_shares_never_open_it_and_wrong_ones_are_asked_again(
    monkeypatch, people, holder, plan
):
    folder = holder.parent / "made"
    room = Room(present(people), folder)
    room.typed += ["not words", room.typed[-1]]
    monkeypatch.setattr(ceremony.click, "prompt", room.prompt)
    done = CliRunner().invoke(main, ["ceremony", str(holder), str(plan), str(folder)])
    assert done.exit_code == 0
    assert "share-wrong" in done.stderr
    assert len([text for text in room.asked if text.startswith("Words")]) >= 6


def test_a_passphrase_is_replaced(monkeypatch, people, plan, tmp_path):
    path = tmp_path / "old.key"
    file_holder.create(path, b"correct horse battery", SeededDice(1))
    secret = tmp_path / "passphrase"
    secret.write_text("correct horse battery\n")
    folder, _, done = play(monkeypatch, people, path, plan, "--passphrase-file", str(secret))
    assert done.exit_code == 0, done.stderr
    assert FileHolder(f"file:{folder / 'holder.key'}").share_set()[1].generation == 1
    assert path.exists()


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (("organisations_needed = 2", "organisations_needed = 1"), "bad-shares"),
        (("needed = 2\n[[org", "needed = 9\n[[org"), "bad-shares"),
        (('key = "', 'key = "A'), "bad-plan"),
        (("organisations_needed", "organizations_needed"), "bad-plan"),
        (("[[organisation]]", "[[["), "bad-plan"),
    ],
)
def test_a_plan_that_would_not_hold_is_refused_before_anything_is_asked(
    monkeypatch, people, holder, plan, damage, code
):
    plan.write_text(plan.read_text().replace(*damage))
    folder, room, done = play(monkeypatch, people, holder, plan)
    assert done.exit_code == 1
    assert code in done.output + done.stderr
    assert room.asked == []
    assert not folder.exists()


def test_a_machine_with_a_network_is_warned(monkeypatch, people, holder, plan, tmp_path):
    (tmp_path / "net" / "eth0").mkdir(parents=True)
    (tmp_path / "net" / "eth0" / "operstate").write_text("up\n")
    monkeypatch.setattr(ceremony, "INTERFACES", tmp_path / "net")
    _, _, done = play(monkeypatch, people, holder, plan)
    assert "eth0" in done.stderr
