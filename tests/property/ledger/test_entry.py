"""Any fields the vocabulary allows: what is committed opens, in whole and in part, and nothing else does."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal
from custodes.ledger import entry
from custodes.ledger.vocabulary import FIELDS, MANDATORY, FieldClass
from fakes import SeededDice
from fakes.ledger import act

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
grades = st.sampled_from(["asserted", "signed", "attested"])
forms = {
    "text": texts,
    "number": st.integers(0, canonical.INT_MAX),
    "texts": st.lists(texts, max_size=4),
    "position": st.tuples(texts, st.integers(0, 99)).map(list),
    "generations": st.lists(st.tuples(texts, texts, st.integers(0, 99)).map(list), max_size=3),
    "spans": st.lists(st.tuples(texts, st.integers(0, 9), st.integers(0, 9)).map(list), max_size=3),
    "claims": st.lists(st.tuples(texts, texts, texts, grades).map(list), max_size=3),
}


def some(field_class):
    rows = [row for row in FIELDS.values() if row.field_class is field_class and row.form in forms]
    return st.fixed_dictionaries(
        {},
        optional={
            row.name: forms[row.form] for row in rows if row.name not in (*MANDATORY, "customer", "key")
        },
    )


drafts = st.tuples(
    some(FieldClass.ACT).map(lambda more: act(**more)), some(FieldClass.PERSON), st.integers(0, 2**32)
)


@given(drafts, st.data())
def test_what_is_committed_opens_in_whole_and_in_part(given_, data):
    fields, person, seed = given_
    made = entry.draft(fields, person, SeededDice(seed))
    assert entry.check(made.leaf, made.opening, made.person_opening).fields == {**fields, **person}
    assert entry.check(made.leaf, made.opening).erased == tuple(sorted(person))
    names = data.draw(st.sets(st.sampled_from(sorted(fields))))
    partial = entry.disclose(made.opening, names)
    shown = entry.check(made.leaf, partial)
    assert shown.fields == {name: fields[name] for name in names}
    assert {*shown.closed, *shown.erased} == {*fields, *person} - names
    assert canonical.encode(canonical.decode(partial)) == partial


@given(drafts, st.data())
def test_no_other_value_opens_the_same_leaf(given_, data):
    fields, person, seed = given_
    made = entry.draft(fields, person, SeededDice(seed))
    name = data.draw(st.sampled_from(sorted(fields)))
    whole = json.loads(made.opening)
    other = data.draw(texts)
    if other == fields[name]:
        return
    whole["open"][name][1] = other
    with pytest.raises(Refusal) as caught:
        entry.check(made.leaf, canonical.encode(whole))
    assert caught.value.code == "opening-differs"


@given(st.binary(max_size=200))
def test_noise_is_refused_not_raised(raw):
    with pytest.raises(Refusal):
        entry.check(b"\1" + bytes(32), raw)
    with pytest.raises(Refusal):
        entry.disclose(raw, {"act"})
