"""The gRPC server around the plugin: one service, three methods, messages as bytes.

What reaches the socket is decided by its folder and mode: the API server's host, nobody else.
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import grpc  # type: ignore[import-untyped]

from custodes.kernel.dice import Dice
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal
from custodes.protocols.kms_v2 import messages
from custodes.protocols.kms_v2.refusals import said
from custodes.web.kit.logs import Log

from .plugin import Call, Plugin

WITHIN_S = 3.0  # the API server gives up after three seconds by itself
CALLS_MAX = 256
MODE = 0o660
_OPTIONS = (
    ("grpc.max_receive_message_length", messages.MESSAGE_BYTES_MAX + 65_536),
    ("grpc.max_concurrent_streams", CALLS_MAX),
)


class KmsServer:
    """Serves until told to stop."""

    def __init__(
        self, plugin: Plugin, log: Log, dice: Dice, refused: Callable[[Refusal], None] = lambda _: None
    ) -> None:
        """`refused` is told of every refusal, for whoever counts."""
        self._plugin = plugin
        self._log = log
        self._dice = dice
        self._refused = refused

    async def serve(self, path: Path, stop: asyncio.Event) -> None:
        """Listen on a UNIX socket until `stop`; OSError when the place cannot be taken."""
        server = grpc.aio.server(options=_OPTIONS, maximum_concurrent_rpcs=CALLS_MAX)
        handlers = {
            name: grpc.unary_unary_rpc_method_handler(self._answering(name, call))
            for name, call in self._plugin.calls().items()
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(messages.SERVICE, handlers),))
        _clear(path)
        if not server.add_insecure_port(f"unix:{path}"):
            raise OSError(f"cannot listen on {path}")
        await server.start()
        os.chmod(path, MODE)  # noqa: PTH101 - one system call, before anybody is served
        try:
            await stop.wait()
        finally:
            await server.stop(1.0)

    def _answering(self, name: str, call: Call):  # type: ignore[no-untyped-def]  # noqa: ANN202 - gRPC's own type
        async def answer(raw: bytes, context: grpc.aio.ServicerContext) -> bytes:
            loop, id_ = asyncio.get_running_loop(), new_id("req", self._dice)
            began_s, code, body = loop.time(), None, b""
            try:
                async with asyncio.timeout(WITHIN_S):
                    body = await call(raw)
            except Refusal as refusal:
                self._refused(refusal)
                code, (status, text) = refusal.code, said(refusal)
            except TimeoutError:
                code, (status, text) = "timed-out", ("DEADLINE_EXCEEDED", "timed-out")
            except Exception as error:  # a stranger's exception is our fault, sent without text
                self._log.fault(id_, error)
                code, (status, text) = "broken", ("INTERNAL", "broken")
            us = int((loop.time() - began_s) * 1e6)
            seen = {"bytes": len(body), "duration_us": us, "refusal": code}
            self._log.access(id_, "POST", 200 if code is None else 500, endpoint=f"kms-{name}", **seen)
            if code is not None:
                await context.abort(grpc.StatusCode[status], text)
            return body

        return answer


def _clear(path: Path) -> None:
    """A leftover goes: the supervisor starts one of us only."""
    if path.is_socket():
        path.unlink()
