"""Real HTTP(S) receivers on loopback, and a small private certificate authority."""

import datetime as dt
import ipaddress
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SINCE, UNTIL = dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2046, 1, 1, tzinfo=dt.UTC)
USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def key_extensions(public, issuer, *, is_ca):
    """What RFC 5280 wants said of the keys (4.2.1.1 to 4.2.1.3), and Python from 3.13 on insists on."""
    yield x509.SubjectKeyIdentifier.from_public_key(public), False
    yield x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), False
    if is_ca:
        usage = dict.fromkeys(USAGES, False) | {"key_cert_sign": True, "crl_sign": True}
        yield x509.KeyUsage(**usage), True


class Authority:
    """A CA of one test: `pem` is what a client trusts, `certificate(...)` what a server or signer shows."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Town CA")])
        self.own = self._made(self.name, self.key.public_key(), is_ca=True)
        self.pem = self.own.public_bytes(Encoding.PEM).decode()

    def certificate(self, folder, *, host="localhost", mail=None):
        """Paths of (chain, key) in PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, mail or host)])
        made = self._made(name, key.public_key(), host=host, mail=mail)
        chain, private = folder / f"{mail or host}.pem", folder / f"{mail or host}.key"
        chain.write_bytes(made.public_bytes(Encoding.PEM))
        private.touch(mode=0o600)
        private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return chain, private

    def _made(self, subject, public, *, is_ca=False, host=None, mail=None):
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(SINCE)
            .not_valid_after(UNTIL)
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        )
        for extension, critical in key_extensions(public, self.key.public_key(), is_ca=is_ca):
            builder = builder.add_extension(extension, critical=critical)
        if mail:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([x509.RFC822Name(mail)]), critical=False
            )
            usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
            builder = builder.add_extension(usage, critical=False)
        elif host:
            names = [x509.DNSName(host), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self.key, hashes.SHA256())


class Receiver:
    """What came in, and what goes back: `answers` is used up from the left, its last stays."""

    def __init__(self):
        self.came = []
        self.answers = [(200, b"{}", {})]

    @contextmanager
    def serving(self, chain=None, key=None):
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def _any(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                receiver.came.append((self.command, self.path, dict(self.headers.items()), body))
                status, answer, more = receiver.answers[0]
                if len(receiver.answers) > 1:
                    receiver.answers.pop(0)
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_PUT = _any  # noqa: N815 - the library's own names

            def log_message(self, *args):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.handle_error = lambda *_: None  # a client that does not trust us goes away: that is the test
        if chain:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(chain, key)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        self.port = server.server_address[1]
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join(5)
