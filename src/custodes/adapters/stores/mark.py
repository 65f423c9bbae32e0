"""Is this folder still the store it was? A mount that went away leaves an empty folder of the same name.

Whatever were written there would be acknowledged, and hidden as soon as the mount is back. So a store bears
a mark, an empty folder whose name only the keyroom can make, for this place and this disk
(docs/formats/store-mark.md). A store whose mark is not there is refused, for reading and for writing, on
every machine alike: `store-gone` where there is no folder, and `store-not-this-one` where an empty or another
one has its name. The mark is made at the first use of a place in the life of the house. A new disk is one
only when a person says so (`custodes store renew`).
"""

import asyncio
import concurrent.futures
import hashlib
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from custodes.acts.asks import Doors
from custodes.acts.asks.buckets.marks import FOUND_MAX, MarkWanted, ShowMarks
from custodes.kernel.refusal import Kind, Refusal, conflict, unavailable

WITHIN_S = 10.0
_PREFIX = ".store-"
_OLD_ID_LENGTH = 32  # of the marks before: drawn by the plane, and kept with its installation


class MarkKeeper(Protocol):
    """Who knows which mark has to lie in a place."""

    def show(self, uri: str, found: tuple[str, ...]) -> MarkWanted:
        """See `ShowMarks`; every refusal is `unavailable`. For a thread."""
        ...


class AskedMarks:
    """Fulfils `MarkKeeper`: asks the keyroom, over the doors of a loop that runs in another thread."""

    def __init__(self, doors: Doors, loop: asyncio.AbstractEventLoop) -> None:
        self._doors = doors
        self._loop = loop

    def show(self, uri: str, found: tuple[str, ...]) -> MarkWanted:
        """See `MarkKeeper.show`."""
        asked = asyncio.run_coroutine_threadsafe(self._ask(uri, found), self._loop)
        try:
            return asked.result(WITHIN_S)
        except Refusal as refusal:
            if refusal.kind in (Kind.UNAVAILABLE, Kind.LIMITED, Kind.LOCKED):
                raise
            raise unavailable("store-gone") from refusal
        except (TimeoutError, concurrent.futures.CancelledError) as error:
            asked.cancel()
            raise unavailable("keyroom-gone") from error

    async def _ask(self, uri: str, found: tuple[str, ...]) -> MarkWanted:
        return await self._doors.ask(ShowMarks(uri=uri, found=found))


class Mark:
    """What is asked of one folder before it is believed to be the store of its URI."""

    def __init__(self, place: tuple[str, Path], keeper: MarkKeeper, records: Path) -> None:
        """`place` is the store's URI and its folder; `records` is where marks of the older kind are kept."""
        self._uri, self._folder = place
        self._keeper = keeper
        self._record = records / hashlib.sha256(str(self._folder).encode()).hexdigest()[:_OLD_ID_LENGTH]
        self._mark: Path | None = None
        self._one_by_one = threading.Lock()

    def demand(self) -> None:
        """`store-gone`, `store-not-this-one` (unavailable) unless the mark is there, and what `MarkKeeper`
        refuses; OSError as it comes. For a thread.
        """
        mark = self._mark
        if mark is not None and mark.is_dir():
            return
        with self._one_by_one:  # clients that come at once make one mark, and ask once
            mark, self._mark = self._mark, None  # what went away is asked for anew when it is back
            self._mark = mark if mark is not None and mark.is_dir() else self._proven()

    def _proven(self) -> Path | None:
        found = self._found()
        wanted = self._keeper.show(self._uri, found or ())
        if not wanted.name:  # nothing was ever kept here, and no bucket is to
            return None
        mark = self._folder / wanted.name
        if mark.is_dir():
            return mark
        if not wanted.is_first:
            raise _not_this(found)
        old = self._older(found)
        make(mark)
        if self._keeper.show(self._uri, (wanted.name,)) != MarkWanted(name=wanted.name):
            raise unavailable("store-not-this-one")
        if old is not None:
            self._forget(old)
        return mark

    def _found(self) -> tuple[str, ...] | None:
        """The marks that lie there, whosesoever; None where there is no folder."""
        try:
            with os.scandir(self._folder) as entries:
                names = sorted(one.name for one in entries if one.name.startswith(_PREFIX))
        except (FileNotFoundError, NotADirectoryError):
            return None
        return tuple(names[:FOUND_MAX])

    def _older(self, found: tuple[str, ...] | None) -> Path | None:
        """The mark of the older kind this machine looked for until now, if it did: then it must be there, and
        otherwise no mark at all may be.
        """
        try:
            old = _PREFIX + self._record.read_text(encoding="ascii")[:_OLD_ID_LENGTH]
        except FileNotFoundError:
            if found:
                raise _not_this(found) from None
            return None
        if old not in (found or ()):
            raise _not_this(found)
        return self._folder / old

    def _forget(self, old: Path) -> None:
        with suppress(OSError):
            old.rmdir()
            self._record.unlink()


def demand_new(folder: Path) -> None:
    """What lies at this path must be fit to be a new disk. `store-gone` (unavailable) without a folder;
    `store-not-empty` (conflict) where anything lies in it, another store's mark too. For a thread.
    """
    if not folder.is_dir():
        raise unavailable("store-gone")
    if any(one.name != "lost+found" for one in folder.iterdir()):
        raise conflict("store-not-empty")


def make(mark: Path) -> None:
    """The mark, durably, and the folder that bears it."""
    mark.mkdir(parents=True, exist_ok=True)
    for place in (mark.parent, mark.parent.parent):
        handle = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _not_this(found: tuple[str, ...] | None) -> Refusal:
    return unavailable("store-gone" if found is None else "store-not-this-one")
