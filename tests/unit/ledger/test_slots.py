import hashlib
import hmac

import pytest

from custodes.kernel.refusal import Refusal
from custodes.ledger import merkle, slots
from custodes.ledger.slots import SlotHead, SlotLink
from fakes.ledger import SmallHouse, seed

HEAD = SlotHead(slot=5, epoch=7, blind=seed("b"), size=3, root=seed("r"), previous=seed("p"))


def u64(number):
    return number.to_bytes(8, "big")


def test_the_leaf_is_what_the_format_page_says():
    entry = b"custodes.slot/v1\n" + u64(5) + seed("b") + u64(7) + u64(3) + seed("r") + seed("p")
    assert HEAD.leaf() == hashlib.sha256(b"\0" + entry).digest()
    for epoch, block in ((7, 0), (4095, 0), (4096, 1)):
        key = hmac.digest(b"k" * 32, b"custodes.slot-block/v1\n" + u64(5) + u64(block), "sha256")
        assert slots.block_key(b"k" * 32, 5, block) == key
        wanted = hmac.digest(key, b"custodes.slot-blind/v1\n" + u64(epoch), "sha256")
        assert slots.blind(b"k" * 32, 5, epoch) == wanted
    assert slots.epoch_leaf(7, seed("r")) == b"\x02" + u64(7) + seed("r")
    packed = b"custodes.slot-registration/v1\n" + seed("s") + u64(5) + b"\0\x03a/b"
    assert slots.registration_leaf("a/b", 5, seed("s")) == b"\x04" + hashlib.sha256(packed).digest()


def test_every_part_changes_the_leaf():
    others = [
        {"slot": 6},
        {"epoch": 8},
        {"blind": seed("x")},
        {"size": 4},
        {"root": seed("x")},
        {"previous": seed("x")},
    ]
    base = {"slot": 5, "epoch": 7, "blind": seed("b"), "size": 3, "root": seed("r"), "previous": seed("p")}
    assert len({SlotHead(**{**base, **other}).leaf() for other in [{}, *others]}) == 7


@pytest.mark.parametrize("bad", [{"slot": -1}, {"size": 2**63}, {"blind": b""}, {"root": b"r" * 31}])
def test_a_head_that_is_none_has_no_leaf(bad):
    base = {"slot": 5, "epoch": 7, "blind": seed("b"), "size": 3, "root": seed("r"), "previous": seed("p")}
    with pytest.raises(Refusal):
        SlotHead(**{**base, **bad}).leaf()


@pytest.mark.parametrize(("taken", "width"), [([], 16), ([0], 16), ([15], 16), ([16], 32), ([3, 40], 64)])
def test_the_tree_is_padded_and_every_path_holds(taken, width):
    leaves = {slot: seed(f"leaf {slot}") for slot in taken}
    tree = slots.build(9, leaves, seed("d"))
    assert len(tree.rows[0]) == width
    depth = bytes([width.bit_length() - 1])
    bound = b"custodes.slot-root/v1\n" + depth + merkle.root_of(list(tree.rows[0]))
    assert tree.root == hashlib.sha256(bound).digest()
    for slot, leaf in leaves.items():
        path = tree.path(slot)
        assert slots.root_from_path(leaf, slot, path) == tree.root
        assert slots.root_from_path(leaf, slot ^ 1, path) != tree.root
        assert slots.root_from_path(leaf, slot, path[:-1]) != tree.root
        assert slots.root_from_path(leaf, slot + width, path) is None
    assert slots.root_from_path(seed("x"), 0, [seed("x")] * 40) is None


def test_dummies_change_every_epoch_and_need_the_seed():
    one, two, other = (
        slots.build(epoch, {}, seed(name)).rows[0] for epoch, name in [(1, "d"), (2, "d"), (1, "e")]
    )
    assert not set(one) & set(two)
    assert not set(one) & set(other)
    assert slots.build(1, {}, seed("d")).rows[0] == one


@pytest.mark.parametrize("leaves", [{-1: seed("x")}, {2**24: seed("x")}])
def test_a_slot_outside_every_tree_is_refused(leaves):
    with pytest.raises(Refusal) as caught:
        slots.build(1, leaves, seed("d"))
    assert caught.value.code == "bad-slot"


def test_epoch_leaves_both_ways():
    assert slots.parse_epoch_leaf(slots.epoch_leaf(7, seed("r"))) == (7, seed("r"))
    assert slots.parse_epoch_leaf(b"\x01" + bytes(40)) is None
    assert slots.parse_epoch_leaf(b"\x02" + bytes(39)) is None
    with pytest.raises(Refusal):
        slots.epoch_leaf(7, b"")
    with pytest.raises(Refusal):
        slots.registration_leaf("a", 1, b"short")


def chain(count):
    house = SmallHouse()
    name = "cus-1/machine"
    for number in range(count):
        house.append(name, b"\1" + seed(str(number)))
        house.epoch()
    return house, name


def test_a_chain_leads_to_the_proven_leaf():
    house, name = chain(6)
    links = [house.link(name, epoch) for epoch in range(2, 7)]
    found = slots.follow(house.slots[name], house.anchor(name, 2).previous, links)
    assert found[0] == house.anchor(name, 2).head().leaf()
    assert found[-1] == house.anchor(name, 6).head().leaf()


def test_fork_one_epoch_and_revert_is_caught():
    house, name = chain(6)
    links = [house.link(name, epoch) for epoch in range(2, 7)]
    forked = [*links]
    forked[2] = SlotLink(epoch=4, blind=links[2].blind, size=links[2].size, root=seed("fork"))
    found = slots.follow(house.slots[name], house.anchor(name, 2).previous, forked)
    assert found[-1] != house.anchor(name, 6).head().leaf()


@pytest.mark.parametrize("fault", ["gap", "shrink", "same-size-other-root", "twice"])
def test_a_broken_chain_is_refused(fault):
    house, name = chain(4)
    links = [house.link(name, epoch) for epoch in range(1, 5)]
    if fault == "gap":
        del links[2]
    elif fault == "twice":
        links.insert(2, links[1])
    else:
        size = links[2].size - (2 if fault == "shrink" else 1)
        links[2] = SlotLink(epoch=3, blind=links[2].blind, size=size, root=links[2].root)
    with pytest.raises(Refusal) as caught:
        slots.follow(house.slots[name], slots.FIRST_PREVIOUS, links)
    assert caught.value.code == "broken-chain"


def test_neighbours_tell_nothing():
    house = SmallHouse()
    house.append("cus-1/machine", b"\1" + seed("a"))
    house.epoch()
    house.epoch()  # nothing happened
    one, two = (house.epochs[at][1]["cus-1/exceptional"] for at in (0, 1))
    assert not set(one) & set(two)


def test_one_tree_cannot_be_read_at_two_widths():
    # slot 5 at width 16, and a second slot 5 hidden at width 32 below the unused slot 2
    shown, hidden, sibling = seed("shown"), seed("hidden"), seed("sibling")
    leaves = {5: shown, 2: merkle.node_hash(sibling, hidden)}
    tree = slots.build(1, leaves, seed("d"))
    assert slots.root_from_path(shown, 5, tree.path(5)) == tree.root
    deeper = [sibling, *tree.path(2)]
    assert merkle.root_from_inclusion(hidden, 5, 32, deeper) == tree.rows[-1][0]  # the bare tree allows it
    assert slots.root_from_path(hidden, 5, deeper) != tree.root
