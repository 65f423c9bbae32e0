"""The keyroom's socket: the server that answers asks, and the client that fulfils `Doors` in a plane.

All asks of one loop tick travel in one frame, and so do their answers; where they do not fit or one of them
cannot be said, each travels alone, so that a bad one is refused and costs the others nothing. The server
takes a bounded number at a time: beyond it the answer is `keyroom-busy` (limited); a broken connection is
`keyroom-gone` (unavailable) for everything that waited on it.
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
_UNSAID = "with what cannot be said"

_log = logging.getLogger("custodes.socket")


class Server:
    """Listens on a UNIX socket and hands each ask to `answer`."""

    def __init__(self, answer: Answerer, dice: Dice, *, open_asks_max: int = 4096) -> None:
        self._answer = answer
        self._dice = dice
        self._open_asks = 0
        self._open_asks_max = open_asks_max
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections: set[asyncio.StreamWriter] = set()

    async def start(self, path: Path, *, mode: int = 0o660) -> None:
        """Listen at `path`; a socket left behind by a dead process is replaced."""
        await asyncio.to_thread(path.unlink, missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, str(path), limit=1 << 20)
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

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        outgoing = _Outgoing(writer, lambda number, _: outgoing.send(number, self._broken(_UNSAID)))
        self._connections.add(writer)
        try:
            if await reader.readexactly(len(wire.GREETING)) != wire.GREETING:
                return
            writer.write(wire.GREETING)
            while True:
                for number, ask in wire.messages(await _read_frame(reader)):
                    self._take(number, ask, outgoing)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except Refusal as refusal:
            _log.warning("a connection sent a bad frame: %s", refusal.code)
        finally:
            self._connections.discard(writer)
            outgoing.close()

    def _take(self, number: int, ask: Ask[Any] | wire.Refused, outgoing: "_Outgoing") -> None:
        if isinstance(ask, wire.Refused):  # it could not be read as an ask
            outgoing.send(number, ask)
            return
        if self._open_asks >= self._open_asks_max:
            outgoing.send(number, wire.refused(limited("keyroom-busy")))
            return
        self._open_asks += 1
        task = asyncio.get_running_loop().create_task(self._carry_out(number, ask, outgoing))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry_out(self, number: int, ask: Ask[Any], outgoing: "_Outgoing") -> None:
        try:
            answer = await self._answer(ask)
        except Refusal as refusal:
            answer = wire.refused(refusal)
        except Exception:
            answer = self._broken(type(ask).__name__)
        finally:
            self._open_asks -= 1
        outgoing.send(number, answer)

    def _broken(self, what: str) -> wire.Refused:
        """What is said of our own faults; why stands in the log, under the mark."""
        mark = self._dice.draw(6).hex()
        _log.exception("broken %s while answering %s", mark, what)
        return wire.Refused("broken", Kind.BROKEN.value, {"mark": mark})


class Client:
    """Fulfils `asks.Doors` over one connection, reconnecting on the next ask after it broke."""

    def __init__(self, path: Path, *, timeout_s: float = 30.0) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._sweep_s = min(1.0, timeout_s / 4)
        self._number = 0
        self._waiting: dict[int, tuple[asyncio.Future[Any], float]] = {}
        self._sweeping: asyncio.TimerHandle | None = None
        self._outgoing: _Outgoing | None = None
        self._reading: asyncio.Task[None] | None = None
        self._connecting = asyncio.Lock()

    async def ask(self, ask: Ask[T]) -> T:
        """See `Doors.ask`."""
        outgoing = self._outgoing
        if outgoing is None or outgoing.is_closed:
            outgoing = await self._connect()
        self._number += 1
        number = self._number
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._waiting[number] = (future, loop.time() + self._timeout_s)
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
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    def _sweep(self) -> None:
        """Give up what has waited too long: one timer for all who wait, instead of one for each."""
        loop, self._sweeping = asyncio.get_running_loop(), None
        now = loop.time()
        for future, due in self._waiting.values():
            if due <= now and not future.done():
                future.set_exception(unavailable("keyroom-gone"))
        if self._waiting:
            self._sweeping = loop.call_later(self._sweep_s, self._sweep)

    async def _connect(self) -> "_Outgoing":
        async with self._connecting:
            if self._outgoing is not None and not self._outgoing.is_closed:
                return self._outgoing
            try:
                reader, writer = await asyncio.open_unix_connection(str(self._path), limit=1 << 20)
                writer.write(wire.GREETING)
                if await reader.readexactly(len(wire.GREETING)) != wire.GREETING:
                    raise unavailable("keyroom-gone")
            except (OSError, asyncio.IncompleteReadError) as error:
                raise unavailable("keyroom-gone") from error
            outgoing = self._outgoing = _Outgoing(writer, self._unsent)
            self._reading = asyncio.get_running_loop().create_task(self._read(reader, outgoing))
            return outgoing

    def _unsent(self, number: int, refusal: Refusal) -> None:
        waiting = self._waiting.get(number)
        if waiting is not None and not waiting[0].done():
            waiting[0].set_exception(refusal)

    async def _read(self, reader: asyncio.StreamReader, outgoing: "_Outgoing") -> None:
        try:
            while True:
                for number, answer in wire.messages(await _read_frame(reader)):
                    waiting = self._waiting.get(number)
                    if waiting is not None and not waiting[0].done():
                        waiting[0].set_result(answer)
        except (asyncio.IncompleteReadError, ConnectionError, Refusal):
            pass
        finally:
            outgoing.close()
            for future, _ in self._waiting.values():
                if not future.done():
                    future.set_exception(unavailable("keyroom-gone"))


class _Outgoing:
    """Gathers the messages of one loop tick into one frame; `unsent` is told of one that cannot be sent."""

    def __init__(self, writer: asyncio.StreamWriter, unsent: Callable[[int, Refusal], None]) -> None:
        self._writer = writer
        self._unsent = unsent
        self._messages: list[tuple[int, object]] = []
        self.is_closed = False

    def send(self, number: int, message: object) -> None:
        if self.is_closed:
            return
        if not self._messages:
            asyncio.get_running_loop().call_soon(self._flush)
        self._messages.append((number, message))

    def close(self) -> None:
        self.is_closed = True
        self._messages.clear()
        self._writer.close()

    def _flush(self) -> None:
        messages, self._messages = self._messages, []
        if self.is_closed or not messages:
            return
        try:
            self._writer.write(wire.frame(messages))
        except Refusal:
            self._each_alone(messages)

    def _each_alone(self, messages: list[tuple[int, object]]) -> None:
        for one in messages:
            try:
                self._writer.write(wire.frame([one]))
            except Refusal as refusal:
                self._unsent(one[0], refusal)


async def _read_frame(reader: asyncio.StreamReader) -> bytes:
    length = int.from_bytes(await reader.readexactly(wire.LENGTH_BYTES), "big")
    if length > wire.FRAME_BYTES_MAX:
        raise malformed("frame-too-large")
    return await reader.readexactly(length)
