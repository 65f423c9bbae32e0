import asyncio
import tempfile
from pathlib import Path

import pytest

from custodes.acts.asks import Token, wire
from custodes.acts.asks.house import House, LookHouse
from custodes.acts.asks.keys import KeyVersionView, MoveKey, Used, UseKey
from custodes.acts.socket import Client, Server, _Served
from custodes.kernel.refusal import Kind, Refusal, denied
from fakes import SeededDice

ANSWER = House("hse-x", "Test", True, False, "log.example", "key", "file")


async def answer(ask):
    return ANSWER


def over_socket(answer=answer, **limits):
    def decorate(work):
        def test():
            async def run():
                with tempfile.TemporaryDirectory() as folder:  # a socket's path must be short
                    path = Path(folder) / "s"
                    server = Server(answer, SeededDice(1), **limits)
                    await server.start(path)
                    client = Client(path, timeout_s=60)
                    try:
                        await work(client, server, path)
                    finally:
                        await client.close()
                        await server.stop()

            asyncio.run(run())

        test.__name__ = work.__name__
        return test

    return decorate


@over_socket()
async def test_many_asks_at_once_each_get_their_answer(client, server, path):
    answers = await asyncio.gather(*(client.ask(LookHouse()) for _ in range(500)))
    assert answers == [ANSWER] * 500


@over_socket()
async def test_a_crowds_first_answers_are_sent_while_the_others_are_worked_on(client, server, path):
    """All nine asks come in one frame; their answers leave a few at a time, in order."""
    incoming, outgoing = await asyncio.open_unix_connection(str(path))
    outgoing.write(wire.GREETING + wire.frame([(n, LookHouse()) for n in range(1, 10)]))
    assert await incoming.readexactly(len(wire.GREETING)) == wire.GREETING
    frames = []
    while sum(map(len, frames)) < 9:
        length = int.from_bytes(await incoming.readexactly(wire.LENGTH_BYTES), "big")
        frames.append([number for number, _ in wire.messages(await incoming.readexactly(length))])
    outgoing.close()
    assert frames == [[1, 2, 3, 4], [5, 6, 7, 8], [9]]


async def refusing(ask):
    raise denied("not-you", why="test", reasons=("a", "b"))


@over_socket(refusing)
async def test_a_refusal_arrives_as_it_was(client, server, path):
    with pytest.raises(Refusal) as caught:
        await client.ask(LookHouse())
    assert (caught.value.code, caught.value.kind) == ("not-you", Kind.DENIED)
    assert dict(caught.value.facts) == {"why": "test", "reasons": ("a", "b")}


async def breaking(ask):
    raise RuntimeError("secret text")


@over_socket(breaking)
async def test_what_is_broken_says_no_text(client, server, path):
    with pytest.raises(Refusal) as caught:
        await client.ask(LookHouse())
    assert caught.value.kind is Kind.BROKEN
    assert "secret" not in repr(caught.value)


async def slow(ask):
    await asyncio.sleep(0.2)
    return ANSWER


@over_socket(slow, open_asks_max=2)
async def test_a_full_queue_says_so(client, server, path):
    found = await asyncio.gather(*(client.ask(LookHouse()) for _ in range(5)), return_exceptions=True)
    assert [one for one in found if isinstance(one, House)] == [ANSWER] * 2
    assert {one.code for one in found if isinstance(one, Refusal)} == {"keyroom-busy"}


@over_socket(slow)
async def test_a_keyroom_that_goes_away_is_gone_for_all_who_wait_and_can_come_back(client, server, path):
    waiting = asyncio.ensure_future(client.ask(LookHouse()))
    await asyncio.sleep(0.05)
    await server.stop()
    with pytest.raises(Refusal, match="keyroom-gone"):
        await waiting
    with pytest.raises(Refusal, match="keyroom-gone"):
        await client.ask(LookHouse())
    again = Server(answer, SeededDice(2))
    await again.start(path)
    assert await client.ask(LookHouse()) == ANSWER
    await again.stop()


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n\r\n" + bytes(40),
        wire.GREETING + b"\xff\xff\xff\xff",
        wire.GREETING + (5).to_bytes(4, "big") + b"\xc1\xc1\xc1\xc1\xc1",
        wire.GREETING + (1).to_bytes(4, "big"),
    ],
)
def test_noise_closes_its_own_connection_only(sent):
    @over_socket()
    async def work(client, server, path):
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(sent)
        writer.write_eof()
        rest = await asyncio.wait_for(reader.read(), 5)
        assert rest in {b"", wire.GREETING}
        writer.close()
        assert await client.ask(LookHouse()) == ANSWER

    work()


