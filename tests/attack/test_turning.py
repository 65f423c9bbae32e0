"""The turn of a year, attacked: a second shard, a first entry that lies, no quorum, a clock that is set."""

import msgspec
import pytest

from custodes.acts.asks.running.turning import AnnounceNext, LookShards, TurnLog
from custodes.acts.logkeeper.keeper import House, Keeper
from custodes.acts.logkeeper.signed_doors import UNSIGNED
from custodes.acts.logkeeper.turning import NEXT_FILE, TURN_FILE
from custodes.acts.witness.succession import Succession
from custodes.acts.witness.witness import Witness
from custodes.adapters.log_files import FolderLog, KeptEvidence, SignedHead
from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal
from custodes.ledger import cosign
from custodes.ledger.checkpoint import Checkpoint
from custodes.ledger.shards import turn
from custodes.store.witness.memory import SqlMemory
from custodes.wiring.watch import mirror as mirrors
from custodes.wiring.watch import turning as watching
from custodes.wiring.watch.witness import LOGS, MEMORY, LogBook, LogFile, WitnessSettings, add_log, found
from fakes import SetClock
from fakes.keyrooms import LOCAL, ORIGIN
from fakes.turning import PublicWeb, TurningWorld, turning
from fakes.witnesses import Dead, Honest

OPENS = f"{ORIGIN}/2027"


async def shards(world):
    return await world.keyroom.ask(LookShards(LOCAL))


async def turned(world):
    await world.epoch()
    await world.to_new_year()
    closed = world.public
    assert await world.epoch()
    world.begin()
    await world.epoch()
    await world.epoch()
    return turn.parse_next((closed / NEXT_FILE).read_bytes()), turn.parse(
        (world.public / TURN_FILE).read_bytes()
    )


@turning()
async def test_a_year_has_one_shard(world):
    await world.epoch()
    await world.to_new_year()
    other = world.next_keys.dice.draw(32)
    keys = msgspec.structs.replace(world.log_keys, ed25519=other)
    vkeys = tuple(one.vkey.text() for one in keys.signers(OPENS))
    signed = world.logkeeper.signed
    with pytest.raises(Refusal, match="shard-announced"):
        await signed.ask(AnnounceNext(UNSIGNED, vkeys, ("", ""), 0))
    assert await world.epoch()
    world.begin()
    await world.epoch()
    with pytest.raises(Refusal, match="turn-not-announced"):
        await world.logkeeper.signed.ask(TurnLog(UNSIGNED))
    assert [one.year for one in (await shards(world)).shards] == [2026, 2027]


@turning()
async def test_nobody_but_the_logkeeper_turns(world):
    await world.epoch()
    await world.to_new_year()
    for ask in (TurnLog(world.olga.token), AnnounceNext(LOCAL, (), ("", ""), 0)):
        with pytest.raises(Refusal, match="not-the-logkeeper"):
            await world.keyroom.ask(ask)


@turning()
async def test_a_witness_knows_one_follower_and_closes_the_log_behind_it(world):
    await world.epoch()
    await world.to_new_year()
    w1 = world.known["w1"]
    first = turn.parse_next((world.public / NEXT_FILE).read_bytes())
    assert set(w1.logs) == {ORIGIN, OPENS}
    # another follower: the operator would have to put a second announcement into the same tree
    bad = msgspec.structs.replace(first.document, turns_at="2027-02-01T00:00:00Z")
    for raw in (
        msgspec.structs.replace(first, document=bad).encode(),
        b'{"format":"custodes.next/v1"}',
    ):
        with pytest.raises(Refusal, match=r"bad-turn|another-follower"):
            w1.succession.add_follower(raw)
    # a stranger closes the log early, with what is public
    with pytest.raises(Refusal, match=r"bad-turn|witness-behind"):
        w1.succession.add_follower(_early(first).encode())
    assert await world.epoch()
    old_keys = world.present_keys
    world.begin()
    await world.epoch()
    await world.epoch()
    assert set(w1.logs) == {OPENS}
    longer = cosign.publish(
        Checkpoint(origin=ORIGIN, size=99, root=b"r" * 32), old_keys.signers(ORIGIN), world.clock.now()
    )
    with pytest.raises(Refusal, match="unknown-log"):
        await w1.cosign(0, [], longer.encode())


