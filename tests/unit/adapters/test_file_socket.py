import asyncio
import stat

import pytest

from custodes.acts.asks import Session
from custodes.acts.streams.carrying import Bring, Brought, Fetch, Fetched
from custodes.adapters.file_socket import FileClient, FileServer
from custodes.kernel.refusal import Refusal, conflict, denied, locked
from fakes import SeededDice

MIB = 1_048_576
WHO = Session("a session")
BRING = Bring(evidence=WHO, bucket="b", name="ä\n.pdf", size_bytes=3 * MIB, is_new=True)
FETCH = Fetch(evidence=WHO, bucket="b", name="a")


class Shelf:
    """A carrier that keeps one file; `stops` are raised after so many bytes."""

    def __init__(self, *, early=None, stops=None):
        self.early, self.stops = early, stops
        self.asked, self.body, self.ended = [], b"", []
        self.is_over = asyncio.Event()
        self.handed = 0

    async def bring(self, ask, pieces):
        self.asked.append(ask)
        if self.early:
            raise self.early
        try:
            async for piece in pieces:
                self.body += piece
                if self.stops and len(self.body) >= self.stops[0]:
                    raise self.stops[1]
        except BaseException as error:
            self.ended.append(type(error))
            self.is_over.set()
            raise
        return Brought(etag="e1", version="v1")

    async def fetch(self, ask):
        self.asked.append(ask)
        if self.early:
            raise self.early
        return Fetched(size_bytes=8 * MIB, content_type="text/html", version="v"), self._flow()

    async def _flow(self):
        try:
            for number in range(8):
                if self.stops and number * MIB >= self.stops[0]:
                    raise self.stops[1]
                self.handed += 1
                yield bytes([number]) * MIB
            self.ended.append(None)
        except GeneratorExit:
            self.ended.append(GeneratorExit)
            raise
        finally:
            self.is_over.set()


def over(tmp_path, does, *, at_once_max=4, **how):
    async def run():
        shelf = Shelf(**how)
        server = FileServer(tmp_path / "files.sock", shelf, at_once_max)
        assert await server.start()
        try:
            async with asyncio.timeout(30):
                return await does(shelf, FileClient(tmp_path / "files.sock"))
        finally:
            await server.stop()

    return asyncio.run(run())


async def pieces(*given):
    for one in given:
        yield one


async def all_of(flow):
    return b"".join([piece async for piece in flow])


def test_a_file_goes_both_ways_and_only_this_user_may_connect(tmp_path):
    async def does(shelf, client):
        body = SeededDice(5).draw(3 * MIB)
        assert await client.bring(BRING, pieces(body[:5], body[5:])) == Brought(etag="e1", version="v1")
        assert (shelf.asked, shelf.body) == ([BRING], body)
        about, flow = await client.fetch(FETCH)
        assert about.size_bytes == 8 * MIB
        assert await all_of(flow) == b"".join(bytes([n]) * MIB for n in range(8))
        assert shelf.asked[1] == FETCH
        assert stat.S_IMODE((tmp_path / "files.sock").stat().st_mode) == 0o600

    over(tmp_path, does)


def test_a_refusal_comes_before_a_byte_was_taken(tmp_path):
    async def does(_shelf, client):
        taken = []

        async def given():
            taken.append(1)
            yield b"x"

        with pytest.raises(Refusal) as refused:
            await client.bring(BRING, given())
        assert (refused.value.code, refused.value.facts["reasons"], taken) == ("not-permitted", ("r",), [])
        with pytest.raises(Refusal) as refused:
            await client.fetch(FETCH)
        assert refused.value.code == "not-permitted"

    over(tmp_path, does, early=denied("not-permitted", reasons=("r",)))


def test_a_refusal_in_the_middle_is_heard_though_more_is_sent(tmp_path):
    async def does(_shelf, client):
        with pytest.raises(Refusal) as refused:
            await client.bring(BRING, pieces(*[bytes(MIB)] * 30))
        assert refused.value.code == "house-killed"
        _, flow = await client.fetch(FETCH)
        with pytest.raises(Refusal) as refused:
            await all_of(flow)
        assert refused.value.code == "house-killed"

    over(tmp_path, does, stops=(2 * MIB, locked("house-killed")))


def test_who_goes_away_ends_what_he_began(tmp_path):
    async def does(shelf, client):
        async def given():
            yield bytes(MIB)
            raise conflict("body-truncated")

        with pytest.raises(Refusal) as refused:
            await client.bring(BRING, given())
        assert refused.value.code == "body-truncated"
        await shelf.is_over.wait()
        assert issubclass(shelf.ended[0], ConnectionError)
        shelf.is_over.clear()
        _, flow = await client.fetch(FETCH)
        await anext(flow)
        await flow.aclose()
        await shelf.is_over.wait()
        assert shelf.ended[1] is GeneratorExit

    over(tmp_path, does)


def test_who_takes_nothing_more_is_handed_two_pieces_ahead_at_most(tmp_path):
    async def does(shelf, client):
        _, flow = await client.fetch(FETCH)
        for _ in range(2):
            await anext(flow)
        await asyncio.sleep(0.2)  # whatever runs ahead has the time to
        await flow.aclose()
        await shelf.is_over.wait()
        assert 2 <= shelf.handed <= 4

    over(tmp_path, does)


def test_our_own_fault_is_said_without_its_text(tmp_path, caplog):
    async def does(_shelf, client):
        with pytest.raises(Refusal) as refused:
            await client.fetch(FETCH)
        assert (refused.value.code, dict(refused.value.facts)) == ("broken", {})

    over(tmp_path, does, early=ValueError("the secret"))
    assert "a file broke" in caplog.text


def test_too_many_at_once_and_nobody_there(tmp_path):
    async def does(shelf, client):
        _, first = await client.fetch(FETCH)
        await anext(first)
        with pytest.raises(Refusal) as refused:
            await client.fetch(FETCH)
        assert refused.value.code == "too-many-files"
        await first.aclose()
        await shelf.is_over.wait()

    over(tmp_path, does, at_once_max=1)

    async def alone():
        client = FileClient(tmp_path / "nowhere.sock")
        for one in (client.bring(BRING, pieces(b"x")), client.fetch(FETCH)):
            with pytest.raises(Refusal) as refused:
                await one
            assert refused.value.code == "files-gone"

    asyncio.run(alone())


@pytest.mark.parametrize(
    "raw", [b"S\x00\x00\x00\x01\xc0", b"S\xff\xff\xff\xff", b"B\x00\x00\x00\x01x", b"S\x00", b""]
)
def test_what_is_no_ask_is_refused_and_reaches_nobody(tmp_path, raw):
    async def does(shelf, _client):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "files.sock"))
        writer.write(raw)
        writer.write_eof()
        said = await reader.read()
        assert said[:1] in (b"R", b"")
        writer.close()
        assert shelf.asked == []

    over(tmp_path, does)
