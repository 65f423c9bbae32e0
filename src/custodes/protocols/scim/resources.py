"""Resources as JSON, in both directions: strict about what counts, blind for the rest."""

from collections.abc import Mapping
from typing import Any

from custodes.kernel.refusal import malformed

from .messages import API, GROUP, USER, Group, Known, User

MEMBERS_MAX = 10_000
TEXT_CHARS_MAX = 255


def user_of(plain: Mapping[str, Any]) -> User:
    """A user; `scim-value` (malformed) for a type that cannot be. Names of attributes have no case."""
    values = evened(plain)
    name = _object(values.get("name"))
    parts = evened(name)
    shown = text(values.get("displayname")) or text(parts.get("formatted"))
    given, family = text(parts.get("givenname")), text(parts.get("familyname"))
    return User(
        user_name=text(values.get("username")),
        external_id=text(values.get("externalid")),
        display_name=shown or " ".join(part for part in (given, family) if part),
        given=given,
        family=family,
        mail=mail_of(values.get("emails")),
        active=flag(values.get("active", True)),
    )


def group_of(plain: Mapping[str, Any]) -> Group:
    """A group; `scim-value` (malformed)."""
    values = evened(plain)
    return Group(
        display_name=text(values.get("displayname")),
        external_id=text(values.get("externalid")),
        members=members_of(values.get("members")),
    )


def user_shown(user: User, known: Known, base: str) -> dict[str, Any]:
    """RFC 7643 section 4.1."""
    name = {"formatted": user.display_name, "givenName": user.given, "familyName": user.family}
    plain: dict[str, Any] = {
        "schemas": [USER],
        "id": known.id,
        "externalId": user.external_id,
        "userName": user.user_name,
        "displayName": user.display_name,
        "name": {key: value for key, value in name.items() if value},
        "emails": [{"value": user.mail, "primary": True}] if user.mail else [],
        "active": user.active,
        "groups": [
            {"value": id_, "display": shown, "$ref": f"{base}/Groups/{id_}"} for id_, shown in known.refers
        ],
        "meta": _meta("User", known, f"{base}/Users/{known.id}"),
    }
    return {key: value for key, value in plain.items() if value not in ("", [], {})}


def group_shown(group: Group, known: Known, base: str) -> dict[str, Any]:
    """RFC 7643 section 4.2."""
    plain: dict[str, Any] = {
        "schemas": [GROUP],
        "id": known.id,
        "externalId": group.external_id,
        "displayName": group.display_name,
        "members": [{"value": id_, "$ref": f"{base}/Users/{id_}"} for id_ in group.members],
        "meta": _meta("Group", known, f"{base}/Groups/{known.id}"),
    }
    return {key: value for key, value in plain.items() if key == "members" or value != ""}


def listed(resources: list[dict[str, Any]], total: int, start: int) -> dict[str, Any]:
    """RFC 7644 section 3.4.2."""
    return {
        "schemas": [f"{API}:ListResponse"],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": len(resources),
        "Resources": resources,
    }


def etag(version: int) -> str:
    """A weak one (RFC 7644 section 3.14)."""
    return f'W/"{version}"'


def version_of(header: str) -> int | None:
    """The generation an `If-Match` names; None for `*` or none; `scim-precondition` for what is no tag.

    A strong tag of the same number is taken as well: clients spell it both ways.
    """
    given = header.strip()
    if given in {"", "*"}:
        return None
    number = given.removeprefix("W/").strip('"')
    if not number.isascii() or not number.isdigit() or len(number) > 15:
        raise malformed("scim-value", attribute="If-Match")
    return int(number)


def evened(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Members by lower-case name, without a schema's prefix; the same name twice is refused."""
    found: dict[str, Any] = {}
    for name, value in plain.items():
        key = name.lower().removeprefix(f"{USER.lower()}:").removeprefix(f"{GROUP.lower()}:")
        if key in found:
            raise malformed("scim-value", attribute=key[:50])
        found[key] = value
    return found


def text(value: object) -> str:
    """A text or nothing; `scim-value` for anything else, too long, or with controls in it."""
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > TEXT_CHARS_MAX or not value.isprintable():
        raise malformed("scim-value")
    return value


def flag(value: object) -> bool:
    """A boolean, also as Entra spells it: `"True"`, `"False"`."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise malformed("scim-value", attribute="active")


def mail_of(value: object) -> str:
    """The primary address, else the first; a bare text counts as one."""
    if value is None or isinstance(value, str):
        return text(value)
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise malformed("scim-value", attribute="emails")
    rows = [evened(one) for one in value]
    primary = [row for row in rows if flag(row.get("primary", False))]
    return text((primary or rows)[0].get("value")) if rows else ""


def members_of(value: object) -> tuple[str, ...]:
    """Ids of members, in the order given, each once."""
    given = value if isinstance(value, list) else [] if value is None else [value]
    if len(given) > MEMBERS_MAX:
        raise malformed("scim-value", attribute="members")
    ids = [text(evened(_object(one)).get("value")) for one in given]
    if not all(ids):
        raise malformed("scim-value", attribute="members")
    return tuple(dict.fromkeys(ids))


def _object(value: object) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise malformed("scim-value")
    return value


def _meta(kind: str, known: Known, location: str) -> dict[str, str]:
    return {
        "resourceType": kind,
        "created": known.created_at,
        "lastModified": known.changed_at,
        "location": location,
        "version": etag(known.version),
    }