def _early(first):
    document = turn.Turned(
        announced=first.document,
        index=first.shown.index,
        path=first.shown.path,
        last=first.shown.checkpoint,
        last_epoch=3,
    )
    return turn.TurnFile(document=document, shown=first.shown)


@turning()
async def test_a_first_entry_that_lies_is_followed_by_nobody(world):
    before = world.pins()
    folder = world.folder / "mirror"
    folder.mkdir()
    settings = mirrors.MirrorSettings(
        url="http://127.0.0.1:9", origin=ORIGIN, vkeys=tuple(world.body.log_vkeys)
    )
    (folder / mirrors.SETTINGS).write_bytes(canonical.encode(msgspec.to_builtins(settings)))
    web = PublicWeb(world)
    await world.epoch()
    await world.to_new_year()
    middle = (world.public / "checkpoint").read_bytes().decode()
    keys = world.present_keys
    _, file = None, None
    closed = world.public
    assert await world.epoch()
    world.begin()
    await world.epoch()
    await world.epoch()
    file = turn.parse((world.public / TURN_FILE).read_bytes())
    document = file.document
    forged = cosign.publish(
        Checkpoint(origin=ORIGIN, size=int(document.last.split("\n")[1]), root=b"x" * 32),
        keys.signers(ORIGIN),
        world.clock.now(),
    ).encode()
    replace = msgspec.structs.replace
    lies = {
        "an older head": replace(document, last=middle),
        "another root, signed by the log": replace(document, last=forged.decode()),
        "another place": replace(document, index=0),
        "other keys": replace(
            document,
            announced=replace(
                document.announced, follows=replace(document.announced.follows, receipt_keys=())
            ),
        ),
    }
    for name, lie in lies.items():
        raw = replace(file, document=lie).encode()
        web.bent = {"turn.json": raw}
        with pytest.raises(Refusal, match=r"turn-refused|bad-turn"):
            watching.mirror(folder, web)
        assert mirrors.load(folder).origin == ORIGIN, name
        try:
            assert not turn.is_proven(turn.judge(turn.parse(raw), before)), name
        except Refusal as refusal:
            assert refusal.code == "bad-turn"  # noqa: PT017 - some have no form at all
    web.bent = {}
    assert watching.mirror(folder, web) == [OPENS]
    # and a log that begins with something else than the proven document is not taken over
    assert (closed / "checkpoint").read_bytes() == document.last.encode()
    bent = replace(document, last_epoch=document.last_epoch + 7)
    assert not turn.is_proven(
        turn.judge(replace(file, document=bent), turn.pins_after(document.announced, before))
    )


@turning()
async def test_without_the_quorum_the_year_waits_and_the_shard_goes_on(world):
    await world.epoch()
    await world.epoch()
    world.known["w2"] = Dead("w2", world.known["w1"].logs[ORIGIN], world.clock, world.known["w2"].memory)
    await world.confirm_clock()
    world.clock.forward(days=11)
    honest = world.known["w2"]
    alive = Honest("w2", world.known["w1"].logs[ORIGIN], world.clock, honest.memory)

    world.known["w2"] = alive
    alive.tell = honest.tell = _deaf  # it cosigns, and does not hear of the next shard
    for _ in range(3):
        await world.epoch()
    await world.confirm_clock()
    world.clock.forward(days=40)
    assert not await world.epoch()
    said = await shards(world)
    assert (said.missing, said.why, said.days_left) == (("w2",), "quorum-not-met", 0)
    assert world.keyroom.opened.origin == ORIGIN
    size = world.logkeeper._now[0]
    assert not await world.epoch()
    assert world.logkeeper._now[0] > size, "the year that is open goes on"
    del alive.tell
    assert await world.epoch(), (await shards(world)).why
    assert world.keyroom.opened.origin == OPENS
    assert (await shards(world)).missing == ()


async def _deaf(_document):
    return False


