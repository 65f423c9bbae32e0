"""HTTP to hosts the operator named, and to no other: issuers, webhooks, chat servers.

One request, one connection, one answer of bounded length and time. No redirect is followed, no variable of
the environment asked, no cookie kept: where something is sent, and by which way, is what the settings say.
"""

import contextlib
import http.client
import socket
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

import msgspec

from custodes.kernel.refusal import denied, unavailable

from .http.route import LOOPBACK, STRAIGHT, Route

TIMEOUT_S = 10.0  # of one wait
DEADLINE_S = 20.0  # of all of it
ANSWER_BYTES_MAX = 524_288


class Answer(msgspec.Struct, frozen=True):
    """Status and whole body."""

    status: int
    body: bytes


class _Deadline:
    """The whole exchange has an end (`TimeoutError`): `TIMEOUT_S` bounds one wait, and who sends a byte now
    and then never lets it pass. The connection is shut down by a second handle, which TLS does not take
    along; what was read until then counts for nothing, for http.client takes a head that breaks off for a
    whole one.
    """

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        self._second: socket.socket | None = None
        self._is_over = False
        self._lock = threading.Lock()
        self._timer = threading.Timer(DEADLINE_S, self._end)
        self._timer.daemon = True
        connect = connection._create_connection  # type: ignore[attr-defined]

        def connected(*given: Any) -> socket.socket:  # noqa: ANN401 - as the standard library has it
            made: socket.socket = connect(*given)
            self._second = made.dup()
            return made

        connection._create_connection = connected  # type: ignore[attr-defined]

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            second, self._second = self._second, None
        if second is not None:
            second.close()
        if self._is_over:
            raise TimeoutError

    def _end(self) -> None:
        with self._lock, contextlib.suppress(OSError):
            self._is_over = True
            if self._second is not None:
                self._second.shutdown(socket.SHUT_RDWR)


class Outgoing:
    """`hosts` are `name` or `name:port` as the operator wrote them; a bare name is its https port.

    Plain http goes to this machine only, where `loopback_too` (a demonstration) and with its port named.
    """

    def __init__(
        self, hosts: tuple[str, ...], *, loopback_too: bool = False, route: Route = STRAIGHT
    ) -> None:
        self._route = route
        self._hosts = frozenset(host.lower() for host in hosts)
        self._loopback_too = loopback_too

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        ca: str = "",
    ) -> Answer:
        """Blocking. `host-not-allowed` (denied), `unreachable` (unavailable): also too long, too slow, or
        not under the certificate authority it should be.
        """
        parts = self._allowed(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection = self._route.connection(parts, TIMEOUT_S, ca)
        try:
            with _Deadline(connection):
                connection.request(method, path, body, {"user-agent": "custodes", **(headers or {})})
                answer = connection.getresponse()
                read = answer.read(ANSWER_BYTES_MAX + 1)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise unavailable("unreachable") from error
        finally:
            connection.close()
        if len(read) > ANSWER_BYTES_MAX:
            raise unavailable("unreachable")
        return Answer(answer.status, read)

    def allows(self, url: str) -> bool:
        """Whether this address may be asked."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            return False
        host = (parts.hostname or "").lower()
        if not host or parts.username is not None or parts.scheme not in {"https", "http"}:
            return False
        if any(ord(sign) <= 32 or ord(sign) > 126 for sign in url):
            return False
        if parts.scheme == "http":
            return self._loopback_too and host in LOOPBACK and f"{host}:{port}" in self._hosts
        return f"{host}:{port or 443}" in self._hosts or (port in {None, 443} and host in self._hosts)

    def _allowed(self, url: str) -> SplitResult:
        if not self.allows(url):
            raise denied("host-not-allowed")
        return urlsplit(url)
