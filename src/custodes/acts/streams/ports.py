"""What the streams need of an object store. Fulfilled by `adapters.stores`; one contract suite tests all.

A blob is written once, whole or not at all, under an id that is never used again; it is said to be there only
when it is durable. A store keeps no names and no meaning: what a blob is, is known in the keyroom.
"""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol, TypeAlias

import msgspec

Buffer: TypeAlias = bytes | bytearray | memoryview


class Draft(Protocol):
    """A blob being written. It ends with `commit`, or with `drop`, also after a commit that was refused."""

    async def write(self, piece: Buffer) -> None:
        """Append; the buffer is the caller's again afterwards. `store-full`, `store-gone` (unavailable)."""
        ...

    async def commit(self) -> None:
        """Durable and visible when this returns; after a refusal there may be a blob, or none."""
        ...

    async def drop(self) -> None:
        """Nothing stays; never raises."""
        ...


class BlobStore(Protocol):
    """One place where blobs lie."""

    async def begin(self, blob: str, bytes_expected: int = 0) -> Draft:
        """Begin a blob of any length up to `STREAM_BYTES_MAX` and its overhead. `bytes_expected`: about how
        much will come, where that is known; beyond 64 GiB it has to be.
        """
        ...

    async def put(self, blob: str, whole: Buffer) -> None:
        """A small blob in one go, as durable as `Draft.commit`."""
        ...

    def read(self, blob: str, first: int, last: int) -> AsyncGenerator[Buffer, None]:
        """Bytes `first` to `last`, both inclusive, in pieces of at most `BATCH_BYTES`.

        A piece is good until the next is asked for. Fewer bytes come where the blob is shorter.
        `blob-absent` (broken: the index says that it is there), `store-gone` (unavailable).
        """
        ...

    async def remove(self, blob: str) -> None:
        """Remove; nothing happens when it is not there. `store-gone` (unavailable)."""
        ...


class Stores(Protocol):
    """Finds the store a URI names."""

    def at(self, uri: str) -> BlobStore:
        """The store; `store-unknown` (unavailable) for a URI nothing here can reach."""
        ...


class PlainItem(msgspec.Struct, frozen=True, kw_only=True):
    """One object as it lies in plain: `etag` changes when its content does; `modified` as `clock.to_text`."""

    name: str
    size: int
    etag: str
    modified: str


class PlainContent(msgspec.Struct, frozen=True, kw_only=True):
    """An object being read: what is said of it, and its bytes, each piece good until the next is asked
    for.
    """

    item: PlainItem
    content_type: str
    headers: tuple[tuple[str, str], ...]
    metadata: tuple[tuple[str, str], ...]
    pieces: AsyncGenerator[Buffer, None]


class PlainStore(Protocol):
    """A place in which objects lie in plain under names of their own: what a bucket is adopted from."""

    async def page(self, after: str, limit: int) -> Sequence[PlainItem]:
        """Objects with names behind `after`, in order of their UTF-8; fewer than `limit` with the last
        page.
        """
        ...

    async def open(self, name: str) -> PlainContent | None:
        """Begin to read; None when it is not there. `store-gone` (unavailable)."""
        ...

    async def put(self, name: str, content: PlainContent) -> None:
        """Write it whole or not at all, in the place of what was there."""
        ...

    async def remove(self, name: str, etag: str) -> bool:
        """Remove it if it is as this ETag says, or was not there; whether it is gone."""
        ...


class PlainStores(Protocol):
    """Finds the plain store a URI names."""

    def plain_at(self, uri: str) -> PlainStore:
        """The store; `store-unknown` (unavailable) for a URI nothing here can reach."""
        ...
