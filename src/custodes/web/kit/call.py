"""One request as an endpoint's body sees it, and the reply it gives back."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request

from custodes.kernel.refusal import unauthenticated

from .peer import Peer

T = TypeVar("T")
HTML = "text/html; charset=utf-8"
JSON = "application/json"


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A request whose limits and shapes have been checked; nothing in it says who asks.

    `body` is what the endpoint `takes`: a Struct, bytes, a Form, an iterator of chunks, or None.
    """

    id: str
    request: Request
    is_tls: bool
    path: Mapping[str, str]
    query: Any = None
    body: Any = None
    peer: Peer | None = None
    csrf: str = ""  # to be put into each form; empty where no cookie binds the visit

    def taken(self, shape: type[T]) -> T:
        """The body, which is of `shape` because the endpoint's `takes` says so."""
        if not isinstance(self.body, shape):
            raise TypeError(shape.__name__)
        return self.body

    def asked(self, shape: type[T]) -> T:
        """The decoded query, which is of `shape` because the endpoint's `query` says so."""
        if not isinstance(self.query, shape):
            raise TypeError(shape.__name__)
        return self.query

    def cookie(self, name: str) -> str | None:
        """The cookie `name`; over TLS only its `__Host-` form counts."""
        return self.request.cookies.get(f"__Host-{name}" if self.is_tls else name)

    def bearer(self) -> str:
        """The token of `Authorization: Bearer` (RFC 6750 section 2.1; `no-credential`)."""
        values = self.request.headers.getlist("authorization")
        scheme, _, token = values[0].partition(" ") if len(values) == 1 else ("", "", "")
        if scheme.lower() != "bearer" or not token or len(token) > 4_096:
            raise unauthenticated("no-credential")
        return token.strip()


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What goes back: exactly one of `gives` (encoded as JSON), `raw` or `stream`, or nothing."""

    status: int = 200
    gives: msgspec.Struct | None = None
    raw: bytes | None = None
    stream: AsyncIterator[bytes] | None = None
    media: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    refusal: str | None = None  # the refusal code, for the log line

    def content(self) -> bytes:
        """The bytes to send when nothing is streamed."""
        return self.raw or b"" if self.gives is None else msgspec.json.encode(self.gives)


def see_other(place: str, *headers: tuple[str, str]) -> Reply:
    """303 to a place on this site, after a form was accepted (RFC 9110 section 15.4.4)."""
    if not place.startswith("/") or place.startswith(("//", "/\\")) or "\n" in place or "\r" in place:
        raise ValueError("not a place on this site")
    return Reply(status=303, headers=(("location", place), *headers))
