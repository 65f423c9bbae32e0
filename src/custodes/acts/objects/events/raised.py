"""What an act about objects also writes: a row for each webhook its bucket tells."""

import msgspec

from custodes.acts.footing.identities import Identified
from custodes.acts.objects.rules.wishing import rules_of
from custodes.acts.opened import Opened
from custodes.acts.writing.act import Write
from custodes.acts.writing.object_rows import EventRow, VersionRow
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.objects.bucket import Bucket
from custodes.objects.rules.notifying import (
    COMPLETED,
    COPY,
    POST,
    PUT,
    TEST,
    Happened,
    Notification,
    Webhook,
    wanted,
)
from custodes.objects.version import Versioning
from custodes.protocols.s3.operations import call_of

_BY_OPERATION = {"CopyObject": COPY, "CompleteMultipartUpload": COMPLETED}


def raised(o: Opened, bucket: Bucket, event: str, row: VersionRow, actor: str) -> tuple[Write, ...]:
    """Rows for everybody who wants to hear of this; the act must rest on the bucket's rules."""
    rules = rules_of(o, bucket)
    lines = wanted(rules.notifications, event, row.name)
    if not lines:
        return ()
    now = o.clock.now()
    happened = Happened(
        event=event,
        bucket=bucket.id,
        bucket_name=bucket.name,
        name=row.name,
        version=_shown(bucket, row),
        size=row.size,
        etag=row.etag,
        actor=actor,
        at=to_text(now),
        sequence=int(now.timestamp() * 1_000_000),
    )
    return tuple(_written(o, line, happened) for line in lines)


def raised_by_write(o: Opened, bucket: Bucket, who: Identified, row: VersionRow) -> tuple[Write, ...]:
    """The same of a version that somebody writes."""
    if not rules_of(o, bucket).notifications:
        return ()
    return raised(o, bucket, created(o, who), row, who.actor.credential)


def tested(o: Opened, bucket: Bucket, lines: tuple[Notification, ...]) -> tuple[Write, ...]:
    """A test message to each webhook that a bucket is told of now, once."""
    now = o.clock.now()
    happened = Happened(
        event=TEST, bucket=bucket.id, bucket_name=bucket.name, name="", at=to_text(now), sequence=0
    )
    first = {line.webhook: line for line in reversed(lines)}
    return tuple(_written(o, line, happened) for line in first.values())


def created(o: Opened, who: Identified) -> str:
    """Which of S3's events a write is, from what was signed."""
    if who.verified is None:
        return PUT
    if who.verified.signed.method == "POST" and not who.verified.signed.query:
        return POST
    name = call_of(who.verified.signed, o.body.s3_domains).operation.name
    return _BY_OPERATION.get(name, PUT)


def webhook(o: Opened, id_: str) -> Webhook | None:
    """A webhook that stands."""
    row = o.standing.get("webhook", id_, Webhook)
    return row if row is not None and not row.ended_at else None


def _written(o: Opened, line: Notification, happened: Happened) -> Write:
    told = msgspec.structs.replace(happened, notification=line.id)
    body = canonical.encode(msgspec.to_builtins(told))
    row = EventRow(id=new_id("evt", o.dice), webhook=line.webhook, at=o.clock.now(), body=body)
    return Write("event.add", (row,))


def _shown(bucket: Bucket, row: VersionRow) -> str:
    if bucket.versioning is Versioning.OFF:
        return ""
    return "null" if row.is_null else row.version
