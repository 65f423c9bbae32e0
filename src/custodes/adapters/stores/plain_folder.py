"""A local folder in which files lie in plain: listed, read, written and removed by their paths below it.

Only regular files; links are not followed, and what has no UTF-8 name is left where it is. A file is written
beside its place, synced, and then renamed into it. The folder itself must be there, and be the one it was
when it was used first: what lay in a mount that went away is not gone.
"""

import asyncio
import os
import stat
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from custodes.acts.streams.ports import Buffer, PlainContent, PlainItem
from custodes.kernel.clock import to_text
from custodes.kernel.limits import BATCH_BYTES
from custodes.kernel.refusal import unavailable

T = TypeVar("T")
_OWN = ".custodes-back"
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC


class PlainFolder:
    """Fulfils `PlainStore` over one folder."""

    def __init__(self, folder: Path, threads: Executor) -> None:
        self._folder = folder
        self._threads = threads
        self._seen: tuple[int, int] | None = None

    async def page(self, after: str, limit: int) -> Sequence[PlainItem]:
        """See `PlainStore.page`."""

        def work() -> list[PlainItem]:
            self._demand()
            found: list[PlainItem] = []
            for name, path in _walk(self._folder, "", after):
                item = _item(name, path)
                if item is not None:
                    found.append(item)
                if len(found) == limit:
                    break
            self._demand()
            return found

        return await self._hop(work)

    async def open(self, name: str) -> PlainContent | None:
        """See `PlainStore.open`."""
        path = self._path(name)

        def work() -> int | None:
            self._demand()
            try:
                return os.open(path, _READ)
            except FileNotFoundError:
                self._demand()
                return None

        handle = await self._hop(work)
        if handle is None:
            return None
        item = _of(name, os.fstat(handle))
        return PlainContent(
            item=item,
            content_type="binary/octet-stream",
            headers=(),
            metadata=(),
            pieces=self._pieces(handle),
        )

    async def put(self, name: str, content: PlainContent) -> None:
        """See `PlainStore.put`."""
        path = self._path(name)
        new = path.with_name(f".{path.name}{_OWN}")

        def prepare() -> None:
            self._demand()
            path.parent.mkdir(parents=True, exist_ok=True)

        await self._hop(prepare)
        handle = await self._hop(
            lambda: os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        )
        try:
            async for piece in content.pieces:
                await self._hop(partial(_write, handle, piece))
            await self._hop(lambda: _settle(handle, new, path))
        except BaseException:
            with suppress(OSError):
                new.unlink()
            raise
        finally:
            os.close(handle)

    async def remove(self, name: str, etag: str) -> bool:
        """See `PlainStore.remove`."""
        path = self._path(name)

        def work() -> bool:
            self._demand()
            item = _item(name, path)
            if item is None:
                is_gone = not path.exists()
                self._demand()
                return is_gone
            if item.etag != etag:
                return False
            path.unlink()
            return True

        return await self._hop(work)

    async def _pieces(self, handle: int) -> AsyncGenerator[Buffer, None]:
        try:
            while piece := await self._hop(lambda: os.read(handle, BATCH_BYTES)):
                yield piece
        finally:
            os.close(handle)

    def _demand(self) -> None:
        """`store-gone` (unavailable) unless the folder is there, and is the one it was. For a thread."""
        try:
            seen = self._folder.stat()
        except OSError as error:
            raise unavailable("store-gone") from error
        place = (seen.st_dev, seen.st_ino)
        if self._seen is None:
            self._seen = place
        if place != self._seen or not stat.S_ISDIR(seen.st_mode):
            raise unavailable("store-gone")

    def _path(self, name: str) -> Path:
        if not name or name.startswith("/") or ".." in name.split("/") or "\0" in name:
            raise ValueError("not a name in a folder")
        return self._folder / name

    async def _hop(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise unavailable("store-gone") from error


def _walk(folder: Path, prefix: str, after: str) -> Iterator[tuple[str, Path]]:
    """Paths behind `after` in order of their UTF-8, folder by folder: a page costs what it holds."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:  # removed meanwhile
        rows = []
        for entry in entries:
            with suppress(UnicodeEncodeError):
                is_folder = entry.is_dir(follow_symlinks=False)
                rows.append(
                    (f"{prefix}{entry.name}{'/' if is_folder else ''}".encode(), is_folder, entry.name)
                )
        last = after.encode()
        for raw, is_folder, name in sorted(rows):
            if is_folder and (raw > last or last.startswith(raw)):
                yield from _walk(folder / name, raw.decode(), after)
            elif not is_folder and raw > last and not name.endswith(_OWN):
                yield raw.decode(), folder / name


def _item(name: str, path: Path) -> PlainItem | None:
    try:
        seen = path.lstat()
    except OSError:
        return None
    return _of(name, seen) if stat.S_ISREG(seen.st_mode) else None


def _of(name: str, seen: os.stat_result) -> PlainItem:
    at = datetime.fromtimestamp(int(seen.st_mtime), UTC)
    return PlainItem(
        name=name, size=seen.st_size, etag=f"{seen.st_mtime_ns}-{seen.st_size}", modified=to_text(at)
    )


def _write(handle: int, piece: Buffer) -> None:
    view = memoryview(piece)
    while view:
        view = view[os.write(handle, view) :]


def _settle(handle: int, new: Path, path: Path) -> None:
    os.fdatasync(handle)
    new.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
