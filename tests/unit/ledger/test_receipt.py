import json

import msgspec
import pytest

from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal
from custodes.ledger import entry, note, receipt
from fakes import SeededDice
from fakes.ledger import SmallHouse, act, ed25519, log_mldsa, witness

NAME = "cus-1/machine"


def house_with(count=3, **how):
    house = SmallHouse(**how)
    house.drafts = []
    for number in range(count):
        house.drafts.append(entry.draft(act(number), {"person": "P-17"}, SeededDice(number)))
        house.append(NAME, house.drafts[-1].leaf)
    return house


def passed(checks):
    return {check.name: check.passed for check in checks}


def test_a_sequenced_receipt():
    house = house_with()
    made = house.sequenced(NAME, 1)
    assert receipt.parse(made.encode()) == made
    assert made.grade is receipt.Grade.SEQUENCED
    checks = receipt.verify(made, house.pins())
    assert passed(checks) == {"house": True, "receipt-key": True}
    assert receipt.is_proven(made, checks)


def test_its_text_is_a_signed_note_for_other_tools():
    house = house_with()
    made = house.sequenced(NAME, 1)
    raw = f"{made.text()}\n{made.signatures[0]}\n".encode()
    assert note.verify(note.parse(raw), [house.receipts.vkey])[0].is_checked


def test_a_witnessed_receipt_with_fields():
    house = house_with()
    house.epoch()
    house.epoch()
    made = receipt.with_opening(house.witnessed(NAME, 1, 2), house.drafts[1].opening)
    made = receipt.parse(made.encode())
    checks = receipt.verify(made, house.pins())
    assert all(check.passed for check in checks)
    assert receipt.is_proven(made, checks)
    names = [check.name for check in checks]
    assert names[:7] == ["house", "receipt-key", "fields", "sub-log", "slot", "epoch", "checkpoint"]
    assert sum(name.startswith("signature ") for name in names) == 3
    assert names[-1] == "quorum"
    opened = receipt.opened_fields(made)
    assert opened.fields["key"] == "key-1"
    assert opened.erased == ("person",)


def test_a_partial_opening_in_a_receipt():
    house = house_with()
    partial = entry.disclose(house.drafts[0].opening, {"act"})
    made = receipt.with_opening(house.sequenced(NAME, 0), partial)
    assert passed(receipt.verify(made, house.pins()))["fields"] is True
    assert receipt.opened_fields(made).fields == {"act": "key.unwrap"}
    wrong = receipt.with_opening(house.sequenced(NAME, 0), house.drafts[1].opening)
    assert passed(receipt.verify(wrong, house.pins()))["fields"] is False
    assert receipt.opened_fields(wrong) is None
    assert receipt.opened_fields(house.sequenced(NAME, 0)) is None


def test_signatures_that_were_not_checked_are_named():
    house = house_with()
    house.signers.insert(1, log_mldsa())
    house.signers.append(witness("stranger.example"))
    house.epoch()
    pins = house.pins()
    trusting = "\n".join(
        line for line in pins.policy.split("\n") if "stranger" not in line or line[:5] == "group"
    )
    pins = msgspec.structs.replace(pins, policy=trusting.replace(" stranger.example", ""))
    made = house.witnessed(NAME, 0, 1)
    checks = receipt.verify(made, pins)
    unchecked = [check.name for check in checks if check.passed is None]
    assert [name.split()[1] for name in unchecked] == ["log.example.org/custodes", "stranger.example"]
    assert all("not checked" in check.detail for check in checks if check.passed is None)
    assert receipt.is_proven(made, checks)


def test_no_pinned_slot_is_said():
    house = house_with()
    house.epoch()
    checks = receipt.verify(house.witnessed(NAME, 0, 1), house.pins(known=False))
    assert passed(checks)["slot"] is None


def test_the_quorum_is_the_verifiers():
    house = house_with()
    house.signers.pop()
    house.epoch()
    made = house.witnessed(NAME, 0, 1)
    strict = SmallHouse().pins()
    checks = receipt.verify(made, strict)
    assert passed(checks)["quorum"] is False
    assert not receipt.is_proven(made, checks)
    demo = SmallHouse().pins(quorum="none")
    checks = receipt.verify(made, demo)
    assert "quorum" not in passed(checks)
    assert passed(checks)["no-quorum"] is True
    assert receipt.is_proven(made, checks)


def test_an_embedded_witness_counts_zero_and_is_named():
    house = house_with()
    house.epoch()
    pins = house.pins()
    embedded = pins.policy.replace("#: party w1.example org-w1.example", "#: party w1.example org embedded")
    checks = receipt.verify(house.witnessed(NAME, 0, 1), msgspec.structs.replace(pins, policy=embedded))
    last = checks[-1]
    assert last.passed is False
    assert "embedded, counting zero: w1.example" in last.detail


