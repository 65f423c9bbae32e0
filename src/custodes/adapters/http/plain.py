"""One HTTP request from a plain program: bounded in bytes and time, no redirect, no proxy to loopback.

For what proves itself: checkpoints, tiles, cosignatures, time stamps. Whatever carries a token goes by
`wiring/remote.py`, which adds that plain http is for loopback only.
"""

import ipaddress
import urllib.error
import urllib.request
from collections.abc import Mapping
from email.message import Message
from typing import IO
from urllib.parse import urlsplit

import msgspec

from custodes.adapters.system import SystemClock
from custodes.kernel.refusal import malformed, unavailable

from .route import Route

CHUNK_BYTES = 64 * 1_024


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back."""

    status: int
    media: str
    body: bytes


class PlainHttp:
    """Requests below one address; `bad-url` (malformed) for what is no http or https address.

    An ended request holds nothing; each has a connection of its own.
    """

    def __init__(
        self, base: str, *, timeout_s: float = 10.0, bytes_max: int = 1_048_576, route: Route | None = None
    ) -> None:
        """Without a route: whoever runs the program has his own proxy and authorities in his environment."""
        parts = urlsplit(base)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise malformed("bad-url")
        self._clock = SystemClock()
        self._base = base.rstrip("/")
        self._timeout_s = timeout_s
        self._bytes_max = bytes_max
        is_here = is_loopback(parts.hostname)
        if route is not None:
            self._opener = urllib.request.build_opener(NoRedirect, *route.for_urllib(is_loopback=is_here))
        else:
            proxies = (urllib.request.ProxyHandler({}),) if is_here else ()
            self._opener = urllib.request.build_opener(NoRedirect, *proxies)

    def get(self, path: str) -> Answer:
        """`url-unreachable`, `answer-too-long`, `answer-too-slow` (unavailable); any status is an answer."""
        return self._ask(urllib.request.Request(f"{self._base}/{path}"))  # noqa: S310 - the scheme was checked

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """The same with a body; an empty path is the address itself."""
        url = f"{self._base}/{path}" if path else self._base
        return self._ask(urllib.request.Request(url, data=body, headers=dict(headers), method="POST"))  # noqa: S310

    def _ask(self, request: urllib.request.Request) -> Answer:
        until_ms = self._clock.boot_ms() + int(self._timeout_s * 1000)
        request.add_header("user-agent", "custodes")
        try:
            with self._opener.open(request, timeout=self._timeout_s) as answer:
                return self._read(answer.status, answer, until_ms)
        except urllib.error.HTTPError as error:
            with error:
                return self._read(error.code, error, until_ms)
        except (OSError, ValueError) as error:
            raise unavailable("url-unreachable") from error

    def _read(self, status: int, answer: IO[bytes], until_ms: int) -> Answer:
        """The whole body; somebody who sends a byte now and then is given up on."""
        parts, size = [], 0
        read1 = getattr(answer, "read1", answer.read)
        while chunk := read1(CHUNK_BYTES):
            parts.append(chunk)
            size += len(chunk)
            if size > self._bytes_max:
                raise unavailable("answer-too-long")
            if self._clock.boot_ms() > until_ms:
                raise unavailable("answer-too-slow")
        headers: Message = answer.headers  # type: ignore[attr-defined]
        return Answer(status=status, media=headers.get_content_type(), body=b"".join(parts))


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine itself."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """What is asked is asked where it was said, not where somebody points."""

    def redirect_request(  # noqa: PLR0917 - urllib's own form
        self,
        req: urllib.request.Request,  # noqa: ARG002
        fp: IO[bytes],  # noqa: ARG002
        code: int,  # noqa: ARG002
        msg: str,  # noqa: ARG002
        headers: Message,  # noqa: ARG002
        newurl: str,  # noqa: ARG002
    ) -> None:
        """Never."""
        return
