"""Small objects by a client that spends little: requests signed beforehand, one loop for all connections.

Each connection sends its next request when the answer before has come whole. On two processors a client that
signs as it goes takes from the server what it is to measure.
"""

import select
import socket
import time
from dataclasses import dataclass
from itertools import cycle

from .s3_load import PLAIN, Target

NAMES = 4  # of each connection, in turn
PIECE = 65_536


@dataclass(slots=True)
class _Client:
    """One connection: what it sends in turn, what came of the present answer, and when that was asked for."""

    wire: socket.socket
    requests: "cycle[bytes]"
    came: bytes = b""
    since: float = 0.0

    def ask(self, now: float) -> None:
        self.since = now
        self.wire.sendall(next(self.requests))


def small(at: Target, method: str, body: bytes, clients: int, seconds: float) -> list[float]:
    """How long each small PUT or GET took (seconds) that so many connections made in so long.

    RuntimeError for an answer that is not 200, and for a connection that is cut.
    """
    waiting = select.epoll()
    by_number: dict[int, _Client] = {}
    for n in range(clients):
        wire = socket.create_connection(("127.0.0.1", at.wire.port))
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        requests = [_request(at, method, f"small/{n}-{k}", body) for k in range(NAMES)]
        by_number[wire.fileno()] = _Client(wire, cycle(requests))
        waiting.register(wire.fileno(), select.EPOLLIN)
    times: list[float] = []
    until = time.perf_counter() + seconds
    for client in by_number.values():
        client.ask(time.perf_counter())
    while by_number:
        for number, _ in waiting.poll():
            client = by_number[number]
            if not _has_come(client):
                continue
            now = time.perf_counter()
            times.append(now - client.since)
            if now < until:
                client.ask(now)
                continue
            waiting.unregister(number)
            client.wire.close()
            del by_number[number]
    waiting.close()
    return times


def _request(at: Target, method: str, name: str, body: bytes) -> bytes:
    target = f"/{at.bucket}/{name}"
    body = body if method == "PUT" else b""
    given = dict(at.given) if method == "PUT" else {}
    headers = at.wire.signed(method, target, {"Content-Length": str(len(body)), **given}, PLAIN)
    lines = [f"{method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
    return "\r\n".join(lines).encode() + body


def _has_come(client: _Client) -> bool:
    """Whether the answer is whole by now."""
    got = client.wire.recv(PIECE)
    if not got:
        raise RuntimeError("cut")
    raw = client.came + got
    end = raw.find(b"\r\n\r\n")
    if end < 0:
        client.came = raw
        return False
    if not raw.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(raw.decode(errors="replace"))
    _, _, length = raw[: end + 2].lower().partition(b"content-length: ")
    wanted = int(length.partition(b"\r")[0] or 0)
    is_whole = len(raw) >= end + 4 + wanted
    client.came = b"" if is_whole else raw
    return is_whole
