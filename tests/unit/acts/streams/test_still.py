"""A use on its way: when the keyroom is asked, and when its last word is enough."""

import asyncio

import pytest

from custodes.acts.asks.objects import GoesOn
from custodes.acts.streams.still import Still
from custodes.kernel.refusal import Refusal, locked

LONG_MS = 3_600_000


class Deaf:
    """Answers, and says nothing unasked."""

    def __init__(self, good_ms=LONG_MS):
        self.good_ms, self.asks, self.refusal = good_ms, 0, None

    async def ask(self, ask):
        self.asks += 1
        if self.refusal is not None:
            raise self.refusal
        return GoesOn(good_ms=self.good_ms)


class Hearing(Deaf):
    heard = 0


def asks_of(doors, times, between=lambda: None):
    async def run():
        still = Still(doors, "ticket")
        for n in range(times):
            await still.demand(n)
            between()
        return doors.asks

    return asyncio.run(run())


def test_a_word_is_enough_while_nothing_is_heard():
    assert asks_of(Hearing(), 100) == 1


def test_doors_that_hear_nothing_are_asked_each_time():
    assert asks_of(Deaf(), 5) == 5


def test_a_word_for_no_time_is_asked_for_each_time():
    assert asks_of(Hearing(0), 5) == 5


def test_whatever_is_heard_is_asked_about():
    doors = Hearing()

    def hear():
        doors.heard += 1

    assert asks_of(doors, 5, hear) == 5


def test_a_word_heard_while_the_answer_is_on_its_way_counts():
    class Late(Hearing):
        async def ask(self, ask):
            self.heard += 1
            return await super().ask(ask)

    assert asks_of(Late(), 3) == 3


def test_time_ends_a_word():
    class Loop(asyncio.SelectorEventLoop):
        later_s = 0.0

        def time(self):
            return super().time() + self.later_s

    async def run():
        doors, loop = Hearing(250), asyncio.get_running_loop()
        still = Still(doors, "ticket")
        await still.demand(0)
        loop.later_s += 0.251
        assert not still.is_known
        await still.demand(1)
        assert doors.asks == 2

    loop = Loop()
    try:
        loop.run_until_complete(run())
    finally:
        loop.close()


def test_a_refusal_leaves_nothing_known():
    async def run():
        doors = Hearing()
        still = Still(doors, "ticket")
        await still.demand(0)
        doors.heard, doors.refusal = 1, locked("house-killed")
        for _ in range(2):
            with pytest.raises(Refusal, match="house-killed"):
                await still.demand(1)
            assert not still.is_known
            doors.heard = 0  # not even where the number came back
        assert doors.asks == 3

    asyncio.run(run())
