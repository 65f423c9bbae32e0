"""Buckets, and what lies in them; contents themselves travel by S3."""

from custodes.acts.asks.buckets.bounds import BucketBounds, LookBucketBounds, SetBucketBounds
from custodes.acts.asks.objects import (
    Buckets,
    BucketView,
    CreateBucket,
    Listed,
    ListObjects,
    LookBucket,
    LookBuckets,
    LookObject,
    MoveBucket,
    ObjectView,
)

from .asking import Row

_WHO = ("forbidden", "not-authenticated")
_VERBS = (
    ("DELETE", "", "delete", "bucket:delete", "Delete an empty bucket"),
    ("POST", "/versioning-on", "versioning-on", "bucket:configure", "Keep every version from now on"),
    ("POST", "/versioning-off", "versioning-off", "bucket:configure", "Suspend versioning"),
)
ROWS = (
    Row(
        method="POST",
        path="/v1/buckets",
        name="create-bucket",
        action="bucket:create",
        ask=CreateBucket,
        gives=BucketView,
        summary="A bucket in places inside the boundary",
        fixed={"body": b""},
        refusals=(
            *_WHO,
            "bucket-is-yours",
            "bucket-name-invalid",
            "bucket-name-taken",
            "location-invalid",
            "no-such-thing",
            "outside-boundary",
        ),
    ),
    Row(
        method="GET",
        path="/v1/buckets",
        name="list-buckets",
        action="bucket:read",
        ask=LookBuckets,
        gives=Buckets,
        summary="Buckets of the asker, or of a customer",
        refusals=(*_WHO, "no-such-thing"),
    ),
    Row(
        method="GET",
        path="/v1/buckets/{bucket}",
        name="get-bucket",
        action="bucket:read",
        ask=LookBucket,
        gives=BucketView,
        summary="One bucket",
        refusals=(*_WHO, "no-such-thing", "bucket-absent"),
    ),
    *(
        Row(
            method=method,
            path=f"/v1/buckets/{{bucket}}{end}",
            name=f"{verb}-bucket",
            action=action,
            ask=MoveBucket,
            gives=BucketView,
            summary=summary,
            fixed={"verb": verb, "body": b""},
            refusals=(*_WHO, "no-such-thing", "bucket-not-empty", "bucket-absent"),
        )
        for method, end, verb, action, summary in _VERBS
    ),
    Row(
        method="GET",
        path="/v1/buckets/{bucket}/bounds",
        name="get-bucket-bounds",
        action="bucket:read",
        ask=LookBucketBounds,
        gives=BucketBounds,
        summary="Limits and padding of a bucket, and what lies in it",
        refusals=(*_WHO, "no-such-thing"),
    ),
    Row(
        method="PUT",
        path="/v1/buckets/{bucket}/bounds",
        name="set-bucket-bounds",
        action="bucket:configure",
        ask=SetBucketBounds,
        gives=BucketBounds,
        summary="Limit a bucket, pad what is written from now on; what is left out is taken away",
        refusals=(*_WHO, "limit-invalid", "no-such-thing", "padding-unknown"),
    ),
    Row(
        method="GET",
        path="/v1/buckets/{bucket}/objects",
        name="list-objects",
        action="object:list",
        ask=ListObjects,
        gives=Listed,
        summary="A page of a listing (`kind`: v1, v2 or versions)",
        refusals=(*_WHO, "no-such-thing", "token-invalid", "unknown-kind", "bucket-absent"),
    ),
    Row(
        method="GET",
        path="/v1/buckets/{bucket}/object",
        name="get-object-facts",
        action="object:list",
        ask=LookObject,
        gives=ObjectView,
        summary="Versions of one `name`, and where each part lies",
        refusals=(*_WHO, "no-such-thing", "bucket-absent", "key-empty"),
    ),
)
