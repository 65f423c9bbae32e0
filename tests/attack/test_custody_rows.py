"""The database administrator against custody: he reads and edits every row and has no root.

He cannot make a wrap open anywhere but in the place it was made for. What he *can* do is put older rows back
in their own places while the shred key they need still exists; that is refused by the MAC and generation of
authority rows, not here.
"""

from itertools import permutations

import msgspec
import pytest

from custodes.custody import hierarchy as h
from custodes.custody.message import Material, unwrap_message, wrap_message
from custodes.custody.wrap import Context, Purpose, unwrap, wrap
from custodes.kernel.refusal import Refusal
from fakes import SeededDice
from fakes.holder import MemoryHolder

HOUSE = "hse-a"


class Estate:
    """One customer's rows and, for the defender, what opens them."""

    def __init__(self, holder, customer, dice):
        self.holder, self.dice = holder, dice
        self.scope = h.Scope(house=HOUSE, customer=customer, key=f"key-{customer}")
        self.root_row = h.make_customer_root(holder, self.scope, dice)
        root = h.open_customer_root(holder, self.scope, self.root_row)
        self.version_rows = {n: h.make_key_version(root, self.scope, n, dice) for n in (1, 2)}
        self.shred_rows = {n: h.make_shred(root, self.scope, n, dice) for n in (1, 2)}
        self.page = h.make_page(self.kek(), f"pag-{customer}", dice)
        self.subject_keys = [
            h.make_subject_key(
                h.open_page(self.kek(), self.page), self.page, f"ver-{customer}-{n}", purpose, dice
            )
            for n, purpose in enumerate((Purpose.OBJECT, Purpose.OBJECT, Purpose.RECORD))
        ]

    def kek(self, version=1, shred=1):
        root = h.open_customer_root(self.holder, self.scope, self.root_row)
        return h.page_kek(
            self.scope,
            (version, h.open_key_version(root, self.scope, version, self.version_rows[version])),
            (shred, h.open_shred(root, self.scope, shred, self.shred_rows[shred])),
        )

    def open(self, subject_key, page=None, kek=None):
        page = page or self.page
        return h.open_subject_key(h.open_page(kek or self.kek(), page), page, subject_key)


@pytest.fixture
def estates():
    dice, holder = SeededDice(5), MemoryHolder(b"r" * 32)
    return Estate(holder, "cus-a", dice), Estate(holder, "cus-b", dice)


def refused(call, *args, **kwargs):
    with pytest.raises(Refusal, match="wrap-mismatch"):
        call(*args, **kwargs)


def test_every_row_swapped_with_every_other_is_refused(estates):
    """Slots of two customers, two subjects and two purposes, each put into each other's place."""
    rows = [(estate, subject_key) for estate in estates for subject_key in estate.subject_keys]
    for (estate, subject_key), (_, other) in permutations(rows, 2):
        refused(estate.open, msgspec.structs.replace(subject_key, wrapped=other.wrapped))
    for estate, subject_key in rows:
        assert len(estate.open(subject_key)) == 32


def test_a_secret_copied_into_a_row_the_attacker_may_read_is_refused(estates):
    """Review A18: move wrap and subject of X to row Y, then ask for Y."""
    mine, theirs = estates
    refused(mine.open, theirs.subject_keys[0])
    refused(mine.open, msgspec.structs.replace(theirs.subject_keys[0], subject=mine.subject_keys[0].subject))


def test_a_record_key_does_not_pass_for_an_object_key(estates):
    mine, _ = estates
    refused(mine.open, msgspec.structs.replace(mine.subject_keys[2], purpose=Purpose.OBJECT))
    refused(mine.open, msgspec.structs.replace(mine.subject_keys[2], purpose=Purpose.RECORD_PERSON))


def test_roots_versions_and_shred_keys_stay_in_their_rows(estates):
    mine, theirs = estates
    for row in ("root_row", "version_rows", "shred_rows"):
        kept = getattr(mine, row)
        setattr(mine, row, getattr(theirs, row))
        refused(mine.kek)
        setattr(mine, row, kept)
    for rows in (mine.version_rows, mine.shred_rows):
        rows[1], rows[2] = rows[2], rows[1]
        refused(mine.kek)
        rows[1], rows[2] = rows[2], rows[1]
    mine.shred_rows[1] = mine.version_rows[1]
    refused(mine.kek)


def test_a_retired_version_is_not_put_back_as_the_current_one(estates):
    mine, _ = estates
    mine.version_rows[2] = mine.version_rows[1]
    refused(mine.kek, version=2)


