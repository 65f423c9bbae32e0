import json
from pathlib import Path

import msgspec
import pytest

from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal
from custodes.ledger import quorum
from custodes.ledger.receipt import parse_pins
from custodes.ledger.shards import turn

VECTORS = json.loads((Path(__file__).parents[3] / "vectors/loss/turn.json").read_text("ascii"))
BEFORE, AFTER = parse_pins(VECTORS["before"].encode()), parse_pins(VECTORS["after"].encode())
FILES = {name: one["file"].encode() for name, one in VECTORS["files"].items()}
WHOLE = turn.parse(FILES["as it should be"])


def answers(name, pins):
    return {one.name: one.passed for one in turn.judge(turn.parse(FILES[name]), pins)}


@pytest.mark.parametrize("name", FILES)
def test_each_file_shows_what_its_vector_says(name):
    said = VECTORS["files"][name]
    file = turn.parse(FILES[name])
    assert turn.is_proven(turn.judge(file, BEFORE)) is said["to_before"]
    assert turn.is_proven(turn.judge(file, AFTER)) is said["to_after"]


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("another house", "house"),
        ("an older head", "last checkpoint"),
        ("another root", "last checkpoint"),
        ("another place", "last checkpoint"),
        ("no quorum", "quorum of last checkpoint"),
        ("signed by another log", "last checkpoint"),
    ],
)
def test_what_fails_is_named(name, question):
    assert answers(name, BEFORE)[question] is False


def test_a_first_entry_of_another_turn_fails_for_the_new_pins():
    assert answers("first entry of another turn", AFTER)["first entry"] is False
    assert answers("not published yet", AFTER)["first entry"] is None


def test_the_entries_are_those_of_the_page():
    document = WHOLE.document
    assert document.announced.leaf().hex() == VECTORS["announcement"]
    assert document.leaf().hex() == VECTORS["first_entry"]
    assert (document.announced.leaf()[:1], document.leaf()[:1]) == (b"\x06", b"\x05")


def test_only_one_spelling_is_read():
    raw = FILES["as it should be"]
    for bad in (raw + b"\n", raw.replace(b'"closes"', b'"closed"', 1), b"{}", b"[" * 99):
        with pytest.raises(Refusal, match="bad-turn"):
            turn.parse(bad)
    assert turn.parse_turned(WHOLE.document.encode()) == WHOLE.document
    assert turn.parse_announced(WHOLE.document.announced.encode()) == WHOLE.document.announced


@pytest.mark.parametrize(
    "change",
    [
        {"year": 2028},
        {"year": 1},
        {"number": 1},
        {"opens": "log.example"},
        {"turns_at": "2026-12-31T23:59:59Z"},
        {"turns_at": "soon"},
        {"follows": msgspec.structs.replace(WHOLE.document.announced.follows, receipt_keys=())},
        {"follows": msgspec.structs.replace(WHOLE.document.announced.follows, policy="quorum none\n")},
        {"follows": WHOLE.document.announced.closed},
        {"closed": msgspec.structs.replace(WHOLE.document.announced.closed, vkeys=("x",))},
    ],
)
def test_what_no_honest_announcement_says_is_refused(change):
    closes = WHOLE.document.announced.closes
    if change.get("opens") == "log.example":
        change = {"opens": closes}
    made = msgspec.structs.replace(WHOLE.document.announced, **change)
    with pytest.raises(Refusal, match="bad-turn"):
        turn.parse_announced(made.encode())


def test_an_announcement_is_shown_in_its_log():
    document = WHOLE.document
    shown = turn.Shown(index=document.index, path=document.path, checkpoint=document.last)
    file = turn.NextFile(document=document.announced, shown=shown)
    vkeys = [vkey for vkey, _ in quorum.parse(BEFORE.policy.encode()).logs]
    assert turn.is_next(file.encode())
    assert not turn.is_next(WHOLE.encode())
    assert turn.checked_next(turn.parse_next(file.encode()), vkeys).size == 3
    for bad in (
        msgspec.structs.replace(file, shown=msgspec.structs.replace(shown, index=0)),
        msgspec.structs.replace(file, document=msgspec.structs.replace(document.announced, number=3)),
    ):
        with pytest.raises(Refusal, match="bad-turn"):
            turn.checked_next(bad, vkeys)
    other = [vkey for vkey, _ in quorum.parse(AFTER.policy.encode()).logs]
    with pytest.raises(Refusal, match="bad-turn"):
        turn.checked_next(file, other)


def test_a_first_entry_is_the_first():
    vkeys = [vkey for vkey, _ in quorum.parse(AFTER.policy.encode()).logs]
    assert turn.checked_first(WHOLE, vkeys).size == 2
    for bad in (
        msgspec.structs.replace(WHOLE, shown=None),
        msgspec.structs.replace(WHOLE, shown=msgspec.structs.replace(WHOLE.shown, index=1)),
    ):
        with pytest.raises(Refusal, match="bad-turn"):
            turn.checked_first(bad, vkeys)


def test_pins_name_both_years_the_present_one_first():
    announced = WHOLE.document.announced
    slots = {f"{announced.closes}/cus-1/machine": 7, "other/x": 1}
    after = turn.pins_after(announced, msgspec.structs.replace(BEFORE, slots=slots))
    assert [vkey.name for vkey, _ in quorum.parse(after.policy.encode()).logs] == [
        announced.opens,
        announced.closes,
    ]
    assert after.slots[f"{announced.opens}/cus-1/machine"] == 7
    assert after.slots["other/x"] == 1
    assert after.receipt_keys == (*announced.follows.receipt_keys, *announced.closed.receipt_keys)
    assert turn.pins_after(announced, after).policy == after.policy, "twice is once"
    back = turn.pins_before(announced, AFTER)
    assert [vkey.name for vkey, _ in quorum.parse(back.policy.encode()).logs] == [
        announced.opens,
        announced.closes,
    ]
    assert canonical.encode(msgspec.to_builtins(back))
