"""What of a SCIM resource means something here."""

import msgspec

CORE = "urn:ietf:params:scim:schemas:core:2.0"
API = "urn:ietf:params:scim:api:messages:2.0"
USER, GROUP = f"{CORE}:User", f"{CORE}:Group"
MEDIA = "application/scim+json"


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A user as sent; attributes not named here are read over (RFC 7644 section 3.3)."""

    user_name: str = ""
    external_id: str = ""
    display_name: str = ""
    given: str = ""
    family: str = ""
    mail: str = ""
    active: bool = True

    def __repr__(self) -> str:
        return f"User(active={self.active})"


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A group as sent; `members` are ids of users."""

    display_name: str = ""
    external_id: str = ""
    members: tuple[str, ...] = ()


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the server adds to a resource: id, version (for the ETag), times, and what refers to it."""

    id: str
    version: int
    created_at: str
    changed_at: str
    refers: tuple[tuple[str, str], ...] = ()
