"""One small application with every way to go wrong, driven message by message."""

import ast
import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from custodes.kernel.refusal import Kind, Refusal
from custodes.web.kit import front
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Body, Endpoint, table
from custodes.web.kit.forms import Form, csrf_token
from custodes.web.kit.front import Face, Front
from custodes.web.kit.logs import Log
from fakes import SeededDice, SetClock
from fakes.asgi import Answer, drive

ORIGIN = "http://localhost:8080"
JSON_TYPE = ("content-type", "application/json")
FORM_TYPE = ("content-type", "application/x-www-form-urlencoded")
OURS = ("sec-fetch-site", "same-origin")


class Thing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str


class Doors:
    """Stands where the process with the keys stands: it refuses what it is told to refuse."""

    async def ask(self, what: str) -> str:
        if what in set(Kind):
            raise Refusal("told-so", Kind(what), {"who": what})
        if what == "bug":
            raise RuntimeError("the passphrase is swordfish")
        if what == "inner-timeout":
            raise TimeoutError("swordfish")
        if what == "hang":
            await asyncio.sleep(3_600)
        return what


class Rooms:
    """How a set of endpoints gets its doors: by its constructor."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def get(self, call: Call) -> Reply:
        return Reply(gives=Thing(name=await self._doors.ask(call.path["what"])))

    async def put(self, call: Call) -> Reply:
        return Reply(status=201, gives=call.taken(Thing))

    async def form(self, call: Call) -> Reply:
        return Reply(raw=call.taken(Form).one("a").encode(), media="text/plain")

    async def upload(self, call: Call) -> Reply:
        count = 0
        async for chunk in call.body:
            count += len(chunk)
        return Reply(gives=Thing(name=str(count)))

    async def download(self, call: Call) -> Reply:
        async def stream() -> AsyncIterator[bytes]:
            yield b"one"
            how = call.request.query_params.get("broken")
            if how == "bug":
                raise RuntimeError("swordfish")
            if how == "kill":
                raise Refusal("key-killed", Kind.LOCKED)
            yield b"two"

        return Reply(
            stream=stream(), media="application/octet-stream", headers=(("cache-control", "private"),)
        )

    def endpoints(self) -> tuple[Endpoint, ...]:
        return (
            Endpoint(
                method="GET", path="/things/{what}", name="get", action="see", does=self.get, timeout_ms=50
            ),
            Endpoint(
                method="PUT",
                path="/things/{what}",
                name="put",
                action="put",
                does=self.put,
                takes=Thing,
                body_bytes_max=20,
                timeout_ms=50,
            ),
            Endpoint(
                method="POST",
                path="/form",
                name="form",
                action=None,
                does=self.form,
                takes=Body.FORM,
                body_bytes_max=99,
            ),
            Endpoint(
                method="POST",
                path="/up",
                name="up",
                action=None,
                does=self.upload,
                takes=Body.STREAM,
                body_bytes_max=10,
                timeout_ms=50,
            ),
            Endpoint(method="GET", path="/down", name="down", action=None, does=self.download),
        )


class World:
    def __init__(self, **face: Any) -> None:
        self.lines: list[bytes] = []
        log = Log(self.lines.append, SetClock())
        self.app = Front(table(Rooms(Doors()).endpoints()), Face(log=log, dice=SeededDice(), **face))

    def __call__(
        self, method: str, target: str, body: Any = b"", *headers: tuple[str, str], **more: bool
    ) -> Answer:
        return drive(self.app, method, target, body, headers, **more)

    @property
    def access(self) -> dict[str, Any]:
        (line,) = [line for raw in self.lines if (line := json.loads(raw))["log"] == "access"]
        return dict(line)


@pytest.fixture
def world() -> World:
    return World()


def test_an_answer_carries_headers_id_and_length(world: World) -> None:
    answer = world("GET", "/things/blue")
    assert (answer.status, answer.json) == (200, {"name": "blue"})
    assert answer.header("content-length") == str(len(answer.body))
    assert answer.header("cache-control") == "no-store"
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("content-security-policy") == "default-src 'none'; frame-ancestors 'none'"
    assert answer.header("request-id") == world.access["request"]
    assert world.access["endpoint"] == "get"
    assert world.access["path"] == "/things/{what}"


@pytest.mark.parametrize(
    ("kind", "status"), list(zip(Kind, (400, 401, 403, 404, 409, 423, 429, 503, 500), strict=True))
)
def test_every_kind_of_refusal(world: World, kind: Kind, status: int) -> None:
    answer = world("GET", f"/things/{kind.value}")
    assert (answer.status, answer.json["status"]) == (status, status)
    assert answer.header("content-type") == "application/problem+json"
    code = "no-such-thing" if kind is Kind.ABSENT else "told-so"
    assert (answer.json["code"], answer.json["kind"]) == (code, kind.value)
    assert answer.json["facts"] == ({} if kind in {Kind.BROKEN, Kind.ABSENT} else {"who": kind.value})
    assert world.access["refusal"] == "told-so"


@pytest.mark.parametrize("what", ["bug", "inner-timeout"])
def test_a_strangers_exception_is_logged_with_its_id_and_sent_without_text(world: World, what: str) -> None:
    answer = world("GET", f"/things/{what}")
    assert answer.json["code"] == ("broken" if what == "bug" else "timed-out")
    fault = json.loads(world.lines[0])
    assert fault["log"] == "fault"
    assert fault["request"] == answer.json["request"] == answer.header("request-id")
    assert b"swordfish" not in answer.body + b"".join(world.lines)


def test_work_that_takes_too_long_is_given_up(world: World) -> None:
    answer = world("GET", "/things/hang")
    assert (answer.status, answer.json["code"]) == (504, "timed-out")


def test_bodies(world: World) -> None:
    assert world("PUT", "/things/x", b'{"name":"a"}', JSON_TYPE).json == {"name": "a"}
    for body, headers, status, code in (
        (b'{"name":"aaaaaaaaaaaaaaaaaaaa"}', [JSON_TYPE], 413, "body-too-large"),
        ([b'{"name":"aaaaa', b"aaaaaaaaaaaaaaa", b'"}'], [JSON_TYPE], 413, "body-too-large"),
        (b"", [JSON_TYPE, ("content-length", "21")], 413, "body-too-large"),
        (b'{"name":1}', [JSON_TYPE], 400, "malformed-body"),
        (b'{"nome":"a"}', [JSON_TYPE], 400, "malformed-body"),
        (b"", [JSON_TYPE], 400, "malformed-body"),
        (b'{"name":"a"}', [], 415, "wrong-media-type"),
        (b"name=a", [FORM_TYPE], 415, "wrong-media-type"),
    ):
        answer = World()("PUT", "/things/x", body, *headers)
        assert (answer.status, answer.json["code"]) == (status, code)


def test_cut_and_silent_clients(world: World) -> None:
    assert world("PUT", "/things/x", b'{"name"', JSON_TYPE, is_cut=True).json["code"] == "body-truncated"
    assert World()("PUT", "/things/x", b'{"name"', JSON_TYPE, is_silent=True).status == 408
    assert World()("POST", "/up", b"abc", is_cut=True).json["code"] == "body-truncated"
    assert World()("POST", "/up", b"abc", is_silent=True).json["code"] == "slow-body"


def test_a_get_takes_no_body(world: World) -> None:
    assert world("GET", "/things/x", b"a").json["code"] == "body-too-large"


def test_streams_are_bounded(world: World) -> None:
    assert world("POST", "/up", [b"12345", b"67890"]).json == {"name": "10"}
    assert World()("POST", "/up", [b"12345", b"678901"]).json["code"] == "body-too-large"


def test_a_stream_that_breaks_is_cut_and_not_ended(world: World) -> None:
    assert world("GET", "/down").body == b"onetwo"
    assert world.access["bytes"] == 6
    for how in ("bug", "kill"):
        broken = World()
        with pytest.raises((RuntimeError, ConnectionAbortedError)):
            broken("GET", f"/down?broken={how}")
        assert broken.access["bytes"] == 3
        assert broken.access["refusal"] == ("key-killed" if how == "kill" else None)


def test_head_is_a_get_without_its_body(world: World) -> None:
    answer = world("HEAD", "/things/blue")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("content-length") == str(len(b'{"name":"blue"}'))
    stream = World()("HEAD", "/down")
    assert (stream.status, stream.body, stream.is_complete) == (200, b"", True)


def test_options_and_other_methods(world: World) -> None:
    answer = world("OPTIONS", "/things/x")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.header("allow") == "GET, HEAD, OPTIONS, PUT"
    assert answer.header("access-control-allow-origin") is None
    for method, target in (
        ("DELETE", "/things/x"),
        ("TRACE", "/things/x"),
        ("HEAD", "/form"),
        ("BREW", "/up"),
    ):
        answer = World()(method, target)
        assert answer.status == 405
        assert "OPTIONS" in (answer.header("allow") or "")


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/nowhere", 404),
        ("/things", 404),
        ("/things/", 404),
        ("/things/x/", 404),
        ("/things/a%2Fb", 400),
        ("/things/..", 400),
        ("/x/../things/blue", 400),
        ("/things/%2e%2e/form", 400),
        ("//things/x", 400),
        ("/things/%00", 400),
    ],
)
def test_paths(world: World, target: str, status: int) -> None:
    answer = world("GET", target)
    assert answer.status == status
    assert answer.header("location") is None
    assert "path" not in world.access


def test_the_log_never_sees_query_or_headers(world: World) -> None:
    world(
        "GET",
        "/things/blue?token=swordfish",
        b"",
        ("authorization", "Bearer swordfish"),
        ("cookie", "a=swordfish"),
    )
    world("GET", "/swordfish")
    assert b"swordfish" not in b"".join(world.lines)


def form_call(world: World, body: bytes, *headers: tuple[str, str]) -> Answer:
    return world("POST", "/form", body, FORM_TYPE, *headers)


def test_a_form_needs_origin_and_token() -> None:
    world = World(origin=ORIGIN)
    cookie = ("cookie", "session=s1; visit=v1")
    good = b"a=hello&csrf=" + csrf_token("s1").encode()
    assert form_call(world, good, OURS, cookie).text == "hello"
    for body, headers, code in (
        (good, [cookie], "cross-site"),
        (good, [cookie, ("sec-fetch-site", "cross-site")], "cross-site"),
        (good, [cookie, ("origin", "http://evil")], "cross-site"),
        (good, [OURS], "stale-form"),
        (b"a=hello", [OURS, cookie], "stale-form"),
        (b"a=hello&csrf=" + csrf_token("v1").encode(), [OURS, cookie], "stale-form"),
    ):
        answer = form_call(World(origin=ORIGIN), body, *headers)
        assert (answer.status, answer.json["code"]) == (403, code)
    weak = b"a=hello&csrf=" + csrf_token("v1").encode()
    assert form_call(world, weak, OURS, ("cookie", "visit=v1")).text == "hello"


def test_no_form_is_taken_where_no_origin_is_known() -> None:
    body = b"a=hello&csrf=" + csrf_token("s1").encode()
    assert form_call(World(), body, OURS, ("cookie", "session=s1")).json["code"] == "cross-site"


def test_over_tls_a_cookie_without_host_prefix_binds_nothing() -> None:
    world = World(origin="https://trustee.example")
    body = b"a=1&csrf=" + csrf_token("s1").encode()
    assert form_call(world, body, OURS, ("cookie", "session=s1")).json["code"] == "stale-form"
    answer = form_call(world, body, OURS, ("cookie", "__Host-session=s1"))
    assert answer.text == "1"
    assert answer.header("strict-transport-security")


def test_a_refusal_page_that_fails_falls_back_to_a_problem() -> None:
    def refuse(*_: Any) -> Reply:
        raise KeyError("swordfish")

    world = World(refuse=refuse)
    answer = world("GET", "/things/absent")
    assert (answer.status, answer.json["code"]) == (500, "broken")
    assert b"swordfish" not in answer.body + b"".join(world.lines)


def test_the_kit_stays_small_enough_to_be_read() -> None:
    """600 statements; what does not fit is a sign that a framework would be the better choice."""
    sources = [path.read_text(encoding="utf-8") for path in Path(front.__file__).parent.glob("*.py")]
    nodes = [node for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]
    texts = [n for n in nodes if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)]
    assert 300 < len(nodes) - len(texts) <= 600
