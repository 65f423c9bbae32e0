"""A closed year is pruned: by two organisations, when nobody needs it, and nothing proven is lost with it."""

import shutil

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from custodes.acts.answers.uses import Uses  # noqa: F401 - the town's uses are what grows old
from custodes.acts.asks.documents import prune_document
from custodes.acts.asks.log import LookEntries, MakeReceipt
from custodes.acts.asks.running.turning import LookShards, PruneShard
from custodes.acts.audit.house import Audit
from custodes.acts.turning import pruning
from custodes.kernel.refusal import Refusal
from custodes.ledger import certificate
from custodes.ledger import receipt as receipts
from custodes.ledger.receipt import Pins
from custodes.ledger.shards import turn as shard_turn
from custodes.store.keeping import shards as stored  # noqa: F401 - this suite tests it
from custodes.store.reads import reading
from custodes.wiring.watch import monitor as monitors
from fakes.keyrooms import LOCAL, ORIGIN
from fakes.retention import RetentionWorld
from fakes.turning import PublicWeb, TurningWorld, founded_monitor, monitored, turning

TERMS = {"machine": 90, "exceptional": 90, "administration": 90}


class PrunedWorld(TurningWorld, RetentionWorld):
    """A house whose year 2026 is closed and, after `grow_old`, past every term."""

    async def ready(self):
        await super().ready()
        await self.epoch()
        await self.use()
        await self.epoch()
        log = f"{self.customer_row.id}/machine"
        made = await self.ask(MakeReceipt(self.olga.token, log, 0))
        self.own_proof = receipts.parse(made.document)
        self.before = self.pins()
        await self.to_new_year()
        assert await self.epoch()
        self.closed = self.public
        self.begin()
        await self.epoch()
        await self.epoch()
        return self

    async def set_terms(self):
        await self.set(TERMS)

    async def grow_old(self, days=260):
        await self.epoch()
        self.clock.forward(days=days)
        await self.epoch()
        await self.confirm_clock()
        await self.destroy(60)

    async def look(self, who=None):
        return await self.ask(LookShards(LOCAL)) if who is None else await super().look(who)

    async def hold_all(self):
        """Everything of the town's, without an end."""
        return await self.hold(("machine",), "2026-01-01T00:00:00Z")

    async def prune(self, *who, number=1, **change):
        found = await self.ask(LookShards(LOCAL))
        row = next((one for one in found.shards if one.number == number), found.shards[0])
        document = prune_document(
            self.body.id, number, change.get("origin", row.origin), change.get("last", row.last)
        )
        who = who or (self.karl, self.kim)
        ask = PruneShard(who[0].token, number, tuple(one.sign(document) for one in who))
        return await self.ask(ask)


@turning(PrunedWorld)
async def test_it_goes_when_everything_is_over_and_proofs_stay(world):
    await world.set_terms()
    await world.grow_old()
    closed = next(one for one in (await world.look()).shards if one.number == 1)
    found = await world.prune()
    assert [(one.year, one.state) for one in found.shards] == [(2026, "pruned"), (2027, "open")]
    assert not world.sql("SELECT 1 FROM bundle WHERE log = ?", "root")
    assert not world.sql("SELECT 1 FROM tile WHERE log = ?", "root")
    assert world.sql("SELECT 1 FROM head WHERE log = ?", "root")
    row = reading(world.engine, lambda reads: reads.upkeep.shards())[0]
    assert shard_turn.parse_turned(row.turned).last == closed.last

    # who has his proof checks it against the kept head, by the pins of then and of now
    pins = shard_turn.pins_after(shard_turn.parse_announced(row.announced), world.before)
    for known in (world.before, pins):
        assert receipts.is_proven(world.own_proof, receipts.verify(world.own_proof, known))
    # what is still there is proven under a later year
    found = await world.ask(LookEntries(world.olga.token, world.customer_row.id, act="house.turn"))
    entry = found.entries[0]
    made = receipts.parse((await world.ask(MakeReceipt(world.olga.token, entry.log, entry.index))).document)
    assert made.witnessed.anchor.root_log.checkpoint.startswith(f"{ORIGIN}/2027\n")
    assert receipts.is_proven(made, receipts.verify(made, pins))
    told = await world.ask(LookEntries(world.olga.token, world.customer_row.id, act=pruning.ACT))
    assert [one.fields["subject"] for one in told.entries] == [ORIGIN]

    report = reading(world.engine, lambda reads: Audit(world.o.body, reads, None, lambda *_: None).run(None))
    assert not report.findings, report.findings
    assert any(line.startswith("root: pruned") for line in report.not_checked)
    await world.again()
    assert (await world.ask(LookShards(LOCAL))).shards[0].state == "pruned"
    with pytest.raises(Refusal, match="no-such-thing"):
        await world.prune()


