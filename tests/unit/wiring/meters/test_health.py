import asyncio

from custodes.acts.asks.house import LookHouse
from custodes.kernel.refusal import unavailable
from custodes.wiring.meters.health import health, of_keyroom, of_log, of_plane
from fakes.keyrooms import World


async def told(checks, page="/readyz", within_s=2.0):
    found = await health(checks, within_s=within_s)[page]()
    return found.status, found.body.decode()


async def well():
    return None


async def ill():
    return "too old"


async def hangs():
    await asyncio.Event().wait()


async def refuses():
    raise unavailable("keyroom-gone")


async def breaks():
    raise RuntimeError("a secret")


def test_alive_is_whoever_answers():
    assert asyncio.run(told({"ill": ill}, "/livez")) == (200, "alive\n")


def test_ready_is_whom_every_check_finds_well():
    assert asyncio.run(told({"first": well, "second": well})) == (200, "ready\n")


def test_each_check_that_fails_has_its_line_and_no_secret():
    checks = {"first": well, "age": ill, "slow": hangs, "keyroom": refuses, "broken": breaks}
    status, body = asyncio.run(told(checks, within_s=0.01))
    assert status == 503
    assert body.splitlines() == [
        "age: too old",
        "slow: no answer within 0.01 s",
        "keyroom: refused: keyroom-gone",
        "broken: failed; the process's own log says why",
    ]


def test_a_keyroom_is_ready_while_unsealed_with_its_writer_and_its_database(tmp_path, monkeypatch):
    async def run():
        world = World(tmp_path)
        keyroom = await world.open()
        checks = of_keyroom(keyroom)
        assert await told(checks) == (200, "ready\n")
        assert await told(of_plane(keyroom)) == (200, "ready\n")

        async def gone(_):
            raise unavailable("database-gone")

        with monkeypatch.context() as broken:
            broken.setattr(type(keyroom.opened.read), "__call__", lambda _, work: gone(work))
            assert await told(checks) == (503, "database: refused: database-gone\n")
        with monkeypatch.context() as broken:
            broken.setattr(type(keyroom.sequencer), "is_alive", property(lambda _: False))
            status, body = await told(checks)
            assert status == 503
            assert body.startswith("writer: the outcome of a commit was unknown")
        await world.close()
        assert await told(checks) == (503, "seal: the house is sealed\n")
        assert await told(of_plane(keyroom)) == (200, "ready\n")
        world.engine.dispose()

    asyncio.run(run())


def test_a_plane_without_its_keyroom_is_not_ready():
    class Gone:
        async def ask(self, ask):
            assert isinstance(ask, LookHouse)
            raise unavailable("keyroom-gone")

    assert asyncio.run(told(of_plane(Gone()))) == (503, "keyroom: refused: keyroom-gone\n")


def test_the_log_plane_wants_a_checkpoint_only(tmp_path):
    assert asyncio.run(told(of_log(tmp_path)))[0] == 503
    (tmp_path / "checkpoint").write_bytes(b"x")
    assert asyncio.run(told(of_log(tmp_path))) == (200, "ready\n")