@turning()
async def test_a_clock_that_was_set_turns_nothing(world):
    await world.epoch()
    honest = SetClock(world.clock.at)
    for one in world.known.values():
        one.witness._clock = honest
    world.clock.jump(days=60)  # nobody waited: somebody set it
    await world.epoch()
    said = await shards(world)
    assert (said.opens, said.why) == ("", "clock-apart")
    world.clock.jump(days=-60)
    world.clock.floor = world.clock.at
    assert world.keyroom.opened.origin == ORIGIN


@turning()
async def test_a_clock_that_goes_back_over_new_year_opens_nothing_again(world):
    await turned(world)
    world.clock.jump(days=-40)
    for _ in range(2):
        try:
            await world.epoch()
        except Refusal as refusal:
            assert refusal.code.startswith("clock-"), refusal  # noqa: PT017 - either is right
    assert world.keyroom.opened.origin == OPENS
    assert [one.year for one in (await shards(world)).shards] == [2026, 2027]


@turning()
async def test_a_keyroom_that_dies_at_the_turn_comes_up_on_one_side(world):
    """Before the commit it is the old shard, after it the new one; the next start goes on from there."""
    await world.epoch()
    await world.to_new_year()

    async def dies(_ask):
        raise ConnectionResetError

    ask = world.logkeeper.signed.ask
    world.logkeeper.signed.ask = lambda one: dies(one) if isinstance(one, TurnLog) else ask(one)
    with pytest.raises(ConnectionResetError):
        await world.epoch()
    assert world.keyroom.opened.origin == ORIGIN
    world.logkeeper.signed.ask = ask
    await ask(TurnLog(UNSIGNED))  # committed, and nobody heard of it
    await world.logkeeper.close()
    await world.close()
    await world.open()
    assert world.keyroom.opened.origin == OPENS
    world.begin()
    await world.epoch()
    await world.epoch()
    assert (world.public / TURN_FILE).exists()


@turning()
async def test_an_old_keeper_signs_nothing_behind_the_end(world):
    """A logkeeper that missed the turn has keys the house does not know any more."""
    await world.epoch()
    old_keys = world.present_keys
    await turned(world)
    places = (
        FolderLog(world.folder / "log-1"),
        SignedHead(world.folder / "signed-1.json"),
        KeptEvidence(world.folder / "evidence"),
    )
    named = House(id=world.body.id, origin=ORIGIN)
    stale = Keeper(named, world.keyroom, old_keys, places, world.reach, ports=(world.clock, world.dice))
    with pytest.raises(Refusal, match="not-the-logkeeper"):
        await stale.round()
    await stale.close()


class OnDisk(Honest):
    """A witness as `custodes witness run` makes it: its list, its followers and its memory are files."""

    def __init__(self, name, log, clock):
        super().__init__(name, log, clock)
        self.folder = self.place / name
        found(self.folder, WitnessSettings(name=name), None)
        add_log(self.folder, log)
        self.list = LogFile(self.folder / LOGS)
        self.memory = SqlMemory(self.folder / MEMORY)
        self.witness = Witness(self.list, self.memory, (self.signer,), clock)
        self.succession = Succession(self.list, self.memory, LogBook(self.folder))


def test_a_witness_keeps_its_list_of_followers_on_disk(tmp_path):
    class World(TurningWorld):
        def __init__(self, folder):
            super().__init__(folder)
            self.kinds = {"w1": type("Here", (OnDisk,), {"place": folder})}

    @turning(World)
    async def work(world):
        await world.epoch()
        await world.to_new_year()
        w1 = world.known["w1"]
        assert set(w1.list()) == {ORIGIN, OPENS}
        first = turn.parse_next((world.public / NEXT_FILE).read_bytes())
        book = LogBook(w1.folder)
        assert book.follower(ORIGIN) == first.document.leaf().hex()
        with pytest.raises(Refusal, match="another-follower"):
            book.follow(ORIGIN, w1.list()[OPENS], "00")
        assert await world.epoch(), await shards(world)
        world.begin()
        await world.epoch()
        await world.epoch()
        assert set(LogFile(w1.folder / LOGS)()) == {OPENS}
        w1.memory.close()

    work(tmp_path)
