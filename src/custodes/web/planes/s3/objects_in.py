"""PutObject and UploadPart: open, encrypt into the stores while checking, close.

The keyroom decides twice: at opening, before a byte is read (so a refusal reaches a client that waits for
100 Continue), and at closing, when it commits. In between nothing is visible to anybody.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from custodes.acts.asks import Ask
from custodes.acts.asks.objects import ClosePut, OpenPut, PutOpened, Stored
from custodes.acts.asks.uploads import ClosePart, OpenPart
from custodes.acts.streams.ports import Buffer
from custodes.acts.streams.targets import Targets
from custodes.acts.streams.writing import Sealing
from custodes.kernel.canonical import b64
from custodes.kernel.refusal import Refusal
from custodes.objects.checksums import Algorithm, Checksum, running
from custodes.protocols.s3 import answers, requests
from custodes.protocols.s3.answers import Answer
from custodes.protocols.s3.body import plan

from .exchange import Exchange, Gone
from .intake import Intake
from .shown import checksum_of, content_of, written

T = TypeVar("T")

COMPLETE, CUT, FAILED = "complete", "cut", "failed"


async def put_object(x: Exchange) -> Answer:
    """PutObject."""
    planned = plan(x.head, x.call.operation, x.claim.payload)
    asked = requests.writing(x.head)
    opened = await x.doors.ask(
        OpenPut(
            evidence=x.evidence,
            bucket=x.bucket,
            name=x.key,
            size_bytes=planned.size_bytes,
            conditions=asked.conditions,
        )
    )

    async def fill(sealing: Sealing) -> Sequence[Checksum]:
        return ((await Intake(x, planned, sealing, opened.ticket).run()).checksum,)

    async def give_up(outcome: str) -> None:
        await x.doors.ask(ClosePut(evidence=x.evidence, ticket=opened.ticket, outcome=outcome))

    stored = await stored_from(x, opened, fill, give_up)
    done = ClosePut(
        evidence=x.evidence,
        ticket=opened.ticket,
        outcome=COMPLETE,
        stored=stored,
        content=content_of(asked.kept),
    )
    closed = await closing(x, opened, done)
    return answers.written(*written(x.key, closed), answers.encrypted(closed.sse, closed.sse_key))


async def upload_part(x: Exchange) -> Answer:
    """UploadPart; the part also gets a checksum of the algorithm its upload was opened with."""
    planned = plan(x.head, x.call.operation, x.claim.payload)
    opened = await x.doors.ask(
        OpenPart(
            evidence=x.evidence,
            bucket=x.bucket,
            name=x.key,
            upload=x.call.upload or "",
            part_number=x.call.part_number or 0,
            size_bytes=planned.size_bytes,
        )
    )
    more = {opened.checksum_algorithm} - {"", planned.algorithm.value}

    async def fill(sealing: Sealing) -> Sequence[Checksum]:
        summing = Summing(sealing, [Algorithm(name) for name in more])
        ended = await Intake(x, planned, summing, opened.ticket).run()
        return [ended.checksum, *summing.checksums()]

    async def give_up(outcome: str) -> None:
        await x.doors.ask(ClosePart(evidence=x.evidence, ticket=opened.ticket, outcome=outcome))

    stored = await stored_from(x, opened, fill, give_up)
    done = ClosePart(evidence=x.evidence, ticket=opened.ticket, outcome=COMPLETE, stored=stored)
    closed = await closing(x, opened, done)
    shown = [(name, value) for name, value in closed.checksums if name == planned.algorithm.value]
    sse = answers.encrypted(closed.sse, closed.sse_key)
    return answers.part_written(closed.etag, checksum_of(tuple(shown), ""), sse)


class Summing:
    """Plain bytes on their way into a stream, with checksums nobody declared."""

    def __init__(self, sealing: Sealing, algorithms: Sequence[Algorithm]) -> None:
        self._sealing = sealing
        self._digests = [(algorithm, running(algorithm)) for algorithm in algorithms]

    async def take(self, piece: Buffer) -> None:
        """See `Sink.take`."""
        for _, digest in self._digests:
            digest.update(piece)
        await self._sealing.take(piece)

    def checksums(self) -> list[Checksum]:
        """Of everything taken in so far."""
        return [Checksum(algorithm=name, value=b64(digest.digest())) for name, digest in self._digests]


async def stored_from(
    x: Exchange,
    opened: PutOpened,
    fill: Callable[[Sealing], Awaitable[Sequence[Checksum]]],
    give_up: Callable[[str], Awaitable[None]],
) -> Stored:
    """Fill one blob and make it durable; whatever comes between, nothing stays and the keyroom is told."""
    stores = [x.ports.stores.at(place.uri) for place in opened.stores]
    keyed = (opened.data_key, opened.associated)
    sealing = Sealing(opened.blob, keyed, stores, x.ports.dice, opened.padding)
    sealing = sealing.kept(opened.check_key, Targets(opened.blob, stores, opened.copies_min))
    try:
        checksums = await fill(sealing)
        await sealing.finish()
    except BaseException as error:
        is_cut = isinstance(error, Gone | asyncio.CancelledError)
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


async def closing(x: Exchange, opened: PutOpened, done: Ask[T]) -> T:
    """Close a write. If the keyroom does not know the ticket (any more), what was stored goes at once.

    A keyroom that began anew may have had the blob collected already, before it was durable here: nobody
    would come for it a second time.
    """
    try:
        return await x.doors.ask(done)
    except Refusal as refusal:
        if refusal.code == "ticket-unknown":
            for place in opened.stores:
                with suppress(Refusal):
                    await x.ports.stores.at(place.uri).remove(opened.blob)
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
