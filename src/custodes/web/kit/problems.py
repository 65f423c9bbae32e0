"""The one table that turns refusals into HTTP: RFC 9457 problem details, and a status per kind or code."""

from types import MappingProxyType
from typing import Any

import msgspec

from custodes.kernel.refusal import Kind, Refusal, even

from .call import Reply

PROBLEM_JSON = "application/problem+json"
KINDS = MappingProxyType(
    {
        Kind.MALFORMED: (400, "The request cannot be understood"),
        Kind.UNAUTHENTICATED: (401, "We do not know who asks"),
        Kind.DENIED: (403, "Not allowed"),
        Kind.ABSENT: (404, "Not there"),
        Kind.CONFLICT: (409, "Somebody was first, or a condition does not hold"),
        Kind.LOCKED: (423, "Locked: somebody must open it first"),
        Kind.LIMITED: (429, "Too much or too fast"),
        Kind.UNAVAILABLE: (503, "Something needed does not answer"),
        Kind.BROKEN: (500, "Our own fault"),
    }
)
CODES = MappingProxyType(  # where HTTP has a status of its own for one code
    {
        "method-not-allowed": 405,
        "slow-body": 408,
        "body-too-large": 413,
        "wrong-media-type": 415,
        "timed-out": 504,
    }
)


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 9457 section 3.1; `code`, `kind`, `facts` and `request` are our extension members."""

    type: str
    title: str
    status: int
    code: str
    kind: str
    facts: dict[str, Any]
    request: str


_KEPT = frozenset({"no-such-path"})  # the path is the same for everybody


def broken() -> Refusal:
    """What a stranger's exception becomes: no text, no facts; the log has the rest under the request's id."""
    return Refusal("broken", Kind.BROKEN)


def problem(refusal: Refusal, request_id: str) -> Problem:
    """The problem a refusal is; `type` points at the code's description in the OpenAPI document."""
    refusal = even(refusal, _KEPT)
    status, title = KINDS[refusal.kind]
    return Problem(
        type=f"/openapi.json#/components/responses/{refusal.code}",
        title=title,
        status=CODES.get(refusal.code, status),
        code=refusal.code,
        kind=refusal.kind.value,
        facts={} if refusal.kind is Kind.BROKEN else dict(refusal.facts),
        request=request_id,
    )


def headers(refusal: Refusal) -> tuple[tuple[str, str], ...]:
    """The headers HTTP wants beside a status: Allow, WWW-Authenticate, Retry-After."""
    out: list[tuple[str, str]] = []
    allow, retry = refusal.facts.get("allow"), refusal.facts.get("retry_after_s")
    if isinstance(allow, tuple):
        out.append(("allow", ", ".join(allow)))
    if refusal.kind is Kind.UNAUTHENTICATED:
        out.append(("www-authenticate", 'Bearer realm="custodes"'))
    if isinstance(retry, int):
        out.append(("retry-after", str(retry)))
    return tuple(out)


def as_json(refusal: Refusal, request_id: str) -> Reply:
    """How the API answers a refusal."""
    body = problem(refusal, request_id)
    return Reply(
        status=body.status, gives=body, media=PROBLEM_JSON, headers=headers(refusal), refusal=refusal.code
    )
