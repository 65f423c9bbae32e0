import json

import pytest

from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal
from custodes.ledger import veil
from custodes.ledger.veil import Withheld
from fakes import SeededDice
from fakes.ledger import seed

DAY = "2026-11-22"
ACTS = [Withheld(log="withheld", index=i, leaf=b"\1" + seed(str(i))) for i in (4, 9)]


def made(acts=ACTS, number=0):
    return veil.make("cus-1", DAY, acts, SeededDice(number))


def refused(*args):
    with pytest.raises(Refusal) as caught:
        veil.lift(*args)
    return caught.value.code


def test_a_veil_opens_whole():
    one = made()
    found = veil.lift(one.leaf, one.opening)
    assert (found.customer, found.day, found.closed) == ("cus-1", DAY, 0)
    assert list(found.withheld) == ACTS


def test_an_empty_day_looks_like_any_other():
    empty, full = made([]), made()
    assert len(empty.leaf) == len(full.leaf) == 33
    assert empty.leaf[:1] == full.leaf[:1] == b"\x03"
    assert len(empty.opening) == len(full.opening)
    assert veil.lift(empty.leaf, empty.opening).withheld == ()
    assert made([], 1).leaf != empty.leaf


@pytest.mark.parametrize(("count", "width"), [(0, 16), (15, 16), (16, 32), (100, 128)])
def test_the_width_is_a_power_of_two(count, width):
    acts = [Withheld(log="w", index=i, leaf=b"\1" + seed(str(i))) for i in range(count)]
    one = made(acts)
    assert len(json.loads(one.opening)["items"]) == width
    assert len(one.opening) % 4096 == 0
    assert len(veil.lift(one.leaf, one.opening).withheld) == count


def test_one_duty_ends_and_the_other_stays_hidden():
    one = made()
    partial = veil.disclose(one.opening, [("withheld", 9)])
    found = veil.lift(one.leaf, partial)
    assert found.withheld == (ACTS[1],)
    assert found.closed == 14
    assert canonical.b64(ACTS[0].leaf).encode() not in partial
    again = veil.disclose(partial, [("withheld", 9)])
    assert veil.lift(one.leaf, again) == found
    with pytest.raises(Refusal) as caught:
        veil.disclose(partial, [("withheld", 4)])
    assert caught.value.code == "unknown-position"


def test_what_was_hidden_cannot_be_changed_afterwards():
    one = made()
    items = json.loads(one.opening)["items"]
    for at in range(16):
        other = json.loads(one.opening)
        other["items"][at] = (
            [items[at][0], None] if items[at][1] is not None else [items[at][0], ["w", 1, "AQ=="]]
        )
        assert refused(one.leaf, canonical.encode(other)) in {"opening-differs", "bad-opening"}
    swapped = json.loads(one.opening)
    swapped["items"][1], swapped["items"][2] = items[2], items[1]
    assert refused(one.leaf, canonical.encode(swapped)) == "opening-differs"
    assert refused(made(number=2).leaf, one.opening) == "opening-differs"
    assert refused(b"\1" + one.leaf[1:], one.opening) == "opening-differs"


def test_the_header_is_never_shut():
    one = made()
    whole = json.loads(one.opening)
    items = [canonical.b64(seed("x")), *whole["items"][1:]]
    assert refused(one.leaf, padded(items)) == "opening-differs"
    head = canonical.b64(veil.leaf_hash(canonical.encode(whole["items"][0])))
    assert refused(one.leaf, padded([head, *whole["items"][1:]])) == "bad-opening"


def padded(items):
    bare = len(canonical.encode({"items": items, "pad": ""}))
    return canonical.encode({"items": items, "pad": "0" * (-bare % 4096)})


def test_the_padding_has_one_form():
    one = made()
    whole = json.loads(one.opening)
    assert whole["pad"]
    for pad in ("", whole["pad"] + "0" * 4096, whole["pad"].replace("0", "1"), 7, None):
        assert refused(one.leaf, canonical.encode(whole | {"pad": pad})) == "bad-opening"


def test_what_the_seal_auditors_hold_is_fixed_and_named():
    held = seed("package")
    one = veil.make("cus-1", DAY, [], SeededDice(), held)
    assert veil.lift(one.leaf, one.opening).seal == held
    assert veil.lift(made().leaf, made().opening).seal is None
    items = json.loads(one.opening)["items"]
    for other in (None, canonical.b64(seed("another")), "AQ==", 7):
        lie = padded([[*items[0][:4], other], *items[1:]])
        assert refused(one.leaf, lie) in {"opening-differs", "bad-opening"}


@pytest.mark.parametrize(
    "raw",
    [b"", b"[]", b'{"items":[]}', b'{"items":[],"pad":""}', b'{"items":["x"],"pad":""}', b"x" * 5_000_000],
)
def test_another_form_is_refused(raw):
    assert refused(made().leaf, raw) == "bad-opening"


@pytest.mark.parametrize("item", [1, ["s"], ["s", 1], ["s", ["w", -1, "AQ=="]], ["s", ["w", 1, "?"]], "AAAA"])
def test_an_item_of_another_form_is_refused(item):
    whole = json.loads(made().opening)
    whole["items"][3] = item
    hashes = [veil.leaf_hash(canonical.encode(one)) for one in whole["items"]]
    leaf = b"\x03" + veil.root_of(hashes)
    assert refused(leaf, canonical.encode(whole)) == "bad-opening"


def test_too_many_for_one_day():
    with pytest.raises(Refusal) as caught:
        made([ACTS[0]] * 5000)
    assert caught.value.code == "veil-too-wide"