@turning(PrunedWorld)
async def test_who_begins_to_watch_later_begins_behind_it(world):
    await world.set_terms()
    await world.grow_old()
    for name in ("tile", "slots", "leaves"):
        shutil.rmtree(world.closed / name)
    await world.prune()
    for _ in range(2):
        await world.use()
        await world.epoch()
    file = shard_turn.parse((world.public / "turn.json").read_bytes())
    follows = file.document.announced.follows
    pins = Pins(house=world.body.id, receipt_keys=follows.receipt_keys, policy=follows.policy)
    place = founded_monitor(world, world.folder / "late", pins)
    for _ in range(2):
        opened, checks = await monitored(world, place, PublicWeb(world))
        assert opened == []
        bad = {name: one for name, one in checks.items() if one[0] is False and name != "veils"}
        assert not bad, checks
        await world.use()
        await world.epoch()
    assert checks["machine openings"][0]
    assert "entries" in checks["machine chain"][1]
    made = monitors.certifying(place).make("key-nobody", None, None)
    slots = {made.log: made.first.slot}
    known = msgspec.structs.replace(monitors.pins_of(place), slots=slots)
    assert certificate.is_proven(certificate.verify(made, known))


@turning(PrunedWorld)
async def test_it_stays_while_anybody_may_need_it(world):
    with pytest.raises(Refusal, match="shard-needed"):
        await world.prune()  # nobody has set terms
    await world.set_terms()
    hold = await world.hold_all()
    await world.grow_old()
    with pytest.raises(Refusal, match="shard-needed"):
        await world.prune()
    assert world.sql("SELECT 1 FROM bundle WHERE log = ?", "root")
    await world.end_hold(hold)
    await world.destroy(60)
    assert (await world.prune()).shards[0].state == "pruned"


@turning(PrunedWorld)
async def test_two_organisations_sign_just_this_head(world):
    await world.set_terms()
    await world.grow_old()
    for who in ((world.karl,), (world.olga, world.karl), (world.karl, world.karl)):
        with pytest.raises(Refusal) as caught:
            await world.prune(*who)
        assert caught.value.code in {"signatures-too-few", "signature-refused", "not-permitted"}
    for change in ({"last": "another head\n"}, {"origin": "log.example/other"}):
        with pytest.raises(Refusal, match="signature-refused"):
            await world.prune(**change)
    with pytest.raises(Refusal, match="no-such-thing"):
        await world.prune(number=2)  # the year that is open
    assert (await world.ask(LookShards(LOCAL))).shards[0].state == "closed"


@turning(PrunedWorld)
async def test_leaves_of_a_year_that_stands_cannot_be_deleted(world):
    for log in ("root", "root/2", f"{world.customer_row.id}/machine"):
        with world.engine.begin() as connection, pytest.raises(DBAPIError, match="append-only"):
            connection.execute(text("DELETE FROM bundle WHERE log = :log"), {"log": log})


@turning(PrunedWorld)
async def test_what_comes_back_is_found(world):
    await world.set_terms()
    await world.grow_old()
    kept = world.sql("SELECT log, first, count, leaves FROM bundle WHERE log = ? AND first = 0", "root")
    await world.prune()
    log, first, count, leaves = kept[0]
    with world.engine.begin() as connection:
        row = {"log": log, "first": first, "count": count, "leaves": leaves}
        connection.execute(
            text("INSERT INTO bundle (log, first, count, leaves) VALUES (:log, :first, :count, :leaves)"), row
        )
    report = reading(world.engine, lambda reads: Audit(world.o.body, reads, None, lambda *_: None).run(None))
    assert [one.code for one in report.findings] == ["shard-came-back"]


@turning(PrunedWorld)
async def test_the_published_tree_goes_too(world):
    await world.set_terms()
    await world.grow_old()
    below = world.public / "closed" / "1"
    for name in ("tile/0/000", "slots/001", "leaves/001", "checkpoint", "turn.json"):
        (below / name).parent.mkdir(parents=True, exist_ok=True)
        (below / name).write_bytes(b"x")
    await world.prune()
    await world.epoch()
    assert sorted(one.name for one in below.iterdir()) == ["checkpoint", "turn.json"]
    assert msgspec.json.encode(await world.ask(LookShards(LOCAL)))
