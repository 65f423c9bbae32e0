"""A bucket or container in which objects lie in plain: listed, read, written and removed by their own
names.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC
from typing import Any

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import ObjectStore

from custodes.acts.streams.ports import Buffer, PlainContent, PlainItem
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import unavailable

from .cloud import AT_ONCE_MAX, chunk_bytes
from .pulling import pulled

_HEADERS = {
    "Cache-Control": "cache-control",
    "Content-Disposition": "content-disposition",
    "Content-Encoding": "content-encoding",
    "Content-Language": "content-language",
}
_TYPE, _CLASS = "Content-Type", "Storage-Class"


class PlainCloud:
    """Fulfils `PlainStore` over one bucket or container, or a prefix of it."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def page(self, after: str, limit: int) -> Sequence[PlainItem]:
        """See `PlainStore.page`."""
        found: list[PlainItem] = []
        try:
            listed = obstore.list(self._store, offset=after or None, chunk_size=limit)
            async for chunk in listed:
                found += [_item(meta) for meta in chunk if meta["path"] > after]
                if len(found) >= limit:
                    break
        except (BaseError, OSError) as error:
            raise unavailable("store-gone") from error
        return sorted(found, key=lambda item: item.name.encode())[:limit]

    async def open(self, name: str) -> PlainContent | None:
        """See `PlainStore.open`."""
        try:
            found = await obstore.get_async(self._store, name)
        except (NotFoundError, FileNotFoundError):
            return None
        except (BaseError, OSError) as error:
            raise unavailable("store-gone") from error
        said = {str(key): str(value) for key, value in found.attributes.items()}
        return PlainContent(
            item=_item(found.meta),
            content_type=said.get(_TYPE, "binary/octet-stream"),
            headers=tuple((ours, said[theirs]) for theirs, ours in _HEADERS.items() if theirs in said),
            metadata=tuple(
                (key.lower(), value)
                for key, value in sorted(said.items())
                if key not in _HEADERS and key not in (_TYPE, _CLASS)
            ),
            pieces=self._pieces(name, found),
        )

    async def _pieces(self, name: str, found: Any) -> AsyncGenerator[Buffer, None]:  # noqa: ANN401
        """All of it, of the object that was opened: another one that took its name is `store-gone`."""
        last, etag = int(found.meta["size"]) - 1, str(found.meta["e_tag"] or "")
        try:
            async with aclosing(pulled(self._store, name, (0, last), found, etag)) as pieces:
                async for piece in pieces:
                    yield piece
        except (BaseError, OSError) as error:
            raise unavailable("store-gone") from error

    async def put(self, name: str, content: PlainContent) -> None:
        """See `PlainStore.put`."""
        theirs = {ours: name for name, ours in _HEADERS.items()}
        attributes = {_TYPE: content.content_type, **dict(content.metadata)}
        attributes |= {theirs[key]: value for key, value in content.headers if key in theirs}
        try:
            await obstore.put_async(
                self._store,
                name,
                _copied(content.pieces),
                attributes=attributes,
                chunk_size=chunk_bytes(content.item.size),
                max_concurrency=AT_ONCE_MAX,
            )
        except (BaseError, OSError) as error:
            raise unavailable("store-gone") from error

    async def remove(self, name: str, etag: str) -> bool:
        """See `PlainStore.remove`."""
        try:
            if _item(await obstore.head_async(self._store, name)).etag != etag:
                return False
            await obstore.delete_async(self._store, name)
        except (NotFoundError, FileNotFoundError):
            return True
        except (BaseError, OSError) as error:
            raise unavailable("store-gone") from error
        return True


async def _copied(pieces: AsyncGenerator[Buffer, None]) -> AsyncIterator[bytes]:
    async for piece in pieces:
        yield bytes(piece)


def _item(meta: Mapping[str, object]) -> PlainItem:
    modified = meta["last_modified"]
    return PlainItem(
        name=str(meta["path"]),
        size=int(str(meta["size"])),
        etag=str(meta["e_tag"] or "").strip('"'),  # Azure quotes it in a head, and not in a list
        modified=to_text(modified.astimezone(UTC).replace(microsecond=0)),  # type: ignore[attr-defined]
    )
