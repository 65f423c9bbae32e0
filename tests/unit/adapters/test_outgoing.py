"""Nothing goes out but to hosts that were named, under the authority that was named."""

import contextlib
import socket
import threading

import pytest

from custodes.adapters import outgoing
from custodes.adapters.outgoing import Outgoing
from custodes.kernel.refusal import Refusal
from fakes.receivers import Authority, Receiver


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://hook.town.example/x?y=1", True),
        ("https://hook.town.example:443/", True),
        ("https://HOOK.town.example/", True),
        ("https://hook.town.example:8443/", False),
        ("https://other.example:8443/", True),
        ("https://other.example/", False),
        ("http://hook.town.example/", False),
        ("https://hook.town.example@evil.example/", False),
        ("https://evil.example/#hook.town.example", False),
        ("https://hook.town.example.evil.example/", False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("https://[::1]/", False),
        ("http://localhost:7000/", True),
        ("http://localhost/", False),
        ("http://127.0.0.1:7000/", False),
        ("http://hook.town.example:7000/", False),
        ("ftp://hook.town.example/", False),
        ("https://hook.town.example/\r\nHost: x", False),
        ("https://hook.town.example:x/", False),
        ("", False),
    ],
)
def test_only_hosts_that_were_named(url, allowed):
    out = Outgoing(("hook.town.example", "other.example:8443", "localhost:7000"), loopback_too=True)
    assert out.allows(url) is allowed
    if not allowed:
        with pytest.raises(Refusal) as no:
            out.send("GET", url)
        assert no.value.code == "host-not-allowed"


def test_without_names_nobody_and_loopback_only_where_it_was_said():
    assert not Outgoing(()).allows("https://hook.town.example/")
    assert not Outgoing(("localhost:7000",)).allows("http://localhost:7000/")


def test_a_redirect_is_an_answer_and_is_not_followed():
    with Receiver().serving() as receiver:
        receiver.answers = [(302, b"", {"location": "http://localhost:1/elsewhere"})]
        out = Outgoing((f"localhost:{receiver.port}",), loopback_too=True)
        assert out.send("GET", f"http://localhost:{receiver.port}/a").status == 302
        assert [path for _, path, _, _ in receiver.came] == ["/a"]


def test_an_answer_without_end_and_nobody_there(monkeypatch):
    monkeypatch.setattr(outgoing, "ANSWER_BYTES_MAX", 10)
    with Receiver().serving() as receiver:
        receiver.answers = [(200, b"x" * 11, {})]
        out = Outgoing((f"localhost:{receiver.port}",), loopback_too=True)
        url = f"http://localhost:{receiver.port}/"
        with pytest.raises(Refusal, match="unreachable"):
            out.send("GET", url)
        receiver.answers = [(200, b"x" * 10, {})]
        assert out.send("POST", url, body=b"b", headers={"x-a": "1"}).body == b"x" * 10
        assert receiver.came[-1][3] == b"b"
    with pytest.raises(Refusal, match="unreachable"):
        out.send("GET", url)


def test_who_sends_a_byte_now_and_then_is_given_up(monkeypatch):
    """Each byte ends a wait; the whole has an end of its own."""
    monkeypatch.setattr(outgoing, "DEADLINE_S", 0.2)
    over = threading.Event()

    def drip(listening):
        peer, _ = listening.accept()
        with peer, contextlib.suppress(OSError):
            peer.sendall(b"HTTP/1.1 200 OK\r\nx: ")
            while not over.wait(0.01):
                peer.sendall(b"y")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        dripping = threading.Thread(target=drip, args=(listening,))
        dripping.start()
        port = listening.getsockname()[1]
        try:
            with pytest.raises(Refusal, match="unreachable"):
                Outgoing((f"127.0.0.1:{port}",), loopback_too=True).send("GET", f"http://127.0.0.1:{port}/")
        finally:
            over.set()
            dripping.join()


def test_a_private_authority_is_trusted_where_it_was_named_and_nowhere_else(tmp_path):
    town, other = Authority(), Authority()
    with Receiver().serving(*town.certificate(tmp_path)) as receiver:
        out = Outgoing((f"localhost:{receiver.port}",))
        url = f"https://localhost:{receiver.port}/"
        assert out.send("GET", url, ca=town.pem).status == 200
        for ca in ("", other.pem):
            with pytest.raises(Refusal, match="unreachable"):
                out.send("GET", url, ca=ca)
    with Receiver().serving(*town.certificate(tmp_path, host="another.example")) as receiver:
        out = Outgoing((f"localhost:{receiver.port}",))
        with pytest.raises(Refusal, match="unreachable"):
            out.send("GET", f"https://localhost:{receiver.port}/", ca=town.pem)
        assert receiver.came == []
