"""What is left of a body when its request is refused.

A client that still sends must be let speak for a while: closing a connection on unread bytes resets it, and
the refusal is lost on the way. A client that waits for 100 Continue must not be asked to send. Whoever's body
is not read to its end gets `Connection: close`, for where the next request begins nobody can tell.
"""

import asyncio
from collections.abc import Iterable

from starlette.types import Message, Receive

DRAIN_BYTES_MAX = 8 * 1_048_576
DRAIN_S_MAX = 3.0


class Leftover:
    """Watches a body being read, and reads what is left of it."""

    def __init__(self, headers: Iterable[tuple[bytes, bytes]], receive: Receive) -> None:
        self._receive = receive
        found = {name.lower(): value.strip().lower() for name, value in headers}
        has_body = b"transfer-encoding" in found or found.get(b"content-length", b"0").strip(b"0") != b""
        self._is_over = not has_body
        self._is_waited_for = found.get(b"expect") == b"100-continue"

    async def receive(self) -> Message:
        """As ASGI's own."""
        self._is_waited_for = False
        message = await self._receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            self._is_over = True
        return message

    async def drain(self) -> bool:
        """Read on for a bounded while; whether the body has come to its end."""
        left_bytes = DRAIN_BYTES_MAX
        if self._is_waited_for:
            return self._is_over
        try:
            async with asyncio.timeout(DRAIN_S_MAX):
                while not self._is_over and left_bytes > 0:
                    left_bytes -= len((await self.receive()).get("body", b""))
        except TimeoutError:
            return False
        return self._is_over
