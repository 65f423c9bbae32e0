"""The child over a pair of sockets, in a thread: frames in, frames out, until the other end closes."""

import socket
import struct
import threading

import msgspec

from custodes.acts.benching.bench import Done, Job
from custodes.wiring import border
from custodes.wiring.benches import child


def test_it_answers_each_frame_and_ends_with_the_other_end(monkeypatch):
    monkeypatch.setattr(border, "harden", list)  # not this process, which lives on
    monkeypatch.setattr(border, "confine", lambda *_: [])
    ours, its = socket.socketpair()
    thread = threading.Thread(target=child.main, args=(its.detach(),))
    thread.start()
    with ours, ours.makefile("rb") as source:
        raw = msgspec.msgpack.encode(Job(verb="born", bits=2_048))
        for _ in range(2):
            ours.sendall(struct.pack(">I", len(raw)) + raw)
            (size,) = struct.unpack(">I", source.read(4))
            assert msgspec.msgpack.decode(source.read(size), type=Done).body.startswith(b"\x30")
    thread.join()
    assert not thread.is_alive()
