"""A holder file that shares open."""

import msgspec
import pytest

from custodes.adapters import file_holder
from custodes.adapters.file_holder import FileHolder
from custodes.adapters.holders import share_file
from custodes.custody import shares
from custodes.custody.shares import Group, Member, ShareSet
from custodes.custody.wrap import Context, Purpose
from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal
from fakes import SeededDice

PASSPHRASE = b"correct horse battery"
WHERE = Context(
    house="hse-a", customer="cus-a", key="", version=0, purpose=Purpose.CUSTOMER_ROOT, subject="cus-a"
)


def wanted(towns=3):
    members = [
        tuple(
            Member(custodian=f"{name} {at}", mark="", public=canonical.b64(bytes([number, at]) * 16))
            for at in range(count)
        )
        for number, (name, count) in enumerate((("Trustee", 3), ("Town", towns)))
    ]
    groups = tuple(
        Group(organisation=name, threshold=2, members=one)
        for name, one in zip(("Trustee", "Town"), members, strict=True)
    )
    return ShareSet(before=(), generation=0, group_threshold=2, groups=groups, identifier=0)


@pytest.fixture(scope="module")
def founded(tmp_path_factory):
    """(what a passphrase file holds, something wrapped under its root): stretched once for all tests."""
    path = tmp_path_factory.mktemp("founded") / "holder.key"
    holder = FileHolder(file_holder.create(path, PASSPHRASE, SeededDice(1)))
    holder.unseal(PASSPHRASE)
    return path.read_bytes(), holder.wrap(WHERE, b"customer root", SeededDice(2))


@pytest.fixture
def house(tmp_path, founded):
    """(path of a passphrase file of this test's own, something wrapped under its root)."""
    path = tmp_path / "holder.key"
    path.touch(mode=0o600)
    path.write_bytes(founded[0])
    return path, founded[1]


def made(path, secret, new, seed=3, want=None, rolls=""):
    root = file_holder.open_root(path, secret)
    file, issued = share_file.split(root, file_holder.naming(path), want or wanted(), SeededDice(seed), rolls)
    share_file.write(new, file)
    return FileHolder(f"file:{new}"), issued


def secret_of(holder, issued, places):
    _, found = holder.share_set()
    by_place = {}
    for one in issued:
        given = shares.read(one.words)
        by_place[given.group, given.member] = given
    return shares.combine(found, {place: by_place[place] for place in places})


ENOUGH = ((0, 0), (0, 2), (1, 1), (1, 2))


def test_shares_open_the_root_that_a_passphrase_opened(house, tmp_path):
    path, wrapped = house
    holder, issued = made(path, PASSPHRASE, tmp_path / "new")
    assert len(issued) == 6
    assert not holder.opens_itself
    holder.unseal(secret_of(holder, issued, ENOUGH))
    assert holder.unwrap(WHERE, wrapped) == b"customer root"
    for wrong in (PASSPHRASE, b"", bytes(32)):
        with pytest.raises(Refusal, match="wrong-secret"):
            FileHolder(holder.uri).unseal(wrong)


def test_made_anew_old_shares_open_nothing_and_the_root_stays(house, tmp_path):
    path, wrapped = house
    first, old = made(path, PASSPHRASE, tmp_path / "first")
    secret = secret_of(first, old, ENOUGH)
    second, new = made(tmp_path / "first", secret, tmp_path / "second", seed=4, want=wanted(towns=2))
    name, found = second.share_set()
    assert (name, found.generation, len(found.before)) == (first.share_set()[0], 2, 1)
    with pytest.raises(Refusal, match="wrong-secret"):
        second.unseal(secret)
    member = found.groups[0].members[0]
    with pytest.raises(Refusal, match="share-older"):
        shares.demand(found, name, member.public, shares.read(old[0].words))
    second.unseal(secret_of(second, new, ((0, 0), (0, 1), (1, 0), (1, 1))))
    assert second.unwrap(WHERE, wrapped) == b"customer root"
    assert old[0].card.submission != new[0].card.submission


def test_neither_words_nor_secret_lie_in_the_file(house, tmp_path):
    path, _ = house
    holder, issued = made(path, PASSPHRASE, tmp_path / "new")
    raw = (tmp_path / "new").read_bytes()
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600
    secret = secret_of(holder, issued, ENOUGH)
    assert canonical.b64(secret).encode() not in raw
    assert all(one.words.encode() not in raw for one in issued)
    assert issued[0].words.split()[5] not in repr(issued[0])


def test_dice_are_mixed_in_and_do_not_replace_the_draw(house, tmp_path):
    path, _ = house
    secrets = set()
    for number, (seed, rolls) in enumerate(((3, ""), (3, "142536"), (4, "142536"))):
        holder, issued = made(path, PASSPHRASE, tmp_path / f"new{number}", seed=seed, rolls=rolls)
        secrets.add(secret_of(holder, issued, ENOUGH))
    assert len(secrets) == 3


def test_nothing_is_written_over(house, tmp_path):
    path, _ = house
    with pytest.raises(Refusal, match="holder-exists"):
        made(path, PASSPHRASE, path)


@pytest.mark.parametrize("damage", ["threshold", "generation", "check", "twice", "mark"])
def test_a_file_somebody_edited_is_refused(house, tmp_path, damage):
    path, _ = house
    holder, issued = made(path, PASSPHRASE, tmp_path / "new")
    secret = secret_of(holder, issued, ENOUGH)
    plain = canonical.decode((tmp_path / "new").read_bytes())
    if damage == "threshold":
        plain["shares"]["group_threshold"] = 1
    elif damage == "generation":
        plain["shares"]["generation"] = 2
    elif damage == "check":
        plain["check"] = canonical.b64(bytes(31))
    elif damage == "twice":
        plain["shares"]["groups"][1] = plain["shares"]["groups"][0]
    else:
        plain["shares"]["groups"][0]["members"][0]["mark"] = "AAAA"
    (tmp_path / "new").write_bytes(canonical.encode(plain))
    with pytest.raises(Refusal) as caught:
        FileHolder(holder.uri).unseal(secret)
    assert caught.value.code == ("wrong-secret" if damage == "generation" else "holder-file")


def test_a_key_file_takes_no_shares(tmp_path):
    path = tmp_path / "key"
    file_holder.create(path, None, SeededDice(1))
    with pytest.raises(Refusal, match="holder-file"):
        file_holder.open_root(path, b"")


def test_a_set_that_would_not_hold_is_not_made(house):
    path, _ = house
    one_alone = msgspec.structs.replace(wanted(), group_threshold=1)
    with pytest.raises(Refusal, match="bad-shares"):
        share_file.split(bytes(32), file_holder.naming(path), one_alone, SeededDice(1))
