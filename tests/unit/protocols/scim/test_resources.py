import pytest

from custodes.kernel.refusal import Refusal
from custodes.protocols.scim import resources
from custodes.protocols.scim.messages import Group, Known, User

KNOWN = Known(id="per-1", version=3, created_at="2026-11-22T08:00:00Z", changed_at="2026-11-22T09:00:00Z")


def test_a_user_as_entra_sends_it():
    user = resources.user_of(
        {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:x"],
            "userName": "nina@town.example",
            "externalId": "0f-7",
            "active": "True",
            "displayName": "Nina Neu",
            "name": {"formatted": "Other", "givenName": "Nina", "familyName": "Neu"},
            "emails": [{"type": "home", "value": "x@y"}, {"primary": True, "type": "work", "value": "n@t"}],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "4"},
            "password": "never kept",
        }
    )
    assert user == User(
        user_name="nina@town.example",
        external_id="0f-7",
        display_name="Nina Neu",
        given="Nina",
        family="Neu",
        mail="n@t",
    )
    shown = resources.user_shown(user, KNOWN, "https://c.example/scim/v2")
    assert resources.user_of(shown) == user
    assert shown["meta"]["version"] == 'W/"3"'
    assert shown["meta"]["location"] == "https://c.example/scim/v2/Users/per-1"
    assert "password" not in str(shown)


@pytest.mark.parametrize(
    "plain",
    [
        {"userName": 5},
        {"userName": "a", "username": "b"},
        {"userName": "x" * 256},
        {"userName": "a\x00b"},
        {"active": "yes"},
        {"active": 1},
        {"emails": [5]},
        {"emails": {"value": "x"}},
        {"name": "Nina"},
    ],
)
def test_values_that_cannot_be(plain):
    with pytest.raises(Refusal) as no:
        resources.user_of(plain)
    assert no.value.code == "scim-value"


def test_a_group_and_its_members():
    group = resources.group_of(
        {"displayName": "clerks", "members": [{"value": "a"}, {"value": "b"}, {"value": "a"}]}
    )
    assert group == Group(display_name="clerks", members=("a", "b"))
    assert resources.group_of(resources.group_shown(group, KNOWN, "x")) == group
    for members in ([{"display": "a"}], ["a"], 5, [{"value": ""}], [{"value": "a"}] * 10_001):
        with pytest.raises(Refusal):
            resources.group_of({"displayName": "g", "members": members})


def test_versions_in_headers():
    assert [resources.version_of(t) for t in ("", "*", 'W/"7"', '"7"', "7")] == [None, None, 7, 7, 7]
    for text in ('W/"x"', "W/", "-1", '"' + "9" * 40 + '"', "٣"):
        with pytest.raises(Refusal):
            resources.version_of(text)
    assert resources.listed([{}], 9, 3)["itemsPerPage"] == 1
