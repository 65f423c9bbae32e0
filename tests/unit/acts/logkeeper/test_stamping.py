import asyncio

from custodes.acts.logkeeper.stamping import AGAIN_S, EVERY_S, Stamping, stamp_path
from custodes.kernel.refusal import unavailable
from fakes import SetClock


class Authority:
    def __init__(self):
        self.asked = []
        self.is_gone = False

    def stamp(self, body):
        self.asked.append(body)
        if self.is_gone:
            raise unavailable("url-unreachable")
        return b"token of " + body


class Files(dict):
    def write(self, path, body):
        self[path] = body


async def after(stamping, size):
    stamping.published(size, b"note %d" % size)
    await stamping.settled()


def test_one_an_hour_and_the_stamped_bytes_beside_it():
    async def run():
        files, authority, clock = Files(), Authority(), SetClock()
        stamping = Stamping(files, authority, clock)
        await after(stamping, 1)
        await after(stamping, 2)
        clock.forward(seconds=EVERY_S)
        await after(stamping, 3)
        assert authority.asked == [b"note 1", b"note 3"]
        assert files[stamp_path(3, "checkpoint")] == b"note 3"
        assert files[stamp_path(3, "tsr")] == b"token of note 3"
        await stamping.close()

    asyncio.run(run())


def test_an_authority_that_is_gone_is_an_alarm_and_asked_again_sooner(caplog):
    async def run():
        files, authority, clock = Files(), Authority(), SetClock()
        stamping = Stamping(files, authority, clock)
        authority.is_gone = True
        await after(stamping, 1)
        assert files == {}
        assert "alarm: no time stamp" in caplog.text
        authority.is_gone = False
        await after(stamping, 2)
        assert len(authority.asked) == 1
        clock.forward(seconds=AGAIN_S)
        await after(stamping, 3)
        assert set(files) == {stamp_path(3, "checkpoint"), stamp_path(3, "tsr")}

    asyncio.run(run())
