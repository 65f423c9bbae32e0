"""What real clients send, byte for byte, and what they must be answered.

Recorded before the house in memory; `signed_at` sets the clock, so every signature is checked again.
"""

from datetime import timedelta
from pathlib import Path

import pytest

from fakes.s3_house import House
from fakes.s3_transcript import Exchange, read, signed_at

FOLDER = Path(__file__).parent
TRANSCRIPTS = sorted(path.stem for path in FOLDER.glob("*.txt"))
SECRETS = {"AKIDTOWN": b"town-secret-for-transcripts-only"}


def play(house: House, one: Exchange, **changed):
    at = signed_at(one.target, one.headers)
    assert at is not None
    at += changed.pop("late", timedelta())
    return house.answer(
        changed.get("method", one.method),
        changed.get("target", one.target),
        changed.get("headers", one.headers),
        changed.get("body", one.body),
        at,
    )


def state(house: House):
    return repr(
        (
            [(room.name, room.versioning, room.versions) for room in house.buckets.values()],
            sorted(house.uploads),
            house.uploaded,
            sorted(house.content),
        )
    )


def refused(house: House, one: Exchange, **changed) -> bytes:
    """The request, changed, is refused and changes nothing."""
    before = state(house)
    made = play(house, one, **changed)
    assert 400 <= made.status < 500, (one.method, one.target, changed, made)
    assert state(house) == before
    return made.body


def test_there_are_transcripts_of_every_client():
    assert {name.rpartition("-")[0] for name in TRANSCRIPTS} == {
        "boto3",
        "awscli",
        "rclone",
        "restic",
        "s3fs",
    }


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_replay(name):
    house = House(SECRETS)
    exchanges = read(FOLDER / f"{name}.txt")
    assert len(exchanges) > 10
    for one in exchanges:
        made = play(house, one)
        assert (made.status, made.body) == (one.status, one.answer_body), (one.method, one.target)
        assert made.headers == one.answer_headers


def with_header(one: Exchange, name: bytes, value: bytes):
    return (*(pair for pair in one.headers if pair[0] != name), (name, value))


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_the_same_requests_touched(name):
    house = House(SECRETS)
    for one in read(FOLDER / f"{name}.txt"):
        refused(house, one, late=timedelta(days=8))
        refused(house, one, late=-timedelta(minutes=15, seconds=1))
        elsewhere = one.target.replace(b"/town", b"/city") if b"/town" in one.target else b"/city"
        refused(house, one, target=elsewhere)
        refused(house, one, method="DELETE" if one.method != "DELETE" else "PUT")
        refused(house, one, target=one.target + (b"&" if b"?" in one.target else b"?") + b"versionId=1")
        refused(house, one, headers=with_header(one, b"x-amz-copy-source", b"/town/secret"))
        refused(house, one, headers=with_header(one, b"host", b"elsewhere"))
        for header in (b"host", b"x-amz-date", b"authorization", b"x-amz-content-sha256"):
            value = dict(one.headers).get(header)
            if value is not None:
                refused(house, one, headers=(*one.headers, (header, value)))
        if one.body:
            refused(house, one, body=one.body[:-1] + bytes([one.body[-1] ^ 1]))
            refused(house, one, body=one.body[: len(one.body) // 2])
            refused(house, one, body=bytes([one.body[0] ^ 1]) + one.body[1:])
            refused(house, one, body=one.body + b"x")
            refused(house, one, body=b"")
        play(house, one)
