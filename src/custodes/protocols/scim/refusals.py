"""Refusals in SCIM's form (RFC 7644 section 3.12): status, `scimType` where there is one, a sentence."""

from types import MappingProxyType
from typing import Any

import msgspec

from custodes.kernel.refusal import Kind, Refusal

from .messages import API


class Said(msgspec.Struct, frozen=True):
    """How a refusal is said."""

    status: int
    scim_type: str
    detail: str


KINDS = MappingProxyType(
    {
        Kind.MALFORMED: Said(400, "invalidSyntax", "The request cannot be understood."),
        Kind.UNAUTHENTICATED: Said(401, "", "The token is not one of this service."),
        Kind.DENIED: Said(403, "", "Not allowed."),
        Kind.ABSENT: Said(404, "", "There is no such resource."),
        Kind.CONFLICT: Said(409, "", "Somebody was first. Read the resource and try again."),
        Kind.LOCKED: Said(423, "", "Locked. Somebody has to open it first."),
        Kind.LIMITED: Said(429, "", "Too much or too fast. Try again later."),
        Kind.UNAVAILABLE: Said(503, "", "Something needed does not answer. Try again later."),
        Kind.BROKEN: Said(500, "", "Our own fault. It has been recorded."),
    }
)
CODES = MappingProxyType(
    {
        "scim-filter": Said(
            400, "invalidFilter", "Only `eq`, joined by `and`, over attributes that are kept."
        ),
        "scim-value": Said(400, "invalidValue", "A value is missing or of a kind that is not possible."),
        "scim-no-target": Said(400, "noTarget", "Remove needs a path."),
        "bad-listed": Said(
            400, "invalidValue", "The user needs a userName, and no text over 255 characters."
        ),
        "bad-group": Said(400, "invalidValue", "The group needs a displayName."),
        "account-in-use": Said(409, "uniqueness", "There is a user of this userName or externalId."),
        "group-in-use": Said(409, "uniqueness", "There is a group of this displayName."),
        "subject-linked": Said(409, "uniqueness", "This subject is somebody else here."),
        "listed-changed": Said(412, "", "The resource is of another version."),
        "group-changed": Said(412, "", "The resource is of another version."),
        "body-too-large": Said(413, "", "The body is too large."),
        "wrong-media-type": Said(415, "", "The body has to be application/scim+json."),
        "method-not-allowed": Said(405, "", "This method is not for this resource."),
        "timed-out": Said(504, "", "It took too long. Read the resource and try again."),
    }
)


def said(refusal: Refusal) -> Said:
    """By code, else by kind."""
    return CODES.get(refusal.code) or KINDS[refusal.kind]


def shown(refusal: Refusal) -> dict[str, Any]:
    """The error as JSON."""
    words = said(refusal)
    plain = {"schemas": [f"{API}:Error"], "status": str(words.status), "detail": words.detail}
    return {**plain, "scimType": words.scim_type} if words.scim_type else plain
