"""A client that spends little: it signs, sends and takes bodies in pieces, and counts what servers spend."""

import asyncio
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fakes.s3_wire import Wire

PIECE = 1_048_576
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


def put_large(at: Target, name: str, size: int) -> None:
    """One PUT of `size` bytes: unsigned chunks with a CRC in the trailer, as boto3 over TLS, or in one."""
    from fakes.s3_wire import Answer, crc32  # noqa: PLC0415 - the tests' own client

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
    given["Content-Length"] = str(length)
    with _asked(at, "PUT", name, given, at.framing) as connection:
        for _ in range(size // PIECE):
            connection.sendall(piece)
        connection.sendall(trailer)
        raw = b""
        while got := connection.recv(65_536):
            raw += got
    if Answer(raw).status != 200:
        raise RuntimeError(raw.decode(errors="replace"))


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


async def small(at: Target, method: str, body: bytes, clients: int, seconds: float) -> list[float]:
    """How long each small PUT or GET took (seconds) that so many clients made in so long."""
    until = time.perf_counter() + seconds
    found = await asyncio.gather(*(_loop(at, method, n, body, until) for n in range(clients)))
    return [one for of_client in found for one in of_client]


def resident_mib(pid: int) -> float:
    """Resident memory now."""
    return status_mib(pid, "VmRSS:")


def status_mib(pid: int, name: str) -> float:
    """A line of /proc/PID/status, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def spent_s(at: Target) -> float:
    """Processor seconds of all the target's processes, those that ended not among them."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0.0
    for pid in at.pids.values():
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / ticks
    return total


def _asked(at: Target, method: str, name: str, given: Mapping[str, str], payload: str) -> socket.socket:
    target = f"/{at.bucket}/{name}"
    headers = at.wire.signed(method, target, dict(given), payload)
    lines = [f"{method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
    connection = socket.create_connection(("127.0.0.1", at.wire.port))
    connection.sendall("\r\n".join(lines).encode())
    return connection


async def _loop(at: Target, method: str, n: int, body: bytes, until: float) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", at.wire.port)
    target = f"/{at.bucket}/small/{n}"
    sent = body if method == "PUT" else b""
    more = dict(at.given) if method == "PUT" else {}
    times = []
    while (began := time.perf_counter()) < until:
        headers = at.wire.signed(method, target, {"Content-Length": str(len(sent)), **more}, PLAIN)
        lines = [f"{method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
        writer.write("\r\n".join(lines).encode() + sent)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())
        _, _, length = head.lower().partition(b"content-length: ")
        await reader.readexactly(int(length.partition(b"\r\n")[0] or 0))
        times.append(time.perf_counter() - began)
    writer.close()
    return times
