"""What `tests/ports/keyroom/test_adopting.py` does not see: a plane's steps over stores in memory."""

import asyncio

import pytest

from custodes.acts.asks.buckets.adopting import (
    AdoptedItem,
    AdoptionWork,
    ItemDone,
    ItemsCounted,
    TakeAdoption,
)
from custodes.acts.asks.objects import Closed, Store
from custodes.acts.streams.adopting import Adopter
from custodes.acts.streams.ports import PlainItem
from custodes.kernel.refusal import Refusal, locked
from fakes import SeededDice

SOURCE = Store("loc-1", "plain")


class Plain:
    def __init__(self, *names):
        self.items = [PlainItem(name=name, size=1, etag="e", modified="") for name in names]
        self.removed = []

    async def page(self, after, limit):
        return [item for item in self.items if item.name.encode() > after.encode()][:limit]

    async def open(self, name):
        return None

    async def remove(self, name, etag):
        self.removed.append((name, etag))
        return etag == "e"


class Stores:
    def __init__(self, plain):
        self.plain = plain

    def plain_at(self, uri):
        assert uri == "plain"
        return self.plain


class Doors:
    def __init__(self, work):
        self.work, self.told = work, []

    async def ask(self, ask):
        if isinstance(ask, TakeAdoption):
            work, self.work = self.work, AdoptionWork()
            return work
        self.told.append(ask)
        return Closed()


def stepped(plain, **work):
    doors = Doors(AdoptionWork(adoption="ado-1", source=SOURCE, **work))
    assert asyncio.run(Adopter(doors, Stores(plain), SeededDice()).step())
    return doors.told


@pytest.mark.parametrize(
    ("prefix", "after", "names"),
    [("", "", ["a", "b/1", "b/2", "c"]), ("b/", "", ["b/1", "b/2"]), ("b/", "b/1", ["b/2"]), ("d", "", [])],
)
def test_only_names_with_the_prefix_are_counted(prefix, after, names):
    plain = Plain("a", "b/1", "b/2", "c")
    (told,) = stepped(plain, step="count", prefix=prefix, after=after)
    assert isinstance(told, ItemsCounted)
    assert ([item.name for item in told.items], told.is_end) == (names, True)


def test_a_full_page_is_not_the_end():
    plain = Plain(*(f"{n:04}" for n in range(1_500)))
    (told,) = stepped(plain, step="count")
    assert (len(told.items), told.is_end) == (1_000, False)
    (told,) = stepped(plain, step="count", after="0999")
    assert (len(told.items), told.is_end) == (500, True)


def test_what_is_gone_or_otherwise_is_told_as_changed():
    item = AdoptedItem(name="a", size=1, etag="e", modified="")
    (told,) = stepped(Plain(), step="seal", items=(item,))
    assert isinstance(told, ItemDone)
    assert (told.state, told.note) == ("changed", "absent")
    plain = Plain()
    other = AdoptedItem(name="a", size=1, etag="other", modified="")
    assert [one.state for one in stepped(plain, step="clear", items=(item, other))] == ["gone", "changed"]
    assert plain.removed == [("a", "e"), ("a", "other")]


def test_nothing_to_do_is_said_and_a_sealed_house_is_asked_again():
    assert not asyncio.run(Adopter(Doors(AdoptionWork()), Stores(None), SeededDice()).step())

    class Sealed(Doors):
        async def ask(self, ask):
            self.told.append(ask)
            if len(self.told) == 3:
                self.enough.set()
            raise locked("house-sealed")

    async def run():
        doors = Sealed(None)
        doors.enough = asyncio.Event()
        adopter = Adopter(doors, Stores(None), SeededDice())
        with pytest.raises(Refusal):
            await adopter.step()
        task = asyncio.create_task(adopter.run(0.0))
        await doors.enough.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
