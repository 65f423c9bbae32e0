import pytest

from custodes.desks.break_glass import BREAK_GLASS_DESK
from custodes.desks.forms import (
    Approve,
    Ask,
    Because,
    Begun,
    Call,
    Counted,
    Form,
    Left,
    Preserve,
    Propose,
    Review,
    fields,
    parse,
)
from custodes.desks.lockbox import LOCKBOX
from custodes.desks.preservation import PRESERVATION
from custodes.kernel.refusal import Refusal
from fakes.lockbox_world import EVA, an_id

TYPES = {"text", "long-text", "lines", "id", "number", "time", "choice", "choices", "signature"}


def plain(**changes):
    values = {
        "beneficiary": EVA.credential,
        "resources": [f"{an_id('bkt', 'b')}/{an_id('ver', 'v')}", an_id("key", "k")],
        "actions": ["object:read"],
        "purpose": "support",
        "reason": "why",
        "ticket": "T-1",
        "bytes_max": 5,
    }
    return {**values, **changes}


def test_every_field_of_every_form_can_be_drawn_in_both_languages():
    seen = {move.form for desk in (LOCKBOX, BREAK_GLASS_DESK, PRESERVATION) for move in desk.moves}
    assert seen == {Ask, Call, Approve, Because, Left, Review, Form, Preserve, Propose, Begun, Counted}
    for form in seen:
        for field in fields(form):
            assert field.type in TYPES
            assert field.label_de
            assert field.label_en
            assert field.type not in {"choice", "choices"} or field.choices
            assert field.type != "number" or field.number_min is not None


def test_a_form_that_asks_for_nothing_has_no_fields():
    assert fields(Form) == []


def test_limits_and_defaults_are_told():
    told = {field.name: field for field in fields(Ask)}
    assert (told["hours"].default, told["hours"].number_min, told["hours"].number_max) == (1, 1, 8)
    assert (told["uses"].default, told["uses"].number_max) == (1, 100)
    assert told["reason"].is_required
    assert told["reason"].length_max == 1_000
    assert not told["not_before"].is_required


def test_a_form_is_read_with_its_defaults():
    form = parse(Ask, plain())
    assert (form.hours, form.uses, form.not_before) == (1, 1, None)
    assert form.resources[1] == an_id("key", "k")


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"hours": 9}, "$.hours"),
        ({"hours": True}, "$.hours"),
        ({"uses": 0}, "$.uses"),
        ({"bytes_max": 2**41}, "$.bytes_max"),
        ({"reason": ""}, "$.reason"),
        ({"reason": "x" * 1_001}, "$.reason"),
        ({"resources": []}, "$.resources"),
        ({"resources": ["letter.pdf"]}, "$.resources[0]"),
        ({"resources": ["key-" + "0" * 26 + "\n"]}, "$.resources[0]"),
        ({"resources": [an_id("key", "k")] * 101}, "$.resources"),
        ({"beneficiary": "me"}, "$.beneficiary"),
        ({"surprise": 1}, "$"),
    ],
)
def test_a_bad_form_is_refused_by_the_name_of_the_field_never_its_value(changes, where):
    with pytest.raises(Refusal) as caught:
        parse(Ask, plain(**changes))
    assert caught.value.code == "bad-form"
    assert caught.value.facts == {"where": where}
