"""Where one blob goes: every store of the bucket, of which a stated number must hold it durably.

A store that refuses is left out as long as enough others go on; which ones is told, so that the upkeep
brings the blob there later.
"""

from collections.abc import Awaitable, Sequence
from typing import TypeVar

from custodes.kernel.refusal import Refusal

from .ports import BlobStore, Buffer, Draft

T = TypeVar("T")


class Targets:
    """The stores one blob goes to, of which `least` must hold it. `missed` are the numbers of those left
    out.
    """

    def __init__(self, blob: str, stores: Sequence[BlobStore], least: int, bytes_expected: int = 0) -> None:
        self._blob = blob
        self._bytes_expected = bytes_expected
        self._stores = list(enumerate(stores))
        self._least = max(1, min(least or len(stores), len(stores)))
        self._drafts: list[tuple[int, Draft]] = []
        self.missed: list[int] = []

    @property
    def has_begun(self) -> bool:
        """Whether a blob of any length is on its way."""
        return bool(self._drafts)

    async def put(self, whole: Buffer) -> None:
        """A small blob in one go."""
        left = len(self._stores)
        for number, store in self._stores:
            is_there, _ = await self._tried(number, left, store.put(self._blob, whole))
            left -= not is_there

    async def begin(self) -> None:
        """Begin a blob of any length everywhere."""
        left = len(self._stores)
        for number, store in self._stores:
            is_there, draft = await self._tried(number, left, store.begin(self._blob, self._bytes_expected))
            left -= not is_there
            if draft is not None:
                self._drafts.append((number, draft))

    async def write(self, piece: Buffer) -> None:
        """Append everywhere."""
        for number, draft in tuple(self._drafts):
            is_there, _ = await self._tried(number, len(self._drafts), draft.write(piece))
            if not is_there:
                await self._left_out(number, draft)

    async def commit(self) -> None:
        """Durable and visible everywhere but in what was missed."""
        left = len(self._drafts)
        while self._drafts:
            number, draft = self._drafts[0]
            is_there, _ = await self._tried(number, left, draft.commit())
            if is_there:
                del self._drafts[0]
            else:
                left -= 1
                await self._left_out(number, draft)

    async def drop(self) -> None:
        """Leave nothing that is not yet visible."""
        drafts, self._drafts = self._drafts, []
        for _, draft in drafts:
            await draft.drop()

    async def _left_out(self, number: int, draft: Draft) -> None:
        self._drafts.remove((number, draft))
        await draft.drop()

    async def _tried(self, number: int, left: int, work: Awaitable[T]) -> tuple[bool, T | None]:
        """Do it; whether it was done. The refusal of a store that cannot be done without is raised."""
        try:
            return True, await work
        except Refusal:
            if left <= self._least:
                raise
            self.missed.append(number)
            return False, None
