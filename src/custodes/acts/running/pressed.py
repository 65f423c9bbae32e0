"""What presses on customers and only an operator may see as a number: webhooks that do not take their events,
and room that is used up. Counts alone: whose they are, each customer sees himself.
"""

from datetime import datetime
from functools import partial

from custodes.acts.asks.running.findings import Finding, finding
from custodes.acts.objects.bounds.room import Bound, buckets_of, used_by
from custodes.acts.opened import Opened
from custodes.acts.writing.ports import Reads
from custodes.objects.bucket import Bucket
from custodes.objects.limits import CustomerLimits
from custodes.objects.rules.bucket_rules import BucketRules
from custodes.objects.rules.notifying import Webhook

EVENT_AGE_S_MAX = 900
LOOKED_AT_MAX = 200  # limits, in one look


async def webhooks(o: Opened) -> Finding:
    """Whether every webhook took what waits for it within a quarter of an hour."""
    late, count, oldest_s = 0, 0, 0.0
    rows = [row for row in o.standing.all_of("webhook", Webhook) if not row.ended_at]
    for row in rows:
        waiting, since = await o.read(partial(_waiting, row.id))
        age_s = 0.0 if since is None else (o.clock.now() - since).total_seconds()
        late, count, oldest_s = late + (age_s > EVENT_AGE_S_MAX), count + waiting, max(oldest_s, age_s)
    said = f"{len(rows) - late}/{len(rows)}; {count}; {oldest_s:.0f} s"
    return finding("webhooks", "webhook-silent" if late else "", said)


async def room(o: Opened) -> Finding:
    """How many limits of space are reached, of those that are set."""
    bounds: list[Bound] = [(buckets_of(o, one.customer), one.bytes_max, None) for one in _of_customers(o)]
    bounds += [((one.bucket,), one.bytes_max, one.versions_max) for one in _of_buckets(o)]
    full = 0
    for buckets, bytes_max, versions_max in bounds[:LOOKED_AT_MAX]:
        used = await used_by(o, buckets)
        is_full = bytes_max is not None and used.bytes + used.upload_bytes >= bytes_max
        full += is_full or (versions_max is not None and used.versions >= versions_max)
    return finding("room", "room-used-up" if full else "", f"{full}/{len(bounds)}")


def _waiting(webhook: str, reads: Reads) -> tuple[int, datetime | None]:
    return reads.objects.events_waiting(webhook)


def _of_customers(o: Opened) -> list[CustomerLimits]:
    return [one for one in o.standing.all_of("customer-limits", CustomerLimits) if one.bytes_max is not None]


def _of_buckets(o: Opened) -> list[BucketRules]:
    found = []
    for one in o.standing.all_of("bucket-rules", BucketRules):
        bucket = o.standing.get("bucket", one.bucket, Bucket)
        is_open = bucket is not None and bucket.state == "open"
        if is_open and (one.bytes_max is not None or one.versions_max is not None):
            found.append(one)
    return found
