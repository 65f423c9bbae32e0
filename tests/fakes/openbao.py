"""OpenBao as its public API documentation has it: token, AppRole, transit, sys/health. Not OpenBao.

Over real TLS, in a thread of the test. Written from the documentation (API: transit, auth/token,
auth/approle, system/health; audit devices), so it shows that we keep to what is written there; whether
OpenBao does is judged by `tests/conformance/test_openbao.py`. `mood` makes it fail.
"""

import base64
import datetime
import hashlib
import hmac
import ipaddress
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID

TOKEN, ROLE_ID, SECRET_ID = "s.correct", "role-of-the-house", "secret-of-the-role"


class Bao:
    """One server. `ttl_s` is what the token has left; `audit` gets a line for each request."""

    def __init__(self, folder: Path):
        self.ca = folder / "bao-ca.pem"
        self.audit = folder / "bao-audit.json"
        self.mood = ""
        self.ttl_s = 36_000
        self.renewed = 0
        self.tokens = {TOKEN}
        self.key = {"type": "aes256-gcm96", "derived": True, "exportable": False, "latest_version": 1}
        self.versions = {1: b"\x11" * 32}
        self.nonces = 0
        self.seen = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.answer(self, {})

            def do_POST(self):
                length = int(self.headers.get("Content-Length") or 0)
                outer.answer(self, json.loads(self.rfile.read(length) or b"{}"))

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_certificate(folder, self.ca))
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def uri(self, **query) -> str:
        query = {"ca": self.ca, **{name.replace("_", "-"): value for name, value in query.items()}}
        text = "&".join(f"{name}={value}" for name, value in query.items())
        return f"openbao+https://127.0.0.1:{self.port}/transit/house?{text}"

    def rotate(self):
        self.key["latest_version"] += 1
        self.versions[self.key["latest_version"]] = bytes([self.key["latest_version"]]) * 32

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def answer(self, request, body):
        path = request.path.split("?")[0].removeprefix("/v1/")
        self.seen.append((path, dict(request.headers)))
        status, said = self._decided(request, path, body)
        raw = said if isinstance(said, bytes) else json.dumps(said).encode()
        request.send_response(status)
        if status == 307:
            request.send_header("Location", "https://elsewhere.example" + request.path)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(raw)))
        request.end_headers()
        request.wfile.write(raw)

    def _decided(self, request, path, body):
        moods = {
            "sealed": (503, {"errors": ["Vault is sealed"]}),
            "standby": (307, {}),
            "busy": (429, {"errors": ["request path: rate limit quota exceeded"]}),
            "broken": (500, {"errors": ["internal error"]}),
            "garbage": (200, b"<html>not json"),
            "empty": (200, {"data": {}}),
            "no-object": (200, ["not", "an", "object"]),
        }
        if self.mood in moods:
            return moods[self.mood]
        if path == "auth/approle/login":
            if (body.get("role_id"), body.get("secret_id")) != (ROLE_ID, SECRET_ID):
                return 400, {"errors": ["invalid role or secret ID"]}
            self.tokens.add(f"s.of-role-{len(self.tokens)}")
            return 200, {"auth": {"client_token": max(self.tokens), "lease_duration": self.ttl_s}}
        if request.headers.get("X-Vault-Token") not in self.tokens or self.mood == "forbidden":
            return 403, {"errors": ["permission denied"]}
        self._record(path, body)
        if path == "auth/token/lookup-self":
            return 200, {"data": {"ttl": self.ttl_s, "renewable": True}}
        if path == "auth/token/renew-self":
            self.renewed += 1
            self.ttl_s = 36_000
            return 200, {"auth": {"lease_duration": self.ttl_s}}
        return self._transit(path, body)

    def _record(self, path, body):
        line = {"type": "response", "request": {"operation": "update", "path": path}}
        with self.audit.open("a") as file:
            file.write(json.dumps(line) + "\n")

    def _transit(self, path, body):
        if path == "transit/keys/house":
            return 200, {"data": self.key}
        if path == "transit/encrypt/house":
            version = self.key["latest_version"]
            self.nonces += 1
            nonce = self.nonces.to_bytes(12, "big")
            sealed = nonce + self._aead(version, body).encrypt(
                nonce, base64.b64decode(body["plaintext"]), base64.b64decode(body["associated_data"])
            )
            return 200, {"data": {"ciphertext": f"vault:v{version}:{base64.b64encode(sealed).decode()}"}}
        if path == "transit/decrypt/house":
            _, version, text = body["ciphertext"].split(":")
            try:
                raw = base64.b64decode(text, validate=True)
            except ValueError:
                return 400, {"errors": ["invalid ciphertext: could not decode base64"]}
            if int(version[1:]) not in self.versions:
                return 400, {"errors": ["invalid ciphertext: version is too new"]}
            try:
                opened = self._aead(int(version[1:]), body).decrypt(
                    raw[:12], raw[12:], base64.b64decode(body["associated_data"])
                )
            except InvalidTag:
                return 400, {"errors": ["cipher: message authentication failed"]}
            return 200, {"data": {"plaintext": base64.b64encode(opened).decode()}}
        return 404, {"errors": []}

    def _aead(self, version, body):
        context = base64.b64decode(body["context"])
        return AESGCM(hmac.digest(self.versions[version], context, hashlib.sha256))


def _certificate(folder: Path, ca: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bao")])
    now = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now.replace(year=2126))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    ca.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    both = folder / "bao.pem"
    both.write_bytes(
        ca.read_bytes()
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return both