def test_every_ask_and_answer_of_the_rooms_can_travel():
    assert len({kind.__struct_config__.tag for kind in wire.STRUCTS}) == len(wire.STRUCTS)
    for kind in wire.STRUCTS:
        assert kind.__struct_config__.frozen


@over_socket()
async def test_one_bad_ask_costs_nobody_else_his_answer(client, server, path):
    from custodes.acts.asks import Token
    from custodes.acts.asks.parties import SignOut

    bad = SignOut(Token("a token, where only a session may stand"))
    found = await asyncio.gather(
        client.ask(LookHouse()), client.ask(bad), client.ask(LookHouse()), return_exceptions=True
    )
    assert [found[0], found[2]] == [ANSWER, ANSWER]
    assert isinstance(found[1], Refusal)
    assert (found[1].code, found[1].kind) == ("bad-ask", Kind.MALFORMED)


def test_who_waits_too_long_is_told_that_the_keyroom_is_gone():
    never = asyncio.Event

    async def silent(_ask):
        await never().wait()

    async def run():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "s"
            server = Server(silent, SeededDice(1))
            await server.start(path)
            client = Client(path, timeout_s=0.05)
            found = await asyncio.gather(*(client.ask(LookHouse()) for _ in range(3)), return_exceptions=True)
            assert [(one.code, one.kind) for one in found] == [("keyroom-gone", Kind.UNAVAILABLE)] * 3
            await client.close()
            await server.stop()

    asyncio.run(run())


@over_socket()
async def test_what_cannot_be_said_is_refused_and_costs_the_neighbours_nothing(client, server, path):
    """A number of more than 64 bits, in the tick of others who ask something sensible."""
    far = MoveKey(Token("crd-x.y"), "key-x", "rotate", "", waiting_days=-(10**22))
    found = await asyncio.gather(*map(client.ask, [LookHouse(), far, LookHouse()]), return_exceptions=True)
    assert (found[0], found[2]) == (ANSWER, ANSWER)
    assert (found[1].code, found[1].kind) == ("bad-ask", Kind.MALFORMED)
    assert await client.ask(LookHouse()) == ANSWER


