"""A loopback HTTP server before the house in memory, which writes down what real clients send.

The house's time is that of each request's signature, so a transcript replays to the same answers.
"""

import datetime as dt
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fakes.s3_house import House
from fakes.s3_transcript import Exchange, signed_at

NOW = dt.datetime.now  # noqa: TID251 - real clients sign with the real time


@contextmanager
def serving(house: House, tape: list[Exchange], tls: Path | None = None) -> Iterator[str]:
    """Serve on a free port; yields the endpoint URL. `tls` is a folder for a throw-away certificate."""

    lock = threading.Lock()

    class Desk(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _body(self) -> bytes:
            if self.headers.get("transfer-encoding", "").lower() == "chunked":
                pieces = []
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    pieces.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(pieces)
            return self.rfile.read(int(self.headers.get("content-length", 0)))

        def _serve(self) -> None:
            headers = tuple((n.lower().encode(), v.encode("latin-1")) for n, v in self.headers.items())
            body = self._body()
            target = self.path.encode("latin-1")
            now = signed_at(target, headers) or NOW(dt.UTC)
            with lock:
                made = house.answer(self.command, target, headers, body, now)
                tape.append(
                    Exchange(
                        method=self.command,
                        target=target,
                        headers=headers,
                        body=body,
                        status=made.status,
                        answer_headers=made.headers,
                        answer_body=made.body,
                    )
                )
            self.send_response(made.status)
            for name, value in made.headers:
                self.send_header(name.decode(), value.decode("latin-1"))
            if not any(name == b"content-length" for name, _ in made.headers) and made.status != 304:
                self.send_header("content-length", str(len(made.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(made.body)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_certificate(tls))
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = NOW(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "loopback.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path
