"""The key store of Double Key Encryption on the network: raw ASGI, one ask for each call.

Path and body are bounded; the token goes to the keyroom whole and is in no line. A refused token is
answered with the challenge that sends the office program to sign in, for the very host of the key's address.
"""

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from custodes.acts.asks import Doors
from custodes.acts.asks.clouds.dke import CallDke, LookDkeKey
from custodes.kernel.dice import Dice
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal, malformed
from custodes.protocols.dke import flow, refusals
from custodes.protocols.dke.messages import BODY_BYTES_MAX
from custodes.web.kit import bodies
from custodes.web.kit.logs import Log, began, took_us
from custodes.web.kit.problems import broken

BODY_TIMEOUT_MS = 5_000
TOKEN_CHARACTERS_MAX = 32_768
_ALWAYS = (
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)


class DkePlane:
    """ASGI 3; `log` gets one line per request, without path, headers or body."""

    def __init__(
        self, doors: Doors, log: Log, dice: Dice, refused: Callable[[Refusal], None] = lambda _: None
    ) -> None:
        """`refused` is told of every refusal, for whoever counts."""
        self._doors = doors
        self._log = log
        self._dice = dice
        self._refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        since = began()
        id_ = new_id("req", self._dice)
        status, code, operation = 200, None, ""
        more: tuple[tuple[bytes, bytes], ...] = ()
        try:
            operation, body = await self._answer(scope, receive)
        except Refusal as refusal:
            self._refused(refusal)
            code, status, body = refusal.code, refusals.status(refusal), refusals.body(refusal)
            more = _lines(refusal)
        except Exception as error:  # a stranger's exception is our fault, sent without text
            self._log.fault(id_, error)
            code, status, body = "broken", 500, refusals.body(broken())
        lines = ((b"content-length", b"%d" % len(body)), (b"request-id", id_.encode()), *_ALWAYS, *more)
        try:
            await send({"type": "http.response.start", "status": status, "headers": list(lines)})
            sent = b"" if scope["method"] == "HEAD" else body
            await send({"type": "http.response.body", "body": sent})
        finally:
            us = took_us(since)
            seen = {"bytes": len(body), "duration_us": us}
            self._log.access(id_, scope["method"], status, endpoint=operation, refusal=code, **seen)

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[str, bytes]:
        route = flow.route(scope["path"])
        method = scope["method"]
        if route.version is None:
            if method not in ("GET", "HEAD"):
                raise malformed("method-not-allowed", allow=("GET",))
            return "dke-key", (await self._doors.ask(LookDkeKey(route.connection, route.key))).body
        if method != "POST":
            raise malformed("method-not-allowed", allow=("POST",))
        headers = Headers(scope=scope)
        body = await bodies.whole(receive, headers, BODY_BYTES_MAX, BODY_TIMEOUT_MS)
        ask = CallDke(route.connection, route.key, route.version, _token(headers), body)
        return "dke-decrypt", (await self._doors.ask(ask)).body


def _token(headers: Headers) -> str:
    """The bearer token; empty for anything else, which the keyroom answers with the challenge."""
    values = headers.getlist("authorization")
    scheme, _, token = values[0].partition(" ") if len(values) == 1 else ("", "", "")
    fits = scheme.lower() == "bearer" and len(token) <= TOKEN_CHARACTERS_MAX
    return token.strip() if fits else ""


def _lines(refusal: Refusal) -> tuple[tuple[bytes, bytes], ...]:
    allow, host = refusal.facts.get("allow"), refusal.facts.get("host")
    if isinstance(allow, tuple):
        return ((b"allow", ", ".join(allow).encode()),)
    if isinstance(host, str) and host:
        return ((b"www-authenticate", flow.challenge(host).encode("latin-1")),)
    return ()
