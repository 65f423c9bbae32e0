import threading

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.acts.writing import house_head, sequencer
from custodes.acts.writing.act import (
    Act,
    Before,
    Committed,
    Entry,
    Failed,
    Generation,
    StandingSeq,
    Untouched,
    Write,
)
from custodes.acts.writing.readers import StandingRow
from custodes.acts.writing.sequencer import Sequencer, StandingChange, Ticket
from custodes.custody.hierarchy import Page, Scope
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal
from custodes.ledger.merkle import EMPTY_ROOT, leaf_hash, root_of
from custodes.store.books import SqlBooks
from custodes.store.engine import open_sqlite
from custodes.store.migrate import migrate
from custodes.store.reads import reading
from custodes.store.verbs import CHECKS, VERBS
from fakes import SeededDice, SetClock

DICE = SeededDice(3)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


class Bench:
    def __init__(self, folder):
        self.clock = SetClock()
        self.engine = open_sqlite(folder / "custodes.db")
        migrate(self.engine)
        self.sign = house_head.signer("hse-test", KEY)
        self.answers = {}
        self.done = threading.Condition()
        self.books = SqlBooks(self.engine, VERBS, CHECKS)
        self.sequencer = Sequencer(
            self.books,
            self.clock,
            self.sign(0, 0, EMPTY_ROOT, self.clock.now()),
            self.sign,
            self.settle,
        )

    def close(self):
        self.books.close()
        self.engine.dispose()

    def settle(self, answers):
        with self.done:
            for ticket, answer in answers:
                self.answers.setdefault(ticket.reply, []).append(answer)
            self.done.notify_all()

    def run(self, *tickets):
        for number, ticket in enumerate(tickets):
            ticket.reply = number
            self.sequencer.submit(ticket)
        self.sequencer.start()
        with self.done:
            assert self.done.wait_for(lambda: sum(map(len, self.answers.values())) == len(tickets), 10)
        self.sequencer.stop()
        return [self.answers[number][0] for number in range(len(tickets))]


@pytest.fixture
def bench(tmp_path):
    bench = Bench(tmp_path)
    yield bench
    bench.close()


def entry(clock, log="cus-a/machine", subject="key-x"):
    return Entry(
        log=log,
        leaf=b"\x01" + DICE.draw(32),
        act_code="key.unwrap",
        subject=subject,
        at=clock.now(),
        page="pag-1",
        sealed=b"sealed",
    )


def act(clock, *entries, **more):
    return Act(id=new_id("act", DICE), entries=entries or (entry(clock),), **more)


def row(generation, position=0, body=b"{}"):
    return StandingRow(
        noun="key",
        id="key-x",
        customer="cus-a",
        position=position,
        generation=generation,
        body=body,
        mac=b"m",
    )


def test_a_group_is_appended_in_order_and_its_heads_are_the_trees(bench):
    acts = [act(bench.clock, entry(bench.clock), entry(bench.clock, "cus-b/machine")) for _ in range(300)]
    answers = bench.run(*[Ticket(a, None) for a in acts])
    assert [a.positions[0].index for a in answers] == list(range(300))
    with_leaves = reading(
        bench.engine,
        lambda r: (r.heads()["cus-a/machine"], r.leaves("cus-a/machine", 0, 300), r.house_heads()),
    )
    head, leaves, house = with_leaves
    assert leaves == [a.entries[0].leaf for a in acts]
    assert head.root() == root_of([leaf_hash(leaf) for leaf in leaves])
    assert (
        house_head.why_untrue(
            house, "hse-test", {"first": KEY.public_key()}, {"cus-a/machine": 300, "cus-b/machine": 300}
        )
        is None
    )
    assert reading(bench.engine, lambda r: len(r.tile("cus-a/machine", 0, 0))) == 256 * 32
    assert reading(bench.engine, lambda r: len(r.tile("cus-a/machine", 0, 1))) == 44 * 32
    assert reading(bench.engine, lambda r: len(r.tile("cus-a/machine", 1, 0))) == 32


def test_one_bad_member_does_not_fail_the_group(bench):
    good, bad, after = act(bench.clock), act(bench.clock), act(bench.clock)
    bad = Act(id=bad.id, entries=bad.entries, expects=(Generation("key", "key-x", 5),))
    answers = bench.run(Ticket(good, None), Ticket(bad, None), Ticket(after, None))
    assert [type(a) for a in answers] == [Committed, Failed, Committed]
    assert answers[2].positions[0].index == 1


def test_two_uses_one_left_one_wins(bench):
    """Two acts of one group raise the same row from the same generation."""
    first = act(
        bench.clock,
        expects=(Generation("key", "key-x", 0), StandingSeq(0)),
        writes=(Write("standing.put", (row(1),)),),
    )
    second = act(
        bench.clock, expects=(Generation("key", "key-x", 0),), writes=(Write("standing.put", (row(1),)),)
    )
    change = StandingChange(1, b"r" * 32, (("key", "key-x"),))
    answers = bench.run(Ticket(first, None, change), Ticket(second, None, change))
    assert [type(a) for a in answers] == [Committed, Failed]


def test_a_write_that_finds_another_row_undoes_its_act_alone(bench):
    good = act(bench.clock, writes=(Write("standing.put", (row(1),)),))
    bad = act(
        bench.clock, writes=(Write("standing.put", (row(1, 7, b"x"),)), Write("standing.put", (row(9),)))
    )
    answers = bench.run(Ticket(good, None), Ticket(bad, None))
    assert isinstance(answers[0], Committed)
    assert isinstance(answers[1], Failed)
    assert reading(bench.engine, lambda r: [s.body for s in r.standing()]) == [b"{}"]


