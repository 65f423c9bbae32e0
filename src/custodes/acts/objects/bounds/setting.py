"""Setting and showing what a bucket and a customer may take up."""

import msgspec

from custodes.acts.answers.said import said, said_person
from custodes.acts.asks.buckets.bounds import (
    BucketBounds,
    BucketTold,
    CustomerBounds,
    LookBucketBounds,
    LookCustomerLimits,
    SetBucketBounds,
    SetCustomerLimits,
)
from custodes.acts.authority import Alteration
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.standing import Change
from custodes.acts.founding import digest_text
from custodes.acts.objects.events.raised import webhook
from custodes.acts.objects.ground import Ground
from custodes.acts.objects.inventory.telling import inventory_views
from custodes.acts.objects.rules.telling import Telling
from custodes.acts.objects.rules.wishing import rules_of
from custodes.acts.objects.signed import Wanted
from custodes.acts.permitted import alter, customer, may_read, permit
from custodes.acts.records import Record
from custodes.kernel.canonical import Plain
from custodes.kernel.refusal import absent
from custodes.objects.bucket import Bucket
from custodes.objects.limits import CustomerLimits, check_limits, check_room
from custodes.objects.padding import check_steps
from custodes.objects.rules.bucket_rules import BucketRules
from custodes.objects.rules.notifying import Notification
from custodes.policy.question import Resource

from .room import buckets_of, used_by

_NO_CALL = Wanted(operations=())  # S3 has no words for this: no signature of a request asks for it


class Bounds:
    """Answers `SetBucketBounds`, `LookBucketBounds`, `SetCustomerLimits`, `LookCustomerLimits`."""

    def __init__(self, ground: Ground, telling: Telling) -> None:
        self._g = ground
        self._telling = telling

    async def set_bucket(self, ask: SetBucketBounds) -> BucketBounds:
        """See `SetBucketBounds`."""
        check_steps(ask.padding)
        check_room(ask.bytes_max, ask.versions_max)

        def changed(rules: BucketRules) -> BucketRules:
            return msgspec.structs.replace(
                rules, padding=ask.padding, bytes_max=ask.bytes_max, versions_max=ask.versions_max
            )

        await self._telling.alter((ask.evidence, _NO_CALL), ask.bucket, "bounds", changed)
        return await self._shown(self._g.stand(ask.bucket).bucket)

    async def look_bucket(self, ask: LookBucketBounds) -> BucketBounds:
        """See `LookBucketBounds`."""
        stand = await self._telling.seen((ask.evidence, _NO_CALL), ask.bucket)
        return await self._shown(stand.bucket)

    async def set_customer(self, ask: SetCustomerLimits) -> CustomerBounds:
        """See `SetCustomerLimits`."""
        o = self._g.o
        made = check_limits(
            CustomerLimits(
                customer=ask.customer,
                bytes_max=ask.bytes_max,
                requests_per_s=ask.requests_per_s,
                requests_burst=ask.requests_burst,
            )
        )

        def decide() -> Alteration:
            who = o.identities.of(ask.evidence)
            owner = customer(o, ask.customer)
            decided = permit(o, who, "customer:limit", _customer(owner))
            fields: dict[str, Plain] = {
                **said(who),
                "phase": "single",
                "subject": owner.id,
                "subject_hash": digest_text(made),
            }
            record = Record(act="change.limits", subject=owner.id, fields=fields, person=said_person(who))
            change = Change(noun="customer-limits", id=owner.id, customer=owner.id, value=made)
            return Alteration(changes=(change,), records=((owner, record),), expects=decided.expects)

        await alter(o, decide, ask, ask.evidence)
        return await self._of_customer(customer(o, ask.customer))

    async def look_customer(self, ask: LookCustomerLimits) -> CustomerBounds:
        """See `LookCustomerLimits`."""
        o = self._g.o
        who = o.identities.of(ask.evidence)
        owner = o.standing.get("customer", ask.customer, Customer)
        if owner is None or o.decisions.is_stranger(who, owner.id):
            raise absent("no-such-customer")
        await may_read(o, who, "customer:read", _customer(owner))
        return await self._of_customer(owner)

    async def _shown(self, bucket: Bucket) -> BucketBounds:
        rules, used = rules_of(self._g.o, bucket), await used_by(self._g.o, (bucket.id,))
        return BucketBounds(
            bucket=bucket.name,
            padding=rules.padding,
            bytes_max=rules.bytes_max,
            versions_max=rules.versions_max,
            bytes_used=used.bytes,
            versions_used=used.versions,
            upload_bytes_used=used.upload_bytes,
            told=tuple(self._line(line) for line in rules.notifications),
            inventories=await inventory_views(self._g.o, bucket),
        )

    def _line(self, line: Notification) -> BucketTold:
        to = webhook(self._g.o, line.webhook)
        events = tuple(f"s3:{event}" for event in line.events)
        return BucketTold(to.name if to is not None else "-", events, line.prefix, line.suffix)

    async def _of_customer(self, owner: Customer) -> CustomerBounds:
        o = self._g.o
        limits = o.standing.get("customer-limits", owner.id, CustomerLimits)
        limits = limits or CustomerLimits(customer=owner.id)
        used = await used_by(o, buckets_of(o, owner.id))
        return CustomerBounds(
            customer=owner.id,
            bytes_max=limits.bytes_max,
            requests_per_s=limits.requests_per_s,
            requests_burst=limits.requests_burst,
            bytes_used=used.bytes,
            versions_used=used.versions,
            upload_bytes_used=used.upload_bytes,
        )


def _customer(owner: Customer) -> Resource:
    return Resource(kind="customer", id=owner.id, customer=owner.id)
