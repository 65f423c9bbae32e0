import pytest

from custodes.kernel.refusal import Refusal
from custodes.protocols.scim.filters import terms

KNOWN = {"username": "account", "externalid": "external", "emails.value": "mail", "active": "is_active"}


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ('userName eq "nina"', (("account", "nina"),)),
        ('USERNAME EQ "Nina \\"N\\" \\u00e9"', (("account", 'Nina "N" é'),)),
        ('userName eq "a and b eq c"', (("account", "a and b eq c"),)),
        ('userName eq "n" and active eq true', (("account", "n"), ("is_active", "true"))),
        ('active eq False AND externalId eq "7"', (("is_active", "false"), ("external", "7"))),
        ('emails[type eq "work"].value eq "a@b"', (("mail", "a@b"),)),
        ('urn:ietf:params:scim:schemas:core:2.0:User:userName eq "n"', (("account", "n"),)),
    ],
)
def test_what_directories_ask(text, pairs):
    assert terms(text, KNOWN) == pairs


@pytest.mark.parametrize(
    "text",
    [
        "",
        "userName",
        'userName co "n"',
        'userName eq "n" or active eq true',
        'not (userName eq "n")',
        'userName eq "n',
        "userName eq n",
        'userName eq "n" and',
        'userName eq "n" userName eq "n"',
        'password eq "x"',
        'userName eq "\\q"',
        'userName eq "' + "x" * 3_000 + '"',
        " and ".join(['userName eq "n"'] * 9),
        "(" * 1_000,
        'emails[type eq "work"] eq "x"',
    ],
)
def test_everything_else_is_an_invalid_filter(text):
    with pytest.raises(Refusal) as no:
        terms(text, KNOWN)
    assert no.value.code == "scim-filter"
