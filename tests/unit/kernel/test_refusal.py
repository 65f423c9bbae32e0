import pytest

from custodes.kernel import refusal
from custodes.kernel.refusal import Kind, Refusal


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.BROKEN])
def test_every_kind_but_broken_has_a_maker(kind: Kind):
    made = getattr(refusal, kind.value)("some-code", bucket="ledgers")
    assert (made.code, made.kind, dict(made.facts)) == ("some-code", kind, {"bucket": "ledgers"})


def test_nobody_makes_a_broken_on_purpose():
    assert not hasattr(refusal, "broken")


def test_facts_cannot_be_changed_afterwards():
    facts = {"uses": 1}
    made = Refusal("used-up", Kind.LIMITED, facts)
    facts["uses"] = 2
    assert made.facts["uses"] == 1
    with pytest.raises(TypeError):
        made.facts["uses"] = 3  # type: ignore[index]


def test_text_is_the_code_and_repr_shows_the_facts():
    made = refusal.denied("own-request", case="cas-1")
    assert str(made) == "own-request"
    assert repr(made) == "Refusal('own-request', 'denied', {'case': 'cas-1'})"
