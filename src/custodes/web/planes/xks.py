"""The external key store proxy on the network: raw ASGI, one ask for each call.

Nothing is decided here and no name is believed: head and body are bounded, the signature becomes a claim, and
the keyroom is handed both whole. Bodies are never logged; an access line has the operation and the outcome.
"""

import hashlib
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from custodes.acts.asks import Doors
from custodes.acts.asks.clouds.xks import CallXks
from custodes.kernel.dice import Dice
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal, malformed
from custodes.protocols.s3.messages import head
from custodes.protocols.xks import auth, flow, refusals
from custodes.protocols.xks.messages import BODY_BYTES_MAX
from custodes.web.kit import bodies
from custodes.web.kit.logs import Log, began, took_us
from custodes.web.kit.peer import peer
from custodes.web.kit.problems import broken

BODY_TIMEOUT_MS = 5_000
ALIVE = "/alive"  # for load balancers: this process answers; whether keys do is what `health` says
_JSON = (b"content-type", b"application/json")
_ALWAYS = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))


class XksPlane:
    """ASGI 3; `log` gets one line per request, without path, headers or body."""

    def __init__(
        self,
        doors: Doors,
        log: Log,
        dice: Dice,
        *,
        refused: Callable[[Refusal], None] = lambda _: None,
        is_unix_socket: bool = False,
    ) -> None:
        """`refused` is told of every refusal, for whoever counts."""
        self._doors = doors
        self._log = log
        self._dice = dice
        self._refused = refused
        self._is_unix_socket = is_unix_socket

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        since = began()
        id_ = new_id("req", self._dice)
        operation, code, status = "", None, 200
        more: tuple[tuple[bytes, bytes], ...] = ()
        try:
            if scope["path"] == ALIVE and scope["method"] in ("GET", "HEAD"):
                operation, body = "alive", b'{"alive":true}'
            else:
                operation, body = await self._answer(scope, receive)
        except Refusal as refusal:
            self._refused(refusal)
            code, status, body = refusal.code, refusals.said(refusal).status, refusals.body(refusal)
            more = ((b"allow", b"POST"),) if status == 405 else ()
        except Exception as error:  # a stranger's exception is our fault, sent without text
            self._log.fault(id_, error)
            code, status, body = "broken", 500, refusals.body(broken())
        headers = [
            _JSON,
            (b"content-length", b"%d" % len(body)),
            (b"request-id", id_.encode()),
            *_ALWAYS,
            *more,
        ]
        if scope["method"] == "HEAD":
            body = b""
        try:
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})
        finally:
            us = took_us(since)
            seen = {"bytes": len(body), "duration_us": us}
            about = {"endpoint": operation, "refusal": code}
            self._log.access(id_, scope["method"], status, **about, **seen)

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[str, bytes]:
        """The operation, and the body of its answer."""
        given = head(scope["method"], scope["raw_path"], scope["query_string"], scope["headers"])
        route = flow.route(given.raw_path)
        if given.method != "POST":
            raise malformed("method-not-allowed", allow=("POST",))
        headers = Headers(scope=scope)
        body = await bodies.whole(receive, headers, BODY_BYTES_MAX, BODY_TIMEOUT_MS)
        certificate = peer(headers, is_unix_socket=self._is_unix_socket)
        claim = auth.claim(given, hashlib.sha256(body).hexdigest())
        der = certificate.der if certificate is not None else None
        done = await self._doors.ask(CallXks(claim, body, der))
        return route.operation.value, done.body
