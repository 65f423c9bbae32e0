"""An endpoint is data. The table of them drives routing, limits, OpenAPI, the stranger test and the docs."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from enum import StrEnum

import msgspec

from .call import JSON, Call, Reply

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
EVERYWHERE = (
    "bad-ask",
    "malformed-path",
    "malformed-query",
    "method-not-allowed",
    "no-such-path",
    "broken",
    "timed-out",
)
WITH_BODY = ("malformed-body", "body-too-large", "body-truncated", "slow-body", "wrong-media-type")


class Body(StrEnum):
    """What an endpoint takes when it is not one Struct in JSON."""

    NONE = "none"
    BYTES = "bytes"  # read whole, bounded
    FORM = "form"  # urlencoded, bounded, with its origin and CSRF token checked
    STREAM = "stream"  # handed over as chunks, bounded in sum


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One method on one path.

    `action` is the policy's name for it (None: open to anyone, such as sign-in). `marks` tell endpoints of
    one method and path apart: `?uploads` a query flag, `x-amz-copy-source` a header; the most marks win.
    `timeout_ms` bounds reading the body, then doing the work; for a stream, each wait for a chunk.
    """

    method: str
    path: str
    name: str
    action: str | None
    does: Callable[[Call], Awaitable[Reply]]
    summary: str = ""
    takes: type[msgspec.Struct] | Body = Body.NONE
    query: type[msgspec.Struct] | None = None
    gives: type[msgspec.Struct] | None = None
    media: str = JSON
    body_bytes_max: int = 0
    timeout_ms: int = 5_000
    refusals: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()

    def all_refusals(self) -> tuple[str, ...]:
        """The codes it may answer with: its own and those of the kit."""
        body = () if self.takes is Body.NONE else WITH_BODY
        who = () if self.action is None else ("no-credential", "not-permitted")
        form = ("cross-site", "stale-form") if self.takes is Body.FORM else ()
        return tuple(sorted({*self.refusals, *EVERYWHERE, *body, *who, *form}))


def table(*groups: Iterable[Endpoint]) -> tuple[Endpoint, ...]:
    """Join groups of endpoints into one table, checked; ValueError names the endpoint that is wrong."""
    rows = tuple(row for group in groups for row in group)
    names: set[str] = set()
    places: set[tuple[str, str, frozenset[str]]] = set()
    for row in rows:
        place = (row.method, row.path, frozenset(row.marks))
        if row.name in names or place in places:
            raise ValueError(f"{row.name}: twice in the table")
        names.add(row.name)
        places.add(place)
        wrong = _fault(row)
        if wrong:
            raise ValueError(f"{row.name}: {wrong}")
    return rows


def choose(rows: Iterable[Endpoint], query: Mapping[str, str], headers: Mapping[str, str]) -> Endpoint | None:
    """Among rows of one method and path, the one with the most marks that are all there."""
    fits = [row for row in rows if all(_has(mark, query, headers) for mark in row.marks)]
    return max(fits, key=lambda row: len(row.marks), default=None)


def _has(mark: str, query: Mapping[str, str], headers: Mapping[str, str]) -> bool:
    return mark[1:] in query if mark.startswith("?") else mark in headers


def _fault(row: Endpoint) -> str | None:
    shapes = [shape for shape in (row.takes, row.query) if isinstance(shape, type)]
    if row.method not in METHODS or not row.path.startswith("/"):
        return "method or path"
    if not all(shape.__struct_config__.forbid_unknown_fields for shape in shapes):
        return "a shape that takes unknown fields"
    if (row.takes is Body.NONE) != (row.body_bytes_max == 0):
        return "body_bytes_max and takes disagree"
    if row.takes is not Body.NONE and row.method == "GET":
        return "a GET with a body"
    return None if row.timeout_ms > 0 else "timeout_ms"
