"""A client that spends little: it signs, sends and takes bodies in pieces, and counts what servers spend."""

import asyncio
import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from fakes.s3_wire import Wire

PIECE = 1_048_576
Step = Callable[[int], None]
TRAILED, PLAIN = "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "UNSIGNED-PAYLOAD"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A server under load: `pids` are its processes by name, `given` goes with every PUT."""

    name: str
    wire: "Wire"
    pids: Mapping[str, int]
    bucket: str = "bench"
    given: Mapping[str, str] = field(default_factory=dict)
    framing: str = TRAILED

    def only(self, *names: str) -> "Target":
        """The same, of whose processes only these are looked at."""
        return replace(self, pids={name: self.pids[name] for name in names})


def put_large(at: Target, name: str, size: int) -> None:
    """One PUT of `size` bytes: unsigned chunks with a CRC in the trailer, as boto3 over TLS, or in one."""
    from fakes.s3_wire import Answer  # noqa: PLC0415 - the tests' own client

    given, piece, trailer = _framed(at, size)
    with _asked(at, "PUT", name, given, at.framing) as connection:
        for _ in range(size // PIECE):
            connection.sendall(piece)
        connection.sendall(trailer)
        raw = b""
        while got := connection.recv(65_536):
            raw += got
    if Answer(raw).status != 200:
        raise RuntimeError(raw.decode(errors="replace"))


def slow_reader(at: Target, _n: int, _size: int) -> Step:
    """A GET of the object that is there, taken in steps; a step of 0 goes away."""
    connection = asked(at, "slow")

    def step(most: int) -> None:
        if not most:
            connection.close()
        elif not connection.recv(most):
            raise RuntimeError("cut")

    return step


def slow_writer(at: Target, n: int, size: int) -> Step:
    """A PUT, sent in steps as far as the server takes them; a step of 0 goes away."""
    given, piece, _ = _framed(at, size)
    connection = _asked(at, "PUT", f"slow-{n}", given, at.framing)
    connection.setblocking(False)
    sent = 0

    def step(most: int) -> None:
        nonlocal sent
        if not most:
            connection.close()
            return
        left = most
        while left:
            start = sent % len(piece)
            try:
                count = connection.send(piece[start : start + left])
            except BlockingIOError:
                return
            sent, left = sent + count, left - count

    return step


def put_parts(at: Target, name: str, size: int, part: int) -> None:
    """A multipart upload of so many bytes in parts of this size, one after the other."""
    target = f"/{at.bucket}/{name}"
    opened = at.wire.request("POST", f"{target}?uploads=", headers={**at.given})
    upload = opened.body.decode().partition("<UploadId>")[2].partition("</UploadId>")[0]
    body, listed = bytes(part), ""
    for number in range(1, size // part + 1):
        asked = f"{target}?partNumber={number}&uploadId={upload}"
        done = at.wire.request("PUT", asked, body, payload=PLAIN)
        if done.status != 200:
            raise RuntimeError(done.body.decode())
        listed += f"<Part><PartNumber>{number}</PartNumber><ETag>{done.headers['etag']}</ETag></Part>"
    whole = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
    done = at.wire.request("POST", f"{target}?uploadId={upload}", whole)
    if done.status != 200 or b"<Error>" in done.body:
        raise RuntimeError(done.body.decode())


def get_large(at: Target, name: str, size: int) -> None:
    """One GET, to its last byte."""
    buffer, count = bytearray(PIECE), 0
    with asked(at, name) as connection:
        while got := connection.recv_into(buffer):
            count += got
    if count < size:
        raise RuntimeError(f"{count} bytes only")


def asked(at: Target, name: str, more: Mapping[str, str] | None = None) -> socket.socket:
    """A GET that was sent; its answer is still to be taken."""
    return _asked(at, "GET", name, {"Connection": "close", **(more or {})}, PLAIN)


class Connection:
    """One connection kept open, for requests that are answered one after the other."""

    def __init__(self, at: Target) -> None:
        self._at = at
        self._socket = socket.create_connection(("127.0.0.1", at.wire.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def listed(self, query: Mapping[str, str]) -> bytes:
        """One page of a listing of the bucket."""
        asked = "&".join(f"{name}={quote(value, safe='')}" for name, value in sorted(query.items()))
        return self._whole(f"/{self._at.bucket}?{asked}", {})[1]

    def first_byte_s(self, name: str, span: str, *, is_left: bool = False) -> float:
        """Seconds from a signed GET of a range to its first byte; the rest is read, or left."""
        return self._whole(f"/{self._at.bucket}/{name}", {"Range": span}, is_left=is_left)[0]

    def _whole(self, target: str, given: Mapping[str, str], *, is_left: bool = False) -> tuple[float, bytes]:
        headers = self._at.wire.signed("GET", target, dict(given), PLAIN)
        lines = [f"GET {target} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
        asked = "\r\n".join(lines).encode()
        began = time.perf_counter()
        self._socket.sendall(asked)
        raw = bytearray()
        while b"\r\n\r\n" not in raw:
            raw += self._received()
        at = raw.index(b"\r\n\r\n") + 4
        head = bytes(raw[:at]).lower()
        if not head.startswith((b"http/1.1 200", b"http/1.1 206")):
            raise RuntimeError(head.decode())
        if len(raw) == at:
            raw += self._received()
        took = time.perf_counter() - began
        length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
        while not is_left and (len(raw) - at < int(length) if length else not raw.endswith(b"\r\n0\r\n\r\n")):
            raw += self._received()
        return took, bytes(raw[at:])

    def _received(self) -> bytes:
        got = self._socket.recv(PIECE)
        if not got:
            raise RuntimeError("cut")
        return got


def status_mib(pid: int, name: str) -> float:
    """A line of /proc/PID/status, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


async def some(at: Target, count: int) -> None:
    """So many objects of 64 bytes below `listed/`, sixteen at a time."""

    async def run(numbers: range) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", at.wire.port)
        for n in numbers:
            await _exchanged(at, (reader, writer), "PUT", (f"listed/{n:06d}", bytes(64)))
        writer.close()

    await asyncio.gather(*(run(range(first, count, 16)) for first in range(16)))


def memory_mib(at: Target) -> float:
    """Resident memory of all the target's processes now."""
    return sum(status_mib(pid, "VmRSS:") for pid in at.pids.values())


def spent_s(at: Target) -> float:
    """Processor seconds of all the target's processes, those that ended not among them."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0.0
    for pid in at.pids.values():
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / ticks
    return total


def _framed(at: Target, size: int) -> tuple[dict[str, str], bytes, bytes]:
    """Headers of a large PUT of zeros, the piece it is sent in, and what comes after the last."""
    from fakes.s3_wire import crc32  # noqa: PLC0415 - the tests' own client

    given = {**at.given, "Connection": "close"}
    piece, trailer = bytes(PIECE), b""
    length = size
    if at.framing == TRAILED:
        given |= {
            "Content-Encoding": "aws-chunked",
            "x-amz-decoded-content-length": str(size),
            "x-amz-trailer": "x-amz-checksum-crc32",
        }
        trailer = b"0\r\nx-amz-checksum-crc32:" + crc32(bytes(size)).encode() + b"\r\n\r\n"
        piece = b"%x\r\n" % PIECE + piece + b"\r\n"
        length = size // PIECE * len(piece) + len(trailer)
    return {**given, "Content-Length": str(length)}, piece, trailer


def _asked(at: Target, method: str, name: str, given: Mapping[str, str], payload: str) -> socket.socket:
    target = f"/{at.bucket}/{name}"
    headers = at.wire.signed(method, target, dict(given), payload)
    lines = [f"{method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
    connection = socket.create_connection(("127.0.0.1", at.wire.port))
    connection.sendall("\r\n".join(lines).encode())
    return connection


async def _exchanged(
    at: Target, wire: tuple[asyncio.StreamReader, asyncio.StreamWriter], method: str, what: tuple[str, bytes]
) -> None:
    """One request for (name, body) over a connection that stays open, to the end of its answer."""
    reader, writer = wire
    name, body = what
    target = f"/{at.bucket}/{name}"
    more = dict(at.given) if method == "PUT" else {}
    headers = at.wire.signed(method, target, {"Content-Length": str(len(body)), **more}, PLAIN)
    lines = [f"{method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
    writer.write("\r\n".join(lines).encode() + body)
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.decode())
    _, _, length = head.lower().partition(b"content-length: ")
    await reader.readexactly(int(length.partition(b"\r\n")[0] or 0))
