import msgspec
import pytest

from custodes.custody import hierarchy as h
from custodes.custody.wrap import Purpose
from custodes.kernel.limits import PAGE_SUBJECTS_MAX
from custodes.kernel.refusal import Kind, Refusal
from fakes import SeededDice
from fakes.holder import MemoryHolder

HOUSE = "hse-a"
CUSTOMER = h.Scope(house=HOUSE, customer="cus-a")
SCOPE = h.Scope(house=HOUSE, customer="cus-a", key="key-a")


def refused(call, *args):
    with pytest.raises(Refusal) as caught:
        call(*args)
    assert caught.value.kind is Kind.BROKEN
    return caught.value.code


@pytest.fixture
def dice():
    return SeededDice(11)


@pytest.fixture
def holder():
    return MemoryHolder(b"r" * 32)


def kek(version=1, shred=1, scope=SCOPE):
    return h.page_kek(scope, (version, bytes([version]) * 32), (shred, bytes([100 + shred]) * 32))


def test_house_keys_come_back_all_different(holder, dice):
    wrapped = h.make_house_keys(holder, HOUSE, dice)
    keys = h.open_house_keys(holder, HOUSE, wrapped)
    assert set(wrapped) == set(h.HOUSE_KEY_NAMES) == set(h.HouseKeys.__struct_fields__)
    values = [getattr(keys, name) for name in h.HOUSE_KEY_NAMES]
    assert len(set(values)) == len(values)
    assert {len(value) for value in values} == {32}
    assert repr(keys) == "HouseKeys(...)"


def test_house_keys_cannot_be_swapped_dropped_or_taken_to_another_house(holder, dice):
    wrapped = h.make_house_keys(holder, HOUSE, dice)
    swapped = wrapped | {"mac": wrapped["session"], "session": wrapped["mac"]}
    assert refused(h.open_house_keys, holder, HOUSE, swapped) == "wrap-mismatch"
    assert refused(h.open_house_keys, holder, "hse-b", wrapped) == "wrap-mismatch"
    del wrapped["mac"]
    assert refused(h.open_house_keys, holder, HOUSE, wrapped) == "house-key-lost"


def test_house_keys_move_to_another_holder_and_the_old_one_opens_them_no_more(holder, dice):
    new = MemoryHolder(b"n" * 32)
    wrapped = h.make_house_keys(holder, HOUSE, dice)
    moved = h.move_house_keys(holder, new, HOUSE, wrapped, dice)
    assert h.open_house_keys(new, HOUSE, moved) == h.open_house_keys(holder, HOUSE, wrapped)
    assert refused(h.open_house_keys, holder, HOUSE, moved) == "wrap-mismatch"


def test_a_credential_is_sealed_for_its_row(holder, dice):
    keys = h.open_house_keys(holder, HOUSE, h.make_house_keys(holder, HOUSE, dice))
    wrapped = h.wrap_credential(keys, HOUSE, "crd-a", b"secret access key", dice)
    assert h.open_credential(keys, HOUSE, "crd-a", wrapped) == b"secret access key"
    assert refused(h.open_credential, keys, HOUSE, "crd-b", wrapped) == "wrap-mismatch"


def test_root_version_and_shred_key_come_back(holder, dice):
    root = h.open_customer_root(holder, CUSTOMER, h.make_customer_root(holder, CUSTOMER, dice))
    version = h.make_key_version(root, SCOPE, 2, dice)
    shred = h.make_shred(root, CUSTOMER, 7, dice)
    assert len(root) == 32
    assert len(h.open_key_version(root, SCOPE, 2, version)) == 32
    assert len(h.open_shred(root, CUSTOMER, 7, shred)) == 32
    assert refused(h.open_key_version, root, SCOPE, 3, version) == "wrap-mismatch"
    assert refused(h.open_shred, root, CUSTOMER, 8, shred) == "wrap-mismatch"
    assert refused(h.open_shred, root, CUSTOMER, 7, version) == "wrap-mismatch"


def test_a_customer_root_moves_to_another_holder(holder, dice):
    other = MemoryHolder(b"o" * 32)
    wrapped = h.make_customer_root(holder, CUSTOMER, dice)
    moved = h.move_customer_root(holder, other, CUSTOMER, wrapped, dice)
    assert h.open_customer_root(other, CUSTOMER, moved) == h.open_customer_root(holder, CUSTOMER, wrapped)
    assert refused(h.open_customer_root, holder, CUSTOMER, moved) == "wrap-mismatch"


def test_a_sealed_holder_opens_no_root(holder, dice):
    wrapped = h.make_customer_root(holder, CUSTOMER, dice)
    holder.seal()
    with pytest.raises(Refusal, match="holder-sealed"):
        h.open_customer_root(holder, CUSTOMER, wrapped)


def test_a_holder_that_is_gone_makes_nothing_and_opens_nothing(holder, dice):
    wrapped = h.make_customer_root(holder, CUSTOMER, dice)
    holder.is_gone = True
    for call in (
        lambda: h.open_customer_root(holder, CUSTOMER, wrapped),
        lambda: h.make_customer_root(holder, CUSTOMER, dice),
        lambda: h.make_house_keys(holder, HOUSE, dice),
    ):
        with pytest.raises(Refusal, match="holder-gone") as caught:
            call()
        assert caught.value.kind is Kind.UNAVAILABLE


