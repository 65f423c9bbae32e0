"""A process's own pages for whoever watches over it, on a UNIX socket: `/metrics`, and what else it is given.

One short answer per connection, GET only, nothing of the request is used but its path. The socket is made
before a plane confines itself. Who may connect is said by its folder and its mode: the socket's group may.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from custodes.kernel.meters import MEDIA, Meters

HEAD_BYTES_MAX = 8_192
WITHIN_S = 5.0
AT_ONCE_MAX = 8

_log = logging.getLogger("custodes.meters")
_WORDS = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One answer."""

    status: int = 200
    media: str = "text/plain; charset=utf-8"
    body: bytes


Pages = Mapping[str, Callable[[], Awaitable[Page]]]


def metrics(meters: Meters, look: Callable[[], Awaitable[None]] | None = None) -> Pages:
    """`/metrics` of these meters; `look` is awaited first, for what must be asked before it can be read."""

    async def page() -> Page:
        if look is not None:
            await look()
        return Page(media=MEDIA, body=meters.text())

    return {"/metrics": page}


class MeterSocket:
    """Serves pages at one path until closed. A process that cannot have it goes on without, and says so."""

    def __init__(self, path: Path, pages: Pages) -> None:
        self._path = path
        self._pages = pages
        self._open = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> bool:
        """Listen; a socket left behind by a dead process is replaced."""
        try:
            await asyncio.to_thread(self._path.parent.mkdir, parents=True, exist_ok=True)
            await asyncio.to_thread(self._path.unlink, missing_ok=True)
            self._server = await asyncio.start_unix_server(self._serve, str(self._path), limit=HEAD_BYTES_MAX)
            await asyncio.to_thread(self._path.chmod, 0o660)
        except OSError as error:
            _log.warning("no metrics at %s: %s", self._path, error.strerror)
            return False
        return True

    async def stop(self) -> None:
        """Listen no longer. The file stays: a confined process may not remove it."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= AT_ONCE_MAX:
                async with asyncio.timeout(WITHIN_S):
                    page = await self._answer(await reader.readuntil(b"\r\n\r\n"))
                    writer.write(_encoded(page))
                    await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            _log.debug("nobody read to the end")
        finally:
            self._open -= 1
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, head: bytes) -> Page:
        words = head.split(b"\r\n", 1)[0].split(b" ")
        if len(words) != 3 or words[0] != b"GET":
            return Page(status=405, body=b"only GET\n")
        found = self._pages.get(words[1].decode("latin-1"))
        if found is None:
            return Page(status=404, body=b"not there\n")
        try:
            return await found()
        except Exception:  # who watches must hear something
            _log.exception("a page for whoever watches failed")
            return Page(status=503, body=b"cannot be told\n")


def _encoded(page: Page) -> bytes:
    lines = (
        f"HTTP/1.1 {page.status} {_WORDS[page.status]}",
        f"content-type: {page.media}",
        f"content-length: {len(page.body)}",
        "connection: close",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + page.body
