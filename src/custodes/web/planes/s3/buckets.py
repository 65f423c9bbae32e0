"""Buckets: list, create, look at, version, delete.

Which region a bucket is in, in S3's sense, is whatever the client signs for: where its bytes lie is said by
its locations, and no client chooses an endpoint by them.
"""

from custodes.acts.asks.objects import CreateBucket, LookBucket, LookBuckets, MoveBucket
from custodes.kernel.clock import from_text
from custodes.kernel.refusal import Refusal, malformed
from custodes.protocols.s3 import answers, documents, lists, requests
from custodes.protocols.s3.answers import Answer
from custodes.protocols.s3.documents import Bucket, Owner

from .exchange import Exchange
from .intake import whole
from .shown import state_of

REGION_FORGIVING = "us-east-1"  # who signs for it may create his own bucket again, as S3 has it there
VERBS = {"Enabled": "versioning-on", "Suspended": "versioning-off"}


async def list_buckets(x: Exchange) -> Answer:
    """ListBuckets: those of the asker's customer."""
    asked = lists.buckets_listing(x.head)
    found = await x.doors.ask(LookBuckets(evidence=x.evidence))
    names = [one for one in found.buckets if one.name.startswith(asked.prefix) and one.name > asked.after]
    shown = names[: asked.most]
    rows = [Bucket(name=one.name, created_at=from_text(one.created_at)) for one in shown]
    more = shown[-1].name if shown and len(shown) < len(names) else None
    owner = Owner(id=found.owner, name=found.owner_name)
    return answers.of_document(documents.buckets(rows, owner, more, asked.prefix))


async def create_bucket(x: Exchange) -> Answer:
    """CreateBucket; a location constraint is the name or id of a location of the house."""
    body = await whole(x)
    constraint = requests.location(body)
    ask = CreateBucket(
        evidence=x.evidence,
        name=x.bucket,
        locations=() if constraint is None else (constraint,),
        body=body,
    )
    try:
        await x.doors.ask(ask)
    except Refusal as refusal:
        if refusal.code != "bucket-is-yours" or x.claim.region != REGION_FORGIVING:
            raise
    return answers.created_bucket(x.bucket)


async def head_bucket(x: Exchange) -> Answer:
    """HeadBucket."""
    await x.doors.ask(LookBucket(evidence=x.evidence, bucket=x.bucket))
    return answers.bucket_head(x.claim.region)


async def get_bucket_location(x: Exchange) -> Answer:
    """GetBucketLocation."""
    await x.doors.ask(LookBucket(evidence=x.evidence, bucket=x.bucket))
    return answers.of_document(documents.location(x.claim.region))


async def get_bucket_versioning(x: Exchange) -> Answer:
    """GetBucketVersioning."""
    found = await x.doors.ask(LookBucket(evidence=x.evidence, bucket=x.bucket))
    return answers.of_document(documents.versioning(state_of(found)))


async def put_bucket_versioning(x: Exchange) -> Answer:
    """PutBucketVersioning."""
    body = await whole(x)
    verb = VERBS.get(requests.versioning_status(body))
    if verb is None:
        raise malformed("versioning-status-invalid")
    await x.doors.ask(MoveBucket(evidence=x.evidence, bucket=x.bucket, verb=verb, body=body))
    return answers.done()


async def delete_bucket(x: Exchange) -> Answer:
    """DeleteBucket."""
    await x.doors.ask(MoveBucket(evidence=x.evidence, bucket=x.bucket, verb="delete"))
    return answers.gone()
