"""The child at the keyroom's bench: reads a job, does it, answers, forgets.

It is a part of the keyroom that has an interpreter of its own: same user, no core, not traceable, memory
locked where the keyroom's is, and under Landlock it opens no file at all. It ends when the keyroom does.
"""

import socket
import struct
import sys

import msgspec

from custodes.acts.benching.bench import Job
from custodes.acts.benching.direct import done
from custodes.wiring import border

COMMAND = (sys.executable, "-m", "custodes.wiring.benches.child")
_LENGTH = struct.Struct(">I")
_decode = msgspec.msgpack.Decoder(Job)


def main(descriptor: int) -> None:
    """Until the other end closes."""
    border.harden()
    done(Job(verb="born", bits=2_048))  # everything that is loaded late is loaded now
    border.confine((), ())
    with socket.socket(fileno=descriptor) as sock, sock.makefile("rb") as source:
        while head := source.read(_LENGTH.size):
            raw = source.read(_LENGTH.unpack(head)[0])
            answer = msgspec.msgpack.encode(done(_decode.decode(raw)))
            sock.sendall(_LENGTH.pack(len(answer)) + answer)


if __name__ == "__main__":
    main(int(sys.argv[1]))
