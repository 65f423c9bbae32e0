"""A log's year ends: the next shard is announced, the witnesses follow, and everything goes on behind it."""

import msgspec

from custodes.acts.asks.keys import CreateKey, UseKey
from custodes.acts.asks.log import LookEntries, MakeReceipt
from custodes.acts.asks.running.counts import LookCounts
from custodes.acts.asks.running.turning import LookShards
from custodes.acts.logkeeper.turning import NEXT_FILE, TURN_FILE, Turner  # noqa: F401 - this suite tests it
from custodes.acts.turning.answers import ACT, Turning  # noqa: F401 - likewise
from custodes.acts.turning.shards import head_over  # noqa: F401 - likewise
from custodes.acts.witness.succession import Succession  # noqa: F401 - likewise
from custodes.kernel import canonical
from custodes.ledger import certificate
from custodes.ledger import receipt as receipts
from custodes.ledger.receipt import Pins
from custodes.ledger.shards import turn
from custodes.wiring.watch import mirror as mirrors
from custodes.wiring.watch import monitor as monitors
from custodes.wiring.watch import turning as watching
from fakes.keyrooms import LOCAL, ORIGIN
from fakes.turning import PublicWeb, TurningWorld, founded_monitor, monitored, turning

OPENS = f"{ORIGIN}/2027"


class KeyedWorld(TurningWorld):
    """With a key of the town's."""

    async def ready(self):
        await super().ready()
        self.key = (await self.keyroom.ask(CreateKey(self.olga.token, self.customer_row.id, "registry"))).id
        return self


def use(world):
    return world.keyroom.ask(UseKey(world.token, world.key, "wrap", b"m", b"", "operation", "test"))


def counted(world):
    return world.keyroom.ask(LookCounts(world.olga.token, world.customer_row.id))


async def receipt(world, kind, index):
    log = f"{world.customer_row.id}/{kind}"
    made = await world.keyroom.ask(MakeReceipt(world.olga.token, log, index))
    return receipts.parse(made.document)


def proven(made, pins):
    return receipts.is_proven(made, receipts.verify(made, pins))


@turning(KeyedWorld)
async def test_the_year_turns_and_everything_goes_on_behind_it(world):
    before = world.pins()
    await world.epoch()
    await use(world)
    await world.epoch()
    old = await receipt(world, "machine", 0)
    assert proven(old, before)
    assert (await counted(world)).keys[0].uses == 1

    await world.to_new_year()
    assert not (world.public / TURN_FILE).exists()
    closed_at = world.public
    assert await world.epoch(), world.known["w1"].logs
    assert world.keyroom.opened.origin == OPENS
    world.begin()
    await use(world)
    await world.epoch()
    await world.epoch()

    # the witnesses followed by themselves, and the closed log is cosigned no more
    assert all(set(one.logs) == {OPENS} for one in world.known.values())
    # from outside: both trees say so
    announced = turn.parse_next((closed_at / NEXT_FILE).read_bytes())
    file = turn.parse((world.public / TURN_FILE).read_bytes())
    assert file.document.announced == announced.document
    assert file.document.last.encode() == (closed_at / "checkpoint").read_bytes()
    assert turn.is_proven(turn.judge(file, before))
    after = turn.pins_after(announced.document, before)
    only_new = Pins(
        house=before.house,
        receipt_keys=announced.document.follows.receipt_keys,
        policy=announced.document.follows.policy,
    )
    assert turn.is_proven(turn.judge(file, only_new))
    assert turn.pins_before(announced.document, only_new).policy.count("log ") == 4

    # receipts of both years; the old one's is made again, under the kept last head
    again = await receipt(world, "machine", 0)
    assert again.witnessed.anchor.root_log.checkpoint.startswith(f"{ORIGIN}\n")
    new = await receipt(world, "machine", 1)
    assert new.witnessed.anchor.root_log.checkpoint.startswith(f"{OPENS}\n")
    for made in (old, again, new):
        assert proven(made, after)
    assert proven(again, turn.pins_before(announced.document, only_new))
    assert not proven(new, before)

    # what was counted goes on over the turn
    whole = await counted(world)
    assert (whole.keys[0].uses, whole.behind, whole.missed, whole.lost) == (2, 0, 0, 0)
    assert (whole.first_day[:4], whole.keys[0].used_at[:4]) == ("2026", "2027")

    # each customer reads it, and so do the people of the house
    found = await world.keyroom.ask(LookEntries(world.olga.token, world.customer_row.id, act=ACT))
    assert [one.fields["subject"] for one in found.entries] == [ORIGIN]
    shards = await world.keyroom.ask(LookShards(LOCAL))
    assert [(one.year, one.state, one.origin) for one in shards.shards] == [
        (2026, "closed", ORIGIN),
        (2027, "open", OPENS),
    ]


