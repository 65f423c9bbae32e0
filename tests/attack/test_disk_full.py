"""A real, small, full disk: uses stop, kill and refusals still commit, nothing is half done, and it heals."""

import asyncio
import os
import subprocess

import pytest

from custodes.acts.asks.keys import CreateKey, MoveKey, UseKey
from custodes.kernel.refusal import Refusal
from custodes.store.books import SqlBooks
from custodes.store.reserve import Reserve
from custodes.store.verbs import CHECKS, VERBS
from fakes.keyrooms import World

pytestmark = pytest.mark.slow
MIB = 1_048_576


@pytest.fixture
def small_disk(tmp_path):
    """16 MiB of tmpfs."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(place)], check=False, capture_output=True
    )
    if mounted.returncode:
        if os.environ.get("CI"):
            pytest.fail("no tmpfs can be mounted here")
        pytest.skip("no tmpfs can be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


class OnSmallDisk(World):
    def parts(self):
        import dataclasses

        books = SqlBooks(self.engine, VERBS, CHECKS, Reserve(self.folder / "reserve", 2 * MIB))
        return dataclasses.replace(super().parts(), books=books)


def use(world):
    ask = UseKey(world.token, world.key, "wrap", b"m" * 4000, b"", "operation", "r" * 100)
    return world.keyroom.ask(ask)


def test_a_full_disk_stops_uses_and_lets_a_disable_through(small_disk):
    async def run():
        world = OnSmallDisk(small_disk)
        await world.open()
        await world.settle_in()
        _, owner = await world.enrol_person("Owner", world.town, ("owner", "key-officer"))
        world.key = (await world.keyroom.ask(CreateKey(owner, world.customer_row.id, "registry"))).id
        before = [await use(world) for _ in range(3)]
        filler = small_disk / "filler"
        handle = os.open(filler, os.O_WRONLY | os.O_CREAT)
        room = os.fstatvfs(handle)
        os.posix_fallocate(handle, 0, room.f_bavail * room.f_frsize)
        os.close(handle)

        refused = 0
        for _ in range(400):
            try:
                before.append(await use(world))
            except Refusal as refusal:
                refused += refusal.code == "disk-full"
                if refused > 3:
                    break
        assert refused > 3, "the disk never ran full"
        assert not (small_disk / "reserve").exists()

        view = await world.keyroom.ask(MoveKey(owner, world.key, "disable", "while full"))
        assert view.state == "suspended"

        filler.unlink()
        await world.keyroom.ask(MoveKey(owner, world.key, "enable", "room again"))
        after = await use(world)
        assert (small_disk / "reserve").exists()
        indices = [used.index for used in before]
        assert indices == sorted(set(indices))
        assert after.index > indices[-1]
        await world.close()
        await world.open()
        assert (await use(world)).index == after.index + 1
        await world.close()
        world.engine.dispose()

    asyncio.run(run())
