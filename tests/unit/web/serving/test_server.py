"""The real server on loopback and on a UNIX socket, spoken to in bytes."""

import asyncio
import os
import socket
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Body, Endpoint, table
from custodes.web.kit.front import Face, Front
from custodes.web.kit.logs import Log
from custodes.web.serving.server import Tcp, Unix, bound, serve
from fakes import SeededDice, SetClock
from fakes.ports import free_port

SEEN: list[str] = []


async def hello(call: Call) -> Reply:
    return Reply(raw=(call.peer.sha256[:4] if call.peer else "nobody").encode(), media="text/plain")


async def take(call: Call) -> Reply:
    SEEN.append(call.taken(bytes).decode())
    return Reply(status=204)


async def broken(call: Call) -> Reply:
    async def stream() -> AsyncIterator[bytes]:
        yield b"half"
        raise RuntimeError

    return Reply(stream=stream(), media="text/plain")


def app(*, is_unix_socket: bool) -> Front:
    rows = table(
        [
            Endpoint(method="GET", path="/", name="hello", action=None, does=hello),
            Endpoint(method="GET", path="/broken", name="broken", action=None, does=broken),
            Endpoint(
                method="POST",
                path="/",
                name="take",
                action=None,
                does=take,
                takes=Body.BYTES,
                body_bytes_max=100,
            ),
        ]
    )
    log = Log(lambda line: None, SetClock())
    return Front(rows, Face(log=log, dice=SeededDice(), is_unix_socket=is_unix_socket))


async def say(raw: bytes, listen: Tcp | Unix, *, then_close: bool = False) -> bytes:
    for _ in range(400):
        try:
            if isinstance(listen, Unix):
                reader, writer = await asyncio.open_unix_connection(listen.path)
            else:
                reader, writer = await asyncio.open_connection(listen.host, listen.port)
            break
        except OSError:
            await asyncio.sleep(0.01)
    else:
        raise AssertionError("nobody listens")
    writer.write(raw)
    await writer.drain()
    answer = b"" if then_close else await reader.read()
    writer.close()
    return answer


def run(listen: Tcp | Unix, talk: Callable[[], Awaitable[Any]]) -> Any:
    async def both() -> Any:
        stop = asyncio.Event()
        server = asyncio.create_task(serve(app(is_unix_socket=isinstance(listen, Unix)), listen, stop))
        try:
            return await talk()
        finally:
            stop.set()
            await server

    return asyncio.run(both())


CERTIFICATE = b"client-cert: :MIIBAAECAwQFBgc=:\r\n"
GET = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n" + CERTIFICATE + b"\r\n"


def test_tcp_on_loopback_believes_no_certificate_header() -> None:
    listen = Tcp(port=free_port())
    answer = run(listen, lambda: say(GET, listen))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"nobody")


def test_unix_socket_believes_the_front_and_has_its_mode(tmp_path: Path) -> None:
    listen = Unix(path=str(tmp_path / "s"), mode=0o600)
    (leftover := socket.socket(socket.AF_UNIX)).bind(listen.path)
    leftover.close()

    async def talk() -> tuple[bytes, int]:
        return await say(GET, listen), stat.S_IMODE(os.stat(listen.path).st_mode)  # noqa: PTH116

    answer, mode = run(listen, talk)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert not answer.endswith(b"nobody")
    assert mode == 0o600


def test_other_addresses_only_on_purpose() -> None:
    with pytest.raises(ValueError, match="loopback"):
        asyncio.run(serve(app(is_unix_socket=False), Tcp(host="192.0.2.1", port=1), asyncio.Event()))


def test_a_truncated_body_is_never_taken() -> None:
    listen = Tcp(port=free_port())
    head = b"POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 10\r\n\r\n"

    async def talk() -> bytes:
        SEEN.clear()
        await say(head + b"abc", listen, then_close=True)
        await say(
            b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
            listen,
            then_close=True,
        )
        return await say(head + b"0123456789", listen)

    assert run(listen, talk).startswith(b"HTTP/1.1 204 ")
    assert SEEN == ["0123456789"]


def test_a_stream_that_breaks_does_not_look_whole() -> None:
    listen = Tcp(port=free_port())
    answer = run(listen, lambda: say(b"GET /broken HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", listen))
    assert b"half" in answer
    assert not answer.endswith(b"0\r\n\r\n")


def test_nobody_shares_the_port() -> None:
    """Not even another process of ours: both would get some of the requests."""
    listen = Tcp(port=free_port())

    async def talk() -> bytes:
        answer = await say(GET, listen)
        with pytest.raises(OSError, match="in use"):
            bound(listen)
        with socket.socket() as guest:
            guest.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            with pytest.raises(OSError, match="in use"):
                guest.bind((listen.host, listen.port))
        return answer

    assert run(listen, talk).startswith(b"HTTP/1.1 200 ")


def test_a_socket_handed_down_is_served_and_stays_open() -> None:
    """Whoever connects while nobody serves waits for the next one who does."""
    with bound(Tcp(port=0)) as kept:
        listen = Tcp(port=kept.getsockname()[1], fd=kept.fileno())
        assert run(listen, lambda: say(GET, listen)).startswith(b"HTTP/1.1 200 ")
        with socket.create_connection((listen.host, listen.port)) as early:
            early.sendall(GET)
            assert run(listen, lambda: asyncio.to_thread(early.recv, 12)) == b"HTTP/1.1 200"


def test_idle_connections_keep_nobody_out() -> None:
    listen = Tcp(port=free_port())

    async def talk() -> bytes:
        await say(GET, listen)  # it is up
        idle = [await asyncio.open_connection("127.0.0.1", listen.port) for _ in range(300)]
        try:
            async with asyncio.timeout(15):  # idlers are given up after ten seconds, so many at a time
                return await say(GET, listen)
        finally:
            for _, writer in idle:
                writer.close()

    assert b"nobody" in run(listen, talk)
