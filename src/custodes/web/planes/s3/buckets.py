"""Buckets: list, create, look at, version, delete.

Which region a bucket is in, in S3's sense, is whatever the client signs for: where its bytes lie is said by
its locations, and no client chooses an endpoint by them.
"""

from custodes.acts.asks.objects import CreateBucket, LookBucket, LookBuckets, MoveBucket
from custodes.kernel.clock import from_text
from custodes.kernel.refusal import malformed
from custodes.protocols.s3 import answers, documents, requests
from custodes.protocols.s3.answers import Answer
from custodes.protocols.s3.documents import Bucket, Owner

from .exchange import Exchange
from .intake import whole
from .shown import state_of

VERBS = {"Enabled": "versioning-on", "Suspended": "versioning-off"}


async def list_buckets(x: Exchange) -> Answer:
    """ListBuckets: those of the asker's customer."""
    found = await x.doors.ask(LookBuckets(evidence=x.evidence))
    rows = [Bucket(name=one.name, created_at=from_text(one.created_at)) for one in found.buckets]
    return answers.of_document(documents.buckets(rows, Owner(id=found.owner, name=found.owner)))


async def create_bucket(x: Exchange) -> Answer:
    """CreateBucket; a location constraint is the name or id of a location of the house."""
    body = await whole(x)
    constraint = requests.location(body)
    made = await x.doors.ask(
        CreateBucket(
            evidence=x.evidence,
            name=x.bucket,
            locations=() if constraint is None else (constraint,),
            body=body,
        )
    )
    return answers.created_bucket(made.name)


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
