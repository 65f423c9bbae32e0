"""One blob from its opening to its closing: sealed into every store while it comes, then told to the keyroom.

Every plane that takes bytes in does it here, whatever its wire: there is one way of sealing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Protocol, TypeVar

from custodes.acts.asks import Ask, Doors
from custodes.acts.asks.objects import PutOpened, Stored
from custodes.kernel.canonical import b64
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Refusal
from custodes.objects.checksums import Algorithm, Checksum, running

from .ports import Buffer, Stores
from .targets import Targets
from .writing import Sealing

T = TypeVar("T")

COMPLETE, CUT, FAILED = "complete", "cut", "failed"


class Means(Protocol):
    """What whoever moves bytes stands on."""

    @property
    def doors(self) -> Doors:
        """The keyroom's doors."""
        ...

    @property
    def stores(self) -> Stores:
        """The object stores within reach."""
        ...

    @property
    def dice(self) -> Dice:
        """Where salts come from."""
        ...


class Summing:
    """Plain bytes on their way into a stream, with checksums nobody declared."""

    def __init__(self, sealing: Sealing, algorithms: Sequence[Algorithm]) -> None:
        self._sealing = sealing
        self._digests = [(algorithm, running(algorithm)) for algorithm in algorithms]

    async def take(self, piece: Buffer) -> None:
        """On into the stream."""
        for _, digest in self._digests:
            digest.update(piece)
        await self._sealing.take(piece)

    def checksums(self) -> list[Checksum]:
        """Of everything taken in so far."""
        return [Checksum(algorithm=name, value=b64(digest.digest())) for name, digest in self._digests]


async def stored_from(
    means: Means,
    opened: PutOpened,
    fill: Callable[[Sealing], Awaitable[Sequence[Checksum]]],
    give_up: Callable[[str], Awaitable[None]],
) -> Stored:
    """Fill one blob and make it durable; whatever comes between, nothing stays and the keyroom is told.

    A sender who went away (ConnectionError) is told as `cut`, everything else as `failed`.
    """
    stores = [means.stores.at(place.uri) for place in opened.stores]
    keyed = (opened.data_key, opened.associated)
    sealing = Sealing(opened.blob, keyed, stores, means.dice, opened.padding)
    sealing = sealing.kept(opened.check_key, Targets(opened.blob, stores, opened.copies_min))
    try:
        checksums = await fill(sealing)
        await sealing.finish()
    except BaseException as error:
        is_cut = isinstance(error, ConnectionError | asyncio.CancelledError)
        await _left(sealing, give_up, CUT if is_cut else FAILED)
        raise
    return Stored(
        blob=opened.blob,
        plain_bytes=sealing.plain_bytes,
        cipher_bytes=sealing.cipher_bytes,
        padding_bytes=sealing.padding_bytes,
        header=sealing.header,
        checksums=tuple((one.algorithm.value, one.value) for one in checksums),
        check=sealing.check,
        missed=tuple(opened.stores[number].location for number in sealing.missed),
    )


async def closing(means: Means, opened: PutOpened, done: Ask[T]) -> T:
    """Close a write. If the keyroom does not know the ticket (any more), what was stored goes at once.

    A keyroom that began anew may have had the blob collected already, before it was durable here: nobody
    would come for it a second time.
    """
    try:
        return await means.doors.ask(done)
    except Refusal as refusal:
        if refusal.code == "ticket-unknown":
            for place in opened.stores:
                with suppress(Refusal):
                    await means.stores.at(place.uri).remove(opened.blob)
        raise


async def _left(sealing: Sealing, give_up: Callable[[str], Awaitable[None]], outcome: str) -> None:
    """Also when this very task is being cancelled."""

    async def tidy() -> None:
        await sealing.drop()
        try:
            await give_up(outcome)
        except Refusal:  # the keyroom forgets the ticket by itself
            return

    await asyncio.shield(asyncio.get_running_loop().create_task(tidy()))