@over_socket()
async def test_asks_that_are_too_much_for_one_frame_travel_in_several(client, server, path):
    large = b"x" * (wire.FRAME_BYTES_MAX // 3)
    asks = [UseKey(Token("crd-x.y"), "key-x", "wrap", large, b"", "operation", "") for _ in range(4)]
    assert await asyncio.gather(*map(client.ask, asks)) == [ANSWER] * 4


async def too_far(ask):
    return KeyVersionView(2**70, "current", "") if isinstance(ask, UseKey) else ANSWER


@over_socket(too_far)
async def test_an_answer_that_cannot_be_said_is_broken_and_alone(client, server, path):
    odd = UseKey(Token("crd-x.y"), "key-x", "wrap", b"", b"", "operation", "")
    found = await asyncio.gather(client.ask(odd), client.ask(LookHouse()), return_exceptions=True)
    assert found[1] == ANSWER
    assert found[0].kind is Kind.BROKEN


def test_who_asked_over_a_connection_that_broke_is_told_though_another_stands_by_now():
    """The old one ends with a bad frame; its end is told only after somebody has connected again."""

    async def run():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "s"
            asked = asyncio.Event()

            async def bad(reader, writer):
                await reader.readexactly(len(wire.GREETING))
                writer.write(wire.GREETING)
                await reader.read(4)
                asked.set()
                await again.wait()
                writer.write(b"\xff\xff\xff\xff")
                await reader.read()
                writer.close()

            again = asyncio.Event()
            broken = await asyncio.start_unix_server(bad, str(path))
            client = Client(path, timeout_s=60)
            first = asyncio.ensure_future(client.ask(LookHouse()))
            await asked.wait()
            server = Server(answer, SeededDice(1))
            await server.start(path)
            again.set()
            with pytest.raises(Refusal, match="keyroom-gone"):
                await asyncio.wait_for(first, 30)
            assert await client.ask(LookHouse()) == ANSWER
            await client.close()
            await server.stop()
            broken.close()

    asyncio.run(run())


def test_a_keyroom_that_takes_a_connection_and_says_nothing_is_gone():
    async def run():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "s"
            over = asyncio.Event()

            async def mute(reader, writer):
                await reader.read()  # to its end
                writer.close()
                over.set()

            silent = await asyncio.start_unix_server(mute, str(path))
            client = Client(path, timeout_s=0.05)
            with pytest.raises(Refusal, match="keyroom-gone"):
                await client.ask(LookHouse())
            await over.wait()
            await client.close()
            silent.close()

    asyncio.run(run())


@over_socket()
async def test_a_frame_that_comes_byte_by_byte_is_one_and_so_are_two_in_one_piece(client, server, path):
    reader, writer = await asyncio.open_unix_connection(str(path))
    ask = wire.frame([(7, LookHouse())])
    for byte in wire.GREETING + ask:
        writer.write(bytes([byte]))
        await writer.drain()
    assert await reader.readexactly(len(wire.GREETING)) == wire.GREETING
    whole = wire.frame([(7, ANSWER)])
    assert await reader.readexactly(len(whole)) == whole
    writer.write(ask + ask + ask[:5])
    answered = await reader.readexactly(4)
    body = await reader.readexactly(int.from_bytes(answered, "big"))
    assert wire.messages(body)[0] == (7, ANSWER)
    writer.close()


def test_from_whom_does_not_read_nothing_more_is_read():
    class Transport:
        def __init__(self):
            self.said = []

        def pause_reading(self):
            self.said.append("pause")

        def resume_reading(self):
            self.said.append("resume")

        def close(self):
            self.said.append("close")

    async def made():
        return _Served(Server(answer, SeededDice(1)))

    end, transport = asyncio.run(made()), Transport()
    end.connection_made(transport)
    end.pause_writing()
    end.resume_writing()
    end.pause_writing()
    end.close()
    end.resume_writing()
    assert transport.said == ["pause", "resume", "pause", "close"]


async def echoing(ask):
    return Used(ask.message, 1, "log", 1)


@over_socket(echoing)
async def test_asks_and_answers_that_fill_the_socket_both_ways_do_not_wait_for_each_other(
    client, server, path
):
    """More in each direction than any buffer holds, tick after tick: all get through."""

    async def one(n):
        for _ in range(n):
            await asyncio.sleep(0)
        ask = UseKey(Token("crd-x.y"), "key-x", "wrap", bytes([n]) * 1_000_000, b"", "operation", "")
        return (await client.ask(ask)).message == ask.message

    assert await asyncio.gather(*map(one, range(16))) == [True] * 16


@over_socket(echoing)
async def test_a_client_goes_whatever_is_on_its_way(client, server, path):
    ask = UseKey(Token("crd-x.y"), "key-x", "wrap", bytes(4_000_000), b"", "operation", "")
    waiting = [asyncio.ensure_future(client.ask(ask)) for _ in range(8)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await client.close()
    found = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(one, Used) or one.code == "keyroom-gone" for one in found)


async def until(is_so):
    while not is_so():  # noqa: ASYNC110 - what is waited for is said by nobody but the far end
        await asyncio.sleep(0)


@over_socket()
async def test_every_plane_hears_that_something_changed_unasked(client, server, path):
    other = Client(path, timeout_s=60)
    await asyncio.gather(client.ask(LookHouse()), other.ask(LookHouse()))
    before = (client.heard, other.heard)
    server.tell_changed()
    await until(lambda: client.heard > before[0] and other.heard > before[1])
    assert (client.heard, other.heard) == (before[0] + 1, before[1] + 1)
    assert await client.ask(LookHouse()) == ANSWER
    await other.close()


@over_socket()
async def test_a_connection_that_breaks_ends_what_was_said_over_it(client, server, path):
    await client.ask(LookHouse())
    before = client.heard
    await server.stop()
    await until(lambda: client.heard > before)


@over_socket()
async def test_who_reads_nothing_is_owed_one_word_and_hears_it_later(client, server, path):
    await client.ask(LookHouse())
    (connection,) = server._connections
    before = client.heard
    connection.pause_writing()
    for _ in range(1_000):
        server.tell_changed()
    assert connection._messages == []
    connection.resume_writing()
    await until(lambda: client.heard > before)
    assert await client.ask(LookHouse()) == ANSWER
    assert client.heard == before + 1


@over_socket()
async def test_a_plane_cannot_say_it_to_another(client, server, path):
    other = Client(path, timeout_s=60)
    await asyncio.gather(client.ask(LookHouse()), other.ask(LookHouse()))
    before = other.heard
    await client.ask(wire.Changed())
    assert await other.ask(LookHouse()) == ANSWER
    assert other.heard == before
    await other.close()
