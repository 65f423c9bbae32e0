"""PutObject and UploadPart: open, encrypt into the stores while checking, close.

The keyroom decides twice: at opening, before a byte is read (so a refusal reaches a client that waits for
100 Continue), and at closing, when it commits. In between nothing is visible to anybody.
"""

from collections.abc import Sequence

from custodes.acts.asks.objects import ClosePut, OpenPut
from custodes.acts.asks.uploads import ClosePart, OpenPart
from custodes.acts.streams.filling import COMPLETE, Summing, closing, stored_from
from custodes.acts.streams.writing import Sealing
from custodes.kernel.refusal import malformed
from custodes.objects.checksums import DEFAULT, Algorithm, Checksum
from custodes.protocols.s3 import answers, requests
from custodes.protocols.s3.answers import Answer
from custodes.protocols.s3.body import plan

from .exchange import Exchange
from .intake import Intake
from .shown import checksum_of, content_of, written


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

    stored = await stored_from(x.ports, opened, fill, give_up)
    done = ClosePut(
        evidence=x.evidence,
        ticket=opened.ticket,
        outcome=COMPLETE,
        stored=stored,
        content=content_of(asked.kept),
    )
    closed = await closing(x.ports, opened, done)
    return answers.written(*written(x.key, closed), answers.encrypted(closed.sse, closed.sse_key))


async def upload_part(x: Exchange) -> Answer:
    """UploadPart; the part also gets a checksum of the algorithm its upload was opened with.

    One that the client sends must be of that algorithm, too (`checksum-algorithm-differs`), but where that is
    the one an upload has when none is named.
    """
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
        if planned.is_declared and more - {DEFAULT.value}:
            raise malformed("checksum-algorithm-differs")
        summing = Summing(sealing, [Algorithm(name) for name in more])
        ended = await Intake(x, planned, summing, opened.ticket).run()
        return [ended.checksum, *summing.checksums()]

    async def give_up(outcome: str) -> None:
        await x.doors.ask(ClosePart(evidence=x.evidence, ticket=opened.ticket, outcome=outcome))

    stored = await stored_from(x.ports, opened, fill, give_up)
    done = ClosePart(evidence=x.evidence, ticket=opened.ticket, outcome=COMPLETE, stored=stored)
    closed = await closing(x.ports, opened, done)
    of_upload = "" if planned.is_declared else opened.checksum_algorithm
    told = of_upload or planned.algorithm.value
    shown = [(name, value) for name, value in closed.checksums if name == told]
    sse = answers.encrypted(closed.sse, closed.sse_key)
    return answers.part_written(closed.etag, checksum_of(tuple(shown), ""), sse)
