"""Promise 10 at the keyroom's own door: what is another's is refused exactly as what does not exist.

Every ask that names something is asked by a stranger twice: with the town's real thing, and with a name that
nobody has. Code, kind and facts must be the same, and `absent`.
"""

import asyncio

import msgspec
import pyrage
import pytest

from custodes.acts.asks import (
    cases,
    exports,
    house,
    identity,
    keys,
    log,
    objects,
    parties,
    rules,
    uploads,
    wire,
)
from custodes.acts.asks.buckets import adopting, bounds, care, inventory, told, webhooks
from custodes.acts.asks.buckets.stores import LookStores
from custodes.acts.asks.clouds import connections
from custodes.acts.asks.doors import Ask
from custodes.acts.asks.house import KillScope
from custodes.acts.asks.running import counts, metering, roots
from custodes.acts.asks.transit.imports import ImportKey, LookImportKey
from custodes.acts.asks.transit.keys import LookTransitKey, LookTransitKeys, SetKeyMinimum
from custodes.acts.asks.transit.uses import UseTransit
from custodes.acts.asks.upkeep import EndHold, EraseFields, LookRetention, PlaceHold, SetRetention
from custodes.kernel import canonical
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, Refusal
from custodes.objects.export import Export
from custodes.parties.rows import Membership
from custodes.protocols.transit.messages import Item
from fakes.object_world import BUCKET, ObjectWorld
from fakes.office import OfficeWorld

