"""Inventory configurations of a bucket: put, shown, listed, removed."""

from collections.abc import Awaitable, Callable, Mapping

from custodes.acts.asks.buckets.inventory import DropInventory, LookInventory, PutInventory
from custodes.protocols.s3 import answers
from custodes.protocols.s3.answers import Answer
from custodes.web.planes.s3.exchange import Exchange
from custodes.web.planes.s3.intake import whole

Does = Callable[[Exchange], Awaitable[Answer | None]]


def table() -> Mapping[str, Does]:
    """Every operation of this file by name."""
    return {
        "GetBucketInventoryConfiguration": look,
        "ListBucketInventoryConfigurations": look,
        "PutBucketInventoryConfiguration": put,
        "DeleteBucketInventoryConfiguration": drop,
    }


async def look(x: Exchange) -> Answer:
    """One configuration, or all of them where none is named."""
    found = await x.doors.ask(LookInventory(evidence=x.evidence, bucket=x.bucket, id=x.call.config))
    return answers.of_document(found.body)


async def put(x: Exchange) -> Answer:
    """PutBucketInventoryConfiguration."""
    body = await whole(x)
    id_ = x.call.config or ""
    await x.doors.ask(PutInventory(evidence=x.evidence, bucket=x.bucket, id=id_, body=body))
    return Answer(status=204)


async def drop(x: Exchange) -> Answer:
    """DeleteBucketInventoryConfiguration."""
    await x.doors.ask(DropInventory(evidence=x.evidence, bucket=x.bucket, id=x.call.config or ""))
    return answers.gone()
