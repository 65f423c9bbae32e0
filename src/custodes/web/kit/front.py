"""The ASGI application made of an endpoint table: pure ASGI, Starlette's router, nothing in between."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import takewhile

import msgspec
from starlette.requests import Request
from starlette.routing import Route, Router
from starlette.types import Message, Receive, Scope, Send

from custodes.kernel.dice import Dice
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal, absent, malformed, unavailable

from . import bodies, forms, problems, shield
from .call import JSON, Call, Reply
from .endpoint import METHODS, Body, Endpoint, choose
from .logs import Log
from .peer import peer


class Face(msgspec.Struct, frozen=True, kw_only=True):
    """How one application shows itself to the network.

    `origin` is its own scheme, host and port, without which no form is accepted. `visits` are the cookies a
    form's token may be bound to, strongest first. `refuse` renders a refusal; it must not fail.
    """

    log: Log
    dice: Dice
    origin: str | None = None
    is_unix_socket: bool = False
    csp: str = shield.API_CSP
    visits: tuple[str, ...] = ("session", "visit")
    refuse: Callable[[Refusal, str, Request], Reply] = lambda refusal, id_, _: problems.as_json(refusal, id_)

    @property
    def is_tls(self) -> bool:
        """Whether browsers reach it over TLS."""
        return (self.origin or "").startswith("https:")


class Front:
    """Answers each request of the table, and everything else with a refusal."""

    def __init__(self, endpoints: Sequence[Endpoint], face: Face) -> None:
        self._face = face
        self._shield = shield.headers(face.csp, is_tls=face.is_tls)
        by_path: dict[str, list[Endpoint]] = defaultdict(list)
        for row in endpoints:
            by_path[row.path].append(row)
        doors = [Route(path, _Door(path, rows, self)) for path, rows in by_path.items()]
        self._routers = _Routers(doors)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI 3."""
        if scope["type"] != "http":
            lives = scope["type"] == "lifespan"
            await (self._routers.of("/")(scope, receive, send) if lives else send(_CLOSE))
            return
        scope["custodes.id"] = new_id("req", self._face.dice)
        scope["custodes.began"] = time.perf_counter_ns()
        try:
            shield.check_path(scope.get("raw_path") or scope["path"].encode())
            await self._routers.of(scope["path"])(scope, receive, send)
        except Refusal as refusal:
            await self.answer(scope, send, self._refused(scope, refusal), None)

    async def serve(self, row: Endpoint, scope: Scope, receive: Receive, send: Send) -> None:
        """One request for one endpoint: check, read, do, answer."""
        request = Request(scope, receive)
        try:
            call = await self._call(row, request, receive)
            within_s = None if row.takes is Body.STREAM else row.timeout_ms / 1000
            async with asyncio.timeout(within_s) as deadline:
                reply = await row.does(call)
        except Refusal as refusal:
            reply = self._refused(scope, refusal)
        except TimeoutError as error:
            if not deadline.expired():
                self._face.log.fault(scope["custodes.id"], error)
            reply = self._refused(scope, unavailable("timed-out", timeout_ms=row.timeout_ms))
        except Exception as error:  # a stranger's exception is our fault, sent without text
            self._face.log.fault(scope["custodes.id"], error)
            reply = self._refused(scope, problems.broken())
        await self.answer(scope, send, reply, row)

    async def answer(self, scope: Scope, send: Send, reply: Reply, row: Endpoint | None) -> None:
        """Send the reply and write the access line; a stream that breaks off is cut, never ended well."""
        is_head, count = scope["method"] == "HEAD", 0
        try:
            await send(_start(reply, (*self._shield, ("request-id", scope["custodes.id"]))))
            if reply.stream is not None and not is_head:
                async for chunk in reply.stream:
                    count += len(chunk)
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            content = b"" if is_head else reply.content()
            count += len(content)
            await send({"type": "http.response.body", "body": content})
        except Refusal as refusal:  # too late for a status: the connection is cut
            reply = msgspec.structs.replace(reply, refusal=refusal.code)
            raise ConnectionAbortedError(refusal.code) from refusal
        finally:
            us = (time.perf_counter_ns() - scope["custodes.began"]) // 1000
            seen = {"bytes": count, "duration_us": us, "refusal": reply.refusal}
            place = {"endpoint": row.name, "path": row.path} if row else {}
            self._face.log.access(scope["custodes.id"], scope["method"], reply.status, **place, **seen)

    async def _call(self, row: Endpoint, request: Request, receive: Receive) -> Call:
        face, headers = self._face, request.headers
        if row.takes is Body.FORM:
            forms.check_origin(headers, face.origin)
        call = Call(
            id=request.scope["custodes.id"],
            request=request,
            is_tls=face.is_tls,
            path=request.path_params,
            query=_query(row, request),
            peer=peer(headers, is_unix_socket=face.is_unix_socket),
        )
        visit = next((v for name in face.visits if (v := call.cookie(name))), None)
        call = msgspec.structs.replace(call, csrf=forms.csrf_token(visit) if visit else "")
        if row.takes is Body.STREAM:
            stream = bodies.chunks(receive, headers, row.body_bytes_max, row.timeout_ms)
            return msgspec.structs.replace(call, body=stream)
        raw = await bodies.whole(receive, headers, row.body_bytes_max, row.timeout_ms)
        return msgspec.structs.replace(call, body=_body(row, raw, request, visit))

    def _refused(self, scope: Scope, refusal: Refusal) -> Reply:
        try:
            reply = self._face.refuse(refusal, scope["custodes.id"], Request(scope))
        except Exception as error:  # a page about a fault must not become a second one
            self._face.log.fault(scope["custodes.id"], error)
            reply = problems.as_json(problems.broken(), scope["custodes.id"])
        return msgspec.structs.replace(reply, refusal=refusal.code)


