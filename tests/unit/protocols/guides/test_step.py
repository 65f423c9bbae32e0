import pytest

from custodes.kernel.refusal import Refusal
from custodes.protocols.guides.step import bare, front, quoted


@pytest.mark.parametrize("name", ["", "a'b", 'a"b', "a`b", "$a", "a\\b", "a\nb", "a\x7fb", "x" * 201])
def test_no_name_leaves_its_quotes(name):
    with pytest.raises(Refusal, match="bad-name"):
        quoted(name)


@pytest.mark.parametrize("name", ["", "a b", "a;b", "ä", "a/b", "a&b", "*"])
def test_nothing_stands_bare_that_means_something(name):
    with pytest.raises(Refusal, match="bad-name"):
        bare(name)


def test_names_of_people_are_quoted_and_names_on_the_wire_are_not():
    assert (quoted("Lindenau, Frankfurt & Umland"), bare("a.b_c-1")) == (
        "'Lindenau, Frankfurt & Umland'",
        "a.b_c-1",
    )
    assert "location /p/ { proxy_pass http://l;" in front("h", "/p", "l")
