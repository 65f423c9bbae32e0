"""Configuring inventories: who may list the bucket and write where the reports go tells it what to report."""

import msgspec

from custodes.acts.asks.buckets.inventory import (
    DropInventory,
    InventoryDocument,
    InventoryView,
    LookInventory,
    PutInventory,
)
from custodes.acts.footing.identities import Identified
from custodes.acts.objects.ground import Ground, Stand, bucket_asked, object_asked, placed
from custodes.acts.objects.rules.telling import Telling
from custodes.acts.objects.rules.wishing import rules_of
from custodes.acts.objects.signed import Wanted
from custodes.acts.opened import Opened
from custodes.acts.writing.act import Write
from custodes.kernel.refusal import absent, malformed
from custodes.objects.bucket import Bucket
from custodes.objects.rules.bucket_rules import BucketRules
from custodes.objects.rules.inventory import INVENTORIES_MAX, Inventory, check_inventory, folder
from custodes.protocols.s3.configs.inventory import read_inventory, write_inventories, write_inventory
from custodes.protocols.s3.operations import XML_BYTES_MAX

from .jobs import Job, job_of, job_row, view_of
from .rights import configurer, target_of

GET, LIST = "GetBucketInventoryConfiguration", "ListBucketInventoryConfigurations"
PUT, DROP = "PutBucketInventoryConfiguration", "DeleteBucketInventoryConfiguration"


class InventoryAnswers:
    """Answers `LookInventory`, `PutInventory` and `DropInventory`."""

    def __init__(self, ground: Ground, telling: Telling) -> None:
        self._g = ground
        self._telling = telling

    async def look(self, ask: LookInventory) -> InventoryDocument:
        """See `LookInventory`."""
        name = LIST if ask.id is None else GET
        wanted = Wanted(operations=(name,), bucket=ask.bucket, config=ask.id)
        stand = await self._telling.seen((ask.evidence, wanted), ask.bucket)
        rules = rules_of(self._g.o, stand.bucket).inventories
        if ask.id is None:
            return InventoryDocument(write_inventories(rules))
        return InventoryDocument(write_inventory(_one(rules, ask.id)))

    async def put(self, ask: PutInventory) -> InventoryDocument:
        """See `PutInventory`."""
        g = self._g
        if len(ask.body) > XML_BYTES_MAX:
            raise malformed("body-too-large", bytes_max=XML_BYTES_MAX)
        wanted = Wanted(operations=(PUT,), bucket=ask.bucket, config=ask.id)
        who = g.who(ask.evidence, wanted)
        g.signed.demand_body(who, ask.body)
        stand = g.stand(ask.bucket)
        judged = g.places.judged(stand.customer.id, stand.bucket.locations, stand.bucket.data_class)
        configure = placed(bucket_asked("bucket:configure", stand, purpose="administration"), judged)
        await g.demand(who, stand, configure, subject=stand.bucket.id)
        rule = check_inventory(read_inventory(ask.body), stand.bucket.name)
        if rule.id != ask.id:
            raise malformed("inventory-invalid")
        rule = msgspec.structs.replace(rule, credential=who.actor.credential, how=who.actor.how)
        target = target_of(g, stand, rule)
        setter = configurer(g.o, rule)  # as he will be asked for at each report: without this request
        await g.demand(setter, stand, bucket_asked("object:list", stand), subject=stand.bucket.id)
        await self._may_write(setter, target, folder(rule, stand.bucket.name))

        def changed(rules: BucketRules) -> BucketRules:
            others = tuple(one for one in rules.inventories if one.id != rule.id)
            if len(others) >= INVENTORIES_MAX:
                raise malformed("inventories-too-many", most=INVENTORIES_MAX)
            made = tuple(sorted((*others, rule), key=lambda one: one.id))
            return msgspec.structs.replace(rules, inventories=made)

        row = job_row(stand.bucket.id, rule.id, g.o.clock.now(), await self._kept(stand.bucket, rule.id))
        said = (ask.evidence, wanted)
        await self._telling.alter(said, ask.bucket, "inventory", changed, (Write("inventory.put", (row,)),))
        return InventoryDocument(ask.body)

    async def drop(self, ask: DropInventory) -> InventoryDocument:
        """See `DropInventory`."""
        g = self._g
        wanted = Wanted(operations=(DROP,), bucket=ask.bucket, config=ask.id)
        bucket = g.named(ask.bucket)
        gone = Write("inventory.drop", (bucket.id if bucket is not None else "", ask.id))

        def changed(rules: BucketRules) -> BucketRules:
            _one(rules.inventories, ask.id)
            left = tuple(one for one in rules.inventories if one.id != ask.id)
            return msgspec.structs.replace(rules, inventories=left)

        await self._telling.alter((ask.evidence, wanted), ask.bucket, "inventory", changed, (gone,))
        return InventoryDocument(b"")

    async def _may_write(self, who: Identified, target: Stand, name: str) -> None:
        g, bucket = self._g, target.bucket
        judged = g.places.judged(target.customer.id, bucket.locations, bucket.data_class)
        asked = placed(object_asked("object:write", target, name, None), judged)
        await g.demand(who, target, asked, subject=bucket.id, judged=judged)

    async def _kept(self, bucket: Bucket, inventory: str) -> Job:
        """What is said of the last report stays when its configuration changes."""
        rows = await self._g.o.read(lambda r: r.objects.inventories(bucket.id))
        job = job_of(next((row for row in rows if row.inventory == inventory), None))
        return Job(reported_at=job.reported_at, lines=job.lines)


async def inventory_views(o: Opened, bucket: Bucket) -> tuple[InventoryView, ...]:
    """A bucket's inventories as people see them."""
    rules = rules_of(o, bucket).inventories
    if not rules:
        return ()
    rows = {row.inventory: row for row in await o.read(lambda r: r.objects.inventories(bucket.id))}
    return tuple(view_of(rule, job_of(rows.get(rule.id))) for rule in rules)


def _one(rules: tuple[Inventory, ...], id_: str) -> Inventory:
    found = next((one for one in rules if one.id == id_), None)
    if found is None:
        raise absent("inventory-absent")
    return found
