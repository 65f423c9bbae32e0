"""A customer's monitor against a real keyroom and a real log: what holds, and each way it can be cheated."""

import msgspec
import pytest

from custodes.acts.asks import Token
from custodes.acts.asks.log import LookChain, LookNames, LookOpenings, SlotKeys
from custodes.acts.asks.objects import SweepUses
from custodes.acts.asks.rules import LookPlaces
from custodes.acts.asks.running.metering import LookMetering
from custodes.acts.asks.upkeep import RunUpkeep
from custodes.acts.watch.mirror import Mirror
from custodes.acts.watch.monitor import Monitor, Watched
from custodes.acts.watched.following import Following  # noqa: F401 - this suite is its test
from custodes.adapters.log_files import WatchFolder
from custodes.assurance.metering import rows_of
from custodes.kernel.refusal import Refusal
from custodes.ledger import merkle, quorum, slots
from custodes.ledger.retention.terms import Terms
from custodes.ledger.watch import fork
from custodes.wiring.watch import monitor as monitors
from custodes.wiring.watch.monitor import MonitorSettings
from fakes.keyrooms import LOCAL, ORIGIN
from fakes.object_world import BUCKET, ObjectWorld
from fakes.served import served

pytestmark = pytest.mark.whole


class MonitorWorld(ObjectWorld):
    """A town with a bucket, a key and an owner whose token the monitor has."""

    async def open(self):
        return self.keyroom if self.keyroom is not None else await super().open()

    async def settle_in(self):
        if not hasattr(self, "owner"):
            await super().settle_in()
            _, self.owner = await self.enrol_person("Owner", self.town, ("owner", "key-officer", "auditor"))
            await self.settle_objects()


class Town:
    """Everything the monitor of this town reaches, with a place to cheat at."""

    def __init__(self, house, folder):
        self.house, self.world = house, house.world
        self.log = self.world.folder / "log"
        self.folder = folder
        self.keeper = self.world.keeper()
        self.told = {}
        self.shown = {}

    def ask(self, ask):
        answer = self.house.call(self.world.keyroom.ask(ask))
        change = self.told.get(type(ask))
        return change(ask, answer) if change else answer

    def get(self, path):
        return self.shown[path] if path in self.shown else WatchFolder(self.log).read(path)

    def do(self, doing):
        return self.house.call(doing)

    def epoch(self):
        assert self.do(self.keeper.round())

    def write(self, name, body):
        return self.do(self.world.write(name, body))

    def round(self, token=None):
        policy = quorum.parse(self.world.body.policy.encode())
        vkeys = [vkey for vkey, _ in policy.logs]
        mirror = Mirror(WatchFolder(self.folder / "root"), self, (ORIGIN, vkeys), self.world.clock)
        watched = Watched(customer=self.world.customer_row.id, origin=ORIGIN, policy=policy)
        places = (WatchFolder(self.folder), mirror)
        evidence = Token(token) if token else self.world.owner
        return Monitor(watched, places, (self, evidence), lambda _url: None, self.world.clock).round()

    def answers(self):
        return {check.name: (check.passed, check.detail) for check in self.round().checks}


@pytest.fixture
def town(tmp_path):
    (tmp_path / "monitor").mkdir()
    with served(tmp_path, MonitorWorld) as house:
        made = Town(house, tmp_path / "monitor")
        made.write("a.txt", b"one")
        made.epoch()
        yield made


HELD = {
    "root log",
    "machine chain",
    "machine leaves",
    "machine openings",
    "exceptional chain",
    "exceptional leaves",
    "exceptional openings",
    "object names",
}


def test_everything_holds_round_after_round_and_the_state_goes_on(town):
    first = town.answers()
    assert {name for name, (passed, _) in first.items() if passed} == HELD, first
    assert first["quorum"][0] is None
    for number in range(3):
        town.write("a.txt", b"again %d" % number)
        town.write(f"b{number}.txt", b"x")
        town.epoch()
        if number == 1:
            town.world.clock.forward(minutes=11)
            town.epoch()
    found = town.answers()
    assert {name for name, (passed, _) in found.items() if passed} == HELD, found
    assert found["machine openings"][1].startswith("6 ")
    assert found["object names"][1] == "4 as the log says"
    again = town.round()
    assert not again.has_failed
    assert again.epoch == 5
    assert town.answers()["machine openings"][1] == "0 received and proven"


def test_an_entry_without_its_opening_is_seen(town):
    town.round()
    town.write("c.txt", b"x")
    town.epoch()

    def short(_ask, answer):
        return msgspec.structs.replace(answer, openings=answer.openings[:-1])

    town.told[LookOpenings] = short
    found = town.answers()
    assert found["machine leaves"] == (False, "leaves-missing at epoch 2")
    town.told.clear()
    assert not town.round().has_failed  # nothing was taken over from the round that failed


