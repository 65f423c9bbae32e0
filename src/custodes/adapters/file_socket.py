"""Files between the process that serves pages and the one that reaches the stores, on a UNIX socket.

One file per connection. Each frame is a byte for its kind, four for its length (big-endian), and so many
bytes. The server says `go` when it wants the bytes, or refuses before one was sent; what it says later ends
the file. Only the user of both processes may connect; what is allowed is decided on the evidence.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from pathlib import Path

import msgspec

from custodes.acts.asks import wire
from custodes.acts.streams.carrying import Bring, Brought, Carrier, Fetch, Fetched
from custodes.kernel.limits import BATCH_BYTES
from custodes.kernel.refusal import Kind, Refusal, limited, malformed, unavailable

AT_ONCE_MAX = 64
HEAD_BYTES = 5
LAST_WAIT_S = 10.0
AHEAD_BYTES = 65_536  # of a file that is read, on the reader's side: what he may never take counts as taken
GO, SAID, PIECE, END, REFUSED = b"G", b"S", b"B", b"E", b"R"

_log = logging.getLogger("custodes.files")
_asks: msgspec.msgpack.Decoder[Bring | Fetch] = msgspec.msgpack.Decoder(Bring | Fetch)
_refusals = msgspec.msgpack.Decoder(wire.Refused)


class FileServer:
    """Hands each connection's file to a carrier."""

    def __init__(self, path: Path, carrier: Carrier, at_once_max: int = AT_ONCE_MAX) -> None:
        self._path = path
        self._carrier = carrier
        self._at_once_max = at_once_max
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> bool:
        """Listen; False where this machine does not let it. A socket left behind is replaced."""
        try:
            await asyncio.to_thread(self._path.parent.mkdir, parents=True, exist_ok=True)
            await asyncio.to_thread(self._path.unlink, missing_ok=True)
            self._server = await asyncio.start_unix_server(self._taken, str(self._path), limit=BATCH_BYTES)
            await asyncio.to_thread(self._path.chmod, 0o600)
        except OSError as error:
            _log.warning("no files at %s: %s", self._path, error.strerror)
            return False
        return True

    async def stop(self) -> None:
        """Listen no longer; what is on its way is cut."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            try:
                if len(self._tasks) > self._at_once_max:
                    raise limited("too-many-files")
                await self._carry(_decoded(await _expected(reader, SAID)), reader, writer)
            except Refusal as refusal:
                await _refuse(refusal, reader, writer)
            except ConnectionError:
                return
            except Exception:
                _log.exception("a file broke")
                await _refuse(Refusal("broken", Kind.BROKEN), reader, writer)
        finally:
            await _let_go(writer)

    async def _carry(
        self, ask: Bring | Fetch, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if isinstance(ask, Bring):
            brought = await self._carrier.bring(ask, _pieces(reader, writer))
            await _say(writer, SAID, msgspec.msgpack.encode(brought))
            return
        about, pieces = await self._carrier.fetch(ask)
        async with aclosing(pieces):
            await _say(writer, SAID, msgspec.msgpack.encode(about))
            async for piece in pieces:
                await _say(writer, PIECE, piece)
        await _say(writer, END)


class FileClient:
    """Fulfils `Carrier` over a connection for each file; `files-gone` (unavailable) where nobody listens."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def bring(self, ask: Bring, pieces: AsyncIterator[bytes]) -> Brought:
        """See `Carrier.bring`."""
        reader, writer = await self._asked(ask)
        try:
            said = await _heard(reader)
            if said[0] == GO:
                said = await _sent(pieces, reader, writer)
            return msgspec.msgpack.decode(_answer(*said), type=Brought)
        except (OSError, asyncio.IncompleteReadError) as error:
            raise _gone() from error
        finally:
            writer.close()

    async def fetch(self, ask: Fetch) -> tuple[Fetched, AsyncGenerator[bytes, None]]:
        """See `Carrier.fetch`."""
        reader, writer = await self._asked(ask)
        try:
            about = msgspec.msgpack.decode(_answer(*await _heard(reader)), type=Fetched)
        except BaseException as error:
            writer.close()
            if isinstance(error, OSError | asyncio.IncompleteReadError):
                raise _gone() from error
            raise
        return about, _coming(reader, writer)

    async def _asked(self, ask: Bring | Fetch) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            reader, writer = await asyncio.open_unix_connection(str(self._path), limit=AHEAD_BYTES)
            await _say(writer, SAID, msgspec.msgpack.encode(ask))
        except OSError as error:
            raise _gone() from error
        return reader, writer


async def _sent(
    pieces: AsyncIterator[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> tuple[bytes, bytes]:
    """Send until there is no more, or until the other side has said something."""
    answer = asyncio.get_running_loop().create_task(_heard(reader))
    try:
        async for piece in pieces:
            for first in range(0, len(piece), BATCH_BYTES):
                await _say(writer, PIECE, piece[first : first + BATCH_BYTES])
            if answer.done():
                return await answer
        await _say(writer, END)
        return await answer
    finally:
        answer.cancel()
        await asyncio.gather(answer, return_exceptions=True)


async def _coming(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> AsyncGenerator[bytes, None]:
    try:
        while True:
            kind, body = await _heard(reader)
            if kind == END:
                return
            if kind != PIECE:
                _answer(kind, body)
                raise _gone()
            yield body
    except (OSError, asyncio.IncompleteReadError) as error:
        raise _gone() from error
    finally:
        writer.close()


async def _pieces(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> AsyncGenerator[bytes, None]:
    """What the other side sends, once it is wanted; ConnectionError where it ends too early."""
    await _say(writer, GO)
    while True:
        try:
            kind, body = await _heard(reader)
        except asyncio.IncompleteReadError as error:
            raise ConnectionResetError from error
        if kind == END:
            return
        if kind != PIECE:
            raise ConnectionAbortedError
        yield body


async def _refuse(refusal: Refusal, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say so, and take what is still sent until the other side has heard it: else it would be lost."""
    with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, Refusal):
        await _say(writer, REFUSED, msgspec.msgpack.encode(wire.refused(refusal)))
        async with asyncio.timeout(LAST_WAIT_S):
            while (await _heard(reader))[0] == PIECE:
                pass


async def _expected(reader: asyncio.StreamReader, wanted: bytes) -> bytes:
    try:
        async with asyncio.timeout(LAST_WAIT_S):
            kind, body = await _heard(reader)
    except (TimeoutError, asyncio.IncompleteReadError) as error:
        raise ConnectionResetError from error
    if kind != wanted:
        raise malformed("bad-frame")
    return body


async def _heard(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readexactly(HEAD_BYTES)
    length = int.from_bytes(head[1:], "big")
    if length > BATCH_BYTES + HEAD_BYTES:
        raise malformed("frame-too-large")
    return head[:1], await reader.readexactly(length)


async def _say(writer: asyncio.StreamWriter, kind: bytes, body: bytes = b"") -> None:
    writer.write(kind + len(body).to_bytes(4, "big"))
    if body:
        writer.write(body)
    await writer.drain()


def _answer(kind: bytes, body: bytes) -> bytes:
    if kind == REFUSED:
        raise wire.refusal(_refusals.decode(body))
    if kind != SAID:
        raise _gone()
    return body


def _decoded(raw: bytes) -> Bring | Fetch:
    try:
        return _asks.decode(raw)
    except msgspec.MsgspecError as error:
        raise malformed("bad-ask") from error


async def _let_go(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


def _gone() -> Refusal:
    return unavailable("files-gone")
