"""Which answers let another request follow on their connection, and whose bodies are read before them."""

import asyncio

import pytest

from custodes.web.planes.s3 import leftover
from custodes.web.planes.s3.leftover import Leftover

LENGTH, CHUNKED = (b"content-length", b"6"), (b"transfer-encoding", b"chunked")
EMPTY, EXPECT = (b"content-length", b"0"), (b"expect", b"100-Continue")


class Wire:
    """A body in pieces, and how many of them were read; with `is_silent` its end never comes."""

    def __init__(self, *pieces, is_silent=False):
        self.pieces, self.read, self.is_silent = list(pieces), 0, is_silent

    async def receive(self):
        if self.is_silent and self.read == len(self.pieces):
            await asyncio.Event().wait()
        self.read += 1
        more = self.is_silent or self.read < len(self.pieces)
        return {"type": "http.request", "body": self.pieces[self.read - 1], "more_body": more}


def after(headers, wire, *, reads=0, refused=False):
    """Whether this must be the last request, once `reads` pieces were read and it is answered or refused."""

    async def run():
        watched = Leftover(headers, wire.receive)
        for _ in range(reads):
            await watched.receive()
        if refused:
            await watched.drain()
        return watched.is_last

    return asyncio.run(run())


@pytest.mark.parametrize("framing", [LENGTH, CHUNKED])
@pytest.mark.parametrize("more", [[], [EXPECT]])
def test_after_a_body_read_to_its_end_another_request_may_follow(framing, more):
    assert not after([framing, *more], Wire(b"abc", b"def"), reads=2)
    assert after([framing, *more], Wire(b"abc", b"def"), reads=1)
    assert not after([framing, *more], Wire(b"abc", b"def"), reads=1, refused=True)


@pytest.mark.parametrize("refused", [False, True])
@pytest.mark.parametrize("reads", [0, 1])
@pytest.mark.parametrize("framing", [[], [EMPTY]])
def test_no_body_and_a_client_that_waits_to_send_it(framing, reads, refused):
    assert not after(framing, Wire(b""), reads=reads, refused=refused)
    assert after([*framing, EXPECT], Wire(b""), reads=reads, refused=refused)


def test_who_waits_is_not_asked_to_send_what_is_refused():
    wire = Wire(b"abc", b"def")
    assert after([LENGTH, EXPECT], wire, refused=True)
    assert wire.read == 0


def test_who_has_waited_long_enough_sends_and_is_let_speak(monkeypatch):
    monkeypatch.setattr(leftover, "CONTINUE_WAIT_US", 0)
    wire = Wire(b"abc", b"def")
    assert not after([LENGTH, EXPECT], wire, refused=True)
    assert wire.read == 2


def test_nobody_is_let_speak_for_ever(monkeypatch):
    monkeypatch.setattr(leftover, "DRAIN_S_MAX", 0.01)
    assert after([LENGTH], Wire(b"abc", is_silent=True), refused=True)
    monkeypatch.setattr(leftover, "DRAIN_BYTES_MAX", 4)
    wire = Wire(b"abc", b"def", b"ghi")
    assert after([CHUNKED], wire, refused=True)
    assert wire.read == 2
