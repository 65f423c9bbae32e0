"""What the streams need of an object store. Fulfilled by `adapters.stores`; one contract suite tests all.

A blob is written once, whole or not at all, under an id that is never used again; it is visible only when
it is durable. A store keeps no names and no meaning: what a blob is, is known in the keyroom.
"""

from collections.abc import AsyncGenerator
from typing import Protocol, TypeAlias

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

    async def begin(self, blob: str) -> Draft:
        """Begin a blob of any length."""
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
