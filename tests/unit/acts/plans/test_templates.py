import pytest

from custodes.acts.plans import wanted
from custodes.acts.plans.templates import QUESTIONS, TEMPLATES, VERSION, asked_at, fill
from custodes.kernel.refusal import Refusal

HOSTILE = [
    'a"\\', "a: b", "- x", "[1]", "{a: 1}", "&x", "*x", "!!python/object:os.system", "# no", "null", "true",
    "1", "${owner_mail}", "'", "%", "@a", "`", "<<", "é中",
]  # fmt: skip


def test_there_are_four_and_each_says_its_date():
    assert set(TEMPLATES) == {"town", "hospital", "school", "bank"}
    for one in TEMPLATES.values():
        assert VERSION in one.text
        assert "unconfirmed" in one.text
        assert set(one.example) == {question.name for question in QUESTIONS}


@pytest.mark.parametrize("answer", HOSTILE)
def test_an_answer_stays_text(answer):
    found, _ = wanted.read(fill("town", {"organisation": answer, "application": answer}).encode())
    assert found.organisations[0].name == answer
    assert found.customers[0].applications[0].name == answer
    assert found.customers[0].buckets[0].owners == (answer,)
    assert len(found.people) == 2


@pytest.mark.parametrize("answer", ["", " a", "a\nb", "a\x00", "x" * 201])
def test_a_bad_answer(answer):
    with pytest.raises(Refusal) as caught:
        fill("town", {"customer": answer})
    assert (caught.value.code, caught.value.facts["question"]) == ("bad-answer", "customer")


def test_unknown_names():
    for name, answers in (("castle", {}), ("town", {"king": "x"})):
        with pytest.raises(Refusal):
            fill(name, answers)


def test_a_line_leads_back_to_its_question():
    lines = fill("town", {}).splitlines()
    number = next(i for i, line in enumerate(lines, 1) if "mail:" in line)
    assert asked_at("town", number) == "owner_mail"
    assert asked_at("town", 1) == ""
    assert asked_at("town", 9_999) == ""
