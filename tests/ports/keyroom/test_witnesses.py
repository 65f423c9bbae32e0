"""The house and those who cosign: quorum, freshness, the slow, the lying, and one who knows another tree."""

import asyncio
import json
from datetime import timedelta

import msgspec
import pytest

from custodes.acts.asks.cases import LookOutbox
from custodes.acts.asks.documents import witness_policy_document
from custodes.acts.asks.house import Lift, LookKills
from custodes.acts.asks.keys import CreateKey, UseKey
from custodes.acts.asks.log import Conflict
from custodes.acts.asks.rules import LookWitnessPolicy, SetWitnessPolicy
from custodes.acts.logkeeper import gathering
from custodes.acts.logkeeper.gathering import Gathering  # noqa: F401
from custodes.acts.watched.conflicts import Conflicts  # noqa: F401
from custodes.acts.watched.policies import why_not
from custodes.acts.witness_policies import Policies  # noqa: F401 - this suite is its test
from custodes.acts.writing.act import Position
from custodes.kernel.refusal import Refusal
from custodes.ledger import cosign, merkle, quorum
from custodes.ledger.checkpoint import Checkpoint
from custodes.ledger.watch import fork
from custodes.ledger.watch.fork import Proof
from custodes.parties.roles import PartyKind
from fakes.folk import FolkWorld, entries
from fakes.keyrooms import LOCAL, ORIGIN
from fakes.ledger import AT, ed25519
from fakes.witnesses import Ahead, Dead, Honest, Lying, Memory, Slow, log_of, policy_of

WITHIN_S = 30.0  # for answers that all come
LATE_S = 1.0  # beside one that does not come: all others must be there by then


class WatchedWorld(FolkWorld):
    """A house that asks for two of three witnesses of other organisations."""

    def __init__(self, folder, names=("w1", "w2", "w3"), k=2):
        super().__init__(folder)
        self.names = names
        self.body = msgspec.structs.replace(self.body, policy=policy_of(self.body.log_vkeys, names, k=k))
        self.kinds = {}
        self.known = {}

    def reach(self, witness):
        if witness.name not in self.known:
            kind = self.kinds.get(witness.name, Honest)
            log = log_of(ORIGIN, [vkey for vkey, _ in quorum.parse(self.body.policy.encode()).logs])
            self.known[witness.name] = kind(witness.name, log, self.clock)
        return self.known[witness.name]

    async def ready(self):
        await self.open()
        await self.settle_in()
        self.logkeeper = self.keeper(self.reach)
        self.key = (await self.keyroom.ask(CreateKey(self.olga.token, self.customer_row.id, "registry"))).id

    def use(self, message=b"m"):
        return self.keyroom.ask(UseKey(self.token, self.key, "wrap", message, b"", "operation", "test"))


def watched(**how):
    def of(work):
        def test(tmp_path, monkeypatch):
            monkeypatch.setattr(gathering, "WITNESS_TIMEOUT_S", 0.3)
            monkeypatch.setattr(gathering, "STRAGGLERS_S", 0.02)

            async def run():
                world = WatchedWorld(tmp_path, **how)
                await world.ready()
                try:
                    await work(world)
                finally:
                    await world.logkeeper.close()
                    await world.close()
                    world.engine.dispose()

            asyncio.run(run())

        test.__name__ = work.__name__
        return test

    return of


async def refused(doing, code):
    with pytest.raises(Refusal, match=code) as caught:
        await doing
    return caught.value


def checked(world):
    note = (world.folder / "log/checkpoint").read_bytes()
    policy = quorum.parse(world.body.policy.encode())
    lines = cosign.verify(note, policy.vkeys(), ORIGIN).lines
    return sorted(
        line.name for line in lines if line.is_checked and line.cosigned_at and line.name in world.names
    )


@watched()
async def test_a_quorum_of_organisations_makes_machine_uses_possible_for_fifteen_minutes(world):
    await refused(world.use(), "not-witnessed-lately")
    assert await world.logkeeper.round()
    assert checked(world) == ["w1", "w2", "w3"]
    await world.use()
    world.clock.forward(minutes=14)
    await world.use()
    world.clock.forward(minutes=2)
    await refused(world.use(), "not-witnessed-lately")
    assert await world.logkeeper.round()
    await world.use()


