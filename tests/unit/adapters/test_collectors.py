"""Collectors that are there, that go away in the middle, and that nobody should be sent to."""

import io
import socket
import ssl
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import msgspec
import pytest

from custodes.adapters.collectors import Otlp, Output, Syslog, collector
from custodes.kernel.refusal import Refusal


class Entry(msgspec.Struct, frozen=True):
    index: int
    log: str = "cus_1/machine"
    at: str = "2026-11-22T08:00:00Z"
    act: str = "key.unwrap"
    fields: dict[str, object] = {}


PAGE = [Entry(0), Entry(1)]


@contextmanager
def listening(tls=None):
    """A receiver that counts octets; `take()` gives the messages of one connection after it was closed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        yield server.getsockname()[1], lambda: _taken(server, tls)


def _taken(server, tls):
    link, _ = server.accept()
    link = tls.wrap_socket(link, server_side=True) if tls else link
    with link:
        raw = b""
        while chunk := link.recv(65_536):
            raw += chunk
    messages = []
    while raw:
        size, _, rest = raw.partition(b" ")
        messages.append(rest[: int(size)])
        raw = rest[int(size) :]
    return messages


def test_syslog_over_tcp():
    with listening() as (port, take):
        to = collector(f"syslog+tcp://127.0.0.1:{port}", "ocsf")
        assert isinstance(to, Syslog)
        to.deliver(PAGE)
        to.deliver([Entry(2)])
        to.close()
        messages = take()
    assert [b'index="%d"' % n in message for n, message in enumerate(messages)] == [True] * 3


def test_syslog_over_tls_with_a_private_authority(tmp_path):
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    line = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    line += ["-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost"]
    line += ["-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(line, check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    found = []
    with listening(tls) as (port, take):
        receiver = threading.Thread(target=lambda: found.extend(take()))
        receiver.start()
        to = collector(f"syslog+tls://localhost:{port}", "ocsf", cert)
        to.deliver(PAGE)
        to.close()
        receiver.join(10)
    assert len(found) == 2


def test_a_receiver_nobody_vouches_for_gets_nothing(tmp_path):
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    line = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    line += ["-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run(line, check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    failed = []

    def receive(take):
        try:
            take()
        except OSError as error:
            failed.append(error)

    with listening(tls) as (port, take):
        receiver = threading.Thread(target=receive, args=(take,))
        receiver.start()
        with pytest.raises(Refusal, match="collector-gone"):
            collector(f"syslog+tls://localhost:{port}", "ocsf").deliver(PAGE)
        receiver.join(10)
    assert failed


def test_a_receiver_that_closed_is_noticed_and_met_again():
    with listening() as (port, _):
        to = collector(f"syslog+tcp://127.0.0.1:{port}", "ocsf")
        to.deliver(PAGE)
    # the listener is gone; its connection was never accepted, so the kernel resets it
    with pytest.raises(Refusal, match="collector-gone"):
        to.deliver(PAGE)
    with pytest.raises(Refusal, match="collector-gone"):
        to.deliver(PAGE)


class Otel(BaseHTTPRequestHandler):
    def do_POST(self):
        raw = self.rfile.read(int(self.headers["content-length"]))
        self.server.taken.append((self.path, self.headers["content-type"], raw))
        self.send_response(self.server.answers)
        self.send_header("location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()

    def log_message(self, *_):
        pass


@contextmanager
def otel(status):
    with HTTPServer(("127.0.0.1", 0), Otel) as server:
        server.taken, server.answers = [], status
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_otlp_over_http():
    with otel(200) as server:
        to = collector(f"http://127.0.0.1:{server.server_port}/v1/logs", "ocsf")
        assert isinstance(to, Otlp)
        to.deliver(PAGE)
        to.close()
    ((path, media, raw),) = server.taken
    assert (path, media) == ("/v1/logs", "application/json")
    assert raw.count(b"timeUnixNano") == 2


@pytest.mark.parametrize("status", [302, 400, 429, 503])
def test_whatever_is_not_taken_is_refused_and_no_redirect_followed(status):
    with otel(status) as server, pytest.raises(Refusal) as caught:
        collector(f"http://127.0.0.1:{server.server_port}", "ocsf").deliver(PAGE)
    assert (caught.value.code, caught.value.facts["status"]) == ("collector-gone", status)
    assert len(server.taken) == 1


@pytest.mark.parametrize(("form", "lines"), [("ocsf", 2), ("syslog", 2), ("otlp", 1)])
def test_standard_output(form, lines):
    out = io.BytesIO()
    to = Output(form, out)
    to.deliver(PAGE)
    to.close()
    assert out.getvalue().count(b"\n") == lines
    assert not out.closed


def test_a_pipe_nobody_reads():
    class Broken(io.BytesIO):
        def write(self, _):
            raise BrokenPipeError

    with pytest.raises(Refusal, match="collector-gone"):
        Output("ocsf", Broken()).deliver(PAGE)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "syslog",
        "ftp://127.0.0.1",
        "syslog+tcp://127.0.0.1",
        "syslog+tcp://collector.example:601",
        "syslog+tcp://127.0.0.1.example:601",
        "http://collector.example/v1/logs",
        "https://user@collector.example/v1/logs",
        "syslog+tls://",
        "syslog+tls://host:99999999",
        "syslog+tls://host/path",
    ],
)
def test_where_nothing_is_sent(address):
    with pytest.raises(Refusal, match="collector-address"):
        collector(address, "ocsf")
