"""A notice as a message in a Matrix room (client-server API v3, PUT rooms/../send/../txnId).

The transaction id is the notice's own, so a server that knows it already does not show it twice.
"""

import asyncio
from urllib.parse import quote

import msgspec

from custodes.acts.logkeeper.notices import Notice
from custodes.adapters.outgoing import Outgoing
from custodes.kernel.refusal import unavailable


class Matrix:
    """One room on one server, for the people of the house."""

    name = "matrix"

    def __init__(self, server: str, room: str, token: str, outgoing: Outgoing) -> None:
        self._server = server.rstrip("/")
        self._room = room
        self._token = token
        self._outgoing = outgoing

    def __repr__(self) -> str:
        return f"Matrix(server={self._server!r})"

    def targets(self, notice: Notice) -> tuple[str, ...]:  # noqa: ARG002 - every notice goes there
        """The room."""
        return (self._room,)

    async def deliver(self, notice: Notice, target: str) -> None:
        """`host-not-allowed` (denied), `unreachable` (unavailable)."""
        url = (
            f"{self._server}/_matrix/client/v3/rooms/{quote(target, safe='')}"
            f"/send/m.room.message/{quote(notice.id, safe='')}"
        )
        text = f"{notice.subject_de} / {notice.subject_en}\n{notice.href}"
        body = msgspec.json.encode({"msgtype": "m.notice", "body": text})
        headers = {"authorization": f"Bearer {self._token}", "content-type": "application/json"}
        answer = await asyncio.to_thread(self._outgoing.send, "PUT", url, headers=headers, body=body)
        if answer.status != 200:
            raise unavailable("unreachable", status=answer.status)
