"""The public root log over HTTP, as c2sp.org/tlog-tiles asks: the checkpoint fresh, tiles for ever.

What is served is exactly what the log is made of: the checkpoint, full and partial tiles, entry bundles, and
the pins with which a verifier begins; beside them the rows of the slot trees, all blinded, and the stream of
leaves, sealed. The paths are a
grammar, not a file system: anything else is 404, and nothing of the request becomes part of a path before it
has matched. Anybody may read, from anywhere.
"""

import os
import re
import stat
from pathlib import Path

from starlette.types import Receive, Scope, Send

from custodes.kernel.dice import Dice
from custodes.kernel.ids import new_id
from custodes.web.kit.logs import Log, began, took_us

IMMUTABLE = b"public, max-age=31536000, immutable"
FRESH = b"public, max-age=5"
TEXT, BYTES, JSON = b"text/plain; charset=utf-8", b"application/octet-stream", b"application/json"
TILE_BYTES_MAX = 32 * 1_048_576  # an entry bundle is the largest file there is

_NUMBER = r"(?:x[0-9]{3}/){0,6}[0-9]{3}(?:\.p/[1-9][0-9]{0,2})?"
_TILE = re.compile(rf"/tile/(?:[1-5]?[0-9]|6[0-3]|entries)/{_NUMBER}")
_SLOTS = re.compile(rf"/slots/(?:x[0-9]{{3}}/){{0,6}}[0-9]{{3}}|/leaves/{_NUMBER}")
_STAMPS = re.compile(r"/timestamps/[0-9]{20}\.(checkpoint|tsr)")
_FILES = {"/checkpoint": (TEXT, FRESH), "/pins.json": (JSON, FRESH), "/gap.json": (JSON, FRESH)}
_FILES |= {"/turn.json": (JSON, FRESH), "/next.json": (JSON, FRESH)}
_CLOSED = re.compile(r"/closed/[1-9][0-9]?(/.*)")  # logs that this one follows, each laid out as a log is
_ALWAYS = ((b"access-control-allow-origin", b"*"), (b"x-content-type-options", b"nosniff"))


class LogPlane:
    """ASGI 3 over the folder that the logkeeper publishes to."""

    def __init__(self, folder: Path, log: Log, dice: Dice) -> None:
        self._folder = folder
        self._log = log
        self._dice = dice

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Serve one request."""
        since = began()
        status, headers, body = self._answer(scope["method"], scope["raw_path"])
        headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": status, "headers": [*headers, *_ALWAYS]})
        is_head = scope["method"] == "HEAD"
        await send({"type": "http.response.body", "body": b"" if is_head else body})
        us = took_us(since)
        self._log.access(new_id("req", self._dice), scope["method"], status, bytes=len(body), duration_us=us)

    def _answer(self, method: str, raw_path: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        if method not in ("GET", "HEAD"):
            return 405, [(b"allow", b"GET, HEAD"), (b"content-type", TEXT)], b"only GET and HEAD\n"
        path = raw_path.decode("latin-1")
        closed = _CLOSED.fullmatch(path)
        named = closed[1] if closed is not None else path
        media, keep = _FILES.get(named) or _grammar(named)
        body = _read(self._folder / path[1:]) if media else None
        if body is None:
            return 404, [(b"content-type", TEXT), (b"cache-control", b"no-store")], b"not there\n"
        return 200, [(b"content-type", media), (b"cache-control", keep)], body


def _grammar(path: str) -> tuple[bytes, bytes]:
    """Media type and how long to keep it; empty for what is no path of a log."""
    if _TILE.fullmatch(path):
        return BYTES, IMMUTABLE
    if stamp := _STAMPS.fullmatch(path):
        return TEXT if stamp[1] == "checkpoint" else b"application/timestamp-reply", IMMUTABLE
    return (BYTES, FRESH) if _SLOTS.fullmatch(path) else (b"", b"")


def _read(path: Path) -> bytes | None:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        return None if stat.S_ISDIR(os.fstat(handle).st_mode) else file.read(TILE_BYTES_MAX)
