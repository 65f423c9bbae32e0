"""Endings of short reads travel together, and nobody waits for them."""

import asyncio

from custodes.acts.asks.objects import CLOSED_MAX, Closed, CloseGet, CloseGets
from custodes.kernel.refusal import unavailable
from custodes.web.planes.s3.endings import Endings


class Doors:
    def __init__(self, refusal=None):
        self.asked, self.refusal, self.was_asked = [], refusal, asyncio.Event()

    async def ask(self, ask):
        self.asked.append(ask)
        self.was_asked.set()
        if self.refusal is not None:
            raise self.refusal
        return Closed()


def ended(n):
    return CloseGet(f"ticket-{n}", "complete", n)


def test_what_ends_within_a_while_is_told_together():
    async def run():
        doors, endings = Doors(), Endings(3_600.0)
        for n in range(3):
            await endings.tell(doors, ended(n))
        assert doors.asked == []
        await endings.flush(doors)
        await endings.flush(doors)
        return doors.asked

    assert asyncio.run(run()) == [CloseGets(tuple(ended(n) for n in range(3)))]


def test_the_timer_rings():
    async def run():
        doors, endings = Doors(), Endings(0.001)
        await endings.tell(doors, ended(1))
        await doors.was_asked.wait()
        return doors.asked

    assert asyncio.run(run()) == [CloseGets((ended(1),))]


def test_as_many_as_an_ask_may_hold_wait_for_nothing():
    async def run():
        doors, endings = Doors(), Endings(3_600.0)
        for n in range(CLOSED_MAX + 1):
            await endings.tell(doors, ended(n))
        await asyncio.sleep(0)
        first = len(doors.asked[0].closed)
        await endings.flush(doors)
        return first, [len(ask.closed) for ask in doors.asked]

    assert asyncio.run(run()) == (CLOSED_MAX, [CLOSED_MAX, 1])


def test_without_a_while_each_is_told_at_once_and_a_refusal_is_nobodys():
    async def run():
        for after_s in (0.0, 3_600.0):
            doors = Doors(unavailable("keyroom-gone"))
            endings = Endings(after_s)
            await endings.tell(doors, ended(1))
            await endings.flush(doors)
            assert len(doors.asked) == 1

    asyncio.run(run())
