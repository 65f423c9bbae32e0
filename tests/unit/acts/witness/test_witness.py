from hashlib import sha256

import pytest

from custodes.acts.witness.witness import BURST_SUBMISSIONS, Witness
from custodes.kernel.refusal import Refusal, unavailable
from custodes.ledger import cosign, merkle, note
from custodes.ledger.watch import witnessing
from custodes.ledger.watch.log_list import WitnessedLog
from custodes.ledger.watch.witnessing import Seen, Submission
from fakes import SetClock
from fakes.ledger import AT, ORIGIN, head, leaves, log_mldsa, log_signer, witness, witness_mldsa

HASHES = leaves(40)
HASH = sha256(ORIGIN.encode()).hexdigest()
SIGNERS = (witness("w.example"), witness_mldsa("w.example"))


class Kept:
    def __init__(self):
        self.trees = {}
        self.fails = False

    def settle(self, origin, decide):
        named = sha256(origin.encode()).hexdigest()
        made = decide(self.trees.get(named, Seen()))
        if self.fails:
            raise unavailable("memory-busy")
        self.trees[named] = made
        return made

    def seen(self, origin_hash):
        return self.trees.get(origin_hash)


@pytest.fixture
def at_work():
    memory, clock = Kept(), SetClock()
    log = WitnessedLog(origin=ORIGIN, vkeys=(log_signer().vkey, log_mldsa().vkey), submissions_per_day=86_400)
    return Witness(lambda: {ORIGIN: log}, memory, SIGNERS, clock), memory, clock


def submission(old, new, *, hashes=HASHES, signers=None, origin=ORIGIN):
    path = merkle.consistency_proof(merkle.reader_of(hashes[:new]), old, new)
    made = cosign.publish(head(hashes[:new], origin), signers or [log_signer(origin), log_mldsa(origin)], AT)
    return Submission(old=old, proof=tuple(path), note=made.encode()).encode()


def test_a_cosignature_verifies_and_is_remembered_with_the_logs_lines(at_work):
    one, memory, clock = at_work
    foreign = submission(0, 7, signers=[log_signer(), log_mldsa(), witness("somebody.else")])
    lines = one.add_checkpoint(foreign)
    whole = witnessing.parse(foreign).note + lines
    vkeys = [signer.vkey for signer in (log_signer(), log_mldsa(), *SIGNERS)]
    found = cosign.verify(whole, vkeys, ORIGIN)
    mine = [line for line in found.lines if line.name == "w.example" and line.is_checked]
    assert [line.cosigned_at for line in mine] == [cosign.posix(clock.now())] * 2
    kept = one.checkpoint(HASH)
    assert [part.name for part in note.parse(kept).signatures] == [ORIGIN, ORIGIN, "w.example", "w.example"]
    assert cosign.verify(kept, vkeys, ORIGIN).checkpoint.size == 7
    assert memory.trees[HASH].size == 7


def test_nothing_goes_out_that_was_not_remembered(at_work):
    one, memory, _ = at_work
    memory.fails = True
    with pytest.raises(Refusal, match="memory-busy"):
        one.add_checkpoint(submission(0, 7))
    with pytest.raises(Refusal, match="unknown-log"):
        one.checkpoint(HASH)


def test_a_fork_is_refused_at_the_same_size_and_beyond(at_work):
    one, memory, _ = at_work
    one.add_checkpoint(submission(0, 7))
    other = leaves(40, "other")
    for old, new, code in ((7, 7, "other-root"), (7, 9, "not-consistent")):
        with pytest.raises(Refusal, match=code):
            one.add_checkpoint(submission(old, new, hashes=other))
    assert memory.trees[HASH].root == merkle.root_of(HASHES[:7])


def test_who_is_behind_learns_the_size_and_may_come_back(at_work):
    one, _, _ = at_work
    one.add_checkpoint(submission(0, 7))
    with pytest.raises(Refusal, match="witness-behind") as caught:
        one.add_checkpoint(submission(0, 9))
    assert caught.value.facts["size"] == 7
    assert one.add_checkpoint(submission(7, 9))
    assert one.add_checkpoint(submission(9, 9))  # the same tree once more: a younger time


def test_time_never_runs_backwards_in_what_it_signs(at_work):
    one, memory, clock = at_work
    one.add_checkpoint(submission(0, 7))
    first = memory.trees[HASH].cosigned_at
    clock.forward(hours=-5)
    one.add_checkpoint(submission(7, 9))
    assert memory.trees[HASH].cosigned_at >= first


def test_logs_nobody_configured_and_keys_nobody_trusts(at_work):
    one, _, _ = at_work
    with pytest.raises(Refusal, match="unknown-log"):
        one.add_checkpoint(submission(0, 7, origin="elsewhere.example"))
    with pytest.raises(Refusal, match="not-signed-by-log"):
        one.add_checkpoint(submission(0, 7, signers=[witness("thief.example")]))


def test_more_often_than_announced_is_refused_and_time_heals_it(at_work):
    one, _, clock = at_work
    allowed = max(BURST_SUBMISSIONS, 86_400 // 24)
    one._allowance[ORIGIN] = (1.0, clock.boot_ms())
    one.add_checkpoint(submission(0, 7))
    with pytest.raises(Refusal, match="submitted-too-often"):
        one.add_checkpoint(submission(7, 9))
    clock.forward(seconds=1)
    one.add_checkpoint(submission(7, 9))
    clock.forward(days=9)
    one.add_checkpoint(submission(9, 9))
    assert one._allowance[ORIGIN][0] == allowed - 1
