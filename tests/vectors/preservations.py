"""Vectors of legal preservations, for `make_custody.py`."""

import hashlib
from datetime import timedelta

import msgspec

from custodes.custody.preserving import keys
from custodes.desks.preserving import encode, order_hash, order_of
from fakes import SeededDice
from fakes.holder import MemoryHolder
from fakes.lockbox_world import START
from fakes.orders import ABOUT, NONCE, SOMEBODY, demand


def preservations():
    """An order and its hash, tags, something sealed, the key of a case and a second wrap."""
    dice, mac = SeededDice(31), hashlib.sha256(b"mac").digest()
    order = order_of(demand(names=("b", "a")), ABOUT, SOMEBODY, START, NONCE)
    order = msgspec.structs.replace(order, ends_at=START + timedelta(days=30))
    house, case, customer = ABOUT
    root, version = hashlib.sha256(b"root").digest(), "ver-" + "5" * 26
    wrapped_key = keys.make_key(MemoryHolder(root), (house, customer, case), dice)
    key = keys.open_key(MemoryHolder(root), (house, customer, case), wrapped_key)
    data_key = hashlib.sha256(b"data key").digest()
    tag = keys.tag(mac, "row", case, "0")
    return {
        "order": {"canonical": encode(order).decode("ascii"), "hash": order_hash(order).hex()},
        "mac_key": mac.hex(),
        "house": house,
        "customer": customer,
        "case": case,
        "tags": [
            [["row", case, "0"], tag],
            [["blob", "blb-1"], keys.tag(mac, "blob", "blb-1")],
            [["lying", "blb-1", "loc-1"], keys.tag(mac, "lying", "blb-1", "loc-1")],
        ],
        "sealed": {
            "subject": f"row/{tag}",
            "plain": {"n": 0},
            "raw": keys.sealed(keys.seal_key(mac), (house, f"row/{tag}"), {"n": 0}, dice).hex(),
        },
        "root": root.hex(),
        "case_key": wrapped_key.hex(),
        "version": version,
        "data_key": data_key.hex(),
        "second_wrap": keys.wrap_again(key, (house, customer, version), data_key, dice).hex(),
    }
