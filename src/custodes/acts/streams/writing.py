"""One part on its way in: plain bytes become one authenticated stream in every store of the bucket.

Plain bytes gather to a batch of 1 MiB, so that crypto and disk work in large steps whatever the client
sends; once a part has begun, what comes in large pieces is not gathered. A part that fits into one batch is
written in one go. Nothing is visible under the blob's name before
`finish`, and `finish` returns only when every store has it durably, or all but those that may be missed.
"""

from collections.abc import Sequence

from custodes.custody.envelope import Encryptor, seal_all
from custodes.kernel.dice import Dice
from custodes.kernel.limits import BATCH_BYTES, SEGMENT_BYTES
from custodes.objects.padding import padding_for

from .checking import Check, check_of
from .ports import BlobStore, Buffer
from .targets import Targets

_ZEROS = memoryview(bytes(BATCH_BYTES))


class Sealing:
    """Encrypts one attempt to write one part and stores it as `blob`, padded by `padding`'s steps.

    `check` is known when it is finished.
    """

    def __init__(
        self,
        blob: str,
        keyed: tuple[bytes, bytes],
        stores: Sequence[BlobStore],
        dice: Dice,
        padding: str = "",
    ) -> None:
        """`keyed` is the data key, and what the stream is bound to."""
        self._targets = Targets(blob, stores, 0)
        self._keyed = keyed
        self._dice = dice
        self._encryptor: Encryptor | None = None  # of what is more than one batch
        self._padding = padding
        self._batch = bytearray()
        self._check_key = b""
        self._check: Check | None = None
        self.header = b""  # known when the part has begun, or is finished
        self.plain_bytes = 0
        self.padding_bytes = 0
        self.cipher_bytes = 0
        self.check = b""

    def kept(self, check_key: bytes, targets: Targets) -> "Sealing":
        """The same, with a check of what is stored, and with stores that may be missed."""
        self._check_key = check_key
        self._targets = targets
        return self

    @property
    def missed(self) -> Sequence[int]:
        """Numbers of the stores that did not take the blob."""
        return self._targets.missed

    async def take(self, piece: Buffer) -> None:
        """Take in plain bytes; returns when they are on their way (`store-full`, `store-gone`)."""
        self.plain_bytes += len(piece)
        await self._gather(piece)

    async def finish(self) -> None:
        """Pad, write the rest; the blob is durable in every store but the missed ones when this returns."""
        self.padding_bytes = left = padding_for(self._padding, self.plain_bytes)
        while left:
            await self._gather(_ZEROS[:left])
            left -= min(left, len(_ZEROS))
        batch, self._batch = self._batch, bytearray()
        if self._encryptor is None:
            self.header, whole = seal_all(*self._keyed, batch, self._dice)
            self.cipher_bytes = len(whole)
            await self._targets.put(whole)
            if self._check_key:
                self.check = check_of(self._check_key, whole)
            return
        await self._write(memoryview(self._encryptor.feed(batch) + self._encryptor.finish()))
        await self._targets.commit()
        if self._check is not None:
            self.check = self._check.digest()

    async def drop(self) -> None:
        """Leave nothing that is not yet visible; what already is, the keyroom has removed."""
        self._batch = bytearray()
        await self._targets.drop()

    async def _gather(self, piece: Buffer) -> None:
        batch = self._batch
        if self._encryptor is not None and len(piece) >= SEGMENT_BYTES:
            if batch:
                await self._write(self._encryptor.feed_view(batch))
                del batch[:]
            await self._write(self._encryptor.feed_view(piece))
            return
        if len(batch) + len(piece) <= BATCH_BYTES:
            batch += piece
            return
        left = memoryview(piece)
        while len(batch) + len(left) > BATCH_BYTES:
            room = BATCH_BYTES - len(batch)
            batch += left[:room]
            left = left[room:]
            await self._write(self._begun().feed_view(batch))
            del batch[:]
        batch += left

    def _begun(self) -> Encryptor:
        """It is more than one batch: from now on it goes as it comes."""
        if self._encryptor is None:
            self._encryptor = Encryptor(*self._keyed, self._dice)
            self.header = self._encryptor.header
            self._check = Check(self._check_key) if self._check_key else None
        return self._encryptor

    async def _write(self, piece: memoryview) -> None:
        if not self._targets.has_begun:
            await self._targets.begin()
        self.cipher_bytes += len(piece)
        if self._check is not None:
            self._check.update(piece)
        await self._targets.write(piece)
