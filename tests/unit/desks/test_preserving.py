from datetime import timedelta

import msgspec
import pytest

from custodes.desks.forms import Propose
from custodes.desks.preserving import (
    PROLONG,
    VERIFY,
    decode,
    encode,
    order_hash,
    order_of,
    order_reason,
    proposed,
)
from custodes.kernel.clock import to_text
from fakes.lockbox_world import EVA, START
from fakes.orders import ABOUT, NONCE, SOMEBODY, demand


def order(**changes):
    return order_of(demand(**changes), ABOUT, SOMEBODY, START, NONCE)


def later(**span):
    return to_text(START + timedelta(**span))


def test_an_order_is_read_back_as_it_was_and_every_member_is_signed():
    one = order(names=("b", "a", "a"))
    assert one.names == ("a", "b")
    assert decode(encode(one)) == one
    plain = msgspec.to_builtins(one)
    hashes = {order_hash(one)}
    for name, other in (("bucket", "bkt-x"), ("names", ("c",)), ("ends_at", START), ("is_silent", False)):
        hashes.add(order_hash(msgspec.structs.replace(one, **{name: other})))
    assert len(hashes) == 5
    assert "custodes.preservation/v1" in str(plain)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"secrecy": "announced", "duty": "", "duty_ends_at": None}, None),
        ({"secrecy": "announced"}, "silence-unfounded"),
        ({"duty": "  "}, "silence-unfounded"),
        ({"duty_ends_at": None}, "silence-without-end"),
        ({"review_by": later(days=30)}, "silence-without-end"),
        ({"duty_ends_at": later(days=-1)}, "silence-without-end"),
        ({"duty_ends_at": None, "review_by": later(days=183)}, None),
        ({"duty_ends_at": None, "review_by": later(days=184)}, "review-too-late"),
        ({"ends_at": later(days=0)}, "end-not-ahead"),
        ({"ends_at": later(days=366 * 10 + 1)}, "end-not-ahead"),
    ],
)
def test_a_silence_has_a_source_and_one_end_and_a_preservation_has_an_end(changes, reason):
    assert order_reason(order(**changes), START) == reason


@pytest.mark.parametrize(
    ("changes", "name", "version", "covered"),
    [
        ({}, "anything", "ver-1", True),
        ({"names": ("a",)}, "a", "ver-1", True),
        ({"names": ("a",)}, "ab", "ver-1", False),
        ({"prefixes": ("a",)}, "ab", "ver-1", True),
        ({"versions": (EVA.credential.replace("crd-", "ver-"),)}, "a", "ver-1", False),
    ],
)
def test_scope_is_what_is_named_and_a_bucket_at_most(changes, name, version, covered):
    assert order(**changes).covers(name, version) is covered


def test_nothing_that_is_proposed_changes_scope_or_bucket():
    first = order(names=("a",))
    for act in (PROLONG, VERIFY, "lift"):
        form = Propose(act=act, reason="so", duty_ends_at=later(days=90), ends_at=later(days=90))
        made = proposed(first, form, SOMEBODY, START, b"2" * 16)
        for same in ("bucket", "names", "prefixes", "versions", "holder", "customer", "case", "is_silent"):
            assert getattr(made, same) == getattr(first, same)
        is_longer = made.ends_at != first.ends_at
        assert is_longer is (act == PROLONG)
        assert (made.duty_ends_at != first.duty_ends_at) is (act == PROLONG)
        assert order_hash(made) != order_hash(first)
