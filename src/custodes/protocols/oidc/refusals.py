"""A "no" on this border goes two ways: what an issuer's error means here, and how ours is shown.

The browser that came back from an issuer sees a page of the console, so ours are HTTP statuses; the issuer
is told nothing (RFC 6749 has no answer of a client to its authorization server).
"""

from types import MappingProxyType

from custodes.kernel.refusal import Kind, Refusal, denied, malformed, unavailable

KINDS = MappingProxyType(
    {
        Kind.MALFORMED: 400,
        Kind.UNAUTHENTICATED: 401,
        Kind.DENIED: 403,
        Kind.ABSENT: 404,
        Kind.CONFLICT: 409,
        Kind.LOCKED: 423,
        Kind.LIMITED: 429,
        Kind.UNAVAILABLE: 503,
        Kind.BROKEN: 500,
    }
)
CODES: MappingProxyType[str, int] = MappingProxyType({})

_LATER = frozenset({"server_error", "temporarily_unavailable"})
_HIS_NO = frozenset({"access_denied", "login_required", "interaction_required", "consent_required"})


def of_issuer(error: str) -> Refusal:
    """An `error` of RFC 6749 section 4.1.2.1 or OpenID Connect Core section 3.1.2.6 as our refusal.

    `issuer-said-no` (denied), `issuer-unreachable` (unavailable), for all else `issuer-refused` (malformed):
    then something is set up wrongly on one of the two sides.
    """
    if error in _HIS_NO:
        return denied("issuer-said-no")
    return unavailable("issuer-unreachable") if error in _LATER else malformed("issuer-refused")
