"""Any store obstore speaks to: S3 and its kin, Azure Blob Storage, Google Cloud Storage.

One blob is one object. A long one travels as the store's own multipart upload, which is completed at
`commit` and aborted otherwise, so nothing partial is ever visible. obstore takes credentials from the
process's environment; a URI holds none.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import ObjectStore

from custodes.acts.streams.ports import Buffer
from custodes.kernel.ids import is_id
from custodes.kernel.limits import BATCH_BYTES
from custodes.kernel.refusal import Kind, Refusal, unavailable

from .pulling import pulled

CHUNK_BYTES = 8 * 1_048_576  # of a multipart upload, unless it would take too many
CHUNKS_MAX = 9_000  # S3 takes 10,000; what is expected may be a little less than what comes
AT_ONCE_MAX = 2


class CloudStore:
    """Fulfils `BlobStore` over one bucket or container, or a prefix of it."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def begin(self, blob: str, bytes_expected: int = 0) -> "CloudDraft":
        """See `BlobStore.begin`. Three chunks lie in memory while it goes on."""
        return CloudDraft(self._store, _path(blob), chunk_bytes(bytes_expected))

    async def put(self, blob: str, whole: Buffer) -> None:
        """See `BlobStore.put`."""
        try:
            await obstore.put_async(self._store, _path(blob), bytes(whole), use_multipart=False)
        except (BaseError, OSError) as error:
            raise unavailable("store-gone") from error

    async def read(self, blob: str, first: int, last: int) -> AsyncGenerator[Buffer, None]:
        """See `BlobStore.read`. A range of one batch costs one request and one await."""
        path = _path(blob)
        try:
            if last - first < BATCH_BYTES:
                yield memoryview(await obstore.get_range_async(self._store, path, start=first, end=last + 1))
                return
            async with aclosing(pulled(self._store, path, (first, last))) as pieces:
                async for piece in pieces:
                    yield piece
        except (NotFoundError, FileNotFoundError):
            raise Refusal("blob-absent", Kind.BROKEN) from None
        except (BaseError, OSError) as error:
            raise unavailable("store-gone") from error

    async def remove(self, blob: str) -> None:
        """See `BlobStore.remove`."""
        try:
            await obstore.delete_async(self._store, _path(blob))
        except (NotFoundError, FileNotFoundError):
            return
        except (BaseError, OSError) as error:
            raise unavailable("store-gone") from error


class CloudDraft:
    """Fulfils `Draft`: hands pieces to an upload that pulls them, one at a time."""

    def __init__(self, store: ObjectStore, path: str, chunk: int = CHUNK_BYTES) -> None:
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=1)
        self._is_dropped = False
        self._upload = asyncio.get_running_loop().create_task(self._run(store, path, chunk))

    async def write(self, piece: Buffer) -> None:
        """See `Draft.write`."""
        await self._hand_over(bytes(piece))

    async def commit(self) -> None:
        """See `Draft.commit`."""
        await self._hand_over(None)
        await self._settled()

    async def drop(self) -> None:
        """See `Draft.drop`."""
        self._is_dropped = True
        if not self._upload.done():
            while not self._pieces.empty():
                self._pieces.get_nowait()
            self._pieces.put_nowait(None)
        await asyncio.gather(self._upload, return_exceptions=True)

    async def _run(self, store: ObjectStore, path: str, chunk: int) -> None:
        await obstore.put_async(store, path, self._pulled(), chunk_size=chunk, max_concurrency=AT_ONCE_MAX)

    async def _pulled(self) -> AsyncIterator[bytes]:
        while (piece := await self._pieces.get()) is not None:
            yield piece
        if self._is_dropped:
            raise ConnectionAbortedError("dropped")  # the upload aborts what it has begun

    async def _hand_over(self, piece: bytes | None) -> None:
        """Wait for room, or for the upload to fail."""
        putting = asyncio.get_running_loop().create_task(self._pieces.put(piece))
        await asyncio.wait({putting, self._upload}, return_when=asyncio.FIRST_COMPLETED)
        if not putting.done():
            putting.cancel()
            await self._settled()

    async def _settled(self) -> None:
        try:
            await asyncio.shield(self._upload)
        except (BaseError, OSError) as error:
            raise unavailable("store-gone") from error


def chunk_bytes(bytes_expected: int) -> int:
    """How large the chunks of an upload have to be for the store to take it."""
    return max(CHUNK_BYTES, bytes_expected // CHUNKS_MAX + 1)


def _path(blob: str) -> str:
    if not is_id("blb", blob):
        raise ValueError("not the id of a blob")
    return f"{blob[-2:]}/{blob}"
