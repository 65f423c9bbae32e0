import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from custodes.adapters.http.plain import PlainHttp, is_loopback
from custodes.kernel.refusal import Refusal


class Said(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("location", "/checkpoint")
            self.end_headers()
            return
        body = b"x" * 5_000 if self.path == "/long" else b"here"
        self.send_response(404 if self.path == "/gone" else 200)
        self.send_header("content-type", "text/x.tlog.size")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body[::-1] + self.headers["content-type"].encode())

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def base():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Said)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_status_is_an_answer(base):
    http = PlainHttp(base + "/")
    found = http.get("checkpoint")
    assert (found.status, found.media, found.body) == (200, "text/x.tlog.size", b"here")
    assert http.get("gone").status == 404
    assert http.post("add", b"abc", {"content-type": "text/plain"}).body == b"cbatext/plain"


def test_nobody_is_followed_elsewhere(base):
    assert PlainHttp(base).get("moved").status == 302


def test_too_long_and_not_there(base):
    with pytest.raises(Refusal, match="answer-too-long"):
        PlainHttp(base, bytes_max=4_999).get("long")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(Refusal, match="url-unreachable"):
        PlainHttp(f"http://127.0.0.1:{port}").get("")


def test_somebody_who_sends_a_byte_now_and_then_is_given_up_on():
    listening = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def drip():
        taken, _ = listening.accept()
        taken.recv(4_096)
        taken.sendall(b"HTTP/1.1 200 ok\r\n\r\n")
        while not stop.wait(0.02):
            try:
                taken.sendall(b"x")
            except OSError:
                break
        taken.close()

    thread = threading.Thread(target=drip)
    thread.start()
    with pytest.raises(Refusal, match="answer-too-slow"):
        PlainHttp(f"http://127.0.0.1:{listening.getsockname()[1]}", timeout_s=0.2).get("")
    stop.set()
    thread.join()
    listening.close()


@pytest.mark.parametrize("url", ["", "ftp://x", "http://", "https://x/?q", "x", "https://x/#f"])
def test_what_is_no_address(url):
    with pytest.raises(Refusal, match="bad-url"):
        PlainHttp(url)


def test_loopback():
    assert is_loopback("localhost")
    assert is_loopback("127.9.9.9")
    assert is_loopback("::1")
    assert not is_loopback("10.0.0.1")
    assert not is_loopback("localhost.example")
