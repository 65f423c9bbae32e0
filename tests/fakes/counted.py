"""A house whose entries are counted: entries as the S3 endpoint and clouds make them, and a count by hand."""

from custodes.acts.asks.running.counts import LookCountedDays, LookCounts
from custodes.acts.asks.running.metering import LookMetering
from custodes.acts.counting.fold import Counting
from custodes.acts.records import Record
from custodes.acts.writing.act import Act
from custodes.assurance.metering import metered
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal
from fakes.retention import RetentionWorld

from .lived import lived, settled

MONTH = "2026-11"
BY = {"actor": "crd-app", "actor_kind": "application", "phase": "single"}


class CountedWorld(RetentionWorld):
    """`enter` writes any entry; `counting` folds; `by_hand` counts what anybody can open now."""

    async def settle_in(self):
        now = await super().settle_in()
        self.counting = Counting(self.o)
        return now

    async def again(self):
        await super().again()
        self.counting = Counting(self.o)

    async def enter(self, act, *, about="x", person=None, **fields):
        o = self.o
        act_id = new_id("act", self.dice)
        await o.records.ready(self.present)
        record = Record(act=act, subject=about, fields={**BY, **fields}, person=person or {})
        entry = o.records.seal(self.present, act_id, 0, record)
        done = await o.gate.commit(Act(id=act_id, entries=(entry,)))
        return done.committed.positions[0].log, done.committed.positions[0].index

    async def stored(self, version, size, name="a", versioning="off", bucket="bkt-1", act="object.put"):
        return await self.enter(
            act,
            about=version,
            person={"object_name": name},
            bucket=bucket,
            key="key-1",
            object_version=version,
            bytes=size,
            versioning=versioning,
        )

    async def removed(self, version, size, name="a", versioning="off", bucket="bkt-1"):
        return await self.stored(version, size, name, versioning, bucket, "object.delete")

    async def marked(self, version, name="a", versioning="off", bucket="bkt-1"):
        return await self.stored(version, 0, name, versioning, bucket, "object.mark")

    async def cloud_use(self, connection="con-1", key="key-1", reason="storage", count=1):
        fields = {"connection": connection, "key": key, "reason": reason, "decision": "allow"}
        return await self.enter("key.unwrap", about=key, count=count, bytes=32, **fields)

    async def denial(self, reason="not-permitted", count=1, **fields):
        return await self.enter(
            "denial", decision="deny", reason=reason, count=count, **{"subject": "x", **fields}
        )

    async def bill(self, month=MONTH):
        return (await self.ask(LookMetering(self.olga.token, self.customer_row.id, month))).csv

    async def counts(self):
        return await self.ask(LookCounts(self.olga.token, self.customer_row.id))

    async def days(self, kind="customer", id_="", first="2026-11-01", last=""):
        ask = LookCountedDays(self.olga.token, self.customer_row.id, kind, id_, first, last)
        return await self.ask(ask)

    async def by_hand(self, month=MONTH):
        """The month as the customer counts it over everything he can open now."""
        logs = {"machine": [], "exceptional": []}
        for kind, found in logs.items():
            size = len(self.sql("SELECT idx FROM opening WHERE log = ?", self.customer_row.log(kind)))
            for one in reversed(await self.entries(kind=kind)):
                found.append({"at": one.at, **one.fields} if one.act != "veil" else dict(one.fields))
            assert len(found) == size
        return metered(self.customer_row.id, month, logs["machine"], logs["exceptional"])

    def counted_parts(self):
        return self.rows("fold_part", "customer = ? ORDER BY part", self.customer_row.id)

    def counted_names(self):
        return self.rows("fold_name", "customer = ?", self.customer_row.id)


async def refused(doing):
    """The code of the refusal that comes of it."""
    try:
        await doing
    except Refusal as refusal:
        return refusal.code
    return ""


in_counts = lived(lambda folder: settled(CountedWorld(folder)))
"""A test over a fresh, settled house."""
