"""A house that can preserve: a bucket in a real folder, a holder for it, and a notary who countersigns.

world = await PreservedWorld(tmp_path).settle()
case = await world.preserving(names=["secret.txt"])
"""

import dataclasses
from datetime import timedelta

import msgspec

from custodes.acts.asks.cases import RunClock
from custodes.acts.asks.preserving.cases import LookPreservation, MovePreservation, OpenPreservation
from custodes.acts.asks.upkeep import RunUpkeep
from custodes.acts.objects.outcomes import FATE_AFTER
from custodes.acts.streams.caring import Carer
from custodes.acts.streams.sweeping import Sweeper
from custodes.adapters.file_holder import FileHolder, create
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.objects.bucket import Bucket
from custodes.parties.roles import PartyKind

from .keyrooms import LOCAL, World
from .listed import KEPT, ListedWorld
from .lived import lived
from .office import fill_in


class PreservedWorld(ListedWorld):
    """`nora` is the notary's, `greta` and `karl` are the trustee's; `vault` is the preservations' holder."""

    has_notary = True

    def parts(self):
        parts = super().parts()
        if not hasattr(self, "vault"):
            self.vault = FileHolder(create(self.folder / "vault.key", None, self.dice))
        holders = {**parts.holders, self.vault.uri: self.vault}
        return dataclasses.replace(parts, holders=holders)

    async def settle(self):
        await super().settle()
        if self.vault.is_sealed:
            self.vault.unseal(b"")
        self.sweeper, self.carer = Sweeper(self.keyroom, self.stores), Carer(self.keyroom, self.stores)
        self.kept = self.keyroom.opened.standing
        self.greta = await self.signer("Greta", self.trustee, ("approver",))
        self.notary = self.organisation("Notary", PartyKind.AUDITOR)
        self.notary = msgspec.structs.replace(self.notary, customers=(self.customer_row.id,))
        if self.has_notary:
            await self.put(("organisation", self.notary.id, "", self.notary))
            self.nora = await self.signer("Nora", self.notary, ("counter-signatory",))
        self.kept_bucket = (await self.bucket_row()).id
        return self

    async def bucket_row(self):
        return next(one for one in self.kept.all_of("bucket", Bucket) if one.name == KEPT)

    def seal(self, opened, body, *, missed=()):
        stored = super().seal(opened, body, missed=missed)
        for store in opened.stores:
            if store.uri.startswith("file:"):
                folder = self.folder / store.uri.removeprefix("file:").rpartition("/")[2]
                path = folder / opened.blob[-2:] / opened.blob
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(self.stored[store.uri, opened.blob])
        return stored

    def lies(self, blob):
        """Whether a blob's file is there."""
        return any(self.shelf.rglob(blob))

    async def keep(self, name, body=b"evidence"):
        """A version in the folder: (version, blob)."""
        opened = await self.open_put(name, body, bucket=KEPT)
        await self.close_put(opened, self.seal(opened, body))
        return opened.version, opened.blob

    def after(self, **span):
        return to_text(self.clock.now() + timedelta(**span))

    def demand(self, **changes):
        values = {
            "authority": "Staatsanwaltschaft Musterstadt",
            "instrument": "Sicherungsanordnung",
            "reference": "12 Js 34/26",
            "source": "letter, called back",
            "bucket": self.kept_bucket,
            "secrecy": "silent",
            "duty": "as the order says",
            "duty_ends_at": self.after(days=60),
            "ends_at": self.after(days=30),
            "holder": self.vault.uri,
            "reason": "as ordered",
            **changes,
        }
        return canonical.encode({name: value for name, value in values.items() if value is not None})

    def announced(self, **changes):
        return {"secrecy": "announced", "duty": "", "duty_ends_at": None, **changes}

    async def demanded(self, who=None, **changes):
        form = self.demand(**changes)
        return await self.ask(OpenPreservation((who or self.ada).token, self.customer_row.id, form))

    def see(self, who, case):
        return self.ask(LookPreservation(who.token, case))

    async def step(self, who, case, verb, form=None):
        view = await self.see(who, case)
        plain = canonical.encode(form or {})
        return await self.ask(MovePreservation(who.token, case, verb, view.version, plain))

    async def sign(self, who, case, **changes):
        view = await self.see(who, case)
        return await self.step(who, case, "approve", {**fill_in(who, view.to_sign[0]), **changes})

    async def ordered(self, **changes):
        """A case both have signed; nothing is preserved yet."""
        case = await self.demanded(**changes)
        await self.sign(self.karl, case.id)
        await self.sign(self.nora, case.id)
        return case.id

    async def preserving(self, **changes):
        """A case under which everything in scope is preserved."""
        case = await self.ordered(**changes)
        await self.tick()
        view = await self.see(self.karl, case)
        assert view.state == "preserving", view
        return case

    async def proposed(self, case, act, **form):
        await self.step(self.ada, case, "propose", {"act": act, "reason": "so", **form})
        await self.sign(self.karl, case)
        await self.sign(self.nora, case)

    async def again(self):
        """Restart the keyroom."""
        await World.close(self)
        await self.open()
        self.sweeper, self.carer = Sweeper(self.keyroom, self.stores), Carer(self.keyroom, self.stores)
        self.kept = self.keyroom.opened.standing

    async def upkeep(self):
        """Veils and whatever else is due."""
        for _ in range(20):
            done = await self.ask(RunUpkeep(LOCAL))
            if not done.more:
                return

    async def tick(self):
        return await self.ask(RunClock(LOCAL))

    async def swept(self):
        """Everything that is due now is collected."""
        self.clock.forward(seconds=int(FATE_AFTER.total_seconds()) + 60)
        while await self.sweeper.round():
            pass

    async def verified(self, case):
        await self.proposed(case, "verify")
        for _ in range(20):
            if await self.carer.batch() < 0:
                break
        return await self.see(self.karl, case)

    def rows(self, table):
        return self.sql(f"SELECT * FROM {table}").fetchall()


with_preserved = lived(lambda folder: PreservedWorld(folder).settle())
"""A test in a house that can preserve."""
