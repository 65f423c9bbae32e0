"""How often a root was used."""

import threading

import pytest

from custodes.acts.unsealing.counted import Counted
from custodes.custody.wrap import Context, Purpose
from custodes.kernel.refusal import Refusal
from fakes import SeededDice
from fakes.holder import MemoryHolder

WHERE = Context(house="h", customer="c", key="", version=0, purpose=Purpose.CUSTOMER_ROOT, subject="c")


def test_every_wrap_and_unwrap_is_one_use_also_one_that_fails():
    inner = MemoryHolder(b"r" * 32)
    holder = Counted(inner)
    wrapped = holder.wrap(WHERE, b"s", SeededDice(1))
    holder.unwrap(WHERE, wrapped)
    holder.probe()
    with pytest.raises(Refusal):
        holder.unwrap(WHERE, wrapped[:-1])
    inner.is_gone = True
    with pytest.raises(Refusal):
        holder.unwrap(WHERE, wrapped)
    assert holder.taken() == 4
    assert holder.taken() == 0
    holder.give_back(4)
    assert holder.taken() == 4


def test_it_is_the_same_holder():
    inner = MemoryHolder(b"r" * 32, b"secret", is_open=False)
    holder = Counted(inner)
    assert (holder.uri, holder.grade, holder.opens_itself) == (inner.uri, inner.grade, inner.opens_itself)
    holder.unseal(b"secret")
    assert not holder.is_sealed
    holder.seal()
    assert inner.is_sealed
    assert repr(holder) == "Counted(...)"


def test_no_use_is_lost_between_threads():
    holder = Counted(MemoryHolder(b"r" * 32))
    taken = []

    def work():
        for _ in range(200):
            holder.wrap(WHERE, b"s", SeededDice(1))
            taken.append(holder.taken())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(taken) + holder.taken() == 800
