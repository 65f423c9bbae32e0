import pytest

from custodes.kernel.refusal import Refusal
from custodes.objects.rules.cors import CorsRule, allowed, check_rules

RULES = (
    CorsRule(origins=("https://*.town.example",), methods=("GET",), exposes=("ETag",)),
    CorsRule(origins=("*",), methods=("PUT",), headers=("x-amz-*", "Content-Type"), age_s=60),
)


def test_the_first_rule_that_fits():
    found = allowed(RULES, "https://a.town.example", "GET")
    assert found is not None
    assert (found.origin, found.exposes) == ("https://a.town.example", ("ETag",))
    found = allowed(RULES, "https://a.town.example", "PUT", ("X-Amz-Date", "content-type"))
    assert found is not None
    assert (found.origin, found.age_s) == ("*", 60)


@pytest.mark.parametrize(
    ("origin", "method", "headers"),
    [
        ("https://town.example.evil", "GET", ()),
        ("https://evil/https://a.town.example/", "GET", ()),
        ("https://a.town.example", "DELETE", ()),
        ("https://a", "PUT", ("authorization",)),
        ("https://a.town.example\n", "GET", ()),
    ],
)
def test_nothing_else_is_allowed(origin, method, headers):
    assert allowed(RULES, origin, method, headers) is None


def test_rules_as_they_may_be_kept():
    assert check_rules(RULES) == RULES
    for bad in ((), (CorsRule(origins=(), methods=("GET",)),)):
        with pytest.raises(Refusal, match="xml-malformed"):
            check_rules(bad)
    for bad in (CorsRule(origins=("*",), methods=("PATCH",)), CorsRule(origins=("*.*",), methods=("GET",))):
        with pytest.raises(Refusal, match="cors-rule-invalid"):
            check_rules((bad,))
