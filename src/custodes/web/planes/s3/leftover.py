"""What is left of a body when its request is answered, and whether another request may follow it.

A client that still sends must be let speak for a while: closing a connection on unread bytes resets it, and
the refusal is lost on the way. A client that waits for 100 Continue must not be asked to send; one that has
waited for long sends anyway (RFC 9110 section 10.1.1) and counts among those that speak. Whoever's body is
not read to its end gets `Connection: close`, for where the next request begins nobody can tell.

So does a client that announced `Expect: 100-continue` and is answered without one: the server sends none
where there is no body to read. Some clients announce it even then (which that section forbids), and botocore
before 1.43.77 took the status of that answer for the next one's on the connection, and lost its headers.
"""

import asyncio
from collections.abc import Iterable

from starlette.types import Message, Receive

from custodes.web.kit.logs import began, took_us

DRAIN_BYTES_MAX = 8 * 1_048_576
DRAIN_S_MAX = 3.0
CONTINUE_WAIT_US = 1_000_000  # botocore, curl and Go's clients wait that long for 100 Continue, then send


_TELLING = frozenset({b"transfer-encoding", b"content-length", b"expect"})


class Leftover:
    """Watches a body being read, and reads what is left of it."""

    def __init__(self, headers: Iterable[tuple[bytes, bytes]], receive: Receive) -> None:
        """`headers` bear names in lower case, as ASGI has them."""
        self._receive = receive
        found = {name: value for name, value in headers if name in _TELLING}
        length = found.get(b"content-length", b"0").strip()
        has_body = b"transfer-encoding" in found or length.strip(b"0") != b""
        self._has_body = has_body
        self._is_over = not has_body
        self._is_waited_for = found.get(b"expect", b"").strip().lower() == b"100-continue"
        self._since = began()

    @property
    def is_last(self) -> bool:
        """Whether this request has to be the last one on its connection, if it were answered now."""
        return self._is_waited_for or not self._is_over

    async def receive(self) -> Message:
        """As ASGI's own. The first call for a body makes the server send 100 Continue."""
        self._is_waited_for = self._is_waited_for and not self._has_body
        message = await self._receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            self._is_over = True
        return message

    async def drain(self) -> None:
        """Read on for a bounded while, if there is somebody who sends."""
        left_bytes = DRAIN_BYTES_MAX
        if self._is_waited_for and took_us(self._since) < CONTINUE_WAIT_US:
            return
        try:
            async with asyncio.timeout(DRAIN_S_MAX):
                while not self._is_over and left_bytes > 0:
                    left_bytes -= len((await self.receive()).get("body", b""))
        except TimeoutError:
            return
