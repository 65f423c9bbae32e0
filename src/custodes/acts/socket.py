"""The keyroom's socket: the server that answers asks, and the client that fulfils `Doors` in a plane.

The asks of one loop tick travel a few to a frame, and so do their answers: the first are on their way while
the rest is still worked on, so that neither process stands idle while the other works through a crowd. Where
some do not fit or one cannot be said, each travels alone, so that a bad one is refused and costs the others
nothing. The server takes a bounded number at a time: beyond it the answer is `keyroom-busy` (limited); a
broken connection is `keyroom-gone` (unavailable) for everything that waited on it.

Both ends are protocols, not streams: a frame is taken apart in the very callback it came with, where a stream
would wake a task twice for it, at each end of each ask.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from custodes.acts.asks import Ask, wire
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Kind, Refusal, limited, malformed, unavailable

Answerer = Callable[[Ask[Any]], Awaitable[object]]

T = TypeVar("T")
_TOGETHER = 4  # in a frame: one by one costs more, a whole tick's keeps the other end waiting
_UNSAID = "with what cannot be said"

_log = logging.getLogger("custodes.socket")


class _End(asyncio.Protocol):
    """One end of a connection: takes apart what comes, gathers what one loop tick sends into a few frames.

    A refusal that `_frame` raises, and a greeting that is not ours, end this connection and no other.
    """

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()  # looked up once: it is a system call each time
        self._transport: asyncio.Transport | None = None
        self._came: list[bytes] = []
        self._came_bytes = 0
        self._wanted_bytes = len(wire.GREETING)
        self._is_greeted = False
        self._messages: list[tuple[int, object]] = []
        self.is_closed = False

    # --- what an end is told ------------------------------------------------------------------------

    def _greeted(self) -> None:
        """The other end's greeting is ours."""

    def _frame(self, body: bytes) -> None:
        """A whole frame; Refusal for one that is none."""
        raise NotImplementedError

    def _unsent(self, number: int, refusal: Refusal) -> None:
        """This message could not be said."""
        raise NotImplementedError

    def _lost(self) -> None:
        """The connection is over."""

    # --- what it does -------------------------------------------------------------------------------

    def send(self, number: int, message: object) -> None:
        """With the next few of this tick, in the order they were given."""
        if self.is_closed:
            return
        self._messages.append((number, message))
        if len(self._messages) == _TOGETHER:
            self._flush()
        elif len(self._messages) == 1:
            self.loop.call_soon(self._flush)

    def close(self) -> None:
        """Nothing more is taken or sent."""
        self.is_closed = True
        self._messages.clear()
        self._came.clear()
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        self._transport = transport  # type: ignore[assignment]  # a socket's transport reads and writes

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - whatever it was, it is over
        """See `asyncio.Protocol`."""
        self.close()
        self._lost()

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`; pieces are joined once, when a frame is whole."""
        self._came.append(data)
        self._came_bytes += len(data)
        if self._came_bytes < self._wanted_bytes:
            return
        raw = b"".join(self._came) if len(self._came) > 1 else data
        try:
            at = self._take(raw)
        except Refusal as refusal:
            _log.warning("a connection sent a bad frame: %s", refusal.code)
            self.close()
            return
        self._came = [raw[at:]] if at < len(raw) else []
        self._came_bytes = len(raw) - at

    def _take(self, raw: bytes) -> int:
        """Take what is whole; how far that was."""
        at = 0
        if not self._is_greeted:
            at = len(wire.GREETING)
            if raw[:at] != wire.GREETING:
                self.close()
                return len(raw)
            self._is_greeted = True
            self._greeted()
        while not self.is_closed:
            begin = at + wire.LENGTH_BYTES
            length = int.from_bytes(raw[at:begin], "big") if begin <= len(raw) else 0
            if length > wire.FRAME_BYTES_MAX:
                raise malformed("frame-too-large")
            if begin + length > len(raw):
                self._wanted_bytes = begin + length - at
                return at
            self._frame(raw[begin : begin + length])
            at = begin + length
        return len(raw)

    def _write(self, raw: bytes) -> None:
        if self._transport is not None:
            self._transport.write(raw)

    def _flush(self) -> None:
        messages, self._messages = self._messages, []
        if self.is_closed or not messages:
            return
        try:
            self._write(wire.frame(messages))
        except Refusal:
            self._each_alone(messages)

    def _each_alone(self, messages: list[tuple[int, object]]) -> None:
        for one in messages:
            try:
                self._write(wire.frame([one]))
            except Refusal as refusal:
                self._unsent(one[0], refusal)


class Server:
    """Listens on a UNIX socket and hands each ask to `answer`."""

    def __init__(self, answer: Answerer, dice: Dice, *, open_asks_max: int = 4096) -> None:
        self._answer = answer
        self._dice = dice
        self._open_asks = 0
        self._open_asks_max = open_asks_max
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections: set[_Served] = set()

    async def start(self, path: Path, *, mode: int = 0o660) -> None:
        """Listen at `path`; a socket left behind by a dead process is replaced."""
        await asyncio.to_thread(path.unlink, missing_ok=True)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(lambda: _Served(self), str(path))
        await asyncio.to_thread(path.chmod, mode)

    async def stop(self) -> None:
        """Stop listening and drop what is open."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def tell_changed(self) -> None:
        """Every plane hears `Changed` with whatever else it is sent in this tick."""
        for connection in self._connections:
            connection.tell_changed()

    def joined(self, connection: "_Served", *, is_open: bool) -> None:
        """A connection began or ended."""
        if is_open:
            self._connections.add(connection)
        else:
            self._connections.discard(connection)

    def take(self, number: int, ask: Ask[Any] | wire.Refused, outgoing: _End) -> None:
        """One message of a frame: its answer is sent by `outgoing`, when there is one."""
        if isinstance(ask, wire.Refused):  # it could not be read as an ask
            outgoing.send(number, ask)
            return
        if self._open_asks >= self._open_asks_max:
            outgoing.send(number, wire.refused(limited("keyroom-busy")))
            return
        self._open_asks += 1
        task = outgoing.loop.create_task(self._carry_out(number, ask, outgoing))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry_out(self, number: int, ask: Ask[Any], outgoing: _End) -> None:
        try:
            answer = await self._answer(ask)
        except Refusal as refusal:
            answer = wire.refused(refusal)
        except Exception:
            answer = self.broken(type(ask).__name__)
        finally:
            self._open_asks -= 1
        outgoing.send(number, answer)

    def broken(self, what: str) -> wire.Refused:
        """What is said of our own faults; why stands in the log, under the mark."""
        mark = self._dice.draw(6).hex()
        _log.exception("broken %s while answering %s", mark, what)
        return wire.Refused("broken", Kind.BROKEN.value, {"mark": mark})


class _Served(_End):
    """The keyroom's end. While the other one does not read its answers, nothing more is read from it."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server
        self._is_behind = False
        self._owes_word = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        self._server.joined(self, is_open=True)

    def pause_writing(self) -> None:
        """See `asyncio.BaseProtocol`."""
        self._is_behind = True
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """See `asyncio.BaseProtocol`."""
        self._is_behind = False
        if self._transport is not None and not self.is_closed:
            self._transport.resume_reading()
        if self._owes_word:
            self.tell_changed()

    def tell_changed(self) -> None:
        """Say it, or once the other end reads again: one word is as good as many."""
        self._owes_word = self._is_behind
        if self._is_greeted and not self._is_behind:
            self.send(wire.UNASKED, wire.Changed())

    def _greeted(self) -> None:
        self._write(wire.GREETING)

    def _frame(self, body: bytes) -> None:
        for number, ask in wire.messages(body):
            self._server.take(number, ask, self)

    def _unsent(self, number: int, refusal: Refusal) -> None:  # noqa: ARG002 - ours to explain
        self.send(number, self._server.broken(_UNSAID))

    def _lost(self) -> None:
        self._server.joined(self, is_open=False)


class Client:
    """Fulfils `asks.Doors` over one connection, reconnecting on the next ask after it broke."""

    def __init__(self, path: Path, *, timeout_s: float = 30.0) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._sweep_s = min(1.0, timeout_s / 4)
        self._number = 0
        self._waiting: dict[int, tuple[asyncio.Future[Any], float, _Asking]] = {}
        self._sweeping: asyncio.TimerHandle | None = None
        self._outgoing: _Asking | None = None
        self._connecting = asyncio.Lock()
        self._heard = 0

    @property
    def heard(self) -> int:
        """See `Hears.heard`."""
        return self._heard

    async def ask(self, ask: Ask[T]) -> T:
        """See `Doors.ask`."""
        outgoing = self._outgoing
        if outgoing is None or outgoing.is_closed:
            outgoing = await self._connect()
        self._number += 1
        number = self._number
        loop = outgoing.loop
        future: asyncio.Future[Any] = loop.create_future()
        self._waiting[number] = (future, loop.time() + self._timeout_s, outgoing)
        if self._sweeping is None:
            self._sweeping = loop.call_later(self._sweep_s, self._sweep)
        try:
            outgoing.send(number, ask)
            answer = await future
        finally:
            self._waiting.pop(number, None)
        if isinstance(answer, wire.Refused):
            raise wire.refusal(answer)
        found: T = answer
        return found

    async def close(self) -> None:
        """Let go of the connection."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        if self._outgoing is not None:
            self._outgoing.drop()
            await self._outgoing.gone.wait()

    def _sweep(self) -> None:
        """Give up what has waited too long: one timer for all who wait, instead of one for each."""
        loop, self._sweeping = asyncio.get_running_loop(), None
        now = loop.time()
        for future, due, _ in self._waiting.values():
            if due <= now and not future.done():
                future.set_exception(unavailable("keyroom-gone"))
        if self._waiting:
            self._sweeping = loop.call_later(self._sweep_s, self._sweep)

    async def _connect(self) -> "_Asking":
        async with self._connecting:
            if self._outgoing is not None and not self._outgoing.is_closed:
                return self._outgoing
            loop = asyncio.get_running_loop()
            try:
                _, made = await loop.create_unix_connection(lambda: _Asking(self), str(self._path))
            except OSError as error:
                raise unavailable("keyroom-gone") from error
            try:
                await asyncio.wait_for(made.settled.wait(), self._timeout_s)
            except TimeoutError:  # a keyroom that stands still takes connections, and says nothing
                made.close()
            if made.is_closed:
                raise unavailable("keyroom-gone")
            self._outgoing = made
            return made

    def answered(self, number: int, answer: object) -> None:
        """An answer came, or a word unasked; a Refusal is one that we could not ask."""
        if number == wire.UNASKED:
            self._heard += 1
            return
        waiting = self._waiting.get(number)
        if waiting is None or waiting[0].done():
            return
        if isinstance(answer, Refusal):
            waiting[0].set_exception(answer)
        else:
            waiting[0].set_result(answer)

    def lost(self, connection: "_Asking") -> None:
        """Whoever waits on this connection is told; what was said over it holds no longer."""
        self._heard += 1
        for number, (_, _, asked_over) in list(self._waiting.items()):
            if asked_over is connection:
                self.answered(number, unavailable("keyroom-gone"))


class _Asking(_End):
    """A plane's end. `settled` once it was greeted, or is over; `gone` once it is over."""

    def __init__(self, client: Client) -> None:
        super().__init__()
        self._client = client
        self.settled, self.gone = asyncio.Event(), asyncio.Event()

    def drop(self) -> None:
        """Close without a wait for what the keyroom has not taken: it may wait for us to read."""
        self.close()
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        self._write(wire.GREETING)

    def _greeted(self) -> None:
        self.settled.set()

    def _frame(self, body: bytes) -> None:
        for number, answer in wire.messages(body):
            self._client.answered(number, answer)

    def _unsent(self, number: int, refusal: Refusal) -> None:
        self._client.answered(number, refusal)

    def _lost(self) -> None:
        self.settled.set()
        self.gone.set()
        self._client.lost(self)
