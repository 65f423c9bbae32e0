import asyncio

import pytest

from custodes.acts.asks import Token
from custodes.acts.asks.parties import WhoAmI
from custodes.acts.plans.talking import asked, maybe, run, run_async
from custodes.kernel.refusal import absent, unavailable

ASK = WhoAmI(Token("t"))


def talk():
    first = yield from asked(ASK)
    second = yield from maybe(ASK)
    return (first, second)


def driven(*answers):
    left = list(answers)

    def ask(_ask):
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def wait(one):
        return ask(one)

    return ask, wait


@pytest.mark.parametrize("second", [2, absent("no-such-thing")])
def test_both_drivers_give_the_same(second):
    expected = (1, second if second == 2 else None)
    assert run(talk(), driven(1, second)[0]) == expected
    assert asyncio.run(run_async(talk(), driven(1, second)[1])) == expected


def test_other_refusals_come_out():
    with pytest.raises(Exception, match="keyroom-gone"):
        run(talk(), driven(1, unavailable("keyroom-gone"))[0])
    with pytest.raises(Exception, match="absent-first"):
        asyncio.run(run_async(talk(), driven(absent("absent-first"))[1]))