def test_an_opening_that_says_something_else_is_seen(town):
    def bent(_ask, answer):
        if not answer.openings:
            return answer
        first = answer.openings[0]
        other = first.opening.replace(town.world.body.id.encode(), b"hse-" + b"0" * 26)
        changed = msgspec.structs.replace(first, opening=other)
        return msgspec.structs.replace(answer, openings=(changed, *answer.openings[1:]))

    town.told[LookOpenings] = bent
    found = town.answers()
    assert found["exceptional openings"] == (False, "0: opening-differs")


def test_another_head_at_one_epoch_and_back_again_is_seen(town):
    """The operator shows somebody a head the customer never had, for one epoch."""
    town.round()
    town.write("d.txt", b"x")
    town.epoch()
    row = slots.row_path(2)
    town.write("e.txt", b"x")
    town.epoch()
    raw = bytearray((town.log / row).read_bytes())
    slot = town.world.customer_row.slots["machine"]
    raw[32 * slot : 32 * slot + 32] = merkle.leaf_hash(b"another head")
    tree = slots.decode_row(2, bytes(raw))
    entries = [slots.epoch_leaf(2, tree.root)]
    forked = town_log_with(town, {1: entries[0]}, {row: bytes(raw)})
    town.shown = forked
    found = town.answers()
    assert found["machine chain"] == (False, "leaf-differs at epoch 2")
    assert found["exceptional chain"][0] is True


def town_log_with(town, changed, more):
    """The log as if it had had other entries, signed by its own keys."""
    from fakes.logs import Files, published

    size = int((town.log / "checkpoint").read_bytes().split(b"\n")[1])
    raw = (town.log / f"tile/entries/000.p/{size}").read_bytes()
    entries = [raw[n * 43 + 2 : (n + 1) * 43] for n in range(size)]
    for at, entry in changed.items():
        entries[at] = entry
    signers = town.world.log_keys.signers(ORIGIN)
    files = published(entries, signers, into=Files(), at=town.world.clock.now(), origin=ORIGIN)
    return {**files, **more}


def test_a_head_that_shrinks_a_gap_and_a_forged_one_are_seen(town):
    def told(change):
        return lambda _ask, answer: msgspec.structs.replace(
            answer, heads=tuple(change(one) for one in answer.heads)
        )

    town.told[LookChain] = told(lambda one: msgspec.structs.replace(one, size=one.size + 1))
    assert town.answers()["machine chain"] == (False, "leaf-differs at epoch 1")
    town.told.clear()
    town.round()
    town.write("f.txt", b"x")
    town.epoch()
    town.told[LookChain] = told(lambda one: msgspec.structs.replace(one, size=0))
    assert town.answers()["machine chain"] == (False, "head-shrinks at epoch 2")
    town.told[LookChain] = lambda _ask, answer: msgspec.structs.replace(answer, heads=())
    assert town.answers()["machine chain"] == (False, "leaf-differs at epoch 2")
    town.told.clear()
    assert not town.round().has_failed


def test_a_fork_of_the_root_log_is_kept_and_shown(town):
    town.round()
    town.write("g.txt", b"x")
    town.epoch()
    town.shown = town_log_with(town, {0: slots.epoch_leaf(1, bytes(32))}, {})
    found = town.round()
    assert found.has_failed
    raw = (town.folder / "root/evidence" / found.forks[0]).read_bytes()
    vkeys = [one.vkey for one in town.world.log_keys.signers(ORIGIN)]
    assert fork.judge(fork.parse(raw), vkeys) is fork.Proof.PROVEN
    town.shown = {}
    assert town.round().forks == found.forks  # it stays, whatever is shown later


def test_a_name_put_back_to_an_older_version_is_seen(town):
    town.round()
    town.write("a.txt", b"two")
    town.epoch()
    assert not town.round().has_failed

    def rolled(_ask, answer):
        kept = tuple(one for one in answer.versions if one.name != "a.txt")
        return msgspec.structs.replace(answer, versions=kept)

    town.told[LookNames] = rolled
    found = town.answers()["object names"]
    assert found[0] is False
    assert "version-lost" in found[1]


def test_a_row_that_is_gone_is_said_and_the_chain_goes_on_over_it(town):
    town.shown = {slots.row_path(1): None}
    found = town.answers()
    assert found["machine chain"][0] is True
    assert found["slot rows"][0] is None
    town.shown = {}
    town.write("h.txt", b"x")
    town.epoch()
    assert not town.round().has_failed


def test_days_without_a_veil_are_seen(town):
    assert town.answers()["veils"] == (None, "no day is over yet")
    town.world.clock.forward(days=3)
    town.write("i.txt", b"x")
    town.epoch()
    found = town.answers()["veils"]
    assert found[0] is False
    assert "veil-missing" in found[1]


