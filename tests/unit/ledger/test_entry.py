import hashlib
import json

import pytest

from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal
from custodes.ledger import entry
from fakes import SeededDice

FIELDS = {
    "act": "object.get",
    "actor": "crd-1",
    "actor_kind": "person",
    "at": "2026-11-22T08:00:00Z",
    "bucket": "bkt-1",
    "customer": "cus-1",
    "house": "hse-1",
    "key": "key-1",
    "phase": "admission",
}
PERSON = {"object_name": "Akten/Müller.pdf", "person": "P-17"}


def drafted(fields=FIELDS, person=PERSON):
    return entry.draft(fields, person, SeededDice())


def refused(*args):
    with pytest.raises(Refusal) as caught:
        entry.check(*args)
    return caught.value.code


def test_the_leaf_is_what_the_format_page_says():
    made = drafted()
    opened = {**json.loads(made.opening)["open"], **json.loads(made.person_opening)}
    row = [
        hashlib.sha256(
            b"\0" + json.dumps([salt, name, value], separators=(",", ":"), ensure_ascii=False).encode()
        ).digest()
        for name, (salt, value) in sorted(opened.items())
    ]
    assert len(row) == 12
    pair = [hashlib.sha256(b"\1" + row[i] + row[i + 1]).digest() for i in range(0, 12, 2)]
    four = [hashlib.sha256(b"\1" + pair[i] + pair[i + 1]).digest() for i in range(0, 6, 2)]
    left = hashlib.sha256(b"\1" + four[0] + four[1]).digest()
    assert made.leaf == b"\1" + hashlib.sha256(b"\1" + left + four[2]).digest()
    assert canonical.encode(canonical.decode(made.opening)) == made.opening
    assert canonical.encode(canonical.decode(made.person_opening)) == made.person_opening


def test_what_is_drafted_opens():
    made = drafted()
    whole = entry.check(made.leaf, made.opening, made.person_opening)
    assert whole.fields == {**FIELDS, **PERSON}
    assert (whole.erased, whole.closed) == ((), ())


def test_erased_person_fields_leave_the_leaf_verifiable_and_are_named():
    made = drafted()
    rest = entry.check(made.leaf, made.opening)
    assert rest.fields == FIELDS
    assert rest.erased == ("object_name", "person")
    assert b"ller" not in made.opening


def test_no_person_no_person_opening():
    made = drafted(person={})
    assert made.person_opening is None
    assert entry.check(made.leaf, made.opening).erased == ()


def test_equal_acts_have_unequal_leaves_and_unequal_field_hashes():
    dice = SeededDice()
    one, two = entry.draft(FIELDS, PERSON, dice), entry.draft(FIELDS, PERSON, dice)
    assert one.leaf != two.leaf
    assert refused(two.leaf, one.opening) == "opening-differs"
    salts = [salt for salt, _ in json.loads(one.opening)["open"].values()]
    assert len(set(salts)) == len(salts)


def test_a_partial_opening_shows_only_what_it_names():
    made = drafted()
    partial = entry.disclose(made.opening, {"act", "key"})
    shown = entry.check(made.leaf, partial)
    assert shown.fields == {"act": "object.get", "key": "key-1"}
    assert shown.closed == ("actor", "actor_kind", "at", "bucket", "customer", "house", "phase")
    assert shown.erased == ("object_name", "person")
    assert b"crd-1" not in partial
    again = entry.disclose(partial, {"key"})
    assert entry.check(made.leaf, again).fields == {"key": "key-1"}
    with_name = entry.disclose(made.opening, {"object_name"}, made.person_opening)
    assert entry.check(made.leaf, with_name).fields == {"object_name": PERSON["object_name"]}
    assert b"P-17" not in with_name


@pytest.mark.parametrize("name", ["grant", "nonsense", "person"])
def test_what_is_not_open_cannot_be_disclosed(name):
    with pytest.raises(Refusal) as caught:
        entry.disclose(drafted().opening, {name})
    assert caught.value.code == "unknown-field"


def test_every_flipped_character_of_an_opening_is_caught():
    made = drafted()
    for opening, rest in ((made.opening, b""), (made.person_opening, made.opening)):
        for at in range(len(opening)):
            bad = bytearray(opening)
            bad[at] ^= 1
            args = (made.leaf, rest, bytes(bad)) if rest else (made.leaf, bytes(bad), made.person_opening)
            assert refused(*args) in {"bad-opening", "opening-differs"}


def test_every_flipped_bit_of_a_leaf_is_caught():
    made = drafted()
    for at in range(len(made.leaf)):
        for bit in range(8):
            bad = bytearray(made.leaf)
            bad[at] ^= 1 << bit
            assert refused(bytes(bad), made.opening) == "opening-differs"
    assert refused(made.leaf[:-1], made.opening) == "opening-differs"


def test_a_name_that_is_shut_cannot_be_renamed():
    made = drafted()
    partial = json.loads(entry.disclose(made.opening, {"act"}))
    partial["shut"]["bytes"] = partial["shut"].pop("bucket")
    assert refused(made.leaf, canonical.encode(partial)) == "bad-opening"
    partial["open"]["v"][1] = [1, *sorted([*partial["open"], *partial["shut"]])]
    assert refused(made.leaf, canonical.encode(partial)) == "opening-differs"


