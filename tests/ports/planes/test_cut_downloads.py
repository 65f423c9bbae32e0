"""A client that leaves in the middle: it counts as having got little more than it took, and never less."""

import asyncio
import json
import socket

import pytest
import uvloop

from custodes.acts.asks.objects import CloseGet, ClosePut, OpenPut, Stored
from custodes.acts.streams.writing import Sealing
from custodes.web.kit.logs import Log
from custodes.web.planes.s3.exchange import Ports
from custodes.web.planes.s3.plane import S3Plane
from custodes.web.serving.connection import Pace
from custodes.web.serving.server import Tcp, bound, serve
from fakes import SeededDice, SetClock
from fakes.object_doors import ObjectDoors
from fakes.s3_wire import Wire
from fakes.stores import MemoryStores

MIB = 1_048_576
OBJECT_BYTES = 24 * MIB
ROOM_BYTES = 65_536  # what the client's own machine takes for it
MORE_BYTES_MAX = 2 * MIB  # docs/protocols/s3.md, "Cut downloads"


class Plane:
    """The S3 plane on a port, with one large object in it."""

    def __init__(self):
        self.doors, self.stores, self.lines = ObjectDoors(), MemoryStores(), []
        ports = Ports(doors=self.doors, stores=self.stores, clock=SetClock(), dice=SeededDice())
        self.app = S3Plane(ports, Log(self.lines.append, SetClock()))

    async def fill(self):
        opened = await self.doors.ask(OpenPut(None, "bucket", "large", OBJECT_BYTES))
        keyed = (opened.data_key, opened.associated)
        stores = [self.stores.at(place.uri) for place in opened.stores]
        sealing = Sealing(opened.blob, keyed, stores, SeededDice(2))
        for _ in range(OBJECT_BYTES // MIB):
            await sealing.take(bytes(MIB))
        await sealing.finish()
        stored = Stored(opened.blob, sealing.plain_bytes, sealing.cipher_bytes, sealing.header)
        await self.doors.ask(ClosePut(None, opened.ticket, "complete", stored))


async def _left(port, taken_bytes):
    """A client that takes so many bytes of the content, then nothing, then leaves."""
    loop = asyncio.get_running_loop()
    wire = Wire(port, "AKIA", "secret")
    headers = wire.signed("GET", "/bucket/large", {}, "UNSIGNED-PAYLOAD")
    lines = ["GET /bucket/large HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM_BYTES)
        client.setblocking(False)
        await loop.sock_connect(client, ("127.0.0.1", port))
        await loop.sock_sendall(client, "\r\n".join(lines).encode())
        got = b""
        while b"\r\n\r\n" not in got:
            got += await loop.sock_recv(client, 65_536)
        took = len(got.partition(b"\r\n\r\n")[2])
        while took < taken_bytes:
            came = await loop.sock_recv(client, min(65_536, taken_bytes - took))
            assert came, "cut by the server"
            took += len(came)
        await asyncio.sleep(0.3)  # the server fills whatever takes something; the longer, the harder the test
    return took


@pytest.mark.parametrize("taken_bytes", [0, MIB, 5 * MIB + 1])
def test_it_counts_what_it_took_and_at_most_two_mebibytes_more(taken_bytes):
    async def run():
        plane, stop = Plane(), asyncio.Event()
        await plane.fill()
        with bound(Tcp(port=0)) as listening:
            port = listening.getsockname()[1]
            pace = Pace(piece_bytes=524_288)
            serving = asyncio.create_task(serve(plane.app, Tcp(port=port, fd=listening.fileno()), stop, pace))
            took = await _left(port, taken_bytes)
            while not plane.doors.of(CloseGet) or not plane.lines:  # noqa: ASYNC110 - told by a task of its own
                await asyncio.sleep(0.01)
            stop.set()
            await serving
        return took, plane.doors.of(CloseGet)[-1], json.loads(plane.lines[-1])

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        took, closed, line = runner.run(run())
    assert closed.outcome == "cut"
    assert took <= closed.sent_bytes <= took + MORE_BYTES_MAX
    assert (line["bytes"], line["refusal"]) == (closed.sent_bytes, "gone")
