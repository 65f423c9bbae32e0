import asyncio

import msgspec
import pytest

from custodes.adapters.notices.matrix import Matrix
from custodes.adapters.outgoing import Outgoing
from custodes.kernel.refusal import Refusal
from fakes.notices import NOTICE
from fakes.receivers import Receiver


def test_a_room_is_told_once_per_id():
    with Receiver().serving() as receiver:
        out = Outgoing((f"localhost:{receiver.port}",), loopback_too=True)
        room = Matrix(f"http://localhost:{receiver.port}/", "!r:house.example", "t0ken", out)
        asyncio.run(room.deliver(NOTICE, room.targets(NOTICE)[0]))
        method, path, headers, body = receiver.came[0]
        assert (method, path) == (
            "PUT",
            "/_matrix/client/v3/rooms/%21r%3Ahouse.example/send/m.room.message/out-1",
        )
        assert {n.lower(): v for n, v in headers.items()}["authorization"] == "Bearer t0ken"
        assert msgspec.json.decode(body)["msgtype"] == "m.notice"
        assert "t0ken" not in repr(room)
        receiver.answers = [(429, b"{}", {})]
        with pytest.raises(Refusal, match="unreachable"):
            asyncio.run(room.deliver(NOTICE, room.targets(NOTICE)[0]))