def test_a_witnessed_receipt_needs_no_receipt_key_but_a_sequenced_one_does():
    house = house_with()
    house.epoch()
    keyless = msgspec.structs.replace(house.pins(), receipt_keys=())
    made = house.witnessed(NAME, 0, 1)
    checks = receipt.verify(made, keyless)
    assert passed(checks)["receipt-key"] is None
    assert receipt.is_proven(made, checks)
    plain = house.sequenced(NAME, 0)
    assert not receipt.is_proven(plain, receipt.verify(plain, keyless))


def tampered(made):
    """Every leaf of the document changed, one at a time."""
    whole = json.loads(made.encode())

    def walk(node, path):
        if isinstance(node, dict):
            for key in node:
                yield from walk(node[key], (*path, key))
        elif isinstance(node, list):
            for at in range(len(node)):
                yield from walk(node[at], (*path, at))
        else:
            yield path, node

    for path, value in walk(whole, ()):
        other = json.loads(made.encode())
        target = other
        for step in path[:-1]:
            target = target[step]
        if isinstance(value, int):
            target[path[-1]] = value + 1
        elif isinstance(value, str) and value:
            middle = len(value) // 2
            letter = "B" if value[middle] == "A" else "A"
            target[path[-1]] = value[:middle] + letter + value[middle + 1 :]
        else:
            continue
        yield path, canonical.encode(other)


def test_every_changed_value_is_caught():
    house = house_with()
    house.epoch()
    house.epoch()
    made = receipt.with_opening(house.witnessed(NAME, 1, 2), house.drafts[1].opening)
    count = 0
    for path, raw in tampered(made):
        count += 1
        try:
            bad = receipt.parse(raw)
        except Refusal:
            continue
        checks = receipt.verify(bad, house.pins())
        assert not receipt.is_proven(bad, checks), path
    assert count > 40


def test_keys_inside_the_package_are_worth_nothing():
    # a house of somebody else, complete in itself, against our pins
    other = house_with()
    other.receipts = note.NoteSigner("house.example/receipts", ed25519("other"))
    other.signers = [
        type(other.signers[0])("log.example.org/custodes", ed25519("other log")),
        *other.signers[1:],
    ]
    other.epoch()
    made = other.witnessed(NAME, 0, 1)
    checks = receipt.verify(made, SmallHouse().pins())
    assert not receipt.is_proven(made, checks)
    assert passed(checks)["receipt-key"] is None
    assert passed(checks)["checkpoint"] is False


def test_a_slot_that_is_not_the_pinned_one():
    house = house_with()
    house.epoch()
    pins = house.pins()
    house.slots[NAME] = 6
    house.epoch()
    made = house.witnessed(NAME, 0, 2)
    checks = receipt.verify(made, pins)
    assert passed(checks)["slot"] is False
    assert not receipt.is_proven(made, checks)


def test_another_house():
    house = house_with()
    made = house.sequenced(NAME, 0)
    pins = msgspec.structs.replace(house.pins(), house="hse-2")
    assert not receipt.is_proven(made, receipt.verify(made, pins))


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b"null", b"\xff", b'{"format":"custodes.receipt/v2"}'])
def test_another_form_is_refused(raw):
    with pytest.raises(Refusal) as caught:
        receipt.parse(raw)
    assert caught.value.code == "bad-receipt"


def test_another_spelling_is_refused():
    raw = house_with().sequenced(NAME, 0).encode()
    for bad in (
        raw + b"\n",
        raw.replace(b'{"at"', b'{ "at"'),
        raw[:-1] + b',"x":1}',
        raw.replace(b":0,", b":-0,"),
    ):
        with pytest.raises(Refusal):
            receipt.parse(bad)
    with pytest.raises(Refusal):
        receipt.parse(b'"' + b"x" * 2_000_000 + b'"')


@pytest.mark.parametrize("bad", [{"house": "a\nb"}, {"at": ""}, {"log": "\ud800"}, {"signatures": ("x",)}])
def test_a_receipt_that_has_no_text(bad):
    made = msgspec.structs.replace(house_with().sequenced(NAME, 0), **bad)
    assert not receipt.is_proven(made, receipt.verify(made, SmallHouse().pins()))


def test_pins_both_ways_and_strictly():
    pins = SmallHouse().pins()
    assert receipt.parse_pins(pins.encode()) == pins
    for bad in (
        b"",
        msgspec.structs.replace(pins, policy="quorum x\n").encode(),
        msgspec.structs.replace(pins, receipt_keys=("x",)).encode(),
    ):
        with pytest.raises(Refusal) as caught:
            receipt.parse_pins(bad)
        assert caught.value.code == "bad-pins"


def test_an_opening_that_is_none():
    with pytest.raises(Refusal):
        receipt.with_opening(house_with().sequenced(NAME, 0), b"{}")


def test_an_anchor_gives_back_its_head():
    house = house_with()
    house.epoch()
    anchor = house.anchor(NAME, 1)
    assert receipt.Anchor.of(anchor.head(), anchor.slot_path, anchor.root_log) == anchor


def test_a_deep_document_is_refused():
    with pytest.raises(Refusal):
        receipt.parse(b'{"opening":{"open":{"v":["AA==",' + b"[" * 50_000)
    with pytest.raises(Refusal):
        entry.check(b"\1" + bytes(32), b"[" * 60_000)
