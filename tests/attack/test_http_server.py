"""The server in front of every plane, spoken to in bytes by clients that mean it no good."""

import contextlib
import socket
import time

import pytest

from custodes.protocols.http1 import chunks, head  # noqa: F401 - what is attacked
from custodes.web.serving import turn  # noqa: F401
from custodes.web.serving.connection import Pace
from fakes.serving import PATIENT_S, QUICK, running

GET = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nhost: a\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n"


@pytest.fixture(scope="module")
def served():
    with running() as found:
        yield found


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (POST + b"content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (POST + b"transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n", 400),
        (POST + b"content-length: 0\r\ncontent-length: 36\r\n\r\n", 400),
        (POST + b"content-length: 0, 36\r\n\r\n", 400),
        (POST + b"transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n", 501),
        (POST + b"transfer-encoding: identity\r\ncontent-length: 1\r\n\r\n", 501),
        (POST + b"transfer-encoding : chunked\r\n\r\n0\r\n\r\n", 400),
        (POST + b"x: 1\r\n transfer-encoding: chunked\r\n\r\n", 400),
        (POST + b"x: 1\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (POST + b"x: 1\rcontent-length: 36\r\n\r\n", 400),
        (b"POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\n\r\n", 400),
        (b"GET http://other/ HTTP/1.1\r\nhost: a\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\nhost: a\r\n\r\n", 505),
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nhost: a\r\n" + b"x: 1\r\n" * 200 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nhost: a\r\nx: " + b"1" * 70_000, 431),
    ],
)
def test_what_could_be_read_in_two_ways_is_answered_once_and_nothing_after_it(served, raw, status):
    served.seen.requests.clear()
    with served.wire() as wire:
        with contextlib.suppress(ConnectionError):
            wire.say(raw + SMUGGLED)
        found, said, _ = wire.answer()
        assert (found, b"\r\nconnection: close\r\n" in said) == (status, True)
        assert wire.rest() == b""
    assert served.seen.requests == []