FORM = canonical.encode(
    {
        "beneficiary": "crd-" + "0" * 26,
        "resources": ["key-" + "0" * 26],
        "actions": ["key:use-unwrap"],
        "purpose": "support",
        "reason": "curious",
        "ticket": "T-1",
        "bytes_max": 1,
    }
)
AGE = str(pyrage.x25519.Identity.generate().to_public())
CASE = "cas-" + "0" * 26
BECAUSE = canonical.encode({"reason": "curious"})
CHOICES = canonical.encode([{"preset": "lockbox", "filled": {}}])
BOUNDARY = canonical.encode({"areas": ["EU"], "jurisdictions": ["EU"]})
NONE = objects.NONE
HELD = "2026-01-01T00:00:00Z"
TAGS = b"<Tagging><TagSet/></Tagging>"
# Each ask as `e` asks it about the thing `x`, with what the thing is.
ASKED = {
    house.PreviewKill: ("customer", lambda e, x: house.PreviewKill(e, KillScope("customer", x))),
    house.Kill: ("customer", lambda e, x: house.Kill(e, KillScope("customer", x), "curious")),
    house.LookKills: ("customer", house.LookKills),
    house.Lift: ("kill", lambda e, x: house.Lift(e, x, ())),
    keys.UseKey: ("key", lambda e, x: keys.UseKey(e, x, "wrap", b"data", b"", "operation", "")),
    keys.CreateKey: ("customer", lambda e, x: keys.CreateKey(e, x, "mine")),
    keys.MoveKey: ("key", lambda e, x: keys.MoveKey(e, x, "disable", "curious")),
    keys.LookKeys: ("customer", keys.LookKeys),
    UseTransit: ("key", lambda e, x: UseTransit(evidence=e, key=x, verb="encrypt", items=(Item(),))),
    LookTransitKey: ("key", lambda e, x: LookTransitKey(evidence=e, key=x)),
    LookTransitKeys: ("customer", lambda e, x: LookTransitKeys(evidence=e, customer=x)),
    LookImportKey: ("customer", lambda e, x: LookImportKey(evidence=e, customer=x)),
    ImportKey: ("customer", lambda e, x: ImportKey(evidence=e, parcel=b"", name="mine", customer=x)),
    SetKeyMinimum: ("key", lambda e, x: SetKeyMinimum(evidence=e, key=x, version=1)),
    log.LookEntries: ("customer", log.LookEntries),
    log.MakeReceipt: ("customer", lambda e, x: log.MakeReceipt(e, f"{x}/machine", 0)),
    log.SubLogTile: ("customer", lambda e, x: log.SubLogTile(e, f"{x}/machine", "tile/0/000.p/1")),
    log.LookChain: ("customer", lambda e, x: log.LookChain(e, f"{x}/machine")),
    log.LookOpenings: ("customer", lambda e, x: log.LookOpenings(e, f"{x}/machine", 0)),
    log.LookNames: ("bucket", log.LookNames),
    metering.LookMetering: ("customer", lambda e, x: metering.LookMetering(e, x, "2026-11")),
    counts.LookCounts: ("customer", counts.LookCounts),
    counts.LookCountedDays: ("customer", counts.LookCountedDays),
    rules.LookWitnessPolicy: ("customer", rules.LookWitnessPolicy),
    rules.SetWitnessPolicy: ("customer", lambda e, x: rules.SetWitnessPolicy(e, x, "")),
    log.LookVeilSeal: ("customer", lambda e, x: log.LookVeilSeal(e, x, "2026-11-22")),
    objects.ListObjects: ("bucket", lambda e, x: objects.ListObjects(e, x, "v2")),
    objects.CreateBucket: ("customer", lambda e, x: objects.CreateBucket(e, "new-one", customer=x)),
    objects.MoveBucket: ("bucket", lambda e, x: objects.MoveBucket(e, x, "delete")),
    adopting.BeginAdoption: ("bucket", lambda e, x: adopting.BeginAdoption(e, x, "berlin")),
    adopting.MoveAdoption: ("adoption", lambda e, x: adopting.MoveAdoption(e, x, "end")),
    adopting.HandSheet: ("adoption", lambda e, x: adopting.HandSheet(e, x, b"x")),
    adopting.LookAdoptions: ("bucket", adopting.LookAdoptions),
    adopting.LookAdopted: ("adoption", adopting.LookAdopted),
    care.LookCare: ("bucket", care.LookCare),
    LookStores: ("customer", LookStores),
    care.ScrubBucket: ("bucket", care.ScrubBucket),
    care.PlaceBucket: ("bucket", lambda e, x: care.PlaceBucket(e, x, ("berlin",))),
    objects.LookBucket: ("bucket", objects.LookBucket),
    objects.LookBuckets: ("customer", objects.LookBuckets),
    objects.OpenPut: ("bucket", lambda e, x: objects.OpenPut(e, x, "a", 1)),
    objects.OpenGet: ("bucket", lambda e, x: objects.OpenGet(e, x, "a")),
    objects.DeleteObject: ("bucket", lambda e, x: objects.DeleteObject(e, x, "a")),
    objects.DeleteObjects: ("bucket", lambda e, x: objects.DeleteObjects(e, x, (objects.Doomed("a"),))),
    objects.LookObject: ("bucket", lambda e, x: objects.LookObject(e, x, "a")),
    objects.CopyObject: ("bucket", lambda e, x: objects.CopyObject(e, x, "b", x, "a")),
    bounds.LookBucketBounds: ("bucket", bounds.LookBucketBounds),
    bounds.SetBucketBounds: ("bucket", lambda e, x: bounds.SetBucketBounds(e, x, "padme", 1)),
    bounds.LookCustomerLimits: ("customer", bounds.LookCustomerLimits),
    webhooks.AddWebhook: (
        "customer",
        lambda e, x: webhooks.AddWebhook(e, x, "mine", "https://mine.example/"),
    ),
    webhooks.LookWebhooks: ("customer", webhooks.LookWebhooks),
    webhooks.EndWebhook: ("webhook", webhooks.EndWebhook),
    bounds.SetCustomerLimits: ("customer", lambda e, x: bounds.SetCustomerLimits(e, x, 1)),
    inventory.LookInventory: ("bucket", lambda e, x: inventory.LookInventory(e, x, None)),
    inventory.PutInventory: ("bucket", lambda e, x: inventory.PutInventory(e, x, "a", b"<a/>")),
    inventory.DropInventory: ("bucket", lambda e, x: inventory.DropInventory(e, x, "a")),
    told.LookRule: ("bucket", lambda e, x: told.LookRule(e, x, "cors")),
    told.PutRule: ("bucket", lambda e, x: told.PutRule(e, x, "tagging", TAGS)),
    told.DropRule: ("bucket", lambda e, x: told.DropRule(e, x, "policy")),
    told.LookState: ("bucket", lambda e, x: told.LookState(e, x, "a", "tagging")),
    told.PutState: ("bucket", lambda e, x: told.PutState(e, x, "a", "tagging", TAGS)),
    told.DropState: ("bucket", lambda e, x: told.DropState(e, x, "a", "tagging")),
    uploads.OpenUpload: ("bucket", lambda e, x: uploads.OpenUpload(e, x, "a")),
    uploads.OpenPart: ("bucket", lambda e, x: uploads.OpenPart(e, x, "a", "upl-" + "0" * 26, 1, 1)),
    uploads.CompleteUpload: ("bucket", lambda e, x: uploads.CompleteUpload(e, x, "a", "upl-" + "0" * 26, ())),
    uploads.AbortUpload: ("bucket", lambda e, x: uploads.AbortUpload(e, x, "a", "upl-" + "0" * 26)),
    uploads.ListUploads: ("bucket", uploads.ListUploads),
    uploads.ListParts: ("bucket", lambda e, x: uploads.ListParts(e, x, "a", "upl-" + "0" * 26)),
    parties.LookEnrolment: ("credential", parties.LookEnrolment),
    parties.VetPerson: ("person", lambda e, x: parties.VetPerson(e, x, ())),
    parties.EndMembership: ("member", lambda e, x: parties.EndMembership(e, *x, reason="curious")),
    parties.MakeCredential: ("application", lambda e, x: parties.MakeCredential(e, "api-token", x, "mine")),
    parties.RevokeCredential: ("credential", lambda e, x: parties.RevokeCredential(e, x, "curious")),
    parties.CreateCustomer: ("organisation", lambda e, x: parties.CreateCustomer(e, x, "Mine")),
    parties.LookCustomer: ("customer", parties.LookCustomer),
    roots.LookRoot: ("customer", lambda e, x: roots.LookRoot(e, x, "file:/elsewhere")),
    roots.MoveRoot: ("customer", lambda e, x: roots.MoveRoot(e, x, "file:/elsewhere", ())),
    parties.CreateApplication: ("customer", lambda e, x: parties.CreateApplication(e, x, "Mine")),
    parties.LookParties: ("customer", parties.LookParties),
    rules.SetPolicy: ("customer", lambda e, x: rules.SetPolicy(e, x, CHOICES)),
    rules.ResetPolicy: ("customer", rules.ResetPolicy),
    rules.LookPolicy: ("customer", rules.LookPolicy),
    rules.SetBoundary: ("customer", lambda e, x: rules.SetBoundary(e, x, BOUNDARY)),
    rules.LookPlaces: ("customer", rules.LookPlaces),
    rules.Explain: ("customer", lambda e, x: rules.Explain(e, f"{x}/machine:0")),
    cases.OpenCase: ("customer", lambda e, x: cases.OpenCase(e, "lockbox", x, FORM)),
    cases.MoveCase: ("case", lambda e, x: cases.MoveCase(e, x, "deny", 1, BECAUSE)),
    cases.LookCase: ("case", cases.LookCase),
    cases.LookCases: ("customer", cases.LookCases),
    cases.LookGrants: ("customer", cases.LookGrants),
    cases.SetBreakGlass: ("customer", lambda e, x: cases.SetBreakGlass(e, x, True, 1)),
    cases.LookBreakGlass: ("customer", cases.LookBreakGlass),
    identity.SetIssuer: (
        "organisation",
        lambda e, x: identity.SetIssuer(e, x, "Mine", "https://issuer.example", "client"),
    ),
    identity.LinkPerson: ("person", lambda e, x: identity.LinkPerson(e, "iss-" + "0" * 26, "s", x)),
    identity.LeavePerson: ("member", lambda e, x: identity.LeavePerson(e, *x, reason="curious")),
    identity.SetCover: ("organisation", identity.SetCover),
    identity.DelegateRole: (
        "person",
        lambda e, x: identity.DelegateRole(e, x, "2026-11-22T09:00:00Z", "2026-11-23T09:00:00Z"),
    ),
    identity.EndDelegation: ("membership", identity.EndDelegation),
    connections.LookConnections: ("customer", connections.LookConnections),
    connections.SetConnection: ("customer", lambda e, x: connections.SetConnection(e, x, "xks", "mine", ())),
    connections.MoveConnection: ("connection", lambda e, x: connections.MoveConnection(e, x, "off")),
    connections.TryConnection: ("connection", connections.TryConnection),
    connections.MakeConnectionKey: ("connection", connections.MakeConnectionKey),
    connections.DropConnectionKey: (
        "connection",
        lambda e, x: connections.DropConnectionKey(e, x, "crd-" + "0" * 26),
    ),
    exports.BeginExport: ("customer", lambda e, x: exports.BeginExport(e, x, AGE, "nowhere", "curious")),
    exports.LookExports: ("customer", exports.LookExports),
    exports.TakeExport: ("export", lambda e, x: exports.TakeExport(e, x, BUCKET)),
    exports.EndExport: ("export", exports.EndExport),
    EraseFields: ("customer", lambda e, x: EraseFields(e, x, CASE, ((f"{x}/machine", 0),), "x", ())),
    LookRetention: ("customer", LookRetention),
    SetRetention: ("customer", lambda e, x: SetRetention(e, x, {"machine": 400}, "x", ())),
    PlaceHold: ("customer", lambda e, x: PlaceHold(e, x, ("machine",), HELD, "", "x", HELD)),
    EndHold: ("customer", lambda e, x: EndHold(e, x, "hld-" + "0" * 26, ())),
}
# Refused alike, whatever is named: only the house does it, or only by a signature, which is asked for first.
OF_THE_HOUSE = {"CreateCustomer", "DelegateRole"}
# Asks that name nothing of a customer's, or carry no evidence of a caller's: why they are not in the table.
FREE = {
    "what the house says of itself, or its own process alone": (
        "LookHouse Unseal Seal Heads SlotKeys AppendEpoch SubLogLeaves RootTile Published Conflict RunClock "
        "LookOutbox OutboxDone LookEvents EventsDone RunUpkeep LookFates FateDone SweepUses TakeWork "
        "DueStores TellStores ShowMarks RenewMark "
        "HoldWork WorkDone SetLocation LookClock ConfirmClock LookHolders OpenHolder LookFindings NoteBackup "
        "TakeListing StoreListed LookStrays PlanStrays RemoveStrays TakeReport LookLines CloseReport "
        "TakeAdoption HoldItems TakeItem ItemsCounted OpenItem ItemDone OpenReturn "
        "OpenRestored NoteLogHolder AnnounceNext LookTurn LookShards NoteTurn PruneShard TurnLog"
    ),
    "absent to whoever may not know: tests/attack/test_preservation.py": (
        "OpenPreservation MovePreservation LookPreservation LookPreservations LookDisclosed"
    ),
    "a directory names its own issuer by its token, and people by ids it was given": (
        "MakeDirectoryToken PutListed DropListed LookListed PutGroup DropGroup LookGroups"
    ),
    "shares of the house's own root": "LookUnseal GiveShare CancelUnseal",
    "another tenant's name is absent to a signature: tests/ports/keyroom/test_xks.py": "CallXks",
    "a browser asks it, and what is not there is answered as what has no rules": "LookCors",
    "to a token of a tenant, and to nobody's: tests/ports/planes/test_dke.py": "LookDkeKey CallDke",
    "a ticket nobody else was given": (
        "ClosePut CloseGet CloseGets StillOpen CheckChunks ClosePart CloseItem CloseRestored"
    ),
    "what is one's own, or nobody's yet": (
        "LookSealAuditors SetSealAuditors TryToken "
        "LookIssuers LookEntrances BeginFederated ExchangeCode SignInFederated IssuersDue KeepIssuer "
        "BeginPasskey SignIn SignOut WhoAmI Enrol CreatePerson LookCover LookOrganisations LookNotices"
    ),
}  # fmt: skip