def test_yesterdays_page_row_is_of_no_use_after_an_erasure_and_a_turned_shred_key(estates):
    """The old page row and the erased subject_key are put back from a backup; the old shred key is gone."""
    mine, _ = estates
    old_page, erased = mine.page, mine.subject_keys[1]
    mine.page, kept = h.rekey_page(
        mine.kek(), mine.kek(shred=2), mine.page, [mine.subject_keys[0], mine.subject_keys[2]], mine.dice
    )
    del mine.shred_rows[1]
    assert len(mine.open(kept[0], kek=mine.kek(shred=2))) == 32
    refused(mine.open, erased, kek=mine.kek(shred=2))
    refused(mine.open, erased, page=old_page, kek=mine.kek(shred=2))
    claimed = msgspec.structs.replace(old_page, shred_generation=2)
    refused(mine.open, erased, page=claimed, kek=mine.kek(shred=2))


def test_yesterdays_page_wrap_under_todays_generation_is_refused(estates):
    mine, _ = estates
    old = mine.page
    fresh, _ = h.rekey_page(mine.kek(), mine.kek(), mine.page, [mine.subject_keys[0]], mine.dice)
    refused(mine.open, mine.subject_keys[1], page=msgspec.structs.replace(fresh, wrapped=old.wrapped))


def test_a_page_needs_both_key_version_and_shred_key(estates):
    """Destroying either takes every page with it: nothing left of one opens them."""
    mine, _ = estates
    root = h.open_customer_root(mine.holder, mine.scope, mine.root_row)
    material = h.open_key_version(root, mine.scope, 1, mine.version_rows[1])
    shred = h.open_shred(root, mine.scope, 1, mine.shred_rows[1])
    for guess in ((material, bytes(32)), (bytes(32), shred), (shred, material), (material, material)):
        refused(h.open_page, h.page_kek(mine.scope, (1, guess[0]), (1, guess[1])), mine.page)
    for guess in (material, shred, root):
        refused(
            unwrap,
            guess,
            h.subject_context(mine.page, mine.subject_keys[0].subject, Purpose.OBJECT),
            mine.page.wrapped,
        )


def test_a_destroyed_keys_row_put_back_opens_no_page_once_the_shred_key_turned(estates):
    """Destruction counts as an erasure: pages of that key are not re-wrapped when the shred key turns."""
    mine, _ = estates
    assert len(mine.open(mine.subject_keys[0])) == 32  # the positive control: until then the old rows do open
    del mine.shred_rows[1]
    for claimed in (mine.page, msgspec.structs.replace(mine.page, shred_generation=2)):
        refused(mine.open, mine.subject_keys[0], page=claimed, kek=mine.kek(shred=2))


def test_a_house_restored_under_another_id_opens_nothing(estates):
    mine, _ = estates
    other = h.Scope(house="hse-b", customer="cus-a", key="key-cus-a")
    refused(h.open_customer_root, mine.holder, other, mine.root_row)


def test_a_message_token_is_no_page_and_a_page_no_token(estates):
    """Both lie under key version material: one is never taken for the other."""
    mine, _ = estates
    root = h.open_customer_root(mine.holder, mine.scope, mine.root_row)
    secret = h.open_key_version(root, mine.scope, 1, mine.version_rows[1])
    material = Material(scope=mine.scope, version=1, secret=secret)
    token = wrap_message(material, b"", bytes(32), mine.dice)
    refused(h.open_page, mine.kek(), msgspec.structs.replace(mine.page, wrapped=token[5:]))
    with pytest.raises(Refusal, match="token-mismatch"):
        unwrap_message(material, b"", token[:5] + mine.page.wrapped)


def test_refusals_tell_nothing_apart():
    """Wrong key, wrong place, flipped commit, flipped tag, cut: one code, no facts, no cause shown."""
    where = Context(house="h", customer="c", key="k", version=1, purpose=Purpose.OBJECT, subject="s")
    wrapped = wrap(bytes(32), where, b"secret", SeededDice(1))
    tries = [
        (b"\1" * 32, where, wrapped),
        (bytes(32), msgspec.structs.replace(where, subject="t"), wrapped),
        (bytes(32), where, wrapped[:40] + bytes([wrapped[40] ^ 1]) + wrapped[41:]),
        (bytes(32), where, wrapped[:-1] + bytes([wrapped[-1] ^ 1])),
        (bytes(32), where, wrapped[:10]),
        (bytes(32), where, b"\x02" + wrapped[1:]),
    ]
    seen = set()
    for kek, context, raw in tries:
        with pytest.raises(Refusal) as caught:
            unwrap(kek, context, raw)
        shown = caught.value
        seen.add(
            (repr(shown), str(shown), shown.__cause__, shown.__suppress_context__ or not shown.__context__)
        )
    assert seen == {("Refusal('wrap-mismatch', 'broken', {})", "wrap-mismatch", None, True)}
