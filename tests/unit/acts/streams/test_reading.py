import asyncio

import pytest

from custodes.acts.streams.reading import Section, opened, whole
from custodes.custody.envelope import Encryptor, commitment
from custodes.kernel.refusal import Kind, Refusal, unavailable
from fakes import SeededDice
from fakes.stores import BLOB, MemoryStores

MIB = 1_048_576
KEY = bytes(range(32))
BODY = SeededDice(5).draw(2 * MIB + 333)
END = len(BODY) - 1


def stored(*names):
    stores = MemoryStores()
    stream = Encryptor(KEY, b"bound", SeededDice())
    raw = stream.feed(BODY) + stream.finish()
    for name in names:
        stores.at(name).blobs[BLOB] = raw
    return stores, stream.header


def section(stores, header, names=("a",), first=0, last=END, associated=b"bound"):
    return Section(
        blob=BLOB,
        plain_bytes=len(BODY),
        header=header,
        associated=associated,
        first=first,
        last=last,
        stores=[stores.at(name) for name in names],
    )


def read(*sections, key=KEY, committed=None):
    async def run():
        committed_to = commitment(KEY, "ver-1") if committed is None else committed
        return [bytes(piece) async for piece in opened(sections, key, "ver-1", committed_to)]

    return asyncio.run(run())


RANGES = [(0, 0), (0, len(BODY) - 1), (65_479, 65_480), (MIB - 1, 2 * MIB), (len(BODY) - 1, len(BODY) - 1)]


@pytest.mark.parametrize(("first", "last"), RANGES)
def test_a_range_gives_its_bytes(first, last):
    stores, header = stored("a")
    assert b"".join(read(section(stores, header, first=first, last=last))) == BODY[first : last + 1]


def test_sections_follow_each_other():
    stores, header = stored("a")
    pieces = [section(stores, header, first=10, last=20), section(stores, header, first=0, last=4)]
    assert b"".join(read(*pieces)) == BODY[10:21] + BODY[:5]


def test_a_range_fetches_only_its_segments():
    stores, header = stored("a")
    read(section(stores, header, first=MIB, last=MIB + 10))
    assert sum(last - first + 1 for first, last in stores.at("a").fetched) == 65_536


@pytest.mark.parametrize("at", [50, 1_500_000, len(BODY)])
def test_a_flipped_bit_ends_the_stream_before_its_segment(at):
    stores, header = stored("a")
    raw = bytearray(stores.at("a").blobs[BLOB])
    raw[at] ^= 1
    stores.at("a").blobs[BLOB] = bytes(raw)
    got = []

    async def run():
        async for piece in opened([section(stores, header)], KEY, "ver-1", commitment(KEY, "ver-1")):
            got.append(piece)

    with pytest.raises(Refusal, match="stream-mismatch") as caught:
        asyncio.run(run())
    assert caught.value.kind is Kind.BROKEN
    assert BODY.startswith(b"".join(got))
    assert len(b"".join(got)) <= at


@pytest.mark.parametrize("left", [0, 100, 65_536, 1_900_000])
def test_a_cut_blob_never_ends_well(left):
    stores, header = stored("a")
    stores.at("a").blobs[BLOB] = stores.at("a").blobs[BLOB][:left]
    with pytest.raises(Refusal, match="stream-mismatch"):
        read(section(stores, header))


def test_another_key_is_refused_by_its_commitment():
    stores, header = stored("a")
    with pytest.raises(Refusal, match="commitment-mismatch"):
        read(section(stores, header), key=bytes(32))
    with pytest.raises(Refusal, match="stream-mismatch"):
        read(section(stores, header, associated=b"other"))


def test_the_next_store_answers_when_the_first_does_not():
    stores, header = stored("b")
    assert b"".join(read(section(stores, header, names=("a", "b")))) == BODY
    stores, header = stored("a", "b")
    stores.at("a").breaks_after = (1, unavailable("store-gone"))
    assert b"".join(read(section(stores, header, names=("a", "b")))) == BODY
    stores, header = stored("a", "b")
    stores.at("a").blobs[BLOB] = stores.at("a").blobs[BLOB][:1_300_000]
    assert b"".join(read(section(stores, header, names=("a", "b")))) == BODY


def test_where_no_store_answers_the_last_refusal_stands():
    stores, header = stored()
    with pytest.raises(Refusal, match="blob-absent"):
        read(section(stores, header, names=("a", "b")))
    with pytest.raises(Refusal, match="stream-mismatch"):
        read(section(stores, header, names=()))


def flip(stores, name, at):
    raw = stores.at(name).blobs[BLOB]
    stores.at(name).blobs[BLOB] = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


@pytest.mark.parametrize("at", [100, MIB + 70_000, 2 * MIB + 300])
def test_a_copy_that_was_tampered_with_is_passed_over_for_the_next(at):
    stores, header = stored("a", "b")
    flip(stores, "a", at)
    assert b"".join(read(section(stores, header, ("a", "b")))) == BODY
    assert b"".join(read(section(stores, header, ("a", "b"), first=70_000))) == BODY[70_000:]


def read_whole(*sections):
    return asyncio.run(whole(sections, KEY, "ver-1", commitment(KEY, "ver-1")))


def test_a_short_read_takes_the_next_copy_where_one_is_tampered_with_cut_or_gone():
    stores, header = stored("a", "b")
    short = section(stores, header, ("a", "b"), first=65_000, last=66_000)
    assert read_whole(short, section(stores, header, first=0, last=4)) == BODY[65_000:66_001] + BODY[:5]
    flip(stores, "a", 65_600)
    assert read_whole(short) == BODY[65_000:66_001]
    stores.at("a").blobs[BLOB] = stores.at("a").blobs[BLOB][:65_550]
    assert read_whole(short) == BODY[65_000:66_001]
    del stores.at("a").blobs[BLOB]
    assert read_whole(short) == BODY[65_000:66_001]
    flip(stores, "b", 65_600)
    with pytest.raises(Refusal, match="stream-mismatch"):
        read_whole(short)


def test_a_short_read_does_not_listen_to_a_store_that_goes_on_and_on():
    stores, header = stored("a", "b")
    taken = 0

    async def endless(_blob, first, last):
        nonlocal taken
        while True:
            taken += 1
            yield bytes(last - first + 1)

    stores.at("a").read = endless
    assert read_whole(section(stores, header, ("a", "b"), first=0, last=9)) == BODY[:10]
    assert taken == 2


def test_no_byte_of_a_tampered_copy_leaves_where_there_is_no_other():
    stores, header = stored("a", "b")
    flip(stores, "a", MIB + 70_000)
    flip(stores, "b", MIB + 70_000)
    given = []

    async def run():
        async for piece in opened(
            [section(stores, header, ("a", "b"))], KEY, "ver-1", commitment(KEY, "ver-1")
        ):
            given.append(bytes(piece))

    with pytest.raises(Refusal, match="stream-mismatch"):
        asyncio.run(run())
    assert BODY.startswith(b"".join(given))
    assert len(b"".join(given)) <= MIB + 70_000
