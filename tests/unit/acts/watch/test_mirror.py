import pytest

from custodes.acts.watch.mirror import Mirror, Outcome
from custodes.kernel.refusal import Refusal
from custodes.ledger import merkle
from custodes.ledger.slots import epoch_leaf, row_path
from custodes.ledger.watch import fork
from custodes.ledger.watch.fork import Proof
from fakes import SetClock
from fakes.ledger import ORIGIN, log_mldsa, log_signer, witness
from fakes.logs import Files, entries, published

KEYS = (log_signer().vkey, log_mldsa().vkey)
TRUE = entries(700)


def mirror(web, folder=None):
    return Mirror(folder if folder is not None else Files(), web, (ORIGIN, KEYS), SetClock())


@pytest.mark.parametrize("sizes", [(1, 2, 255, 256, 257, 300, 511, 512, 700), (700,), (3, 600)])
@pytest.mark.parametrize("keeps_partials", [True, False])
def test_what_is_held_is_what_the_log_would_serve(sizes, keeps_partials):
    web, folder = Files(), Files()
    for size in sizes:
        published(TRUE[:size], into=web, keeps_partials=keeps_partials)
        found = mirror(web, folder).round()
        assert (found.outcome, found.size) == (Outcome.GREW, size)
        for path, body in published(TRUE[:size]).items():
            assert path == "checkpoint" or folder.read(path) == body, path
    assert mirror(web, folder).entries(250, 520) == TRUE[250:520]
    assert len([name for name in folder if name.startswith("checkpoints/")]) == len(sizes)


def test_the_same_head_cosigned_by_more_is_taken_and_an_older_one_is_not():
    web, folder = published(TRUE[:300]), Files()
    mirror(web, folder).round()
    published(TRUE[:300], (log_signer(), witness("w1")), into=web)
    assert mirror(web, folder).round().outcome is Outcome.SAME
    assert b"w1" in folder["checkpoint"]
    lagging = published(TRUE[:10])
    found = mirror(lagging, folder).round()
    assert (found.outcome, found.size) == (Outcome.BEHIND, 300)
    assert mirror(web, folder).held()[0].size == 300


@pytest.mark.parametrize("sizes", [(300, 300), (300, 600), (300, 20), (257, 256), (1, 2)])
def test_a_fork_is_kept_as_evidence_and_nothing_held_is_replaced(sizes):
    folder = Files()
    mirror(published(TRUE[: sizes[0]]), folder).round()
    before = dict(folder)
    other = published(entries(1, "other") + TRUE[1 : sizes[1]])
    found = mirror(other, folder).round()
    assert (found.outcome, found.proof, found.size) == (Outcome.FORKED, "proven", sizes[0])
    kept = fork.parse(folder[f"evidence/{found.fork}"])
    assert fork.judge(kept, KEYS) is Proof.PROVEN
    assert {name: body for name, body in folder.items() if not name.startswith("evidence/")} == before
    assert mirror(other, folder).round().fork == found.fork
    assert [(name, proof) for name, _, proof in mirror(other, folder).forks()] == [(found.fork, Proof.PROVEN)]


def test_a_bent_entry_is_not_taken_and_is_no_fork():
    web, folder = published(TRUE[:300]), Files()
    path = "tile/entries/001.p/44"
    web[path] = web[path][:-1] + b"?"
    with pytest.raises(Refusal, match="log-does-not-fit"):
        mirror(web, folder).round()
    assert folder == {}
    mirror(published(TRUE[:300]), folder).round()
    later = published(TRUE[:400])
    later["tile/0/001.p/144"] = bytes(32) * 144
    later["tile/entries/001.p/144"] = web[path]
    with pytest.raises(Refusal):
        mirror(later, folder).round()
    assert mirror(later, folder).held()[0].size == 300


def test_a_round_that_was_cut_off_is_taken_up_again():
    class Breaking(Files):
        left = 3

        def add(self, path, body):
            if self.left == 0:
                raise OSError("disk gone")
            self.left -= 1
            super().add(path, body)

    web, folder = published(TRUE[:300]), Files()
    mirror(web, folder).round()
    published(TRUE, into=web)
    broken = Breaking(folder)
    with pytest.raises(OSError, match="disk gone"):
        mirror(web, broken).round()
    assert mirror(web, Files(broken)).held()[0].size == 300
    folder = Files(broken)
    assert mirror(web, folder).round().size == 700
    assert folder["tile/0/002.p/188"] == published(TRUE)["tile/0/002.p/188"]


def test_somebody_elses_log_and_a_log_that_is_gone():
    thief = published(TRUE[:3], (witness("thief"),))
    with pytest.raises(Refusal, match="not-signed-by-log"):
        mirror(thief).round()
    with pytest.raises(Refusal, match="checkpoint-missing"):
        mirror(Files()).round()
    web = published(TRUE[:3])
    web.is_gone = True
    with pytest.raises(Refusal, match="url-unreachable"):
        mirror(web).round()
    web = published(TRUE[:3])
    del web["tile/entries/000.p/3"]
    with pytest.raises(Refusal, match="entries-missing"):
        mirror(web).round()


def test_what_is_held_and_was_bent_is_noticed():
    web, folder = published(TRUE[:300]), Files()
    mirror(web, folder).round()
    folder["tile/0/001.p/44"] = bytes(32 * 44)
    published(TRUE[:301], into=web)
    with pytest.raises(Refusal):
        mirror(web, folder).round()
    assert mirror(web, folder).held()[0].size == 300


def test_rows_of_slot_trees_come_along_where_they_are_still_there():
    epochs = [epoch_leaf(number, merkle.leaf_hash(b"%d" % number)) for number in (1, 2)]
    web, folder = published(epochs), Files()
    web[row_path(2)] = bytes(512)
    assert mirror(web, folder).round().rows_missing == 1
    assert folder.read(row_path(2)) == bytes(512)


def test_sealed_leaves_are_held_whole_or_counted_as_missing():
    log = [epoch_leaf(n, bytes([n]) * 32) for n in range(1, 5)]
    web, folder = published(log), Files()
    web["leaves/001"] = b"\x01sealed"
    web["leaves/002"] = b"\x03sealed"  # of three files one is gone
    web["leaves/002.p/1"] = b"\x03more"
    web["leaves/003"] = b"\x02sealed"
    web["leaves/003.p/1"] = b"\x02more"
    found = Mirror(folder, web, (ORIGIN, KEYS), SetClock(), holds_leaves=True).round()
    assert found.leaves_missing == 2
    assert sorted(name for name in folder if name.startswith("leaves/")) == [
        "leaves/001",
        "leaves/003",
        "leaves/003.p/1",
    ]
    assert mirror(web).round().leaves_missing == 0  # a monitor has no use for them
