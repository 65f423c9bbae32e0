"""One connection: takes requests apart as they come, one at a time, and gives each to the application.

What a client sends while its request is being answered waits, and no more is read than fits. Whoever says
nothing is let go by a sweep over all connections, so that no request pays for a timer.
"""

import asyncio
import contextlib
import logging
import socket
import struct
from email.utils import formatdate
from typing import cast

import msgspec
from starlette.types import ASGIApp

from custodes.kernel.refusal import Kind, Refusal
from custodes.protocols.http1 import answers, head
from custodes.protocols.http1.head import HEAD_BYTES_MAX

from .turn import Turn

STATUSES = {"version-not-served": 505, "coding-not-served": 501, "headers-too-many": 431}

_log = logging.getLogger("custodes.serving")


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How long a client may take, in seconds, and how much is read ahead of an application.

    `head_s` is for a head, from its first byte or from the connection's beginning; `idle_s` lies between two
    requests, and is longer than proxies keep theirs, so that they are the ones who close. `linger_s` is for
    what a client still sends after its answer, lest the answer be lost with a reset; `leave_s` for taking
    what is left of its last answer.
    """

    head_s: float = 10.0
    idle_s: float = 75.0
    linger_s: float = 3.0
    leave_s: float = 600.0
    sweep_s: float = 1.0
    piece_bytes: int = 65_536
    linger_bytes_max: int = 8 * 1_048_576
    connections_max: int = 16_384


class Served:
    """What all connections of one server share."""

    def __init__(self, app: ASGIApp, pace: Pace) -> None:
        self.app = app
        self.pace = pace
        self.loop = asyncio.get_running_loop()
        self.is_stopping = False
        self.connections: dict[Connection, None] = {}  # the oldest first
        self.tasks: set[asyncio.Task[None]] = set()
        self.date = _date()
        self._are_gone = asyncio.Event()
        self._sweeping = self.loop.call_later(self.pace.sweep_s, self._sweep)

    def connection(self) -> "Connection":
        """For one that was accepted."""
        return Connection(self)

    def joined(self, connection: "Connection") -> None:
        """One more. Where there are too many, those that have been idle for longest go, some at a time."""
        self.connections[connection] = None
        if self.is_stopping:
            connection.cut()
        if len(self.connections) > self.pace.connections_max:
            idle = sorted((one for one in self.connections if one.is_idle), key=lambda one: one.due_s)
            for one in idle[: max(1, self.pace.connections_max // 16)]:
                self.left(one)
                one.cut()

    def left(self, connection: "Connection") -> None:
        """One less."""
        self.connections.pop(connection, None)
        if self.is_stopping and not self.connections:
            self._are_gone.set()

    async def stop(self, within_s: float) -> None:
        """Idle connections go now, the others when they have been answered, or after `within_s`."""
        self.is_stopping = True
        for one in [*self.connections]:
            if one.is_idle:
                one.cut()
        if self.tasks:
            await asyncio.wait({*self.tasks}, timeout=within_s)
        if not self.connections:
            self._are_gone.set()
        with contextlib.suppress(TimeoutError):  # what was answered is on its way out
            await asyncio.wait_for(self._are_gone.wait(), within_s)
        self._sweeping.cancel()
        for task in [*self.tasks]:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for one in [*self.connections]:
            one.cut()

    def _sweep(self) -> None:
        self.date = _date()
        now = self.loop.time()
        for one in [*self.connections]:
            if one.due_s <= now:
                one.overdue()
        self._sweeping = self.loop.call_later(self.pace.sweep_s, self._sweep)


class Connection(asyncio.Protocol):
    """`due_s` is when it has waited too long for its client (infinite while it is our turn)."""

    def __init__(self, served: Served) -> None:
        self._served, self._pace = served, served.pace
        self.loop = served.loop
        self._transport: asyncio.Transport | None = None
        self._rest: bytes | bytearray = b""  # came, and belongs to no request yet
        self._turn: Turn | None = None
        self._is_reading = True
        self._drains: asyncio.Future[None] | None = None
        self._lingers_bytes = -1  # still read and thrown away, once the last answer was sent
        self.is_full = False
        self.due_s = self.loop.time() + self._pace.head_s

    @property
    def is_idle(self) -> bool:
        """Whether no request is under way."""
        return self._turn is None

    @property
    def is_stopping(self) -> bool:
        """Whether no further request is wanted."""
        return self._served.is_stopping

    def date(self) -> bytes:
        """The Date header's value (RFC 9110 section 6.6.1), at most a sweep old."""
        return self._served.date

    # --- asyncio ------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        self._transport = wire = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        wire.set_write_buffer_limits(high=self._pace.piece_bytes)
        self._served.joined(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - whatever it was, it is over
        """See `asyncio.Protocol`."""
        self._transport = None
        self._served.left(self)
        self.resume_writing()
        if self._turn is not None:
            self._turn.gone()

    def pause_writing(self) -> None:
        """See `asyncio.BaseProtocol`."""
        self.is_full = True

    def resume_writing(self) -> None:
        """See `asyncio.BaseProtocol`."""
        self.is_full = False
        if self._drains is not None and not self._drains.done():
            self._drains.set_result(None)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        turn = self._turn
        if self._lingers_bytes >= 0:
            self._lingers_bytes -= len(data)
            if self._lingers_bytes < 0:
                self.cut()
        elif turn is None:
            self._seek(data)
        else:
            try:
                rest = data if turn.is_read else turn.feed(data)
            except Refusal as refusal:
                self._refuse(refusal)
                return
            if rest:
                self._rest = bytes(self._rest) + rest
            self._mind()

    # --- what a turn asks for -----------------------------------------------------------------------

    def write(self, raw: bytes) -> None:
        """To the client, as fast as it takes it."""
        if self._transport is not None and raw:
            self._transport.write(raw)

    async def emptied(self) -> None:
        """Wait until the client has taken most of what was written; ConnectionResetError if it left."""
        while self.is_full:
            self._drains = self.loop.create_future()
            await self._drains
        if self._transport is None:
            raise ConnectionResetError("the client is gone")

    def took(self) -> None:
        """The application took a piece: there may be room for more."""
        if not self._is_reading:
            self._mind()

    def answered(self, turn: Turn) -> None:
        """The whole answer was written."""
        if self._transport is None or turn is not self._turn:
            return
        self._turn = None
        if not turn.is_last and not self.is_stopping:
            self.due_s = self.loop.time() + self._pace.idle_s
            self._read(is_wanted=True)
            if self._rest:
                rest, self._rest = bytes(self._rest), b""
                self._seek(rest)
            return
        self._leave(is_heard=turn.is_read and not self._rest)

    def cut(self) -> None:
        """Let go of the client, whatever it was sent."""
        if self._transport is not None:
            self._transport.abort()

    def overdue(self) -> None:
        """The client has been silent for too long."""
        if self._rest and self._lingers_bytes < 0:
            self.write(answers.plain(408, "slow-head"))
            self._leave(is_heard=True)
        else:
            self.cut()

    # --- what it does -------------------------------------------------------------------------------

    def _seek(self, data: bytes) -> None:
        """Look for the end of a head, and begin the request."""
        rest, past = self._rest, 0
        if not rest:
            self.due_s = self.loop.time() + self._pace.head_s
            raw: bytes | bytearray = data[2:] if data.startswith(b"\r\n") else data
        else:
            past = max(0, len(rest) - 3)
            raw = rest if isinstance(rest, bytearray) else bytearray(rest)
            raw += data
        end = raw.find(b"\r\n\r\n", past)
        if end > HEAD_BYTES_MAX or (end < 0 and len(raw) > HEAD_BYTES_MAX):
            self._say_no(431, "head-too-long")
            return
        if end < 0:
            self._rest = raw
            return
        self._rest = b""
        try:
            found = head.parse(bytes(raw[: end + 4]))
            turn = Turn(self, found)
            self._turn, self.due_s = turn, float("inf")
            left = bytes(raw[end + 4 :])
            if left:
                self._rest = left if turn.is_read else turn.feed(left)
        except Refusal as refusal:
            self._refuse(refusal)
            return
        self._mind()
        turn.task = self.loop.create_task(self._serve(turn))
        self._served.tasks.add(turn.task)

    async def _serve(self, turn: Turn) -> None:
        error: Exception | None = None
        try:
            await self._served.app(turn.scope(), turn.receive, turn.send)
            if not turn.is_over:
                error = RuntimeError("not answered")
        except Exception as raised:  # a stranger's exception ends this request and no other
            error = raised
        except asyncio.CancelledError:
            self.cut()
            raise
        finally:
            if turn.task is not None:
                self._served.tasks.discard(turn.task)
        if error is None or turn.is_over or turn.is_gone:
            return
        if not isinstance(error, ConnectionError):
            _log.error("an answer broke off: %s", type(error).__qualname__)
        if turn.has_begun:
            self._break_off(turn)
        else:
            self._say_no(500, "broken")

    def _break_off(self, turn: Turn) -> None:
        """What was begun must not look whole."""
        if turn.head.minor == 0 and self._transport is not None:  # only a reset differs from the end
            kept = self._transport.get_extra_info("socket")
            kept.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.cut()
            return
        turn.gone()
        self._turn = None
        self._leave(is_heard=True)

    def _refuse(self, refusal: Refusal) -> None:
        """Bytes that are no request, or no body: told where nothing else was said, then over."""
        status = STATUSES.get(refusal.code, 400 if refusal.kind is Kind.MALFORMED else 503)
        self._say_no(status, refusal.code)

    def _say_no(self, status: int, word: str) -> None:
        turn, self._turn, self._rest = self._turn, None, b""
        if turn is not None:
            turn.gone()
        if turn is None or not turn.has_begun:
            self.write(answers.plain(status, word))
        self._leave(is_heard=False)

    def _leave(self, *, is_heard: bool) -> None:
        """End the connection; a client that still sends is let speak for a while, unheard."""
        if self._transport is None:
            return
        if is_heard or not self._transport.can_write_eof():
            self.due_s = self.loop.time() + self._pace.leave_s
            self._transport.close()
            return
        self._rest, self._lingers_bytes = b"", self._pace.linger_bytes_max
        self.due_s = self.loop.time() + self._pace.linger_s
        self._transport.write_eof()
        self._read(is_wanted=True)

    def _mind(self) -> None:
        """Read on only while there is room."""
        kept = self._turn.kept_bytes if self._turn is not None else 0
        self._read(is_wanted=kept < self._pace.piece_bytes and len(self._rest) < HEAD_BYTES_MAX)

    def _read(self, *, is_wanted: bool) -> None:
        if is_wanted == self._is_reading or self._transport is None:
            return
        self._is_reading = is_wanted
        if is_wanted:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()


def _date() -> bytes:
    return formatdate(usegmt=True).encode("ascii")