class Neighbours(OfficeWorld, ObjectWorld):
    """Two towns. `nina` owns the other one, and what is looked for belongs to the first."""

    async def settle(self):
        await self.settle_objects()
        await self.other_customer()
        self.other_town = self.organisation_of(self.other_row)
        person, token = await self.enrol_person("Nina", self.other_town, ("owner", "key-officer", "approver"))
        self.nina = await self.key_for(person, self.other_town, token, customer=self.other_row.id)
        self.case = await self.request()
        ask = connections.SetConnection(None, self.customer_row.id, "xks", "AWS", ())
        cloud = await self.ask(self.olga.signed(ask, ("connection", "")))
        killed = await self.ask(house.Kill(self.olga.token, KillScope("customer", self.customer_row.id), "t"))
        export = Export(
            id=new_id("exp", self.dice),
            customer=self.customer_row.id,
            buckets=(self.bucket.id,),
            recipient=AGE,
            location=self.inside.id,
            reason="test",
            begun_at="2026-11-22T08:00:00Z",
            lapses_at="2036-11-22T08:00:00Z",
        )
        await self.put(("export", export.id, export.customer, export))
        url = "https://town.example/hook"
        hook = await self.ask(webhooks.AddWebhook(self.olga.token, self.customer_row.id, "Archive", url))
        adoption = await self.ask(adopting.BeginAdoption(self.olga.token, BUCKET, "berlin"))
        self.real = {
            "adoption": adoption.id,
            "export": export.id,
            "customer": self.customer_row.id,
            "connection": cloud.id,
            "webhook": hook.id,
            "kill": killed.kill,
            "key": self.key,
            "bucket": BUCKET,
            "case": self.case.id,
            "credential": self.olga.credential.id,
            "person": self.olga.person.id,
            "organisation": self.town.id,
            "membership": self.membership_of(self.olga),
            "member": (self.olga.person.id, self.town.id),
            "application": self.application.id,
        }

    def membership_of(self, who):
        found = self.keyroom.opened.standing.all_of("membership", Membership)
        return next(one.id for one in found if one.person == who.person.id)

    def organisation_of(self, row):
        return self.keyroom.opened.directories.now().organisations[row.organisation]

    def nothing(self, what):
        """A name of the same form that nobody has."""
        if what == "bucket":
            return "nobodys-bucket"
        if what == "member":
            return (new_id("per", self.dice), new_id("org", self.dice))
        noun = self.real[what][:3]
        return new_id(noun, self.dice)

    async def answer(self, ask):
        try:
            return ("answered", type(await self.ask(ask)).__name__)
        except Refusal as refusal:
            return (refusal.code, refusal.kind, dict(refusal.facts))


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """Every ask of the table with the real thing, and with nothing: what the stranger is told."""

    async def run():
        world = Neighbours(tmp_path_factory.mktemp("neighbours"))
        try:
            await world.settle()
            told = {}
            for kind, (what, ask) in ASKED.items():
                told[kind.__name__] = tuple(
                    [
                        await world.answer(ask(world.nina.token, x))
                        for x in (world.real[what], world.nothing(what))
                    ]
                )
            return told
        finally:
            await world.close()
            world.engine.dispose()

    return asyncio.run(run())


@pytest.mark.parametrize("name", sorted(kind.__name__ for kind in ASKED))
def test_a_strangers_thing_is_refused_as_what_does_not_exist(asked, name):
    real, nothing = asked[name]
    assert real == nothing
    wanted = Kind.DENIED if name in OF_THE_HOUSE else Kind.ABSENT
    assert real[1] is wanted, real


def test_one_code_everywhere_but_where_a_protocol_has_its_own_words(asked):
    codes = {real[0] for name, (real, _) in asked.items() if name not in OF_THE_HOUSE}
    assert codes == {"no-such-thing", "bucket-absent"}


def test_every_ask_is_in_the_table_or_says_why_not():
    every = {struct.__name__ for struct in wire.STRUCTS if issubclass(struct, Ask)}
    free = {name for names in FREE.values() for name in names.split()}
    listed = {kind.__name__ for kind in ASKED}
    assert listed | free == every
    assert not listed & free
    assert all(issubclass(kind, msgspec.Struct) for kind in ASKED)