@turning(KeyedWorld)
async def test_it_says_how_long_the_shard_is_open(world):
    await world.epoch()
    shards = await world.keyroom.ask(LookShards(LOCAL))
    assert (shards.days_left, shards.opens) == (40, "")
    await world.to_new_year()
    shards = await world.keyroom.ask(LookShards(LOCAL))
    assert (shards.opens, shards.turns_at, shards.missing) == (OPENS, "2027-01-02T08:22:00Z", ()), shards


def founded_mirror(world, folder):
    folder.mkdir()
    settings = mirrors.MirrorSettings(
        url="http://127.0.0.1:9", origin=ORIGIN, vkeys=tuple(world.body.log_vkeys)
    )
    (folder / mirrors.SETTINGS).write_bytes(canonical.encode(msgspec.to_builtins(settings)))
    return folder


def mirrored(folder, web):
    opened = watching.mirror(folder, web)
    made = mirrors.mirror(folder)
    made._web = web
    return opened, made.round()


@turning(KeyedWorld)
async def test_mirror_and_monitor_follow_by_themselves(world):
    web = PublicWeb(world)
    await world.epoch()
    await use(world)
    await world.epoch()
    mirror = founded_mirror(world, world.folder / "mirror")
    monitor = founded_monitor(world, world.folder / "monitor", world.pins())
    assert mirrored(mirror, web)[0] == []
    opened, checks = await monitored(world, monitor, web)
    assert opened == []
    assert not [name for name, one in checks.items() if one[0] is False], checks

    await world.to_new_year()  # both are away meanwhile
    assert await world.epoch()
    world.begin()
    await use(world)
    await world.epoch()
    await use(world)
    await world.epoch()

    opened, found = mirrored(mirror, web)
    assert opened == [OPENS]
    assert mirrors.load(mirror).origin == OPENS
    assert found.size == world.logkeeper._now[0]
    closed = turn.parse((mirror / "closed/1/turn.json").read_bytes()).document
    assert (mirror / "closed/1/checkpoint").read_bytes() == closed.last.encode()
    assert mirrored(mirror, web)[0] == []

    opened, checks = await monitored(world, monitor, web)
    assert opened == [OPENS]
    bad = [name for name, one in checks.items() if one[0] is False and name != "veils"]
    assert not bad, checks
    assert checks["machine chain"][0]
    assert monitors.pins_of(monitor).policy.count(f"log {OPENS}+") == 2

    # who begins only now looks back to the first shard that is there
    late = founded_monitor(
        world,
        world.folder / "late",
        Pins(
            house=world.body.id,
            receipt_keys=closed.announced.follows.receipt_keys,
            policy=closed.announced.follows.policy,
        ),
    )
    opened, again = await monitored(world, late, web)
    assert opened == [OPENS]
    assert again["machine chain"] == checks["machine chain"]


@turning(KeyedWorld)
async def test_a_certificate_reaches_over_the_turn(world):
    web = PublicWeb(world)
    monitor = founded_monitor(world, world.folder / "monitor", world.pins())
    await world.epoch()
    await monitored(world, monitor, web)
    await world.to_new_year()
    assert await world.epoch()
    world.begin()
    await world.epoch()
    await monitored(world, monitor, web)
    made = monitors.certifying(monitor).make("key-nobody", None, None)
    assert made.first.root_log.checkpoint.startswith(f"{ORIGIN}\n")
    assert made.last.root_log.checkpoint.startswith(f"{OPENS}\n")
    pins = monitors.pins_of(monitor)
    slots = {made.log: made.first.slot}
    checks = certificate.verify(made, msgspec.structs.replace(pins, slots=slots))
    assert certificate.is_proven(checks), checks
