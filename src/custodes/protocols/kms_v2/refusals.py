"""A "no" in gRPC's status codes; `KINDS` has the HTTP status each is, as gRPC maps them."""

from types import MappingProxyType
from typing import NamedTuple

from custodes.kernel.refusal import Kind, Refusal


class Said(NamedTuple):
    """The HTTP status it stands for, and gRPC's own code."""

    status: int
    code: str


KINDS: MappingProxyType[Kind, Said] = MappingProxyType(
    {
        Kind.MALFORMED: Said(400, "INVALID_ARGUMENT"),
        Kind.UNAUTHENTICATED: Said(401, "UNAUTHENTICATED"),
        Kind.DENIED: Said(403, "PERMISSION_DENIED"),
        Kind.ABSENT: Said(404, "NOT_FOUND"),
        Kind.CONFLICT: Said(409, "ABORTED"),
        Kind.LOCKED: Said(400, "FAILED_PRECONDITION"),
        Kind.LIMITED: Said(429, "RESOURCE_EXHAUSTED"),
        Kind.UNAVAILABLE: Said(503, "UNAVAILABLE"),
        Kind.BROKEN: Said(500, "INTERNAL"),
    }
)
CODES: MappingProxyType[str, Said] = MappingProxyType({})


def said(refusal: Refusal) -> tuple[str, str]:
    """(gRPC's code, its text): our code, which is stable; what is broken says nothing."""
    row = CODES.get(refusal.code, KINDS[refusal.kind])
    return row.code, "broken" if refusal.kind is Kind.BROKEN else refusal.code
