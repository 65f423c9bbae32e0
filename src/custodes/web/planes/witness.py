"""A witness over HTTP, as c2sp.org/tlog-witness asks: add-checkpoint, and what it cosigned last of a log.

It also takes what says which log follows another at the turn of a year (add-follower, our own).
Statuses are the specification's: 200 lines, 400, 403, 404, 409 with the remembered size, 422; 429 to a log
that submits more often than it announced. Anybody may ask: a checkpoint proves by its signature whose it is.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from starlette.types import Receive, Scope, Send

from custodes.kernel.dice import Dice
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, Refusal
from custodes.ledger.shards.turn import FILE_BYTES_MAX
from custodes.ledger.watch.witnessing import SUBMISSION_BYTES_MAX
from custodes.web.kit import bodies
from custodes.web.kit.logs import Log, began, took_us

TEXT, SIZE = b"text/plain; charset=utf-8", b"text/x.tlog.size"
BODY_TIMEOUT_MS = 10_000
AT_ONCE_MAX = 8
WAITING_MAX = 128
STATUSES: Mapping[str, int] = MappingProxyType(
    {
        "unknown-log": 404,
        "not-signed-by-log": 403,
        "bad-signature": 403,
        "ambiguous-key": 403,
        "witness-behind": 409,
        "another-follower": 409,
        "other-root": 422,
        "not-consistent": 422,
        "bad-empty-root": 422,
        "body-too-large": 413,
        "slow-body": 408,
    }
)
_KINDS = {Kind.MALFORMED: 400, Kind.UNAUTHENTICATED: 403, Kind.ABSENT: 404, Kind.LIMITED: 429}
_MONITORED = re.compile(r"/([0-9a-f]{64})/checkpoint")

Headers = list[tuple[bytes, bytes]]
Answer = tuple[int, bytes, bytes]


class WitnessPlane:
    """ASGI 3 over the things a witness does; all are blocking calls and run in threads."""

    def __init__(
        self,
        takes: tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]],
        checkpoint: Callable[[str], bytes],
        about: bytes,
        ports: tuple[Log, Dice],
    ) -> None:
        """`takes` are checkpoints and followers; `about` is served at `/`: who this is and its keys."""
        self._takes = {"/add-checkpoint": (takes[0], SUBMISSION_BYTES_MAX)}
        self._takes["/add-follower"] = (takes[1], FILE_BYTES_MAX)
        self._checkpoint = checkpoint
        self._about = about
        self._log, self._dice = ports
        self._turn = asyncio.Semaphore(AT_ONCE_MAX)
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        since = began()
        request_id = new_id("req", self._dice)
        refused: str | None = None
        try:
            status, media, body = await self._answer(scope, receive)
        except Refusal as refusal:
            refused = refusal.code
            status, media, body = refusal_answer(refusal)
        except Exception as error:
            self._log.fault(request_id, error)
            status, media, body = 500, TEXT, b"broken\n"
        headers: Headers = [
            (b"content-type", media),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        is_head = scope["method"] == "HEAD"
        await send({"type": "http.response.body", "body": b"" if is_head else body})
        us = took_us(since)
        self._log.access(request_id, scope["method"], status, duration_us=us, refusal=refused)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        method, path = scope["method"], scope["raw_path"].decode("latin-1")
        if path in self._takes:
            if method != "POST":
                return 405, TEXT, b"only POST\n"
            return await self._submitted(scope, receive, self._takes[path])
        if method not in ("GET", "HEAD"):
            return 405, TEXT, b"only GET and HEAD\n"
        if path == "/":
            return 200, TEXT, self._about
        asked = _MONITORED.fullmatch(path)
        if asked is None:
            return 404, TEXT, b"not there\n"
        return 200, TEXT, await asyncio.to_thread(self._checkpoint, asked[1])

    async def _submitted(
        self, scope: Scope, receive: Receive, what: tuple[Callable[[bytes], bytes], int]
    ) -> Answer:
        work, bytes_max = what
        if self._waiting >= WAITING_MAX:
            return 503, TEXT, b"too many at once\n"
        self._waiting += 1
        try:
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            raw = await bodies.whole(receive, headers, bytes_max, BODY_TIMEOUT_MS)
            async with self._turn:
                return 200, TEXT, await asyncio.to_thread(work, raw)
        finally:
            self._waiting -= 1


def refusal_answer(refusal: Refusal) -> Answer:
    """(status, media type, body) of a refusal."""
    status = STATUSES.get(refusal.code) or _KINDS.get(refusal.kind, 503)
    if refusal.code == "witness-behind":
        return status, SIZE, f"{refusal.facts['size']}\n".encode()
    return status, TEXT, f"{refusal.code}\n".encode()
