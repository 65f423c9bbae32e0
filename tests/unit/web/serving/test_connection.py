"""Connections from their beginning to their end; what clients do to them is in `tests/attack`."""

import pytest

from custodes.web.serving import connection  # noqa: F401 - what is tested
from fakes.serving import PATIENT_S, running


@pytest.fixture(scope="module")
def served():
    with running() as found:
        yield found


def test_one_that_stays_and_one_that_ends(served):
    with served.wire() as wire:
        for _ in range(2):
            status, said, body = wire.say(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").answer()
            assert (status, body, b"connection:" in said) == (200, b"<>", False)
            assert b"\r\ndate: " in said
        _, said, _ = wire.say(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").answer()
        assert b"\r\nconnection: close\r\n" in said
        assert wire.rest() == b""


def test_who_leaves_is_known_to_whoever_listens(served):
    while not served.seen.told.empty():
        served.seen.told.get()
    with served.wire() as wire:
        wire.say(b"GET /lurk HTTP/1.1\r\nhost: a\r\n\r\n")
        assert served.seen.told.get(timeout=PATIENT_S) == "lurks"
    assert served.seen.told.get(timeout=PATIENT_S) == "http.disconnect"


def test_it_stops_when_it_has_answered():
    with running() as served, served.wire() as idle, served.wire() as wire:
        assert idle.say(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").answer()[0] == 200
        wire.say(b"GET /wait HTTP/1.1\r\nhost: a\r\n\r\n")
        assert served.seen.told.get(timeout=PATIENT_S) == ("read", b"")
        assert served.seen.told.get(timeout=PATIENT_S) == "waits"
        served.stop()
        assert idle.rest() == b""
        served.seen.let()
        status, said, body = wire.answer()
        assert (status, body, b"connection: close" in said) == (200, b"waited", True)
        served.thread.join(PATIENT_S)
        assert not served.thread.is_alive()