def test_a_stranger_follows_nothing(town):
    world = town.world
    stranger = town.do(world.enrol_person("S", world.organisation("X", "supplier"), ("engineer",)))[1]
    log = f"{world.customer_row.id}/machine"
    for ask in (
        LookChain(stranger, log),
        LookOpenings(stranger, log, 0),
        LookNames(stranger, BUCKET),
        LookChain(world.owner, f"{world.body.id}/withheld"),
        LookNames(world.owner, "no-such-bucket"),
    ):
        with pytest.raises(Refusal):
            town.do(world.keyroom.ask(ask))
    with pytest.raises(Refusal, match="not-the-logkeeper"):
        town.do(world.keyroom.ask(SlotKeys(world.owner, {})))


def test_a_keyroom_that_was_sealed_meanwhile_is_told_the_slot_keys_again(town):
    world = town.world
    log = f"{world.customer_row.id}/machine"
    before = town.ask(LookChain(world.owner, log))

    async def again():
        await world.keyroom.close()
        world.keyroom = None
        await world.open()

    town.do(again())
    with pytest.raises(Refusal, match="slot-key-unknown"):
        town.ask(LookChain(world.owner, log))
    town.keeper = world.keeper()
    town.epoch()
    assert town.ask(LookChain(world.owner, log)).key == before.key


def destroyed(town, *, is_covered=True):
    """Machine entries of long ago are over; of an object written twice the second version stands."""
    town.write("a.txt", b"two")
    town.epoch()
    town.world.clock.forward(days=130)
    customer = town.world.customer_row.id
    terms = Terms(days={"machine": 90}, source="a test", set_at="2026-11-22T08:00:00Z")
    town.do(town.world.put(("retention", customer, customer, terms)))
    while town.do(town.world.keyroom.ask(RunUpkeep(LOCAL))).more:
        pass
    if is_covered:
        town.epoch()


def test_a_new_monitor_believes_what_was_destroyed_by_the_entry_that_says_so(town):
    destroyed(town)
    found = town.answers()
    assert {name for name, (passed, _) in found.items() if passed} == {*HELD, "veils"}, found
    assert "destroyed under retention" in found["machine openings"][1]
    assert found["object names"][1] == "1 as the log says"  # the entry of what stands was kept
    assert not town.round().has_failed


def test_a_monitor_is_not_told_that_something_hidden_was_destroyed(town):
    destroyed(town)
    town.write("b.txt", b"kept from him")
    town.epoch()

    def hide(ask, answer):
        if not ask.log.endswith("/machine") or not answer.openings:
            return answer
        last = answer.openings[-1]
        by = next((one.destroyed_by for one in answer.openings if not one.opening), 0)
        shut = msgspec.structs.replace(last, opening=b"", person=b"", destroyed_by=by)
        return msgspec.structs.replace(answer, openings=(*answer.openings[:-1], shut))

    town.told[LookOpenings] = hide
    passed, said = town.answers()["lost with a machine"]
    assert passed is False
    assert "no entry says why" in said
    town.told.clear()
    assert not town.round().has_failed


def test_an_entry_that_no_checkpoint_covers_yet_is_not_believed_for_good(town):
    destroyed(town, is_covered=False)
    passed, said = town.answers()["machine openings"]
    assert passed is None
    assert "no checkpoint covers yet" in said
    assert town.answers()["machine openings"][0] is None  # nothing was remembered on its word
    town.epoch()
    assert town.answers()["machine openings"][0] is True


def test_his_own_count_is_the_trustees_bill_whatever_the_tables_say(town):
    """Promise 8: figures are a fold over entries opened to him; rows gone from the index change nothing."""
    world, month = town.world, "2026-11"
    for number in range(3):
        town.write(f"c{number}.txt", b"x" * (number + 1))
    town.do(world.read("c2.txt"))
    town.do(world.delete("c0.txt"))
    town.do(world.ask(SweepUses()))
    town.epoch()
    assert not town.round().has_failed
    settings = MonitorSettings(url="https://x", log_url="https://y", customer=world.customer_row.id)
    (town.folder / "monitor.json").write_bytes(msgspec.json.encode(settings))
    own = monitors.own_metering(town.folder, month)
    asked = LookMetering(world.owner, world.customer_row.id, month)
    assert town.ask(asked).csv == own
    (day,) = rows_of(own)
    assert (day["objects"], day["bytes_stored"], day["bytes_out"], day["uses_s3"]) == (3, 8, 3, 7)
    lies = {one.name: one for one in town.ask(LookPlaces(world.owner, world.customer_row.id)).places}
    assert (lies["berlin"].objects, lies["berlin"].bytes, lies["berlin"].missing) == (3, 8, 0)
    assert (lies["bonn"].objects, lies["bonn"].bytes) == (0, 0)
    town.do(gone(world))
    assert town.ask(asked).csv == own
    _, administrator = town.do(world.enrol_person("Ada", world.trustee, ("administrator",)))
    assert town.ask(msgspec.structs.replace(asked, evidence=administrator)).csv == own
    with pytest.raises(Refusal, match="bad-month"):
        town.ask(msgspec.structs.replace(asked, month="November"))


async def gone(world):
    world.sql("DELETE FROM object_version")
