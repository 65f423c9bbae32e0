import pytest
from click import UsageError

from custodes.acts.asks import Token
from custodes.acts.asks.identity import IssuerView, SetIssuer
from custodes.cli.identity.plans import ask_of, plan, roles_of

TOKEN = Token("crd-1.secret")
VIEW = IssuerView(
    id="iss-1",
    organisation="org-1",
    name="Town",
    url="https://login.town.example",
    client_id="custodes",
    auth="none",
    has_secret=False,
    subject_claim="sub",
    groups_claim="groups",
    roles=(("clerks", "reader"),),
    scopes=(),
    customer=None,
    session_minutes=480,
    admits_unknown=False,
    is_listed=True,
    is_off=False,
    redirect="x",
    ca="PEM",
)


def test_what_is_not_changed_stays_as_it_is():
    ask = ask_of(TOKEN, VIEW, {"roles": (("clerks", "reader"), ("heads", "owner"))})
    assert (ask.issuer, ask.ca, ask.is_listed, ask.secret) == ("iss-1", "PEM", True, "")
    planned = plan(VIEW, ask)
    assert [(one.member, one.before, one.after) for one in planned.lines] == [
        ("roles", "clerks=reader", "clerks=reader, heads=owner")
    ]
    assert planned.ends == ("every session by this issuer ends; people sign in anew",)
    assert plan(VIEW, ask_of(TOKEN, VIEW, {})).lines == ()


def test_what_ends_is_said():
    planned = plan(VIEW, ask_of(TOKEN, VIEW, {"roles": (), "is_off": True, "secret": "s", "ca": ""}))
    assert any("clerks is reader no more" in line for line in planned.ends)
    assert any("nobody gets in" in line for line in planned.ends)
    assert {one.member for one in planned.lines} == {"roles", "is_off", "secret", "ca"}
    assert "PEM" not in str(planned)


def test_a_new_issuer_lists_what_it_says():
    new = SetIssuer(TOKEN, "org-1", "Town", "https://login.town.example", "custodes", secret="hush")
    planned = plan(None, new)
    assert {one.member for one in planned.lines} >= {"name", "url", "client_id", "secret"}
    assert planned.ends == ()
    assert "hush" not in str(planned)


def test_mappings():
    assert roles_of(("CN=heads,O=x=owner",)) == (("CN=heads,O=x", "owner"),)
    for text in ("heads", "=owner", "heads="):
        with pytest.raises(UsageError):
            roles_of((text,))
