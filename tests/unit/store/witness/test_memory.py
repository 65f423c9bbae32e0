import threading
from hashlib import sha256

import pytest
from sqlalchemy.exc import IntegrityError

from custodes.kernel.refusal import Refusal, conflict
from custodes.ledger.watch.witnessing import Seen
from custodes.store.witness.memory import SqlMemory

ORIGIN = "log.example"
HASH = sha256(ORIGIN.encode()).hexdigest()


@pytest.fixture
def memory(tmp_path):
    made = SqlMemory(tmp_path / "memory.db")
    yield made
    made.close()


def tree(size, label=b"r"):
    return Seen(size=size, root=sha256(label + bytes([size])).digest(), note=b"note", cosigned_at=size)


def test_what_was_settled_is_there_in_another_process(memory, tmp_path):
    assert memory.seen(HASH) is None
    assert memory.settle(ORIGIN, lambda seen: tree(5) if seen == Seen() else seen) == tree(5)
    again = SqlMemory(tmp_path / "memory.db")
    assert again.seen(HASH) == tree(5)
    again.close()


def test_a_refusal_leaves_everything_as_it_was(memory):
    memory.settle(ORIGIN, lambda _: tree(5))

    def no(_seen):
        raise conflict("not-consistent")

    with pytest.raises(Refusal):
        memory.settle(ORIGIN, no)
    assert memory.seen(HASH) == tree(5)
    memory.settle(ORIGIN, lambda _: tree(6))  # the lock was let go


@pytest.mark.parametrize("worse", [tree(4), tree(5, b"other")])
def test_a_tree_never_shrinks_nor_changes_whatever_the_caller_decides(memory, worse):
    memory.settle(ORIGIN, lambda _: tree(5))
    with pytest.raises(IntegrityError):
        memory.settle(ORIGIN, lambda _: worse)
    assert memory.seen(HASH) == tree(5)


def test_two_at_once_see_each_other(memory):
    sizes = []

    def grow(seen):
        sizes.append(seen.size)
        return tree(seen.size + 1)

    threads = [threading.Thread(target=memory.settle, args=(ORIGIN, grow)) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sizes == list(range(8))
