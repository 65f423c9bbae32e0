from pathlib import Path

import pytest

from custodes.kernel.refusal import Refusal
from custodes.ledger import vocabulary
from custodes.ledger.vocabulary import ACTS, FIELDS, FORMS, MANDATORY, FieldClass, SubLog

BASE = {
    "act": "sign-in",
    "actor": "crd-1",
    "actor_kind": "person",
    "at": "2026-11-22T08:00:00Z",
    "house": "hse-1",
    "phase": "single",
}
GOOD = {
    "text": "x",
    "number": 3,
    "texts": ["a", "b"],
    "time": "2026-11-22T08:00:00Z",
    "hash": "A" * 43 + "=",
    "position": ["log", 7],
    "generations": [["key", "key-1", 2]],
    "outcomes": [["log", 7, 4096, "complete"]],
    "ranges": [[0, 4], [6, 7]],
    "claims": [["microsoft", "tenant", "t-1", "asserted"]],
    "spans": [["log", 3, 9]],
    "word:phase": "single",
    "word:actor_kind": "clock",
    "word:decision": "allow",
    "word:outcome": "cut",
    "word:grade": "signed",
}
BAD = {
    "text": [None, 1, ["a"]],
    "number": [-1, True, "3", 1.0, 2**53],
    "texts": ["a", [1], None],
    "time": ["2026-11-22", "2026-11-22T08:00:00+00:00", 5],
    "hash": ["A" * 43, "A" * 44, "A" * 42 + "B="],
    "position": [["log"], ["log", -1], "log"],
    "generations": [["key"], [["key", "key-1"]], [["key", "key-1", "2"]]],
    "outcomes": [[["log", 7, 4096, "maybe"]], [["log", 7]]],
    "ranges": [[], [[1, 1]], [[0, 2], [2, 3]], [[4, 5], [0, 1]], [[0, 1, 2]], [["0", 1]]],
    "claims": [[["a", "b"]], [["a", "b", 1, "signed"]], [["a", "b", "c"]], [["a", "b", "c", "sure"]]],
    "spans": [[["log", 3]], [["log", -1, 9]], "log", [[3, 3, 9]]],
    "word:phase": ["Single", 1],
    "word:actor_kind": ["robot"],
    "word:decision": ["maybe", ["allow"]],
    "word:outcome": ["done"],
    "word:grade": ["sure"],
}


def refused(fields, person=None):
    with pytest.raises(Refusal) as caught:
        vocabulary.check_fields(fields, person or {})
    return caught.value.code


def test_the_tables_name_only_what_exists():
    assert set(MANDATORY) <= FIELDS.keys()
    for row in ACTS.values():
        assert set(row.mandatory) <= FIELDS.keys()
        assert not [name for name in row.mandatory if vocabulary.is_person(name)]
    assert {field.form for field in FIELDS.values()} <= FORMS.keys()
    assert all(field.says for field in FIELDS.values())
    assert {name for name, field in FIELDS.items() if field.field_class is FieldClass.PERSON} == {
        "person",
        "object_name",
        "form",
        "person_claims",
        "ticket",
        "prefix",
    }


@pytest.mark.parametrize("name", FIELDS)
def test_each_field_takes_its_form_and_no_other(name):
    field = FIELDS[name]
    check = FORMS[field.form]
    assert check(GOOD[field.form])
    assert not any(check(bad) for bad in BAD[field.form])
    if name in MANDATORY:
        return
    if field.field_class is FieldClass.PERSON:
        vocabulary.check_fields(BASE, {name: GOOD[field.form]})
        assert refused({**BASE, name: GOOD[field.form]}) == "bad-field"
        assert refused(BASE, {name: BAD[field.form][0]}) == "bad-field"
    else:
        vocabulary.check_fields({**BASE, name: GOOD[field.form]}, {})
        assert refused({**BASE, name: BAD[field.form][0]}) == "bad-field"
        assert refused(BASE, {name: GOOD[field.form]}) == "bad-field"


@pytest.mark.parametrize("code", ACTS)
def test_each_act_demands_its_fields(code):
    act = code.replace("*", "approve")
    row = vocabulary.act_code(act)
    full = {**BASE, "act": act, **{name: GOOD[FIELDS[name].form] for name in row.mandatory}}
    vocabulary.check_fields(full, {})
    for name in (*MANDATORY, *row.mandatory):
        assert refused({key: value for key, value in full.items() if key != name}) == "missing-field"
    denied = {**BASE, "act": act, "decision": "deny"}
    assert refused(denied) == "missing-field"
    vocabulary.check_fields({**denied, "reason": "no-grant"}, {})


@pytest.mark.parametrize(
    "act", ["", "key", "lockbox.", "lockbox.*", "lockbox.A", "lockbox.a.b", "key.read", "x.*"]
)
def test_an_unknown_act_is_refused(act):
    assert vocabulary.act_code(act) is None
    assert refused({**BASE, "act": act}) == "unknown-act"
    with pytest.raises(Refusal):
        vocabulary.sub_log({**BASE, "act": act})


@pytest.mark.parametrize("name", ["v", "colour", ""])
def test_an_unknown_field_is_refused(name):
    assert refused({**BASE, name: "x"}) == "unknown-field"
    assert refused(BASE, {name: "x"}) == "unknown-field"


def test_an_outcome_needs_its_admission():
    outcome = {**BASE, "act": "object.get", "phase": "outcome"}
    assert refused(outcome) == "missing-field"
    assert refused({**outcome, "outcome": "cut"}) == "missing-field"
    vocabulary.check_fields({**outcome, "outcome": "cut", "admission": ["m", 4]}, {})
    vocabulary.check_fields({**outcome, "outcomes": [["m", 4, 12, "complete"]]}, {})


def test_a_machine_act_under_a_grant_is_exceptional():
    unwrap = {**BASE, "act": "key.unwrap"}
    assert vocabulary.sub_log(unwrap) is SubLog.MACHINE
    assert vocabulary.sub_log({**unwrap, "grant": "grt-1"}) is SubLog.EXCEPTIONAL
    assert vocabulary.sub_log({**unwrap, "case": "cas-1"}) is SubLog.EXCEPTIONAL
    assert vocabulary.sub_log({**BASE, "act": "lockbox.approve"}) is SubLog.EXCEPTIONAL


def test_the_format_page_has_the_same_tables():
    page = (Path(__file__).parents[3] / "docs" / "formats" / "entry.md").read_text()
    for field in FIELDS.values():
        form = "word" if field.form.startswith("word:") else field.form
        assert f"| `{field.name}` | {field.field_class.value} | {form} | {field.says} |\n" in page
    for row in ACTS.values():
        needs = ", ".join(f"`{name}`" for name in row.mandatory) or "-"
        assert f"| `{row.code}` | {row.sub_log.value} | {needs} |\n" in page
