import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from custodes.custody import backup
from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal
from fakes import SeededDice
from fakes.holder import MemoryHolder

HOUSE, ID = "hse-" + "0" * 26, "bak-" + "7" * 26
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
VECTOR = Path(__file__).parents[2] / "vectors/custody/backup.json"
PLAIN = (b"first", b"", b"last")


@pytest.fixture
def ports():
    return MemoryHolder(bytes(range(32))), SeededDice(11)


def made(ports):
    generations = backup.turn((), (HOUSE, NOW, 35), *ports)
    sealing = backup.begin(HOUSE, generations[-1], ID, NOW, ports)
    last = len(PLAIN) - 1
    return generations, sealing.header, [sealing.frame(one, is_last=n == last) for n, one in enumerate(PLAIN)]


def opening(ports, generations, header, at=NOW):
    return backup.open_file(header, generations, at, ports[0])


def test_the_vector_is_what_is_made_and_it_opens(ports):
    vector = json.loads(VECTOR.read_text())
    generations, header, frames = made(ports)
    assert vector["file"] == canonical.b64(header.encode() + b"".join(frames))
    assert vector["generation"] == msgspec.to_builtins(generations[0])
    assert vector["plain"] == [canonical.b64(one) for one in PLAIN]
    whole = opening(ports, generations, header)
    assert tuple(whole.frame(one[4:], is_last=n == 2) for n, one in enumerate(frames)) == PLAIN
    assert whole.is_over
    assert backup.parse_header(header.encode()[len(backup.MAGIC) + 4 :]) == header


@pytest.mark.parametrize(
    "order",
    [
        [(1, False)],  # not the first
        [(0, True)],  # cut: an inner frame as the last
        [(0, False), (2, True)],  # one left out
        [(0, False), (0, False)],  # one twice
        [(0, False), (1, False), (2, False)],  # the last as an inner one
        [(0, False), (1, False), (2, True), (2, True)],  # something behind the end
    ],
)
def test_frames_open_in_their_order_alone(ports, order):
    generations, header, frames = made(ports)
    reading = opening(ports, generations, header)
    *before, (n, is_last) = order
    for earlier, flag in before:
        reading.frame(frames[earlier][4:], is_last=flag)
    with pytest.raises(Refusal, match="backup-damaged"):
        reading.frame(frames[n][4:], is_last=is_last)


def test_an_altered_header_opens_nothing(ports):
    generations, header, frames = made(ports)
    for change, code in (
        ({"id": "bak-" + "8" * 26}, "wrap-mismatch"),
        ({"house": "hse-" + "1" * 26}, "wrap-mismatch"),
        ({"generation": 2}, "backup-key-gone"),
        ({"made_at": "2027-01-01T00:00:00Z"}, "backup-damaged"),
        ({"holder": "memory:other"}, "backup-damaged"),
    ):
        altered = msgspec.structs.replace(header, **change)
        with pytest.raises(Refusal, match=code):
            opening(ports, generations, altered).frame(frames[0][4:], is_last=False)
    for raw in (b"", b"{}", b"[]", header.encode()[len(backup.MAGIC) + 4 :] + b" "):
        with pytest.raises(Refusal, match="bad-backup"):
            backup.parse_header(raw)


def test_generations_turn_and_die(ports):
    kept = backup.turn((), (HOUSE, NOW, 35), *ports)
    assert backup.turn(kept, (HOUSE, NOW + timedelta(days=6), 35), *ports) == kept
    two = backup.turn(kept, (HOUSE, NOW + timedelta(days=7), 35), *ports)
    assert [one.number for one in two] == [1, 2]
    much_later = backup.turn(two, (HOUSE, NOW + timedelta(days=400), 35), *ports)
    assert [one.number for one in much_later] == [3]  # a number never comes back
    another = (MemoryHolder(bytes(32)), ports[1])
    moved = backup.turn(kept, (HOUSE, NOW, 35), *another)  # whose root another holder keeps by now
    assert [one.number for one in moved] == [1, 2]
    assert backup.turn(moved, (HOUSE, NOW, 35), *another) == moved
    first, header, _ = made(ports)
    opening(ports, first, header, NOW + timedelta(days=34))
    with pytest.raises(Refusal, match="backup-key-gone"):
        opening(ports, first, header, NOW + timedelta(days=35))


def test_a_frame_is_bounded(ports):
    generations = backup.turn((), (HOUSE, NOW, 35), *ports)
    with pytest.raises(ValueError, match="mebibyte"):
        backup.begin(HOUSE, generations[-1], ID, NOW, ports).frame(
            bytes(backup.FRAME_BYTES + 1), is_last=True
        )