@watched()
async def test_a_dead_one_a_slow_one_and_a_late_one_hold_nobody_up(world):
    world.kinds = {"w1": Dead}
    assert await world.logkeeper.round()
    assert checked(world) == ["w2", "w3"]
    world.known["w3"].__class__ = Dead
    await world.use()
    await refused(world.logkeeper.round(), "cosignatures-missing")
    size = await root_size(world)
    await refused(world.logkeeper.round(), "cosignatures-missing")
    assert await root_size(world) == size  # the same epoch is offered again, no new one is made
    world.known["w3"].__class__ = Honest
    assert await world.logkeeper.round()


async def root_size(world):
    return (await world.keyroom.opened.read(lambda reads: reads.heads()))["root"].size


@watched()
async def test_a_slow_witness_is_not_asked_twice_and_comes_back(world):
    world.kinds = {"w1": Slow}
    assert await world.logkeeper.round()
    await world.use()
    assert await world.logkeeper.round()
    slow = world.known["w1"]
    assert slow.asked == 1
    slow.answers.set()
    await asyncio.sleep(0)
    await world.use()
    for _ in range(2):
        world.clock.forward(minutes=11)
        assert await world.logkeeper.round()
    assert "w1" in checked(world)


@watched(names=("w1", "w2", "w3", "w4"))
async def test_each_is_asked_when_somebody_looks(world):
    looked = world.logkeeper.witnesses
    assert await looked(WITHIN_S) == ()  # no policy was read yet
    world.kinds = {"w3": Dead, "w4": Slow}
    assert await world.logkeeper.round()
    signed_at = world.clock.now()
    world.clock.forward(minutes=3)
    asked = {name: world.known[name].asked for name in world.names}
    found = {one.name: one for one in await looked(LATE_S)}
    assert {name: one.said for name, one in found.items()} == {
        "w1": "", "w2": "", "w3": "witness-gone", "w4": "witness-late",
    }  # fmt: skip
    assert found["w1"].signed_at == found["w1"].asked_at == world.clock.now()
    assert found["w3"].signed_at is None
    assert found["w4"].asked_at == signed_at  # still busy: he is not asked a second time
    again = {name: world.known[name].asked - asked[name] for name in world.names}
    assert again == {"w1": 1, "w2": 1, "w3": 1, "w4": 0}
    world.known["w1"].__class__ = Dead
    world.clock.forward(minutes=1)
    found = {one.name: one for one in await looked(LATE_S)}
    assert (found["w1"].said, world.clock.now() - found["w1"].signed_at) == (
        "witness-gone", timedelta(minutes=1),
    )  # fmt: skip
    world.known["w4"].answers.set()
    await asyncio.sleep(0)
    found = {one.name: one.said for one in await looked(WITHIN_S)}
    assert found["w4"] == ""


@watched()
async def test_who_shows_another_tree_to_whoever_looks_stops_the_house_too(world):
    assert await world.logkeeper.round()
    await world.use()
    world.known["w1"].__class__ = Ahead
    found = {one.name: one.said for one in await world.logkeeper.witnesses(WITHIN_S)}
    assert found["w1"] == "witness-behind"
    await refused(world.use(), "witness-conflict")


def of_another_key(lines):
    return lines.replace(b"w1 ", b"w2 ")


OLD = []


def the_first_again(lines):
    OLD.append(lines)
    return OLD[0]


def of_another_origin(_lines):
    other = Checkpoint(origin="elsewhere.example", size=1, root=bytes(32))
    signer = cosign.Ed25519Cosigner("w1", ed25519("w1"))
    return (signer.cosign(other, AT).line() + "\n").encode()


@pytest.mark.parametrize(
    "lie",
    [
        of_another_key,
        the_first_again,
        of_another_origin,
        lambda _: b"",
        lambda _: b"\xff\n",
        lambda _: b"x" * 9,
    ],
)
def test_who_lies_is_not_counted_and_spoils_nothing(tmp_path, monkeypatch, lie):
    OLD.clear()

    @watched(names=("w1", "w2"), k=2)
    async def work(world):
        world.kinds = {"w1": lambda *what: Lying(*what, lie=lie)}
        if lie is the_first_again:
            assert await world.logkeeper.round()
            world.clock.forward(minutes=11)
        await refused(world.logkeeper.round(), "cosignatures-missing")
        world.known["w1"].lie = lambda lines: lines
        assert await world.logkeeper.round()
        assert checked(world) == ["w1", "w2"]

    work(tmp_path, monkeypatch)


class Late:
    def __init__(self, clock):
        self.clock = clock

    def now(self):
        return self.clock.now() - timedelta(minutes=16)

    def not_below(self, _at):
        pass


