"""The S3 plane before a real keyroom and the syncing local store: large bodies, small objects, slow readers.

CPU seconds are the plane process's own, user and system, per GB (10^9 bytes) of content; wall-clock figures
share the processors with the client. Large PUTs are framed as boto3 does over TLS: unsigned chunks with a CRC
in the trailer.
"""

import asyncio
import os
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from .figures import machine, percentile, spread

if TYPE_CHECKING:
    from fakes.houses import House
    from fakes.s3_wire import Wire

LARGE_BYTES = int(os.environ.get("LARGE_MIB", "256")) * 1_048_576
ROUNDS = int(os.environ.get("ROUNDS", "5"))
SMALL_BYTES, CLIENTS, SMALL_S = 4_096, 16, 5.0
SLOW_READERS, SLOW_BYTES_PER_S, SLOW_S = 8, 2_000_000, 6.0
PIECE = 1_048_576
_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Found a house, run its keyroom and S3 plane, measure, print."""
    from fakes.houses import House  # noqa: PLC0415 - the tests' own house

    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(machine(Path(folder)) + "\n")
        house = House(Path(folder)).found()
        with house.running("keyroom", "s3"):
            house.boto3().create_bucket(Bucket="bench")
            plane = house.processes["s3"].pid
            _large(house, plane)
            asyncio.run(_small(house, plane))
            _slow(house, plane)


def _large(house: "House", plane: int) -> None:
    wire = _wire(house)
    puts, gets = [], []
    for n in range(ROUNDS + 1):
        began, cpu = time.perf_counter(), _cpu_s(plane)
        _put(wire, f"/bench/large-{n % 2}")
        middle, cpu_put = time.perf_counter(), _cpu_s(plane)
        _get(wire, f"/bench/large-{n % 2}")
        ended, cpu_get = time.perf_counter(), _cpu_s(plane)
        if n:  # the first one warms up
            puts.append(((cpu_put - cpu) / LARGE_BYTES * 1e9, LARGE_BYTES / (middle - began) / 1e6))
            gets.append(((cpu_get - cpu_put) / LARGE_BYTES * 1e9, LARGE_BYTES / (ended - middle) / 1e6))
    for name, found in (("put", puts), ("get", gets)):
        sys.stdout.write(
            f"{name} {LARGE_BYTES >> 20} MiB: {_fine([one[0] for one in found])} cpu-s/GB, "
            f"{spread([one[1] for one in found])} MB/s\n"
        )
    sys.stdout.write(f"resident at most {_peak_mib(plane):.0f} MiB\n")


async def _small(house: "House", plane: int) -> None:
    body = bytes(SMALL_BYTES)
    for name in ("put", "get"):
        rates, times = [], []
        cpu, total = _cpu_s(plane), 0
        for _ in range(3):
            counts = await asyncio.gather(*(_loop(house, name, n, body, times) for n in range(CLIENTS)))
            rates.append(sum(counts) / SMALL_S)
            total += sum(counts)
        us = (_cpu_s(plane) - cpu) / max(total, 1) * 1e6
        sys.stdout.write(
            f"{name} 4 KiB, {CLIENTS} clients: {spread(rates)}/s, "
            f"p99 {percentile(times, 0.99) * 1e3:.1f} ms, {us:.0f} cpu us of the plane each\n"
        )


async def _loop(house: "House", name: str, n: int, body: bytes, times: list[float]) -> int:
    wire, count = _wire(house), 0
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    target = f"/bench/small/{n}"
    until = time.perf_counter() + SMALL_S
    while (began := time.perf_counter()) < until:
        method = "PUT" if name == "put" else "GET"
        sent = body if name == "put" else b""
        headers = wire.signed(method, target, {"Content-Length": str(len(sent))}, "UNSIGNED-PAYLOAD")
        lines = [f"{method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
        writer.write("\r\n".join(lines).encode() + sent)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        times.append(time.perf_counter() - began)
        count += 1
    writer.close()
    return count


def _slow(house: "House", plane: int) -> None:
    wire = _wire(house)
    before, peak = _resident_mib(plane), 0.0
    readers = [_asked(wire, "/bench/large-0") for _ in range(SLOW_READERS)]
    until = time.perf_counter() + SLOW_S
    while time.perf_counter() < until:
        for one in readers:
            one.recv(SLOW_BYTES_PER_S // 10)
        time.sleep(0.1)
        peak = max(peak, _resident_mib(plane))
    for one in readers:
        one.close()
    sys.stdout.write(f"{SLOW_READERS} slow readers: resident {before:.0f} -> {peak:.0f} MiB at most\n")


def _put(wire: "Wire", target: str) -> None:
    from fakes.s3_wire import Answer, crc32  # noqa: PLC0415 - the tests' own client

    body = bytes(LARGE_BYTES)
    given = {
        "Content-Encoding": "aws-chunked",
        "x-amz-decoded-content-length": str(LARGE_BYTES),
        "x-amz-trailer": "x-amz-checksum-crc32",
        "Connection": "close",
    }
    trailer = b"0\r\nx-amz-checksum-crc32:" + crc32(body).encode() + b"\r\n\r\n"
    framed = LARGE_BYTES // PIECE * (len(b"%x\r\n" % PIECE) + PIECE + 2) + len(trailer)
    given["Content-Length"] = str(framed)
    headers = wire.signed("PUT", target, given, "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
    lines = [f"PUT {target} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
    piece = b"%x\r\n" % PIECE + bytes(PIECE) + b"\r\n"
    with socket.create_connection(("127.0.0.1", wire.port)) as connection:
        connection.sendall("\r\n".join(lines).encode())
        for _ in range(LARGE_BYTES // PIECE):
            connection.sendall(piece)
        connection.sendall(trailer)
        raw = b""
        while got := connection.recv(65_536):
            raw += got
    if Answer(raw).status != 200:
        raise RuntimeError(raw.decode())


def _asked(wire: "Wire", target: str) -> socket.socket:
    headers = wire.signed("GET", target, {"Connection": "close"}, "UNSIGNED-PAYLOAD")
    lines = [f"GET {target} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
    connection = socket.create_connection(("127.0.0.1", wire.port))
    connection.sendall("\r\n".join(lines).encode())
    return connection


def _get(wire: "Wire", target: str) -> None:
    buffer, count = bytearray(PIECE), 0
    with _asked(wire, target) as connection:
        while got := connection.recv_into(buffer):
            count += got
    if count < LARGE_BYTES:
        raise RuntimeError(f"{count} bytes only")


def _wire(house: "House") -> "Wire":
    from fakes.s3_wire import Wire  # noqa: PLC0415 - the tests' own client

    return Wire(house.settings.s3_port, house.key.access_key, house.key.secret)


def _fine(values: list[float]) -> str:
    return f"{percentile(values, 0.5):.2f} ({min(values):.2f}-{max(values):.2f})"


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _status_mib(pid: int, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def _resident_mib(pid: int) -> float:
    return _status_mib(pid, "VmRSS:")


def _peak_mib(pid: int) -> float:
    return _status_mib(pid, "VmHWM:")
