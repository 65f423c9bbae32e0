import asyncio
from types import SimpleNamespace

import pytest

from custodes.acts.asks import Session
from custodes.acts.asks.objects import CloseGet, ClosePut, OpenPut, StillOpen
from custodes.acts.streams.carrying import Bring, Carrying, Fetch
from custodes.kernel.refusal import Refusal, conflict, locked
from custodes.objects.conditions import NONE
from fakes import SeededDice
from fakes.object_doors import ObjectDoors
from fakes.stores import MemoryStores

MIB = 1_048_576
WHO = Session("a session")


def carrying():
    doors, stores = ObjectDoors(), MemoryStores()
    return Carrying(SimpleNamespace(doors=doors, stores=stores, dice=SeededDice(3))), doors, stores


def bring(size, **more):
    return Bring(evidence=WHO, bucket="b", name="a.pdf", size_bytes=size, **more)


async def pieces(*given):
    for one in given:
        yield one


async def all_of(flow):
    return b"".join([piece async for piece in flow])


async def into(got, flow):
    async for piece in flow:
        got.append(piece)


def blobs(stores):
    return [blob for store in stores.stores.values() for blob in store.blobs]


def test_what_is_brought_is_fetched_again_under_the_evidence_given():
    async def run():
        carrier, doors, stores = carrying()
        body = bytes(range(256)) * 12_288  # 3 MiB
        await carrier.bring(bring(len(body), content_type="application/pdf"), pieces(body[:MIB], body[MIB:]))
        assert body[:64] not in b"".join(
            store.blobs[b] for store in stores.stores.values() for b in store.blobs
        )
        about, flow = await carrier.fetch(Fetch(evidence=WHO, bucket="b", name="a.pdf"))
        assert (about.size_bytes, about.content_type) == (len(body), "application/pdf")
        assert await all_of(flow) == body
        assert {ask.evidence for ask in doors.asked if hasattr(ask, "evidence")} == {WHO}
        assert len(doors.of(StillOpen)) >= 3, "asked again at each mebibyte, both ways"
        (ended,) = doors.of(CloseGet)
        assert (ended.outcome, ended.sent_bytes) == ("complete", len(body))

    asyncio.run(run())


def test_a_new_name_is_a_condition_and_replacing_is_none():
    async def run():
        carrier, doors, _ = carrying()
        await carrier.bring(bring(1, is_new=True), pieces(b"x"))
        await carrier.bring(bring(1), pieces(b"x"))
        first, second = (ask.conditions for ask in doors.of(OpenPut))
        assert first.if_none_match.is_any
        assert second == NONE

    asyncio.run(run())


async def broken_off():
    yield b"x" * MIB
    raise ConnectionResetError


async def refused_in_the_middle():
    yield b"x" * MIB
    raise conflict("body-truncated")


@pytest.mark.parametrize(
    ("given", "fault", "outcome"),
    [(broken_off, ConnectionResetError, "cut"), (refused_in_the_middle, Refusal, "failed")],
)
def test_of_what_does_not_come_whole_nothing_stays(given, fault, outcome):
    async def run():
        carrier, doors, stores = carrying()
        with pytest.raises(fault):
            await carrier.bring(bring(2 * MIB), given())
        assert [ask.outcome for ask in doors.of(ClosePut)] == [outcome]
        assert blobs(stores) == []
        assert [one.drafts for one in stores.stores.values()] == [[]]

    asyncio.run(run())


def test_a_kill_stops_both_ways_within_a_mebibyte():
    async def run():
        carrier, doors, stores = carrying()
        await carrier.bring(bring(4 * MIB), pieces(*[b"y" * MIB] * 4))
        doors.fails[StillOpen] = (len(doors.of(StillOpen)) + 2, locked("house-killed"))
        _, flow = await carrier.fetch(Fetch(evidence=WHO, bucket="b", name="a.pdf"))
        got = []
        with pytest.raises(Refusal) as refused:
            await into(got, flow)
        assert refused.value.code == "house-killed"
        assert sum(map(len, got)) <= 2 * MIB
        assert doors.of(CloseGet)[-1].outcome == "failed"
        with pytest.raises(Refusal):
            await carrier.bring(bring(4 * MIB), pieces(*[b"z" * MIB] * 4))
        assert len(blobs(stores)) == 1

    asyncio.run(run())


def test_who_stops_reading_is_told_as_cut():
    async def run():
        carrier, doors, _ = carrying()
        await carrier.bring(bring(3 * MIB), pieces(b"y" * 3 * MIB))
        _, flow = await carrier.fetch(Fetch(evidence=WHO, bucket="b", name="a.pdf"))
        given = len(await anext(flow)) + len(await anext(flow))
        await flow.aclose()
        (ended,) = doors.of(CloseGet)
        assert (ended.outcome, ended.sent_bytes) == ("cut", given), "the last one may be in his hands"

    asyncio.run(run())
