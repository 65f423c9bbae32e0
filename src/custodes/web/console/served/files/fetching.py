"""Downloading: by a form, because each read is an entry and may use up a grant, and no link may do that."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from custodes.acts.streams.carrying import Fetch
from custodes.web.console.served.visit import Desk, Visit, form, seated
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Endpoint
from custodes.web.kit.forms import Form

from .naming import disposition

BYTES = "application/octet-stream"
SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'"


class FetchingPages:
    """One version of one object."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def give(self, call: Call, visit: Visit) -> Reply:
        """The bytes, as an attachment of no type; what cannot be read at all still gets a page."""
        given = call.taken(Form)
        name, version = given.one("name"), given.one("version")
        ask = Fetch(evidence=visit.evidence, bucket=call.path["bucket"], name=name, version=version or None)
        about, pieces = await self._desk.carrier.fetch(ask)
        first = await anext(pieces, b"")
        return Reply(
            stream=_all(first, pieces),
            media=BYTES,
            headers=(
                ("content-length", str(about.size_bytes)),
                ("content-disposition", disposition(name)),
                ("content-security-policy", SANDBOX),
            ),
        )

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        return (form("/objects/{bucket}/object/content", "file-download", seated(self._desk, self.give)),)


async def _all(first: bytes, pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(pieces):
        if first:
            yield first
        async for piece in pieces:
            yield piece
