"""Small blobs in company: what waits is written by one thread and synced together.

A sync of one small file costs more than all the rest of its writing, and many at once cost little more than
one. So each is written whole under its dot and then named, and contents and names are made durable together.
A name may be seen before it is durable, and a power cut then leave half a file under it; nobody was told that
it is there: its id is known to nobody, or the copy it makes good is not yet counted, and what lies there is
believed only as far as its manifest fits. Each is done only when its own content and its own name are
durable; what befalls one befalls no other.
"""

import asyncio
import ctypes
import os
import threading
from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress

from custodes.acts.streams.ports import Buffer

from .files import create, folder_of, forget, name, refusal_of, settle
from .syncs import TOGETHER_MAX, Syncs

COMPANY_BYTES_MAX = 65_536
_MEMBERS_MAX = TOGETHER_MAX - 8  # and their folders; whoever comes next waits for no more than these
_SYNC_FILE_RANGE_WRITE = 2

_begin_writing = getattr(ctypes.CDLL(None), "sync_file_range", None)
if _begin_writing is not None:
    _begin_writing.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)


class _Member:
    """One blob on its way. `handle` is open until it is settled, or is -1."""

    __slots__ = ("done", "error", "handle", "is_named", "path", "whole")

    def __init__(self, path: str, whole: Buffer, done: asyncio.Future[None]) -> None:
        self.path = path
        self.whole = whole
        self.done = done
        self.handle = -1
        self.is_named = False
        self.error: Exception | None = None


class Company:
    """Writes small files below one folder; `demand` raises where that is not the store it was."""

    def __init__(self, threads: Executor, demand: Callable[[], None], syncs: Syncs | None = None) -> None:
        self._threads = threads
        self._syncs = Syncs() if syncs is None else syncs
        self._demand = demand
        self._lock = threading.Lock()
        self._waiting: deque[_Member] = deque()
        self._is_at_work = False  # a second thread made each cost a fifth more, and none of them quicker

    async def put(self, path: str, whole: Buffer) -> None:
        """The file is there durably when this returns (`store-full`, `store-gone`). Who is cancelled leaves
        it under way: `whole` is not his to change.
        """
        loop = asyncio.get_running_loop()
        member = _Member(path, whole, loop.create_future())
        with self._lock:
            self._waiting.append(member)
            is_wanted, self._is_at_work = not self._is_at_work, True
        if is_wanted:
            loop.call_soon(self._begin)  # with whatever else comes in this tick
        await member.done

    def _begin(self) -> None:
        try:
            self._threads.submit(self._work)
        except RuntimeError as error:  # the process is ending
            while members := self._next():
                for one in members:
                    one.error = error
                _tell(members)

    def _work(self) -> None:
        """As long as somebody waits."""
        while members := self._next():
            try:
                self._carry_out([*members])
            except Exception as error:  # the store as a whole, or a fault of ours: nobody may wait for ever
                for one in members:
                    one.error = one.error or error
            _tell(members)

    def _next(self) -> list[_Member]:
        with self._lock:
            members = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MEMBERS_MAX))]
            self._is_at_work = bool(members)
        return members

    def _carry_out(self, members: list[_Member]) -> None:
        self._demand()
        try:
            _each(members, _write)
            if len(members) == 1:
                _each(members, _settled)
            elif members:
                _each(members, _named)
                self._sync(members)
            self._demand()  # a name that is durable in another folder than the store is not there
        finally:
            for one in members:
                if one.handle >= 0:
                    os.close(one.handle)

    def _sync(self, members: list[_Member]) -> None:
        """All contents, and all folders that hold their names, at once."""
        if _begin_writing is not None:
            for one in members:
                _begin_writing(one.handle, 0, 0, _SYNC_FILE_RANGE_WRITE)
        folders = sorted({folder_of(one.path) for one in members})
        handles: list[int] = []
        try:
            handles += [os.open(one, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC) for one in folders]
            found = self._syncs.all_of([one.handle for one in members], handles)
        finally:
            for handle in handles:
                os.close(handle)
        of_folder = dict(zip(folders, found[len(members) :], strict=True))
        for one, error in zip([*members], found, strict=False):
            wrong = error or of_folder[folder_of(one.path)]
            if wrong is not None:
                members.remove(one)
                _failed(one, wrong)


def _each(members: list[_Member], step: Callable[[_Member], None]) -> None:
    """A step for all of them. What goes wrong with one is its own, and it leaves the company."""
    for one in [*members]:
        try:
            step(one)
        except OSError as error:
            members.remove(one)
            _failed(one, error)


def _write(one: _Member) -> None:
    one.handle = create(one.path, os.open)
    at = os.write(one.handle, one.whole)
    while at < len(one.whole):
        at += os.write(one.handle, memoryview(one.whole)[at:])


def _named(one: _Member) -> None:
    name(one.path)
    one.is_named = True


def _settled(one: _Member) -> None:
    settle(one.handle, one.path)


def _failed(one: _Member, error: OSError) -> None:
    one.error = error
    if one.handle >= 0:
        forget(one.handle, one.path, is_named=one.is_named)


def _tell(members: Sequence[_Member]) -> None:
    """Each loop is woken once; one that is closed has nobody who waits."""
    by_loop: dict[AbstractEventLoop, list[_Member]] = {}
    for one in members:
        by_loop.setdefault(one.done.get_loop(), []).append(one)
    for loop, its in by_loop.items():
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_told, its)


def _told(members: Sequence[_Member]) -> None:
    for one in members:
        if one.done.done():
            continue
        error = one.error
        if error is None:
            one.done.set_result(None)
        else:
            one.done.set_exception(refusal_of(error) if isinstance(error, OSError) else error)