def test_an_act_repeated_gets_its_first_answer(bench):
    once = act(bench.clock, is_named=True)
    answers = bench.run(Ticket(once, None), Ticket(act(bench.clock), None), Ticket(once, None))
    assert answers[2].repeated
    assert answers[2].positions == answers[0].positions
    assert reading(bench.engine, lambda r: r.heads()["cus-a/machine"].size) == 2


def test_time_is_an_expect(bench):
    late = act(bench.clock, expects=(Before(bench.clock.now()),))
    assert isinstance(bench.run(Ticket(late, None))[0], Failed)


def test_a_commit_whose_outcome_is_unknown_is_never_answered_as_done(bench, monkeypatch):
    from custodes.store.books import SqlGroup

    def broken(self):
        raise OSError("disk gone")

    monkeypatch.setattr(SqlGroup, "commit", broken)
    answers = bench.run(Ticket(act(bench.clock), None))
    assert isinstance(answers[0], Refusal)
    assert answers[0].code == "outcome-unknown"
    assert not bench.sequencer.is_alive
    with pytest.raises(Refusal, match="sequencer-dead"):
        bench.sequencer.submit(Ticket(act(bench.clock), None))


def test_a_full_queue_says_so(bench):
    bench.sequencer._queue_max = 1
    bench.sequencer.submit(Ticket(act(bench.clock), 0))
    with pytest.raises(Refusal, match="queue-full"):
        bench.sequencer.submit(Ticket(act(bench.clock), 1))


def test_a_named_act_of_an_earlier_group_gets_its_first_answer_too(tmp_path):
    first, second = Bench(tmp_path), None
    once = act(first.clock, is_named=True)
    (answer,) = first.run(Ticket(once, None))
    second = Bench(tmp_path)
    second.sequencer._head = first.sequencer.head
    (again,) = second.run(Ticket(once, None))
    assert again.repeated
    assert again.positions == answer.positions
    for bench in (first, second):
        bench.close()


def a_page(generation=1):
    scope = Scope(house="hse-test", customer="cus-a", key="key-r")
    return Page(
        id="pag-r",
        scope=scope,
        key_version=1,
        shred_generation=1,
        generation=generation,
        wrapped=b"wrapped",
    )


def into(clock, generation):
    sealed = msgspec.structs.replace(entry(clock), page="pag-r", page_generation=generation)
    return act(clock, sealed)


def rekeying(clock, rows=()):
    write = Write("rekey.records", (a_page(), a_page(2), rows, clock.now()))
    return Act(id=new_id("act", DICE), writes=(write,), expects=(Untouched("pag-r"),))


def test_an_entry_sealed_under_a_key_its_page_no_longer_has_fails(bench):
    added = Act(id="act-page", writes=(Write("page.add", (a_page(), "record")),))
    acts = [added, rekeying(bench.clock), into(bench.clock, 1), into(bench.clock, 2), into(bench.clock, 3)]
    answers = bench.run(*[Ticket(one, None) for one in acts])
    assert [type(one) for one in answers] == [Committed, Committed, Failed, Committed, Failed]
    assert answers[2].code == "page-moved"


def test_a_page_that_the_same_group_sealed_into_is_not_re_keyed(bench):
    added = Act(id="act-page", writes=(Write("page.add", (a_page(), "record")),))
    answers = bench.run(*[Ticket(one, None) for one in (added, into(bench.clock, 1), rekeying(bench.clock))])
    assert [type(one) for one in answers] == [Committed, Committed, Failed]
    assert answers[2].expect == Untouched("pag-r")


def groups_of(bench, monkeypatch, linger_ms, *crowds):
    """How many acts each commit carried, when each crowd is submitted after the one before was answered."""
    monkeypatch.setattr(sequencer, "GROUP_LINGER_MS", linger_ms)
    sizes, submitted = [], 0
    settle = bench.settle
    bench.sequencer._settle = lambda answers: (sizes.append(len(answers)), settle(answers))
    is_started = False
    for crowd in crowds:
        for one in crowd:
            bench.sequencer.submit(Ticket(one, submitted))
            submitted += 1
        if not is_started:
            bench.sequencer.start()
            is_started = True
        with bench.done:
            assert bench.done.wait_for(lambda: len(bench.answers) == submitted, 20)  # noqa: B023
    bench.sequencer.stop()
    return sizes


def test_after_a_crowd_a_commit_waits_for_as_many_again(bench, monkeypatch):
    three = [[act(bench.clock) for _ in range(3)] for _ in range(3)]
    assert groups_of(bench, monkeypatch, 60_000, *three) == [3, 3, 3]


def test_after_a_crowd_that_does_not_come_again_a_commit_waits_no_longer_than_the_limit(bench, monkeypatch):
    crowd, alone, last = [act(bench.clock) for _ in range(3)], [act(bench.clock)], [act(bench.clock)]
    assert groups_of(bench, monkeypatch, 20, crowd, alone, last) == [3, 1, 1]


def test_what_is_urgent_waits_for_nobody(bench, monkeypatch):
    crowd = [act(bench.clock) for _ in range(3)]
    kill = [act(bench.clock, is_urgent=True)]
    assert groups_of(bench, monkeypatch, 60_000, crowd, kill) == [3, 1]
