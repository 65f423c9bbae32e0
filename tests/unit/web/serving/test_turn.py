"""How an answer's body is told from what follows it, and when a client is asked to send its own."""

import pytest

from custodes.web.serving import turn  # noqa: F401 - what is tested
from fakes.serving import running


@pytest.fixture(scope="module")
def served():
    with running() as found:
        yield found


def test_a_stream_is_chunked_and_the_connection_stays(served):
    with served.wire() as wire:
        raw = wire.say(b"GET /stream HTTP/1.1\r\nhost: a\r\n\r\n").until(b"0\r\n\r\n")
        assert b"\r\ntransfer-encoding: chunked\r\n" in raw
        assert raw.endswith(b"\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")
        assert wire.say(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").answer()[0] == 200


def test_a_stream_of_http_1_0_ends_with_its_connection(served):
    with served.wire() as wire:
        raw = wire.say(b"GET /stream HTTP/1.0\r\n\r\n").rest()
    assert b"chunked" not in raw
    assert raw.endswith(b"\r\n\r\nonetwo")


@pytest.mark.parametrize("path", [b"", b"stream", b"empty"])
def test_head_has_no_body(served, path):
    with served.wire() as wire:
        wire.say(b"HEAD /" + path + b" HTTP/1.1\r\nhost: a\r\n\r\nGET /empty HTTP/1.1\r\nhost: a\r\n\r\n")
        said = wire.until(b"\r\n\r\n")
        assert (b"content-length: 2" in said) == (path == b"")
        assert wire.until(b"\r\n\r\n").startswith(b"HTTP/1.1 204 ")


def test_a_client_that_waits_is_asked_when_its_body_is_wanted(served):
    head = b" HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n"
    with served.wire() as wire:
        assert wire.say(b"POST /" + head).until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert wire.say(b"abc").answer()[::2] == (200, b"<abc>")
        assert wire.say(b"POST /" + head + b"def").answer()[::2] == (200, b"<def>")
    with served.wire() as wire:
        status, said, _ = wire.say(b"POST /refuse" + head).answer()
        assert (status, b"connection: close" in said) == (413, True)
