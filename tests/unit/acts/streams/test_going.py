import asyncio

import pytest

from custodes.acts.streams import going
from custodes.acts.streams.going import held, steadily
from custodes.kernel.refusal import conflict, locked


def test_work_goes_on_at_once_and_a_refusal_is_told_and_waited_out(monkeypatch):
    found, paused, told = [True, locked("house-sealed"), False], [], []

    async def step():
        one = found.pop(0)
        if isinstance(one, bool):
            return one
        raise one

    async def sleep(seconds):
        paused.append(seconds)
        if not found:
            raise asyncio.CancelledError

    monkeypatch.setattr(going.asyncio, "sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(steadily(step, 7.0, told.append))
    assert (paused, told) == ([0.0, 7.0, 7.0], ["house-sealed"])


def test_work_is_held_until_it_is_done_whatever_is_answered(monkeypatch):
    monkeypatch.setattr(going, "HOLD_S", 0.0)
    told, enough = [], asyncio.Event()

    class Doors:
        async def ask(self, ask):
            told.append(ask)
            if len(told) == 3:
                enough.set()
            raise conflict("work-unknown")

    async def run():
        async with held(Doors(), "hold"):
            await enough.wait()
        count = len(told)
        await asyncio.sleep(0)
        assert len(told) == count

    asyncio.run(run())
    assert set(told) == {"hold"}
