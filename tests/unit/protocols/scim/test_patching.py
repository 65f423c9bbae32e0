"""PATCH as the clients send it; the bodies follow what Entra ID, Okta and Keycloak's plug-in document."""

import pytest

from custodes.kernel.refusal import Refusal
from custodes.protocols.scim.messages import API, Group, User
from custodes.protocols.scim.patching import group_after, operations, user_after

NINA = User(user_name="nina", external_id="u-1", display_name="Nina", given="N", mail="n@t")
CLERKS = Group(display_name="clerks", members=("a", "b"))


def body(*rows, **more):
    return {"schemas": [f"{API}:PatchOp"], "Operations": list(rows), **more}


def patched(user, *rows):
    return user_after(user, operations(body(*rows)))


def grouped(*rows):
    return group_after(CLERKS, operations(body(*rows)))


@pytest.mark.parametrize(
    "row",
    [
        {"op": "replace", "path": "active", "value": False},
        {"op": "Replace", "path": "active", "value": "False"},
        {"op": "replace", "value": {"active": False}},
        {"op": "Add", "value": {"Active": "false"}},
        {"op": "remove", "path": "active"},
        {"OP": "REPLACE", "Path": "active", "Value": False},
        {"op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:active", "value": False},
    ],
)
def test_every_way_to_say_that_somebody_left(row):
    assert patched(NINA, row) == User(
        user_name="nina", external_id="u-1", display_name="Nina", given="N", mail="n@t", active=False
    )


@pytest.mark.parametrize(
    ("row", "changes"),
    [
        ({"op": "Replace", "path": 'emails[type eq "work"].value', "value": "x@y"}, {"mail": "x@y"}),
        ({"op": "Add", "path": "emails", "value": [{"value": "x@y", "primary": True}]}, {"mail": "x@y"}),
        ({"op": "remove", "path": 'emails[type eq "work"]'}, {"mail": ""}),
        ({"op": "replace", "path": "name.givenName", "value": "Nora"}, {"given": "Nora"}),
        ({"op": "replace", "value": {"name.givenName": "Nora"}}, {"given": "Nora"}),
        ({"op": "replace", "value": {"name": {"familyName": "Neu"}}}, {"family": "Neu"}),
        ({"op": "replace", "path": "name", "value": {"formatted": "N N"}}, {"display_name": "N N"}),
        ({"op": "replace", "path": "displayName", "value": None}, {"display_name": ""}),
        ({"op": "replace", "path": "externalId", "value": "u-2"}, {"external_id": "u-2"}),
        ({"op": "add", "path": "nickName", "value": "nn"}, {}),
        (
            {
                "op": "Add",
                "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
                "value": "4",
            },
            {},
        ),
    ],
)
def test_what_else_changes(row, changes):
    import msgspec

    assert patched(NINA, row) == msgspec.structs.replace(NINA, **changes)


def test_operations_are_done_in_order():
    done = patched(
        NINA,
        {"op": "replace", "path": "userName", "value": "a"},
        {"op": "replace", "path": "userName", "value": "b"},
    )
    assert done.user_name == "b"


@pytest.mark.parametrize(
    ("row", "members"),
    [
        ({"op": "Add", "path": "members", "value": [{"value": "c"}, {"value": "a"}]}, ("a", "b", "c")),
        ({"op": "add", "value": {"members": [{"value": "c"}]}}, ("a", "b", "c")),
        ({"op": "add", "path": "members", "value": {"value": "c"}}, ("a", "b", "c")),
        ({"op": "Remove", "path": 'members[value eq "a"]'}, ("b",)),
        ({"op": "Remove", "path": "members", "value": [{"value": "a"}]}, ("b",)),
        ({"op": "remove", "path": "members"}, ()),
        ({"op": "replace", "path": "members", "value": [{"value": "z"}]}, ("z",)),
        ({"op": "remove", "path": 'members[value eq "nobody"]'}, ("a", "b")),
    ],
)
def test_members_come_and_go(row, members):
    assert grouped(row).members == members


def test_a_group_is_renamed():
    assert grouped({"op": "replace", "value": {"displayName": "office", "id": "x"}}).display_name == "office"


@pytest.mark.parametrize(
    ("plain", "code"),
    [
        ({}, "scim-syntax"),
        (body(), "scim-syntax"),
        (body({"op": "move", "path": "active"}), "scim-syntax"),
        (body({"op": "remove"}), "scim-no-target"),
        (body("active"), "scim-syntax"),
        (body({"op": "replace", "path": 5}), "scim-syntax"),
        (body(*[{"op": "add", "path": "x"}] * 101), "scim-syntax"),
        ({"Operations": [{"op": "add", "path": "active", "value": True}]}, "scim-syntax"),
        ({**body({"op": "add", "path": "x"}), "operations": []}, "scim-value"),
    ],
)
def test_what_is_no_patch(plain, code):
    with pytest.raises(Refusal) as no:
        operations(plain)
    assert no.value.code == code


@pytest.mark.parametrize(
    "row",
    [
        {"op": "replace", "path": "active", "value": "off"},
        {"op": "remove", "path": "userName"},
        {"op": "replace", "path": "userName", "value": ["a"]},
        {"op": "replace", "value": "active"},
        {"op": "replace", "value": {"active": False, "Active": True}},
        {"op": "replace", "path": "emails", "value": 5},
    ],
)
def test_values_that_cannot_be(row):
    with pytest.raises(Refusal):
        patched(NINA, row)
    for path in ('members[display eq "a"]', "members.value", 'members[value eq "a"].x'):
        with pytest.raises(Refusal):
            grouped({"op": "add", "path": path, "value": [{"value": "c"}]})
