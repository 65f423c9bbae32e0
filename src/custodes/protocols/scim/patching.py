"""PATCH (RFC 7644 section 3.5.2), with what Entra ID, Okta and others really send.

Odd forms that are understood: verbs in any case; `active` as text; a value object with dotted names and
no path; `members` removed by a path with a filter, or by a value list beside the bare path; addresses by
`emails[type eq "work"].value`. An attribute we do not keep is read over, as on PUT.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from custodes.kernel.refusal import malformed

from .messages import API, Group, User
from .resources import evened, flag, mail_of, members_of, text

OPERATIONS_MAX = 100
_MEMBER = re.compile(r'members\[\s*value\s+eq\s+"([^"\\]{1,100})"\s*\]', re.IGNORECASE)
_MAIL = re.compile(
    r'emails(?:\[\s*(?:type|primary)\s+eq\s+(?:"[a-z]+"|true)\s*\])?(?:\.value)?', re.IGNORECASE
)
_NAMES = {
    "username": "user_name",
    "externalid": "external_id",
    "displayname": "display_name",
    "name.formatted": "display_name",
    "name.givenname": "given",
    "name.familyname": "family",
}


class Operation(msgspec.Struct, frozen=True):
    """One operation: `add`, `replace` or `remove`."""

    verb: str
    path: str
    value: Any


def operations(plain: Mapping[str, Any]) -> tuple[Operation, ...]:
    """The operations of a PATCH body; `scim-syntax` (malformed)."""
    body = evened(plain)
    given = body.get("operations")
    schemas = body.get("schemas")
    if schemas != [f"{API}:PatchOp"] or not isinstance(given, list) or not 1 <= len(given) <= OPERATIONS_MAX:
        raise malformed("scim-syntax")
    found = []
    for one in given:
        row = evened(one) if isinstance(one, dict) else {}
        verb, path = str(row.get("op", "")).lower(), row.get("path") or ""
        if verb not in {"add", "replace", "remove"} or not isinstance(path, str) or len(path) > 300:
            raise malformed("scim-syntax")
        if verb == "remove" and not path:
            raise malformed("scim-no-target")
        found.append(Operation(verb, path, row.get("value")))
    return tuple(found)


def user_after(user: User, done: tuple[Operation, ...]) -> User:
    """The user after every operation, in order; `scim-value`, `scim-syntax` (malformed)."""
    for one in done:
        for path, value in _parts(one):
            user = _user_with(user, one.verb, path, value)
    return user


def group_after(group: Group, done: tuple[Operation, ...]) -> Group:
    """The group after every operation, in order."""
    for one in done:
        for path, value in _parts(one):
            group = _group_with(group, one.verb, path, value)
    return group


def _parts(one: Operation) -> list[tuple[str, Any]]:
    """(path, value): without a path each member of the value is one, nested names joined by a dot."""
    if one.path:
        path = re.sub(r"(?i)^urn:ietf:params:scim:schemas:core:2\.0:(user|group):", "", one.path)
        return [(path, one.value)]
    if not isinstance(one.value, dict):
        raise malformed("scim-value")
    found: list[tuple[str, Any]] = []
    for name, value in evened(one.value).items():
        if name == "name" and isinstance(value, dict):
            found += [(f"name.{part}", each) for part, each in evened(value).items()]
        else:
            found.append((name, value))
    return found


def _user_with(user: User, verb: str, path: str, value: Any) -> User:  # noqa: ANN401 - JSON
    name = path.lower()
    is_gone = verb == "remove"
    if name == "active":
        return msgspec.structs.replace(user, active=not is_gone and flag(value))
    if _MAIL.fullmatch(path):
        return msgspec.structs.replace(user, mail="" if is_gone else mail_of(value))
    if name == "name":
        inner = evened(value) if isinstance(value, dict) else {}
        for part, each in inner.items():
            user = _user_with(user, verb, f"name.{part}", each)
        return user
    member = _NAMES.get(name)
    if member is None:
        return user
    if is_gone and member == "user_name":
        raise malformed("scim-value", attribute="userName")
    return msgspec.structs.replace(user, **{member: "" if is_gone else text(value)})


def _group_with(group: Group, verb: str, path: str, value: Any) -> Group:  # noqa: ANN401 - JSON
    one = _MEMBER.fullmatch(path)
    name = path.lower()
    if one is not None and verb == "remove":
        return _without(group, {one[1]})
    if name == "members":
        ids = members_of(value)
        if verb == "remove":
            return _without(group, set(ids) if value else set(group.members))
        kept = () if verb == "replace" else group.members
        return msgspec.structs.replace(group, members=tuple(dict.fromkeys((*kept, *ids))))
    member = {"displayname": "display_name", "externalid": "external_id"}.get(name)
    if one is not None or name.startswith("members"):
        raise malformed("scim-syntax")
    if member is None:
        return group
    return msgspec.structs.replace(group, **{member: "" if verb == "remove" else text(value)})


def _without(group: Group, gone: set[str]) -> Group:
    return msgspec.structs.replace(group, members=tuple(one for one in group.members if one not in gone))