class _Door:
    """One path: picks the endpoint by method and marks; HEAD is a GET without its body."""

    def __init__(self, path: str, rows: list[Endpoint], front: Front) -> None:
        self.__name__ = path
        self._front = front
        self._rows = {m: [row for row in rows if row.method == m] for m in METHODS}
        known = [m for m in METHODS if self._rows[m]]
        self._allow = tuple(sorted({*known, "OPTIONS", *(("HEAD",) if "GET" in known else ())}))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        if method == "OPTIONS":
            reply = Reply(status=204, headers=(("allow", ", ".join(self._allow)),))
            await self._front.answer(scope, send, reply, None)
            return
        request = Request(scope)
        row = choose(self._rows.get(method, ()), request.query_params, request.headers)
        if row is None:
            raise malformed("method-not-allowed", allow=self._allow)
        await self._front.serve(row, scope, receive, send)


class _Routers:
    """Starlette tries one route after the other; a table of a hundred rows is cut by its paths' fixed heads.

    Each router holds, in the table's order, every route that a path with such first segments can match.
    """

    def __init__(self, routes: Sequence[Route]) -> None:
        split = [(route.path.split("/")[1:3], route) for route in routes]
        heads = [(tuple(takewhile(lambda one: "{" not in one, first)), route) for first, route in split]
        wanted = {head[:n] for head, _ in heads for n in range(len(head) + 1)}
        self._by_head = {
            one: Router(
                [route for head, route in heads if head == one[: len(head)]],
                redirect_slashes=False,
                default=_nowhere,
            )
            for one in wanted
        }

    def of(self, path: str) -> Router:
        """The smallest router that holds every route this path can match."""
        first = tuple(path.split("/", 3)[1:3])
        return self._by_head.get(first) or self._by_head.get(first[:1]) or self._by_head[()]


_CLOSE: Message = {"type": "websocket.close"}


async def _nowhere(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise absent("no-such-path")


def _start(reply: Reply, defaults: Sequence[tuple[str, str]]) -> Message:
    sent = {"cache-control": "no-store"} | dict(defaults)
    if reply.status not in {204, 303, 304}:
        sent["content-type"] = reply.media
    if reply.stream is None and reply.status != 304:
        sent["content-length"] = str(len(reply.content()))
    given = {name for name, _ in reply.headers}
    lines = [*((n, v) for n, v in sent.items() if n not in given), *reply.headers]
    raw = [(name.encode("ascii"), value.encode("latin-1")) for name, value in lines]
    return {"type": "http.response.start", "status": reply.status, "headers": raw}


def _query(row: Endpoint, request: Request) -> msgspec.Struct | None:
    if row.query is None:
        return None
    pairs = request.query_params.multi_items()
    if len({name for name, _ in pairs}) != len(pairs):
        raise malformed("malformed-query", why="a name twice")
    return bodies.convert(dict(pairs), row.query, "malformed-query")


def _body(row: Endpoint, raw: bytes, request: Request, visit: str | None) -> object:
    if isinstance(row.takes, type):
        bodies.check_media(request.headers, JSON)
        return bodies.decode(raw, row.takes)
    if row.takes is Body.FORM:
        bodies.check_media(request.headers, forms.FORM)
        return forms.check_token(forms.parse(raw), visit)
    return raw if row.takes is Body.BYTES else None