@pytest.mark.parametrize(
    "raw", [b"5\nhello\r\n", b"5\r\nhello", b"-1\r\n", b"5;\x00\r\n", b"fffffffffffff\r\n"]
)
def test_a_body_that_stops_being_chunks_is_gone_for_whoever_reads_it(served, raw):
    served.seen.requests.clear()
    with served.wire() as wire:
        wire.say(POST + b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n")
        while not served.seen.requests:
            time.sleep(0.01)
        wire.say(raw + b"0\r\n\r\n" + SMUGGLED)
        assert wire.answer()[0] == 400
        assert wire.rest() == b""
    assert served.seen.told.get(timeout=PATIENT_S) == ("gone", b"abc")
    assert served.seen.requests == [("POST", b"/")]


def test_requests_sent_at_once_are_answered_one_after_the_other(served):
    served.seen.requests.clear()
    with served.wire() as wire:
        body = (
            POST
            + b"content-length: 3\r\n\r\nabc"
            + POST
            + b"transfer-encoding: chunked\r\n\r\n1\r\nd\r\n0\r\n\r\n"
        )
        wire.say(b"\r\n" + body + GET + b"GET /empty HTTP/1.1\r\nhost: a\r\n\r\n" + GET[:-1])
        assert [wire.answer()[::2] for _ in range(4)] == [
            (200, b"<abc>"),
            (200, b"<d>"),
            (200, b"<>"),
            (204, b""),
        ]
        assert wire.say(b"\n").answer()[::2] == (200, b"<>")
    while not served.seen.told.empty():
        served.seen.told.get()


@pytest.fixture(scope="module")
def hasty():
    """One that waits for nobody: it is asked nothing that has to be answered."""
    with running(QUICK) as found:
        yield found


@pytest.mark.parametrize("said", [b"", b"GET / HT", GET[:-2], b"\r"])
def test_a_head_that_does_not_end_in_time_ends_the_connection(hasty, said):
    with hasty.wire() as wire:
        answer = wire.say(said).rest()
        assert answer.startswith(b"HTTP/1.1 408 ") if said else answer == b""


def test_who_sends_byte_after_byte_is_no_less_late(hasty):
    with hasty.wire() as wire:
        wire.socket.settimeout(0.02)
        came = b""
        with contextlib.suppress(ConnectionError):
            for _ in range(int(PATIENT_S / 0.02)):
                wire.socket.send(b"G")
                with contextlib.suppress(TimeoutError):
                    came = wire.socket.recv(1_000)
                    break
        assert came.startswith((b"HTTP/1.1 408", b"")), came


def test_between_two_requests_nobody_stays_for_ever():
    with running(Pace(idle_s=0.1, sweep_s=0.05)) as served, served.wire() as wire:
        assert wire.say(GET).answer()[0] == 200
        assert wire.rest() == b""


def test_idle_connections_give_way_to_new_ones():
    with running(Pace(connections_max=32)) as served, contextlib.ExitStack() as opened:
        idle = [opened.enter_context(served.wire()) for _ in range(200)]
        with served.wire() as wire:
            assert wire.say(GET).answer()[0] == 200
        gone = 0
        for one in idle[: 200 - 32]:
            try:
                gone += one.socket.recv(1) == b""
            except ConnectionResetError:
                gone += 1
        assert gone == 200 - 32


def test_a_body_nobody_reads_fills_no_memory(served):
    """What the server does not take stays with the client, beyond what sockets hold."""
    with served.wire() as wire:
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
        wire.say(b"POST /wait HTTP/1.1\r\nhost: a\r\ncontent-length: 100000000\r\n\r\n")
        assert served.seen.told.get(timeout=PATIENT_S) == "waits"
        wire.socket.settimeout(1.0)
        sent = 0
        with contextlib.suppress(TimeoutError):
            while sent < 100_000_000:
                sent += wire.socket.send(bytes(65_536))
        assert sent < 16_000_000
        served.seen.let()
        assert wire.answer()[::2] == (200, b"waited")


def test_an_answer_nobody_reads_fills_no_memory_and_ends_with_its_reader(served):
    served.seen.sent_bytes = 0
    with served.wire() as wire:
        wire.say(b"GET /endless HTTP/1.1\r\nhost: a\r\n\r\n")
        wire.until(b"\r\n\r\n")
        before = -1
        while served.seen.sent_bytes != before:  # until it stands still
            before = served.seen.sent_bytes
            with served.wire() as other:
                assert other.say(GET).answer()[0] == 200
            served.seen.told.get(timeout=PATIENT_S)
        assert before < 64 * 1_048_576
    assert served.seen.told.get(timeout=PATIENT_S) == "gone"


def test_a_refusal_reaches_who_goes_on_sending(served):
    with served.wire() as wire:
        wire.say(b"POST /refuse HTTP/1.1\r\nhost: a\r\ncontent-length: 3000000\r\n\r\n" + bytes(2_000_000))
        status, said, body = wire.answer()
        assert (status, b"connection: close" in said, body) == (413, True, b"no")


def test_no_header_of_an_answer_begins_another(served):
    with served.wire() as wire:
        raw = wire.say(b"GET /split HTTP/1.1\r\nhost: a\r\n\r\n").rest()
    assert raw.startswith(b"HTTP/1.1 500 ")
    assert b"stolen" not in raw


@pytest.mark.parametrize("path", [b"raises", b"nothing"])
def test_a_fault_is_told_without_words(served, path):
    with served.wire() as wire:
        raw = wire.say(b"GET /" + path + b" HTTP/1.1\r\nhost: a\r\n\r\n").rest()
    assert raw.startswith(b"HTTP/1.1 500 ")
    assert b"secret" not in raw


@pytest.mark.parametrize(("path", "version"), [(b"half", b"1.1"), (b"less", b"1.1"), (b"more", b"1.1")])
def test_what_broke_off_does_not_look_whole(served, path, version):
    with served.wire() as wire:
        raw = wire.say(b"GET /" + path + b" HTTP/" + version + b"\r\nhost: a\r\n\r\n").rest()
    assert not raw.endswith(b"0\r\n\r\n")
    assert b"abcde" not in raw


def test_what_broke_off_does_not_look_whole_where_only_the_end_says_so(served):
    with served.wire() as wire, pytest.raises(ConnectionResetError):
        wire.say(b"GET /half HTTP/1.0\r\n\r\n").rest()
