"""A bench that is a child process: it has its own interpreter, so ours goes on while it works.

The child is started at the first work and lives as long as we do; it reads frames from a pair of sockets that
nobody else has, and ends when our end closes. A frame is four bytes of length and MessagePack.
"""

import asyncio
import contextlib
import socket
import struct
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import msgspec

from custodes.acts.benching.bench import Done, Halver, Job
from custodes.custody.materials.signing import How
from custodes.kernel.refusal import Kind, Refusal, limited, malformed

T = TypeVar("T")
WAITING_MAX = 64
FRAME_BYTES_MAX = 4 * 1024 * 1024
WITHIN_S = 60.0  # primes of 4,096 bits on a slow machine
_LENGTH = struct.Struct(">I")
_decode = msgspec.msgpack.Decoder(Done)


class ProcessBench:
    """One child, one piece of work at a time. `command` starts it; its last argument is a descriptor."""

    def __init__(
        self, command: tuple[str, ...], waiting_max: int = WAITING_MAX, begin: Callable[[], object] = bool
    ) -> None:
        """`begin` is called first in the thread that starts the child."""
        self._command = command
        self._waiting_max = waiting_max
        self._waiting = 0
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="bench", initializer=begin)
        self._child: tuple[subprocess.Popen[bytes], socket.socket] | None = None

    def refuse_if_full(self) -> None:
        """`bench-full` (limited)."""
        if self._waiting >= self._waiting_max:
            raise limited("bench-full")

    async def run(self, work: Callable[[Halver], T]) -> T:
        """In the bench's thread, which waits for the child without holding the interpreter."""
        self.refuse_if_full()
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, self)
        finally:
            self._waiting -= 1

    def born(self, bits: int) -> bytes:
        """See `Halver.born`."""
        return self._do(Job(verb="born", bits=bits))

    def unseal(self, private: bytes, hash_name: str, ciphertext: bytes) -> bytes:
        """See `Halver.unseal`."""
        how = How(hash_name=hash_name)
        return self._do(Job(verb="unseal", private=private, body=ciphertext, how=how))

    def sign(self, private: bytes, message: bytes, how: How) -> bytes:
        """See `Halver.sign`."""
        return self._do(Job(verb="sign", private=private, body=message, how=how))

    def let_go(self) -> None:
        """End the child; the next work starts another."""
        child, self._child = self._child, None
        if child is not None:
            _end(child)

    def close(self) -> None:
        """For good."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.let_go()

    def _do(self, job: Job) -> bytes:
        child = self._child
        try:
            if child is None:
                child = self._child = _started(self._command)
            raw = msgspec.msgpack.encode(job)
            child[1].sendall(_LENGTH.pack(len(raw)) + raw)
            done = _decode.decode(_frame(child[1]))
        except (OSError, EOFError, msgspec.MsgspecError) as error:
            if child is not None and self._child is child:
                self.let_go()
            raise Refusal("bench-gone", Kind.UNAVAILABLE) from error
        if done.refused:
            raise malformed(done.refused)
        return done.body


def _started(command: tuple[str, ...]) -> tuple[subprocess.Popen[bytes], socket.socket]:
    ours, its = socket.socketpair()
    with its:
        try:
            child = subprocess.Popen(  # noqa: S603 - wiring's own words
                [*command, str(its.fileno())], pass_fds=(its.fileno(),), stdin=subprocess.DEVNULL
            )
        except BaseException:
            ours.close()
            raise
    ours.settimeout(WITHIN_S)
    return child, ours


def _end(child: tuple[subprocess.Popen[bytes], socket.socket]) -> None:
    process, ours = child
    ours.close()
    process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(WITHIN_S)


def _frame(sock: socket.socket) -> bytes:
    (length,) = _LENGTH.unpack(_exactly(sock, _LENGTH.size))
    if length > FRAME_BYTES_MAX:
        raise EOFError
    return _exactly(sock, length)


def _exactly(sock: socket.socket, size: int) -> bytes:
    found = bytearray()
    while len(found) < size:
        piece = sock.recv(size - len(found))
        if not piece:
            raise EOFError
        found += piece
    return bytes(found)