@watched(names=("w1",), k=1)
async def test_a_cosignature_from_an_old_clock_makes_nothing_young(world):
    world.clock.forward(minutes=20)
    assert await world.logkeeper.round()
    late = world.known["w1"].witness
    late._clock = type(
        "Old", (), {"now": lambda _: world.clock.now() - timedelta(minutes=16), "not_below": lambda *_: None}
    )()
    await world.use()
    world.clock.forward(minutes=16)
    assert await world.logkeeper.round()
    await refused(world.use(), "not-witnessed-lately")


def others(size):
    return [merkle.leaf_hash(b"other %d" % n) for n in range(size)]


def forked(world, size):
    """A checkpoint signed by the log's own keys over a tree it never had."""
    made = Checkpoint(origin=ORIGIN, size=size, root=merkle.root_of(others(size)))
    return cosign.publish(made, world.log_keys.signers(ORIGIN), world.clock.now()).encode()


@watched()
async def test_a_witness_with_another_tree_stops_every_use_until_two_groups_lift_it(world):
    ask = world.keyroom.ask
    assert await world.logkeeper.round()
    await world.use()
    memory = Memory()
    world.known["w3"].memory = world.known["w3"].witness._memory = memory
    note = forked(world, 1)
    await world.known["w3"].cosign(0, (), note)
    assert await world.logkeeper.round()  # two others are a quorum: the log goes on, the uses do not
    await refused(world.use(), "witness-conflict")
    kept = [path.read_bytes() for path in (world.folder / "evidence").iterdir()]
    found = fork.parse(kept[0])
    vkeys = [one.vkey for one in world.log_keys.signers(ORIGIN)]
    assert (found.said_by, fork.judge(found, vkeys)) == ("w3", Proof.PROVEN)
    told = entries(world, world.customer_row.log("exceptional"), "kill")
    assert told[-1].fields["reason"].startswith("witness-conflict w3 1 fork-")
    assert told[-1].fields["actor"] == "logkeeper"
    notices = (await ask(LookOutbox(LOCAL, 10))).items
    assert [(one.message, one.organisation) for one in notices] == [("log-conflict", world.trustee.id)]
    assert "Konflikt" in notices[0].subject_de
    kill = (await ask(LookKills(world.kim.token))).kills[0]
    await world.close()
    await world.open()  # it stands over a restart
    ask = world.keyroom.ask
    await refused(world.use(), "witness-conflict")
    alone = Lift(world.karl.token, kill.id, (world.karl.sign(kill.document),))
    await refused(ask(alone), "signatures-too-few")
    both = (world.karl.sign(kill.document), world.kim.sign(kill.document))
    await ask(Lift(world.karl.token, kill.id, both))
    world.logkeeper = world.keeper(world.reach)
    assert await world.logkeeper.round()
    await world.use()  # the same tree again does not stop what was lifted
    more = forked(world, 3)
    path = merkle.consistency_proof(
        merkle.reader_of([merkle.leaf_hash(b"other %d" % n) for n in range(3)]), 1, 3
    )
    await world.known["w3"].cosign(1, path, more)
    world.clock.forward(minutes=11)
    assert await world.logkeeper.round()
    await refused(world.use(), "witness-conflict")


@watched()
async def test_a_size_that_cannot_be_ours_stops_every_use(world):
    world.kinds = {"w1": Ahead}
    assert await world.logkeeper.round()
    await refused(world.use(), "witness-conflict")
    kill = (await world.keyroom.ask(LookKills(world.kim.token))).kills[0]
    assert kill.reason == "witness-conflict w1 10000"
    assert kill.by == "logkeeper"


@watched()
async def test_a_confused_witness_who_shows_our_own_tree_stops_nothing(world):
    assert await world.logkeeper.round()

    async def no(_old, _proof, _note):
        raise Refusal("witness-conflict", gathering.Refusal("x", "conflict").kind)

    world.known["w3"].cosign = no
    world.clock.forward(minutes=11)
    assert await world.logkeeper.round()
    await world.use()


