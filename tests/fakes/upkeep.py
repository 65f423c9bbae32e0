"""A keyroom whose keys need upkeep: objects' pages, erasures with their signatures, rounds."""

import msgspec

from custodes.acts.asks.documents import erasure_document
from custodes.acts.asks.keys import CreateKey, UseKey
from custodes.acts.asks.log import LookEntries
from custodes.acts.asks.upkeep import EraseFields, RunUpkeep
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Write
from custodes.acts.writing.object_rows import VersionRow
from custodes.custody import hierarchy
from custodes.custody.keys import Key
from custodes.custody.wrap import Purpose
from custodes.kernel.ids import new_id
from custodes.store.reads import reading
from custodes.store.schema import metadata
from fakes.folk import FolkWorld
from fakes.keyrooms import LOCAL

from .lived import lived, settled


class UpkeepWorld(FolkWorld):
    """`world.key` is the town's key, `world.present` the town's present row."""

    async def settle_in(self):
        now = await super().settle_in()
        self.key = (await self.ask(CreateKey(self.olga.token, self.customer_row.id, "registry"))).id
        return now

    @property
    def o(self):
        return self.keyroom.opened

    @property
    def present(self):
        return self.o.standing.get("customer", self.customer_row.id, type(self.customer_row))

    def ask(self, ask):
        return self.keyroom.ask(ask)

    async def again(self):
        """Restart the keyroom."""
        await self.close()
        await self.open()

    async def round(self):
        return await self.ask(RunUpkeep(LOCAL))

    async def rounds(self, most=50):
        """Rounds until there is nothing left to do; what they did together."""
        total = await self.round()
        for _ in range(most):
            done = await self.round()
            busy = (done.veils, done.rekeyed, done.rewrapped, done.turned, done.dropped)
            total = type(total)(
                *(a + b for a, b in zip(msgspec.structs.astuple(total)[:5], busy, strict=True)),
                scrubbed=total.scrubbed or done.scrubbed,
            )
            if not any(busy) and not done.more:
                return total
        raise AssertionError("upkeep never ends")

    async def use(self, **more):
        """One use by a person (his name is a person field); where its entry stands."""
        fields = {"verb": "wrap", "message": b"m", "context": b"", "purpose": "operation", "reason": "test"}
        used = await self.ask(UseKey(evidence=self.token, key=self.key, **{**fields, **more}))
        return used.log, used.index

    async def write(self, person, *, customer=None, subject="key-x"):
        """An entry with these person fields; where it stands."""
        o, row = self.o, customer or self.present
        act_id = new_id("act", self.dice)
        fields = {"actor": "crd-x", "actor_kind": "person", "phase": "single", "bucket": "bkt-x"}
        await o.records.ready(row)
        record = Record(act="object.delete", subject=subject, fields=fields, person=person)
        done = await o.gate.commit(Act(id=act_id, entries=(o.records.seal(row, act_id, 0, record),)))
        position = done.committed.positions[0]
        return position.log, position.index

    def order(self, entries, signers, *, case=None, asker=None, customer=None, reason="Art. 17"):
        """An erasure as these people signed it."""
        case = case or new_id("cas", self.dice)
        id_ = customer or self.customer_row.id
        document = erasure_document(self.body.id, id_, case, tuple(entries), reason)
        return EraseFields(
            (asker or signers[0]).token,
            id_,
            case,
            tuple(entries),
            reason,
            tuple(who.sign(document) for who in signers),
        )

    async def erase(self, *entries, **more):
        return await self.ask(self.order(entries, (self.olga, self.karl), **more))

    async def entries(self, **more):
        ask = LookEntries(self.olga.token, self.customer_row.id, **{"limit": 500, **more})
        return (await self.ask(ask)).entries

    async def view(self, log, index):
        return next(one for one in await self.entries() if (one.log, one.index) == (log, index))

    # --- objects, as far as keys are concerned ---

    async def page(self, count, key=None):
        """A page with `count` object versions; {version: data key}."""
        o = self.o
        row = o.standing.get("key", key or self.key, Key)
        page = o.keyring.new_page(self.present, row, new_id("pag", self.dice))
        await o.gate.commit(Act(id=new_id("act", self.dice), writes=(Write("page.add", (page, "object")),)))
        page_key = o.keyring.page(self.present, row, page)
        kept = {}
        for _ in range(count):
            version, data_key = new_id("ver", self.dice), self.dice.draw(32)
            what = (version, Purpose.OBJECT)
            wrapped = hierarchy.wrap_subject_key(page_key, page, what, data_key, self.dice).wrapped
            row = VersionRow(
                bucket="bkt-x",
                name=version,
                version=version,
                at=self.clock.now(),
                is_null=False,
                page=page.id,
                wrapped=wrapped,
            )
            added = Write("object.add", (row, self.clock.now()))
            await o.gate.commit(Act(id=new_id("act", self.dice), writes=(added,)))
            kept[version] = data_key
        return page.id, kept

    def open_object(self, version, *, row=None, page=None):
        """The data key of a version as it lies in the database now, or as given."""
        o = self.o
        row = row or self.sql("SELECT page, wrapped FROM object_version WHERE version = ?", version)[0]
        page = page or reading(self.engine, lambda reads: reads.page(o.house, row[0]))
        key = o.standing.get("key", page.scope.key, Key)
        page_key = o.keyring.page(self.present, key, page)
        subject = hierarchy.SubjectKey(subject=version, purpose=Purpose.OBJECT, wrapped=row[1])
        return hierarchy.open_subject_key(page_key, page, subject)

    async def delete(self, version):
        write = Write("object.remove", ("bkt-x", version, version, self.clock.now()))
        await self.o.gate.commit(Act(id=new_id("act", self.dice), writes=(write,)))

    # --- what somebody with the database sees and does ---

    def sql(self, statement, *args):
        with self.engine.connect() as connection:
            found = connection.exec_driver_sql(statement, args)
            return found.fetchall() if found.returns_rows else found.rowcount

    def rows(self, table, where, *args):
        """Rows with the column names, to be put back later."""
        with self.engine.connect() as connection:
            found = connection.exec_driver_sql(f"SELECT * FROM {table} WHERE {where}", args)
            return [dict(row._mapping) for row in found]

    def put_back(self, table, *rows):
        for row in rows:
            marks = ", ".join("?" for _ in row)
            columns = ", ".join('"' + name + '"' for name in row)
            where = " AND ".join(f'"{one.name}" = ?' for one in metadata.tables[table].primary_key)
            self.sql(
                f"DELETE FROM {table} WHERE {where}",
                *(row[one.name] for one in metadata.tables[table].primary_key),
            )
            self.sql(f"INSERT INTO {table} ({columns}) VALUES ({marks})", *row.values())

    def is_in_files(self, needle):
        """Whether these bytes are anywhere in the database or its write-ahead log."""
        return any(
            needle in path.read_bytes()
            for path in (self.folder / "custodes.db", self.folder / "custodes.db-wal")
            if path.exists()
        )


in_upkeep = lived(lambda folder: settled(UpkeepWorld(folder)))
"""A test over a fresh, settled house."""
