import pytest

from custodes.kernel.refusal import (
    Refusal,
    absent,
    conflict,
    limited,
    malformed,
    unauthenticated,
    unavailable,
)
from custodes.ledger.shards.turn import FILE_BYTES_MAX
from custodes.ledger.watch.witnessing import SUBMISSION_BYTES_MAX
from custodes.web.kit.logs import Log
from custodes.web.planes.witness import WitnessPlane, refusal_answer
from fakes import SeededDice, SetClock
from fakes.asgi import drive

said = []


def plane(add=lambda _raw: b"\xe2\x80\x94 w AAAA\n", checkpoint=lambda asked: asked.encode()):
    said.clear()
    return WitnessPlane((add, add), checkpoint, b"who\n", (Log(said.append, SetClock()), SeededDice()))


def refusing(refusal):
    def add(_raw):
        raise refusal

    return add


@pytest.mark.parametrize(
    ("refusal", "status", "media", "body"),
    [
        (malformed("bad-submission"), 400, "text/plain; charset=utf-8", b"bad-submission\n"),
        (malformed("old-beyond-checkpoint"), 400, "text/plain; charset=utf-8", b"old-beyond-checkpoint\n"),
        (unauthenticated("not-signed-by-log"), 403, "text/plain; charset=utf-8", b"not-signed-by-log\n"),
        (unauthenticated("bad-signature"), 403, "text/plain; charset=utf-8", b"bad-signature\n"),
        (absent("unknown-log"), 404, "text/plain; charset=utf-8", b"unknown-log\n"),
        (conflict("witness-behind", size=20_852_014), 409, "text/x.tlog.size", b"20852014\n"),
        (conflict("other-root"), 422, "text/plain; charset=utf-8", b"other-root\n"),
        (conflict("not-consistent"), 422, "text/plain; charset=utf-8", b"not-consistent\n"),
        (malformed("bad-empty-root"), 422, "text/plain; charset=utf-8", b"bad-empty-root\n"),
        (limited("submitted-too-often"), 429, "text/plain; charset=utf-8", b"submitted-too-often\n"),
        (unavailable("memory-busy"), 503, "text/plain; charset=utf-8", b"memory-busy\n"),
    ],
)
def test_the_statuses_are_the_specifications(refusal, status, media, body):
    answer = drive(plane(refusing(refusal)), "POST", "/add-checkpoint", b"x")
    assert (answer.status, answer.header("content-type"), answer.body) == (status, media, body)
    assert refusal_answer(refusal)[0] == status
    assert refusal.code.encode() in said[-1]


def test_lines_come_back_and_what_was_cosigned_is_shown():
    answer = drive(plane(), "POST", "/add-checkpoint", [b"ab", b"c"])
    assert (answer.status, answer.body) == (200, b"\xe2\x80\x94 w AAAA\n")
    answer = drive(plane(), "GET", f"/{'0a' * 32}/checkpoint")
    assert (answer.status, answer.text) == (200, "0a" * 32)
    assert drive(plane(), "GET", "/").body == b"who\n"
    head = drive(plane(), "HEAD", "/")
    assert (head.body, head.header("content-length")) == (b"", "4")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/add-checkpoint", 405),
        ("PUT", "/", 405),
        ("GET", f"/{'0A' * 32}/checkpoint", 404),
        ("GET", f"/{'0a' * 31}/checkpoint", 404),
        ("GET", "/memory.db", 404),
        ("GET", "/add-checkpoint/", 404),
    ],
)
def test_there_is_nothing_else(method, path, status):
    assert drive(plane(), method, path).status == status


def test_a_body_without_end_and_one_that_stops():
    asked = []
    add = asked.append
    length = [("content-length", str(SUBMISSION_BYTES_MAX + 1))]
    assert drive(plane(add), "POST", "/add-checkpoint", b"x", length).status == 413
    chunk = bytes(2**16)
    assert drive(plane(add), "POST", "/add-checkpoint", [chunk] * 20).status == 413
    assert drive(plane(add), "POST", "/add-checkpoint", [b"old"], is_cut=True).status == 400
    assert asked == []


def test_a_fault_of_ours_says_nothing_of_itself():
    def broken(_raw):
        raise ZeroDivisionError("secret")

    answer = drive(plane(broken), "POST", "/add-checkpoint", b"x")
    assert (answer.status, answer.body) == (500, b"broken\n")
    assert not any(b"secret" in line for line in said)


def test_the_port_is_a_refusal_only():
    with pytest.raises(Refusal):
        refusing(absent("unknown-log"))(b"")


def test_a_follower_is_taken_at_its_own_path():
    assert drive(plane(lambda raw: raw), "POST", "/add-follower", b"{}").body == b"{}"
    assert drive(plane(), "GET", "/add-follower").status == 405
    for refusal, status in ((conflict("another-follower"), 409), (malformed("bad-turn"), 400)):
        assert drive(plane(refusing(refusal)), "POST", "/add-follower", b"{}").status == status
    assert drive(plane(), "POST", "/add-follower", b"x" * (FILE_BYTES_MAX + 1)).status == 413
