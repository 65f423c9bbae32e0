"""A "no" as the key store answers it: a status, and a word for it that says nothing about documents."""

from types import MappingProxyType

import msgspec

from custodes.kernel.refusal import Kind, Refusal

KINDS: MappingProxyType[Kind, int] = MappingProxyType(
    {
        Kind.MALFORMED: 400,
        Kind.UNAUTHENTICATED: 401,
        Kind.DENIED: 403,
        Kind.ABSENT: 404,
        Kind.CONFLICT: 409,
        Kind.LOCKED: 403,
        Kind.LIMITED: 429,
        Kind.UNAVAILABLE: 503,
        Kind.BROKEN: 500,
    }
)
CODES: MappingProxyType[str, int] = MappingProxyType(
    {"body-too-large": 413, "method-not-allowed": 405, "slow-body": 408}
)


def status(refusal: Refusal) -> int:
    """The HTTP status."""
    return CODES.get(refusal.code, KINDS[refusal.kind])


def body(refusal: Refusal) -> bytes:
    """The code, which is stable; what is absent and what is broken say no more than that."""
    plain = refusal.kind.value if refusal.kind in {Kind.ABSENT, Kind.BROKEN} else refusal.code
    return msgspec.json.encode({"error": plain})
