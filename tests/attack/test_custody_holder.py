"""Thief and vandal against the file holder: the file alone opens nothing, a planted one opens nothing."""

import gc

import pytest

from custodes.adapters.file_holder import FileHolder, create
from custodes.custody.hierarchy import make_house_keys, open_house_keys
from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal
from fakes import SeededDice

PASSPHRASE = b"seven proverbs and a fish"


@pytest.fixture
def house(tmp_path):
    holder = FileHolder(create(tmp_path / "root", PASSPHRASE, SeededDice(1)))
    holder.unseal(PASSPHRASE)
    return holder, make_house_keys(holder, "hse-a", SeededDice(2))


def test_a_planted_file_unseals_and_then_opens_none_of_the_houses_keys(tmp_path, house):
    _, rows = house
    (tmp_path / "root").unlink()
    planted = FileHolder(create(tmp_path / "root", b"the vandal's own", SeededDice(3)))
    planted.unseal(b"the vandal's own")
    with pytest.raises(Refusal, match="wrap-mismatch"):
        open_house_keys(planted, "hse-a", rows)


def test_a_key_file_planted_in_place_of_a_passphrase_file_is_not_opened_by_it(tmp_path, house):
    """No way from a house with a passphrase to one that opens by itself."""
    (tmp_path / "root").unlink()
    create(tmp_path / "root", None, SeededDice(3))
    holder = FileHolder(f"file:{tmp_path / 'root'}")
    for secret in (b"", PASSPHRASE):
        with pytest.raises(Refusal, match="holder-file"):
            holder.unseal(secret)


def test_the_check_value_is_not_the_kek(tmp_path, house):
    """The thief has the check value in the clear; using it as the kek must not work."""
    from custodes.adapters import file_holder
    from custodes.custody.wrap import unwrap

    body = canonical.decode((tmp_path / "root").read_bytes())
    with pytest.raises(Refusal, match="wrap-mismatch"):
        unwrap(
            canonical.unb64(body["check"]),
            file_holder._context(body["holder"]),
            canonical.unb64(body["wrapped"]),
        )


def test_cheapened_costs_do_not_make_the_house_do_cheap_work(tmp_path, house):
    """A vandal who lowers the costs gains nothing: below the floor is refused, above it is another key."""
    path = tmp_path / "root"
    body = canonical.decode(path.read_bytes())
    for costs, code in (({"memory_kib": 8}, "holder-file"), ({"memory_kib": 70_000}, "wrong-secret")):
        path.write_bytes(canonical.encode(body | {"kdf": body["kdf"] | costs}))
        with pytest.raises(Refusal, match=code):
            FileHolder(f"file:{path}").unseal(PASSPHRASE)


def test_after_sealing_the_object_leads_to_no_root(house):
    holder, rows = house
    root = SeededDice(1).draw(32)
    assert root in gc.get_referents(holder)  # the positive control
    holder.seal()
    assert root not in gc.get_referents(holder)
    with pytest.raises(Refusal, match="holder-sealed"):
        open_house_keys(holder, "hse-a", rows)


def test_a_file_swapped_for_a_link_to_a_readable_copy_is_refused(tmp_path, house):
    holder, _ = house
    path = tmp_path / "root"
    (tmp_path / "copy").write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(tmp_path / "copy")
    with pytest.raises(Refusal, match="holder-unsafe"):
        holder.unseal(PASSPHRASE)
    path.unlink()
    path.hardlink_to(tmp_path / "copy")
    path.chmod(0o644)
    with pytest.raises(Refusal, match="holder-unsafe"):
        holder.unseal(PASSPHRASE)
