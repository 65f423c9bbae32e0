"""A server on a loop of its own, as planes run it, with an application whose every step a test can see."""

import asyncio
import queue
import socket
import threading
from contextlib import contextmanager, suppress

import uvloop

from custodes.web.serving.connection import Pace
from custodes.web.serving.server import Tcp, bound, serve

QUICK = Pace(head_s=0.4, idle_s=0.4, sweep_s=0.05)
PATIENT_S = 30.0


class Seen:
    """What the application was asked and told, in order; `lets` holds `/wait` back until a test puts in."""

    def __init__(self):
        self.requests, self.told, self.sent_bytes = [], queue.Queue(), 0
        self.lets = asyncio.Event()
        self.loop = None

    def let(self):
        self.loop.call_soon_threadsafe(self.lets.set)


class App:
    def __init__(self, seen):
        self.seen = seen

    async def __call__(self, scope, receive, send):
        self.seen.requests.append((scope["method"], scope["raw_path"]))
        await getattr(self, scope["path"].strip("/") or "read")(scope, receive, send)

    async def read(self, scope, receive, send):
        body, is_more = b"", True
        while is_more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.seen.told.put(("gone", body))
                return
            body, is_more = body + message["body"], message["more_body"]
        self.seen.told.put(("read", body))
        await self.say(send, b"<" + body + b">")

    async def refuse(self, scope, receive, send):
        await self.say(send, b"no", status=413)

    async def wait(self, scope, receive, send):
        self.seen.told.put("waits")
        await self.seen.lets.wait()
        await self.say(send, b"waited")

    async def lurk(self, scope, receive, send):
        await receive()
        self.seen.told.put("lurks")
        self.seen.told.put((await receive())["type"])

    async def stream(self, scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for piece in (b"one", b"two"):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body"})

    async def half(self, scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise ValueError("secret words")

    async def endless(self, scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            while True:
                await send({"type": "http.response.body", "body": bytes(1_048_576), "more_body": True})
                self.seen.sent_bytes += 1_048_576
        except ConnectionResetError:
            self.seen.told.put("gone")
            raise

    async def less(self, scope, receive, send):
        await self.say(send, b"abc", length=5)

    async def more(self, scope, receive, send):
        await self.say(send, b"abcdefg", length=5)

    async def split(self, scope, receive, send):
        await self.say(send, b"", more=((b"x", b"1\r\nset-cookie: stolen"),))

    async def nothing(self, scope, receive, send):
        return

    async def raises(self, scope, receive, send):
        raise ValueError("secret words")

    async def empty(self, scope, receive, send):
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def say(self, send, body, status=200, length=None, more=()):
        headers = [(b"content-length", b"%d" % (len(body) if length is None else length)), *more]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class Wire:
    """A connection that is spoken to in bytes."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENT_S)
        self._came = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def say(self, raw):
        self.socket.sendall(raw)
        return self

    def until(self, end):
        """What comes, up to and with `end`."""
        while end not in self._came:
            came = self.socket.recv(65_536)
            assert came, self._came
            self._came += came
        found, end, self._came = self._came.partition(end)
        return found + end

    def answer(self):
        """(status, head, body) of an answer with a length."""
        head = self.until(b"\r\n\r\n").lower()
        _, _, length = head.partition(b"content-length: ")
        wanted = int(length.partition(b"\r\n")[0] or 0)
        while len(self._came) < wanted:
            came = self.socket.recv(65_536)
            assert came, "cut"
            self._came += came
        body, self._came = self._came[:wanted], self._came[wanted:]
        return int(head.split(b" ")[1]), head, body

    def rest(self):
        """Everything until the other end closes."""
        raw, self._came = self._came, b""
        while came := self.socket.recv(65_536):
            raw += came
        return raw


class Running:
    """A server that runs: where, and what its application saw."""

    def __init__(self, port, seen):
        self.port, self.seen = port, seen

    def wire(self):
        return Wire(self.port)

    def stop(self):
        self.seen.loop.call_soon_threadsafe(self.stopping.set)


@contextmanager
def running(pace=None):
    """The server, until the end of the block."""
    kept, seen = bound(Tcp(port=0)), Seen()
    found = Running(kept.getsockname()[1], seen)
    is_up = threading.Event()

    async def run():
        found.stopping, seen.loop = asyncio.Event(), asyncio.get_running_loop()
        is_up.set()
        await serve(App(seen), Tcp(port=found.port, fd=kept.fileno()), found.stopping, pace or Pace())

    def own():
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run())

    found.thread = threading.Thread(target=own)
    found.thread.start()
    assert is_up.wait(PATIENT_S)
    try:
        yield found
    finally:
        with suppress(RuntimeError):  # it has ended by itself
            found.stop()
            seen.let()
        found.thread.join(PATIENT_S)
        kept.close()
        assert not found.thread.is_alive()