def test_a_field_cannot_be_open_and_shut_nor_v_missing():
    made = drafted()
    whole = json.loads(made.opening)
    twice = {**whole, "shut": {**whole["shut"], "act": whole["shut"]["person"]}}
    assert refused(made.leaf, canonical.encode(twice)) == "bad-opening"
    del whole["open"]["v"]
    assert refused(made.leaf, canonical.encode(whole)) == "bad-opening"


def test_a_person_opening_of_another_entry_is_refused():
    one, two = drafted(), entry.draft(FIELDS, PERSON, SeededDice(9))
    assert refused(one.leaf, one.opening, two.person_opening) == "opening-differs"
    act = canonical.encode({"act": json.loads(one.opening)["open"]["act"]})
    assert refused(one.leaf, one.opening, act) == "bad-opening"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{}",
        b'{"open":{},"shut":[]}',
        b'{"open":1,"shut":{}}',
        b'{"open":{"v":[1]},"shut":{}}',
        b"x" * 99_999,
    ],
)
def test_another_form_is_refused(raw):
    assert refused(drafted().leaf, raw) == "bad-opening"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({**FIELDS, "reason": "x" * 5000}, "field-too-long"),
        ({**FIELDS, "reason": "\ud800"}, "bad-field"),
        ({**FIELDS, "colour": "red"}, "unknown-field"),
        ({**FIELDS, "act": "key.read"}, "unknown-act"),
        ({**FIELDS, "v": 1}, "unknown-field"),
        (
            {**FIELDS, **dict.fromkeys(("reason", "purpose", "grant", "case", "move"), "x" * 4000)},
            "entry-too-long",
        ),
    ],
)
def test_what_cannot_be_drafted(fields, code):
    with pytest.raises(Refusal) as caught:
        drafted(fields)
    assert caught.value.code == code


def test_true_is_not_version_one():
    made = drafted(person={})
    whole = json.loads(made.opening)
    whole["open"]["v"][1][0] = True
    hashes = [
        entry.sha256(b"\0" + canonical.encode([salt, name, value])).digest()
        for name, (salt, value) in sorted(whole["open"].items())
    ]
    assert refused(b"\1" + entry.root_of(hashes), canonical.encode(whole)) == "bad-opening"


def test_the_kept_record_gives_the_opening_and_the_person_can_be_taken_out_of_it():
    dice = SeededDice(11)
    fields = {
        "act": "sign-in",
        "actor": "crd-x",
        "actor_kind": "person",
        "at": "2026-11-22T08:00:00Z",
        "house": "hse-x",
        "phase": "single",
    }
    made = entry.draft(fields, {"person": "Ada"}, dice)
    opening, person_opening = entry.expand(made.record, made.person_record)
    assert entry.check(made.leaf, opening, person_opening).fields["person"] == "Ada"
    assert b"Ada" not in made.record
    erased, nothing = entry.expand(made.record, None)
    assert nothing is None
    assert entry.check(made.leaf, erased).erased == ("person",)
    for broken in (b"{}", made.record[:-1], made.record.replace(b"crd-x", b"crd-y")):
        with pytest.raises(Refusal):
            entry.check(made.leaf, *entry.expand(broken, None))


def test_a_drafter_that_remembers_drafts_what_one_that_does_not_drafts():
    drafter, one, other = entry.Drafter(kept_max=5), SeededDice(3), SeededDice(3)
    for number in range(6):
        fields = {**FIELDS, "bytes": number % 2, "reason": f"r{number}"}
        assert drafter.draft(fields, PERSON, one) == entry.draft(fields, PERSON, other)


@pytest.mark.parametrize(
    ("fields", "person", "code"),
    [
        ({**FIELDS, "bytes": True}, PERSON, "bad-field"),  # equal to 1 and of the same hash
        ({**FIELDS, "bytes": 1.0}, PERSON, "bad-field"),
        ({**FIELDS, "at": "yesterday"}, PERSON, "bad-field"),
        ({**FIELDS, "key": ["key-1"]}, PERSON, "bad-field"),
        ({name: value for name, value in FIELDS.items() if name != "key"}, PERSON, "missing-field"),
        ({**FIELDS, "phase": "outcome"}, PERSON, "missing-field"),
        ({**FIELDS, "act": "object.nonsense"}, PERSON, "unknown-act"),
        ({**FIELDS, "v": "v"}, PERSON, "unknown-field"),
        ({**FIELDS, "reason": "\ud800"}, PERSON, "bad-field"),
        (FIELDS, {**PERSON, "person": 7}, "bad-field"),
        (FIELDS, {**PERSON, "bucket": "bkt-1"}, "bad-field"),
    ],
)
def test_what_a_drafter_remembers_lets_nothing_through(fields, person, code):
    drafter = entry.Drafter()
    drafter.draft({**FIELDS, "bytes": 1}, PERSON, SeededDice())
    drafter.draft(FIELDS, PERSON, SeededDice())
    for _ in range(2):
        with pytest.raises(Refusal) as caught:
            drafter.draft(fields, person, SeededDice())
        assert caught.value.code == code


def test_a_drafter_keeps_no_person():
    drafter = entry.Drafter()
    drafter.draft(FIELDS, PERSON, SeededDice())
    assert "P-17" not in repr(vars(drafter))
    assert "Müller" not in repr(vars(drafter))
