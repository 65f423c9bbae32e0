"""A long object out of a cloud, however slowly it is taken: asked for again where a request ran out of time.

The client library gives a request a time for the whole of its answer, so an answer that somebody takes
slowly, or that is simply long, ends in the middle though nothing is wrong. What breaks off earlier is an
error.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from custodes.acts.streams.ports import Buffer
from custodes.kernel.limits import BATCH_BYTES

if TYPE_CHECKING:
    from obstore import GetResult

REQUEST_S = 60  # of one request with the whole of its answer
_RAN_OUT_S = 0.8 * REQUEST_S


async def pulled(
    store: ObjectStore, path: str, span: tuple[int, int], opened: "GetResult | None" = None, etag: str = ""
) -> AsyncGenerator[Buffer, None]:
    """Bytes `span`, both inclusive, in pieces of at most `BATCH_BYTES`; fewer where the object is shorter.

    `opened` is the answer to a first request of all of it, if there is one; with `etag` it must stay as it
    was. Errors of obstore and of the system as they come.
    """
    loop, (at, last) = asyncio.get_running_loop(), span
    while at <= last:
        began, before = loop.time(), at
        try:
            found = opened or await obstore.get_async(store, path, options=_wanted(at, last, etag))
            opened = None
            async for piece in found.stream(min_chunk_size=BATCH_BYTES):
                view = memoryview(piece)
                for first in range(0, len(view), BATCH_BYTES):
                    part = view[first : first + BATCH_BYTES]
                    at += len(part)
                    yield part
        except (BaseError, OSError):
            if at > before and loop.time() - began >= _RAN_OUT_S:
                continue
            raise
        return


def _wanted(first: int, last: int, etag: str) -> Any:  # noqa: ANN401 - obstore's own options
    span = {"range": (first, last + 1)}
    return {**span, "if_match": etag} if etag else span
