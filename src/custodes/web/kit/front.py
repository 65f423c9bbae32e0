"""The ASGI application made of an endpoint table: pure ASGI, Starlette's paths, nothing in between."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile

import msgspec
from starlette.requests import Request
from starlette.routing import compile_path
from starlette.types import Message, Receive, Scope, Send

from custodes.kernel.dice import Dice
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal, absent, limited, malformed, unavailable

from . import bodies, forms, problems, shield
from .call import JSON, Call, Reply
from .endpoint import METHODS, Body, Endpoint, choose
from .logs import Log, began, took_us
from .peer import peer

_AT_ONCE_US = 20_000  # a body that took longer than this to come was slow


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
        self._shield = (("cache-control", "no-store"), *shield.headers(face.csp, is_tls=face.is_tls))
        self._shield_raw = _raw(self._shield)
        by_path: dict[str, list[Endpoint]] = defaultdict(list)
        for row in endpoints:
            by_path[row.path].append(row)
        self._doors = _Doors([_Door(path, rows, self) for path, rows in by_path.items()])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI 3."""
        scope["custodes.id"] = new_id("req", self._face.dice)
        scope["custodes.began"] = began()
        try:
            shield.check_path(scope.get("raw_path") or scope["path"].encode())
            await self._doors.at(scope)(scope, receive, send)
        except Refusal as refusal:
            await self.answer(scope, send, self._refused(scope, refusal), None)

    async def serve(self, row: Endpoint, scope: Scope, receive: Receive, send: Send) -> None:
        """One request for one endpoint: check, read, do, answer."""
        request = Request(scope, receive)
        call, within_s, facts = None, row.timeout_ms / 1000, {"timeout_ms": row.timeout_ms}
        try:
            async with asyncio.timeout(None if row.takes is Body.STREAM else within_s) as deadline:
                call = await self._call(row, request, receive)
                if (
                    call.body is not None
                    and took_us(scope["custodes.began"]) > _AT_ONCE_US
                    and deadline.when() is not None
                ):
                    deadline.reschedule(asyncio.get_running_loop().time() + within_s)  # the work has its own
                reply = await row.does(call)
        except Refusal as refusal:
            reply = self._refused(scope, refusal)
        except TimeoutError as error:
            if not deadline.expired():
                self._face.log.fault(scope["custodes.id"], error)
            what = limited("slow-body", **facts) if call is None else unavailable("timed-out", **facts)
            reply = self._refused(scope, what)
        except Exception as error:  # a stranger's exception is our fault, sent without text
            self._face.log.fault(scope["custodes.id"], error)
            reply = self._refused(scope, problems.broken())
        await self.answer(scope, send, reply, row)

    async def answer(self, scope: Scope, send: Send, reply: Reply, row: Endpoint | None) -> None:
        """Send the reply and write the access line; a stream that breaks off is cut, never ended well."""
        is_head, count = scope["method"] == "HEAD", 0
        try:
            content = reply.content() if reply.stream is None else b""
            await send(self._start(reply, content, scope["custodes.id"]))
            if reply.stream is not None and not is_head:
                async for chunk in reply.stream:
                    count += len(chunk)
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            content = b"" if is_head else content
            count += len(content)
            await send({"type": "http.response.body", "body": content})
        except Refusal as refusal:  # too late for a status: the connection is cut
            reply = msgspec.structs.replace(reply, refusal=refusal.code)
            raise ConnectionAbortedError(refusal.code) from refusal
        finally:
            us = took_us(scope["custodes.began"])
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
        csrf = forms.csrf_token(visit) if visit else ""
        if row.takes is Body.STREAM:
            stream = bodies.chunks(receive, headers, row.body_bytes_max, row.timeout_ms)
            return msgspec.structs.replace(call, csrf=csrf, body=stream)
        raw = await bodies.gathered(receive, headers, row.body_bytes_max)
        return msgspec.structs.replace(call, csrf=csrf, body=_body(row, raw, request, visit))

    def _start(self, reply: Reply, content: bytes, request_id: str) -> Message:
        own = [("request-id", request_id)]
        if reply.status not in {204, 303, 304}:
            own.append(("content-type", reply.media))
        if reply.stream is None and reply.status != 304:
            own.append(("content-length", str(len(content))))
        if not reply.headers:
            raw = [*self._shield_raw, *_raw(own)]
        else:
            given = {name for name, _ in reply.headers}
            raw = _raw([*((n, v) for n, v in (*self._shield, *own) if n not in given), *reply.headers])
        return {"type": "http.response.start", "status": reply.status, "headers": raw}

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
        self.path = path
        self.form, _, self.convertors = compile_path(path)
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
        rows = self._rows.get(method, ())
        if len(rows) == 1 and not rows[0].marks:
            row: Endpoint | None = rows[0]
        else:
            request = Request(scope)
            row = choose(rows, request.query_params, request.headers)
        if row is None:
            raise malformed("method-not-allowed", allow=self._allow)
        await self._front.serve(row, scope, receive, send)


class _Doors:
    """A table of a hundred paths is cut by their fixed heads, so that few are tried.

    For each head: every door, in the table's order, that a path with such first segments can match.
    """

    def __init__(self, doors: Sequence[_Door]) -> None:
        split = [(door.path.split("/")[1:3], door) for door in doors]
        heads = [(tuple(takewhile(lambda one: "{" not in one, first)), door) for first, door in split]
        wanted = {head[:n] for head, _ in heads for n in range(len(head) + 1)} | {()}
        self._by_head = {
            one: tuple(door for head, door in heads if head == one[: len(head)]) for one in wanted
        }

    def at(self, scope: Scope) -> _Door:
        """The door this path leads to, with the path's parameters put into the scope; `no-such-path`."""
        path: str = scope["path"]
        first = tuple(path.split("/", 3)[1:3])
        for door in self._by_head.get(first) or self._by_head.get(first[:1]) or self._by_head[()]:
            match = door.form.match(path)
            if match is not None:
                given = match.groupdict().items()
                scope["path_params"] = {name: door.convertors[name].convert(text) for name, text in given}
                return door
        raise absent("no-such-path")


def _raw(lines: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("ascii"), value.encode("latin-1")) for name, value in lines]


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
