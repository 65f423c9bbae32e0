"""A keyroom with a bucket, and a plane reduced to its essence: it seals, keeps and opens bytes in a dict."""

import msgspec

from custodes.acts.asks.objects import (
    CloseGet,
    ClosePut,
    Content,
    CreateBucket,
    DeleteObject,
    ListObjects,
    OpenGet,
    OpenPut,
    Stored,
)
from custodes.acts.asks.uploads import ClosePart, CompletePart, CompleteUpload, OpenPart, OpenUpload
from custodes.acts.footing.nouns import Kills, StoreAt
from custodes.acts.streams.checking import Check
from custodes.boundary.places import Boundary, Location
from custodes.custody import envelope
from custodes.custody.kill import Kill, KillScope
from custodes.kernel.ids import new_id
from custodes.objects.checksums import Algorithm, checksum_of
from custodes.objects.conditions import NONE
from custodes.objects.padding import padding_for
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Application
from custodes.policy.presets import default_rules
from custodes.store.reads import reading
from fakes.keyrooms import World

from .lived import lived

BUCKET = "town-files"
PLAIN = Content()


class ObjectWorld(World):
    """A town whose boundary is Germany, two locations inside it and one outside."""

    async def settle_objects(self):
        await self.open()
        await self.settle_in()
        self.stored = {}
        self.inside = self.location("berlin", "DE", ("DE",))
        self.second = self.location("bonn", "DE", ("DE",))
        self.outside = self.location("ashburn", "US", ("US",))
        self.unknown = self.location("somewhere", None, ())
        self.boundary = Boundary(
            id=new_id("bdy", self.dice), customer=self.customer_row.id, areas=("EU",), jurisdictions=("EU",)
        )
        rows = [("boundary", self.customer_row.id, self.customer_row.id, self.boundary)]
        for place in (self.inside, self.second, self.outside, self.unknown):
            rows.append(("location", place.id, "", place))
            rows.append(("store", place.id, "", StoreAt(location=place.id, uri=f"memory:{place.name}")))
        await self.put(*rows)
        self.bucket = await self.create_bucket(BUCKET)
        return self

    def location(self, name, country, jurisdictions):
        return Location(
            id=new_id("loc", self.dice),
            name=name,
            country=country,
            operator=f"operator of {name}",
            jurisdictions=jurisdictions,
        )

    async def change_boundary(self, **fields):
        values = {name: getattr(self.boundary, name) for name in self.boundary.__struct_fields__}
        self.boundary = Boundary(**{**values, **fields})
        await self.put(("boundary", self.customer_row.id, self.customer_row.id, self.boundary))

    async def other_customer(self):
        """A second town with its own application; its token. Its boundary is as wide."""
        town = self.organisation("Other town", PartyKind.CUSTOMER)
        row = self.customer("Other town", new_id("cus", self.dice), town.id, (4, 5))
        town = msgspec.structs.replace(town, customers=(row.id,))
        application = Application(
            id=new_id("per", self.dice), customer=row.id, organisation=town.id, name="Other registry"
        )
        credential, token = self.api_token(town.id, application=application.id, customer=row.id)
        boundary = msgspec.structs.replace(self.boundary, id=new_id("bdy", self.dice), customer=row.id)
        await self.put(
            ("organisation", town.id, "", town),
            ("customer", row.id, row.id, row),
            ("rules", row.id, row.id, default_rules(row.id)),
            ("boundary", row.id, row.id, boundary),
            ("application", application.id, row.id, application),
            ("credential", credential.id, row.id, credential),
        )
        self.other_row = row
        return token

    async def supplier_engineer(self):
        """An engineer of a supplier that was enrolled to serve this town; his token."""
        self.supplier = self.organisation("Supplier", PartyKind.SUPPLIER)
        self.supplier = msgspec.structs.replace(self.supplier, customers=(self.customer_row.id,))
        await self.put(("organisation", self.supplier.id, "", self.supplier))
        self.engineer, token = await self.enrol_person("Engineer", self.supplier, ("engineer",))
        return token

    async def kill_customer(self):
        kill = Kill(
            id="kil-1",
            scope=KillScope.CUSTOMER,
            subject=self.customer_row.id,
            killed_at=self.clock.now(),
            by="somebody",
            reason="test",
        )
        await self.put(("kills", self.customer_row.id, self.customer_row.id, Kills(kills=(kill,))))

    def ask(self, ask):
        return self.keyroom.ask(ask)

    async def create_bucket(self, name, **more):
        return await self.ask(CreateBucket(more.pop("evidence", self.token), name, **more))

    async def open_put(self, name, body=b"", *, conditions=NONE, evidence=None, bucket=BUCKET, size=-1):
        size_bytes = len(body) if size == -1 else size
        return await self.ask(OpenPut(evidence or self.token, bucket, name, size_bytes, conditions))

    def seal(self, opened, body, *, missed=()):
        """What a plane does with the one data key it was given; `missed` are locations that do not answer."""
        stream = envelope.Encryptor(opened.data_key, opened.associated, self.dice)
        padding = padding_for(opened.padding, len(body))
        sealed = stream.feed(body + bytes(padding)) + stream.finish()
        for store in opened.stores:
            if store.location not in missed:
                self.stored[store.uri, opened.blob] = sealed
        check = Check(opened.check_key)
        check.update(sealed)
        header = sealed[: envelope.HEADER_BYTES]
        return Stored(
            opened.blob,
            len(body),
            len(sealed),
            header,
            padding_bytes=padding,
            check=check.digest(),
            missed=tuple(missed),
        )

    async def close_put(self, opened, stored, *, evidence=None, content=PLAIN, outcome="complete"):
        return await self.ask(ClosePut(evidence or self.token, opened.ticket, outcome, stored, content))

    async def write(self, name, body, *, content=PLAIN, **more):
        opened = await self.open_put(name, body, **more)
        stored = self.seal(opened, body)
        return await self.close_put(opened, stored, content=content, evidence=more.get("evidence"))

    async def upload(self, name, *, bucket=BUCKET, evidence=None, **more):
        return (await self.ask(OpenUpload(evidence or self.token, bucket, name, **more))).upload

    async def write_part(self, name, upload, number, body, *, checksum=None, bucket=BUCKET):
        opened = await self.ask(OpenPart(self.token, bucket, name, upload, number, len(body)))
        return await self.close_part(opened, self.seal(opened, body), body, checksum=checksum)

    async def close_part(self, opened, stored, body=b"", *, checksum=None):
        algorithm = Algorithm(opened.checksum_algorithm)
        value = checksum or checksum_of(algorithm, body).value
        stored = msgspec.structs.replace(stored, checksums=((algorithm.value, value),))
        return await self.ask(ClosePart(self.token, opened.ticket, "complete", stored))

    async def complete(self, name, upload, etags, **more):
        parts = tuple(CompletePart(number, etag) for number, etag in etags)
        bucket = more.pop("bucket", BUCKET)
        return await self.ask(CompleteUpload(self.token, bucket, name, upload, parts, **more))

    async def open_get(self, name, *, evidence=None, bucket=BUCKET, **more):
        return await self.ask(OpenGet(evidence or self.token, bucket, name, **more))

    def unseal(self, opened):
        """The bytes a plane would send for an opened read."""
        envelope.demand_commitment(opened.data_key, opened.version, opened.commitment)
        out = b""
        for piece in opened.pieces:
            at = [(store.uri, piece.blob) for store in piece.stores]
            sealed = self.stored[next(one for one in at if one in self.stored)]
            span = envelope.segment_range(piece.first, piece.last, piece.plain_bytes)
            stream = envelope.Decryptor.at(opened.data_key, piece.associated, piece.header, span)
            out += stream.feed(sealed[span.cipher_first : span.cipher_last + 1]) + stream.finish()
        return out

    async def read(self, name, **more):
        opened = await self.open_get(name, **more)
        body = self.unseal(opened) if opened.pieces else b""
        if opened.ticket:
            await self.ask(CloseGet(opened.ticket, "complete", len(body)))
        return body

    async def delete(self, name, version=None, **more):
        evidence, bucket = more.pop("evidence", self.token), more.pop("bucket", BUCKET)
        return await self.ask(DeleteObject(evidence, bucket, name, version, **more))

    async def names(self, **more):
        listed = await self.ask(ListObjects(self.token, BUCKET, "v2", **more))
        return [one.name for one in listed.objects]

    def entries(self, code=None, kind="machine", customer=None):
        """Every entry of a sub-log, opened, oldest first."""
        o = self.keyroom.opened
        row = customer or self.customer_row
        log = row.log(kind)
        found = reading(self.engine, lambda r: r.openings(log, code=code, limit=1000))
        opened = []
        for one in sorted(found, key=lambda one: one.index):
            page = reading(self.engine, lambda r, one=one: r.page(o.house, one.page))
            leaf = reading(self.engine, lambda r, one=one: r.leaves(log, one.index, one.index + 1))[0]
            opened.append(_fields(o.records, row, page, (one, leaf)))
        return opened

    def sql(self, statement, *args):
        with self.engine.connect() as connection:
            return connection.exec_driver_sql(statement, args)


with_objects = lived(lambda folder: ObjectWorld(folder).settle_objects())
"""A test in a house with a bucket."""


def _fields(records, customer, page, what):
    """Act and person fields of one entry together, as its customer sees them."""
    return records.unseal(customer, page, *what).fields