def test_the_page_kek_needs_version_and_shred_key_in_their_places():
    secrets = {
        kek().secret,
        kek(version=2).secret,
        kek(shred=2).secret,
        kek(scope=h.Scope(house="hse-b", customer="cus-a", key="key-a")).secret,
        kek(scope=h.Scope(house=HOUSE, customer="cus-b", key="key-a")).secret,
        kek(scope=h.Scope(house=HOUSE, customer="cus-a", key="key-b")).secret,
        h.page_kek(SCOPE, (1, b"a" * 32), (1, b"b" * 32)).secret,
        h.page_kek(SCOPE, (1, b"b" * 32), (1, b"a" * 32)).secret,
        h.page_kek(SCOPE, (2, b"a" * 32), (1, b"b" * 32)).secret,
        h.page_kek(SCOPE, (1, b"a" * 32), (2, b"b" * 32)).secret,
    }
    assert len(secrets) == 10
    assert kek().secret.hex() not in repr(kek())


def test_a_key_of_another_length_or_without_name_is_a_bug(dice):
    with pytest.raises(ValueError, match="32 bytes"):
        h.page_kek(SCOPE, (1, b"a" * 31), (1, b"b" * 33))
    with pytest.raises(ValueError, match="names the key"):
        h.make_key_version(b"a" * 32, CUSTOMER, 1, dice)
    with pytest.raises(ValueError, match="names the key"):
        h.page_kek(CUSTOMER, (1, b"a" * 32), (1, b"b" * 32))


def test_a_slot_comes_back_and_only_from_its_own_row(dice):
    page = h.make_page(kek(), "pag-a", dice)
    key = h.open_page(kek(), page)
    subject_key = h.make_subject_key(key, page, "ver-a", Purpose.OBJECT, dice)
    assert len(h.open_subject_key(key, page, subject_key)) == 32
    for change in ({"subject": "ver-b"}, {"purpose": Purpose.RECORD}):
        assert (
            refused(h.open_subject_key, key, page, msgspec.structs.replace(subject_key, **change))
            == "wrap-mismatch"
        )
    other = h.make_page(kek(), "pag-b", dice)
    assert refused(h.open_subject_key, h.open_page(kek(), other), other, subject_key) == "wrap-mismatch"


def test_a_page_row_cannot_be_edited(dice):
    page = h.make_page(kek(), "pag-a", dice)
    for change in (
        {"id": "pag-b"},
        {"generation": 2},
        {"key_version": 2},
        {"scope": h.Scope(house=HOUSE, customer="cus-b", key="key-a")},
    ):
        assert refused(h.open_page, kek(), msgspec.structs.replace(page, **change)) == "wrap-mismatch"


def test_rewrap_keeps_the_slots_and_leaves_the_old_kek_behind(dice):
    page = h.make_page(kek(), "pag-a", dice)
    key = h.open_page(kek(), page)
    subject_key = h.make_subject_key(key, page, "ver-a", Purpose.OBJECT, dice)
    for new in (kek(version=2), kek(shred=2), kek(version=2, shred=2)):
        moved = h.rewrap_page(kek(), new, page, dice)
        assert (moved.key_version, moved.shred_generation) == (new.key_version, new.shred_generation)
        assert moved.generation == page.generation
        assert h.open_subject_key(h.open_page(new, moved), moved, subject_key) == h.open_subject_key(
            key, page, subject_key
        )
        assert refused(h.open_page, kek(), moved) == "wrap-mismatch"


def test_a_page_does_not_change_its_key(dice):
    page = h.make_page(kek(), "pag-a", dice)
    stranger = kek(scope=h.Scope(house=HOUSE, customer="cus-b", key="key-b"))
    with pytest.raises(ValueError, match="stays"):
        h.rewrap_page(kek(), stranger, page, dice)
    with pytest.raises(ValueError, match="stays"):
        h.rekey_page(kek(), stranger, page, (), dice)


def test_rekey_keeps_survivors_and_erases_the_rest(dice):
    page = h.make_page(kek(), "pag-a", dice)
    key = h.open_page(kek(), page)
    subject_keys = [h.make_subject_key(key, page, f"ver-{n}", Purpose.OBJECT, dice) for n in range(5)]
    fresh, kept = h.rekey_page(kek(), kek(), page, (s for s in subject_keys if s.subject != "ver-3"), dice)
    after = h.open_page(kek(), fresh)
    assert after != key
    assert fresh.generation == 2
    assert [s.subject for s in kept] == ["ver-0", "ver-1", "ver-2", "ver-4"]
    for subject_key in kept:
        before = next(s for s in subject_keys if s.subject == subject_key.subject)
        assert h.open_subject_key(after, fresh, subject_key) == h.open_subject_key(key, page, before)
    assert refused(h.open_subject_key, after, fresh, subject_keys[3]) == "wrap-mismatch"


def test_rekey_refuses_a_page_above_its_limit_or_with_a_bad_survivor(dice):
    page = h.make_page(kek(), "pag-a", dice)
    key = h.open_page(kek(), page)
    subject_key = h.make_subject_key(key, page, "ver-a", Purpose.OBJECT, dice)
    _, kept = h.rekey_page(kek(), kek(), page, [subject_key] * PAGE_SUBJECTS_MAX, dice)
    assert len(kept) == PAGE_SUBJECTS_MAX
    with pytest.raises(Refusal, match="page-full") as caught:
        h.rekey_page(kek(), kek(), page, [subject_key] * (PAGE_SUBJECTS_MAX + 1), dice)
    assert caught.value.kind is Kind.CONFLICT
    bad = msgspec.structs.replace(subject_key, subject="ver-b")
    assert refused(h.rekey_page, kek(), kek(), page, [subject_key, bad], dice) == "wrap-mismatch"
