"""One request and its answer, as an ASGI application sees them."""

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from starlette.types import Message, Scope

from custodes.protocols.http1 import answers
from custodes.protocols.http1.chunks import Chunks
from custodes.protocols.http1.head import Head

if TYPE_CHECKING:
    from .connection import Connection

JOINED_BYTES_MAX = 65_536  # pieces of a body that are shorter together are handed over as one
_ASGI = {"version": "3.0", "spec_version": "2.4"}
_GONE: Message = {"type": "http.disconnect"}


class Turn:
    """What is taken of one request, and what is sent for it.

    `receive` and `send` are ASGI's. A client that went away is `http.disconnect` to the one, and
    ConnectionResetError to the other.
    """

    def __init__(self, connection: "Connection", head: Head) -> None:
        self._connection = connection
        self.head = head
        self.task: asyncio.Task[None] | None = None
        self._pieces: deque[bytes] = deque()
        self.kept_bytes = 0  # came, and not yet taken
        self._chunks = Chunks() if head.body_bytes is None else None
        self._left_bytes = head.body_bytes or 0
        self.is_read = head.body_bytes == 0  # the client has sent all of it
        self._is_told = False  # the application has been told so
        self._is_waiting = head.is_waiting
        self._wakes: asyncio.Future[None] | None = None
        self._started: Message | None = None
        self.has_begun = False
        self.is_over = False
        self.is_gone = False
        self._is_chunked = False
        self._is_bodiless = False
        self._room_bytes: int | None = None  # of the answer, by its own Content-Length
        self.is_last = head.is_last

    def scope(self) -> Scope:
        """ASGI's HTTP connection scope."""
        head = self.head
        return {
            "type": "http",
            "asgi": _ASGI,
            "http_version": f"1.{head.minor}",
            "method": head.method,
            "scheme": "http",
            "path": head.path,
            "raw_path": head.raw_path,
            "query_string": head.query,
            "root_path": "",
            "headers": head.headers,
        }

    # --- what the connection tells ------------------------------------------------------------------

    def feed(self, data: bytes) -> bytes:
        """Bytes of the body; what is left belongs to what follows. `chunk-malformed` (malformed)."""
        if self._chunks is None:
            piece = data if len(data) <= self._left_bytes else data[: self._left_bytes]
            rest = data[len(piece) :]
            self._left_bytes -= len(piece)
            self.is_read = not self._left_bytes
            if piece:
                self._pieces.append(piece)
                self.kept_bytes += len(piece)
        else:
            content, rest = self._chunks.feed(data)
            self._pieces.extend(content)
            self.kept_bytes += sum(map(len, content))
            self.is_read = self._chunks.is_over
        if (self._pieces or self.is_read) and not self.is_over:
            self._wake()
        return rest

    def gone(self) -> None:
        """The client is no longer there."""
        self.is_gone = True
        self._wake()

    # --- ASGI ---------------------------------------------------------------------------------------

    async def receive(self) -> Message:
        """The next piece of the body; the first call makes a client that waits for it send."""
        while not self._is_told and not self.is_over:
            if self._pieces or self.is_read:
                return self._piece()
            if self.is_gone:
                return _GONE
            if self._is_waiting and not self.has_begun:
                self._is_waiting = False
                self._connection.write(answers.CONTINUE)
            await self._woken()
        while not self.is_over and not self.is_gone:
            await self._woken()
        return _GONE

    async def send(self, message: Message) -> None:
        """Status and headers are held back until the first piece; then each waits for the client to take it.

        RuntimeError for what an application may not send: twice, or more than it announced.
        """
        if self.is_gone:
            raise ConnectionResetError("the client is gone")
        if message["type"] == "http.response.start":
            if self._started is not None:
                raise RuntimeError("an answer is begun once")
            self._started = message
            return
        if self._started is None or self.is_over:
            raise RuntimeError("not now: " + message["type"])
        body, is_more = message.get("body", b""), message.get("more_body", False)
        before = b"" if self.has_begun else self._begun(self._started, None if is_more else len(body))
        self._say(before, body, is_more=is_more)
        if not is_more:
            self._over()
        elif self._connection.is_full:
            await self._connection.emptied()

    # --- what it does -------------------------------------------------------------------------------

    def _piece(self) -> Message:
        pieces = self._pieces
        if len(pieces) > 1 and self.kept_bytes <= JOINED_BYTES_MAX:
            body = b"".join(pieces)
            pieces.clear()
        else:
            body = pieces.popleft() if pieces else b""
        self.kept_bytes -= len(body)
        self._is_waiting = False
        self._is_told = self.is_read and not pieces
        self._connection.took()
        return {"type": "http.request", "body": body, "more_body": not self._is_told}

    async def _woken(self) -> None:
        self._wakes = self._connection.loop.create_future()
        try:
            await self._wakes
        finally:
            self._wakes = None

    def _wake(self) -> None:
        if self._wakes is not None and not self._wakes.done():
            self._wakes.set_result(None)

    def _begun(self, started: Message, whole_bytes: int | None) -> bytes:
        """The head of the answer; `whole_bytes` where the whole body is known."""
        status, headers = started["status"], [*started.get("headers", ())]
        names = dict(headers)
        self._is_bodiless = self.head.method == "HEAD" or status in answers.BODILESS
        if b"content-length" in names:
            self._room_bytes = int(names[b"content-length"])
        elif self._is_bodiless:
            pass
        elif whole_bytes is not None:
            headers.append((b"content-length", b"%d" % whole_bytes))
            self._room_bytes = whole_bytes
        elif self.head.minor == 1:
            headers.append((b"transfer-encoding", b"chunked"))
            self._is_chunked = True
        else:
            self.is_last = True  # the body ends with the connection
        if b"connection" in names:
            self.is_last = self.is_last or b"close" in names[b"connection"].lower()
        elif self.is_last or not self.is_read or self._connection.is_stopping:
            # where a next request would begin nobody can tell while this one's body is not over
            self.is_last = True
            headers.append((b"connection", b"close"))
        if b"date" not in names:
            headers.append((b"date", self._connection.date()))
        raw = answers.head(status, headers)
        self.has_begun = True
        return raw

    def _say(self, before: bytes, body: bytes, *, is_more: bool) -> None:
        if self._is_bodiless:
            body = b""
        elif self._room_bytes is not None:
            self._room_bytes -= len(body)
            if self._room_bytes < 0:
                raise RuntimeError("more than was announced")
        elif self._is_chunked:
            body = (answers.chunk(body) if body else b"") + (b"" if is_more else answers.LAST_CHUNK)
        if before and len(body) <= JOINED_BYTES_MAX:
            self._connection.write(before + body)
        else:
            self._connection.write(before)
            self._connection.write(body)

    def _over(self) -> None:
        if self._room_bytes and not self._is_bodiless:
            raise RuntimeError("less than was announced")
        self.is_over = True
        self._wake()
        self._connection.answered(self)