@watched()
async def test_a_grant_waits_for_the_customers_own_quorum_too(world):
    ask = world.keyroom.ask
    assert await world.logkeeper.round()
    own = policy_of(world.body.log_vkeys, ("w4",), quorum="w4")
    bare = SetWitnessPolicy(world.olga.token, world.customer_row.id, own)
    await refused(ask(bare), "not-permitted|signature-needed|forbidden")
    stands = await ask(world.olga.signed(bare, ("witness-policy", world.customer_row.id)))
    assert (stands.policy, stands.house_policy) == (own, world.body.policy)
    world.kinds = {"w4": Dead}
    world.clock.forward(minutes=11)
    assert await world.logkeeper.round()  # the house's quorum is met, his is not
    await refused(world.use(), "not-witnessed-lately")
    log = world.customer_row.log("exceptional")
    witnessing = world.keyroom.opened.witnessing
    assert witnessing.published_size(log) > witnessing.size(log)
    await refused(
        witnessing.until(Position(log, witnessing.published_size(log) - 1), 0.01), "not-witnessed-in-time"
    )
    world.known["w4"].__class__ = Honest
    world.clock.forward(minutes=11)
    assert await world.logkeeper.round()
    await world.use()
    assert witnessing.published_size(log) == witnessing.size(log)
    assert (await ask(LookWitnessPolicy(world.anna.token, world.customer_row.id))).generation == 1


@watched()
async def test_the_houses_own_policy_takes_two_people_of_two_groups(world):
    ask = world.keyroom.ask
    assert await world.logkeeper.round()
    text = policy_of(world.body.log_vkeys, ("w1", "w2"))
    document = witness_policy_document(world.body.id, world.body.id, text, 0)
    bare = SetWitnessPolicy(world.karl.token, world.body.id, text)
    await refused(ask(bare), "asker-did-not-sign")
    alone = msgspec.structs.replace(bare, approvals=(world.karl.sign(document),))
    await refused(ask(alone), "signatures-too-few")
    both = msgspec.structs.replace(bare, approvals=(world.karl.sign(document), world.kim.sign(document)))
    assert (await ask(both)).policy == text
    (world.folder / "log/pins.json").write_bytes(world.pins().encode())
    world.clock.forward(minutes=11)
    assert await world.logkeeper.round()
    assert checked(world) == ["w1", "w2"]
    assert json.loads((world.folder / "log/pins.json").read_bytes())["policy"] == text


@watched()
async def test_a_conflict_is_the_logkeepers_to_report(world):
    for evidence in (world.olga.token, world.ada.token):
        await refused(world.keyroom.ask(Conflict(evidence, "witness-conflict", "w1")), "not-the-logkeeper")


@pytest.mark.parametrize(
    ("names", "how", "why"),
    [
        (("w1",), {}, None),
        (("w1",), {"quorum": "none"}, "quorum-none"),
        (("w1",), {"url": ""}, "url-missing"),
        (("w1",), {"url": "ftp://x"}, "url-bad"),
        (("w1", "w2"), {"parties": {"w1": "a of g", "w2": "b of g"}}, "out-of-reach"),
        (("w1",), {"parties": {"w1": "w1"}}, "party-missing"),
        (("w1",), {"parties": {"w1": "org-t of elsewhere"}}, "group-differs"),
        (("w1",), {"parties": {"w1": "org-t of trustee"}}, "not-independent"),
        (("w1",), {"parties": {"w1": "another of trustee"}}, "not-independent"),
        (("w1",), {"parties": {"w1": "org-t of trustee embedded"}}, "out-of-reach"),
        (("w1", "w2"), {"parties": {"w2": "org-t of trustee embedded"}, "k": 1}, None),
    ],
)
def test_what_cannot_stand_as_a_policy(tmp_path, names, how, why):
    vkey = cosign.LogSigner(ORIGIN, ed25519(ORIGIN)).vkey.text()
    text = policy_of([vkey], names, **how)
    trustee = FolkWorld.__mro__[1].organisation(Fake(), "Trustee", PartyKind.TRUSTEE, "trustee")
    trustee = msgspec.structs.replace(trustee, id="org-t")
    assert why_not(quorum.parse(text.encode()), (vkey,), {"org-t": trustee}, is_demo=False) == why


class Fake:
    def __init__(self):
        from fakes import SeededDice, SetClock

        self.dice, self.clock = SeededDice(), SetClock()


def test_a_policy_for_another_log_or_for_none():
    vkey = cosign.LogSigner(ORIGIN, ed25519(ORIGIN)).vkey.text()
    text = policy_of([vkey], ("w1",))
    assert why_not(quorum.parse(text.encode()), (), {}, is_demo=False) == "other-log"
    bare = "".join(line + "\n" for line in text.split("\n") if not line.startswith("log "))
    assert why_not(quorum.parse(bare.encode()), (vkey,), {}, is_demo=False) == "no-log"
