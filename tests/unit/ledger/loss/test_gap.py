import json
from pathlib import Path

import msgspec
import pytest

from custodes.kernel.refusal import Refusal
from custodes.ledger import quorum
from custodes.ledger.cosign import Ed25519Cosigner
from custodes.ledger.loss import gap
from custodes.ledger.receipt import parse_pins
from fakes.ledger import ed25519

VECTORS = json.loads((Path(__file__).parents[3] / "vectors/loss/gap.json").read_text("ascii"))
PINS = parse_pins(VECTORS["pins"].encode())
OFFICERS = [gap.Officer(name=n, counts_as=g, public=bytes.fromhex(p)) for n, g, p in VECTORS["officers"]]
WHOLE = gap.parse(VECTORS["files"]["as it should be"]["file"].encode())


def answers(file, officers=OFFICERS):
    return {one.name: one.passed for one in gap.judge(file, PINS, officers)}


@pytest.mark.parametrize(
    ("name", "question", "answer"),
    [
        ("as it should be", "officers", True),
        ("by one", "officers", False),
        ("by one twice", "officers", False),
        ("by two of one organisation", "officers", False),
        ("another house", "house", False),
        ("a shorter gap", "last checkpoint", False),
        ("kept what it has not", "kept", False),
        ("does not show what it kept", "kept", None),
        ("opens what it closes", "follower", False),
        ("signed by another log", "last checkpoint", False),
    ],
)
def test_each_question_has_its_answer(name, question, answer):
    assert answers(gap.parse(VECTORS["files"][name]["file"].encode()))[question] is answer


def test_without_pinned_officers_nothing_is_proven():
    assert answers(WHOLE, [])["officers"] is None
    assert not gap.is_proven(gap.judge(WHOLE, PINS, []))


def test_only_one_spelling_is_read():
    raw = WHOLE.encode()
    for bad in (raw + b"\n", raw.replace(b'"closes"', b'"closed"'), b"{}", b"[" * 99):
        with pytest.raises(Refusal, match="bad-gap"):
            gap.parse(bad)
    assert gap.parse_document(WHOLE.document.encode()) == WHOLE.document


def test_what_is_pinned_afterwards():
    before = msgspec.structs.replace(PINS, slots={f"{WHOLE.document.closes}/cus-1/machine": 7, "other/x": 1})
    after = gap.pins_after(WHOLE.document, before)
    assert after.slots == {f"{WHOLE.document.opens}/cus-1/machine": 7}
    assert after.policy == WHOLE.document.policy


def test_a_policy_asks_the_same_witnesses_about_the_log_that_follows():
    old = quorum.parse(PINS.policy.encode()).logs[0][0].text()
    text = f"log {old} https://log.example/\n# a line of ours\nquorum none\n"
    after = gap.policy_after(text, WHOLE.document.vkeys)
    assert [vkey.text() for vkey, _ in quorum.parse(after.encode()).logs] == list(WHOLE.document.vkeys)
    assert "# a line of ours" in after


def test_whoever_names_the_houses_own_witness_names_the_followers():
    paper = WHOLE.document
    logs = "".join(f"log {vkey}\n" for vkey in paper.vkeys)
    old, new = (
        Ed25519Cosigner(f"{name}/embedded", ed25519(f"own {name}")) for name in (paper.closes, paper.opens)
    )
    theirs = Ed25519Cosigner("theirs", ed25519("theirs")).vkey.text()
    after = f"{logs}witness embedded {new.vkey.text()}\nquorum none\n"
    document = msgspec.structs.replace(paper, policy=after)
    own = f"{logs}witness embedded {old.vkey.text()}\nwitness t {theirs}\ngroup g all embedded t\nquorum g\n"
    carried = quorum.parse(gap.carried(own, document).encode())
    assert {one.vkey.text() for one in carried.witnesses.values()} == {new.vkey.text(), theirs}
    without = msgspec.structs.replace(paper, policy=f"{logs}quorum none\n")
    assert old.vkey.text() in gap.carried(own, without)  # nothing is made up: it is never met, and stops
