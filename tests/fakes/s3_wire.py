"""A client by hand: signs with botocore, frames bodies itself, and stops wherever a test wants it to."""

import base64
import hashlib
import socket
import zlib
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from custodes.protocols.s3.chunks import ChunkChain, signing_key

REGION = "eu-central-1"
CHUNK = 65_536


class _Signer(S3SigV4Auth):
    def payload(self, request: Any) -> str:
        return str(request.context["payload"])


class Wire:
    """One house's S3 endpoint, spoken to byte by byte."""

    def __init__(self, port: int, access_key: str, secret: str) -> None:
        self.port = port
        self.access_key, self.secret = access_key, secret

    def signed(
        self, method: str, target: str, headers: dict[str, str], payload: str, at: datetime | None = None
    ) -> dict[str, str]:
        """The headers with a signature over them."""
        host = f"127.0.0.1:{self.port}"
        request = AWSRequest(method=method, url=f"http://{host}{target}", headers={**headers, "Host": host})
        request.context["payload"] = payload
        signer = _Signer(Credentials(self.access_key, self.secret), "s3", REGION)
        now = at or datetime.now(UTC)  # noqa: TID251 - real clients sign with the real time
        with patch("botocore.auth.get_current_datetime", return_value=now.replace(tzinfo=None)):
            signer.add_auth(request)
        return {name: str(value) for name, value in request.headers.items()}

    def exchange(
        self, method: str, target: str, headers: dict[str, str], *pieces: bytes, is_cut: bool = False
    ) -> "Answer":
        """Send a head and these bytes; the answer, or status 0 where the server said nothing."""
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            try:
                connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
                for piece in pieces:
                    connection.sendall(piece)
                if is_cut:
                    connection.shutdown(socket.SHUT_RDWR)
                    return Answer(b"")
            except (BrokenPipeError, ConnectionResetError):
                pass
            return Answer(_all_of(connection))

    def request(
        self, method: str, target: str, body: bytes = b"", headers: dict[str, str] | None = None, **more: Any
    ) -> "Answer":
        """A whole request with a body of known length, its hash signed."""
        payload = more.pop("payload", hashlib.sha256(body).hexdigest())
        given = {"Content-Length": str(len(body)), "Connection": "close", **(headers or {})}
        signed = self.signed(method, target, given, payload, more.pop("at", None))
        return self.exchange(method, target, {**signed, **more.pop("after", {})}, body, **more)

    def chain(self, headers: dict[str, str]) -> ChunkChain:
        """The chain of signatures of a streaming body whose head was signed."""
        date = headers["X-Amz-Date"]
        return ChunkChain(
            signing_key=signing_key(self.secret.encode(), date[:8], REGION, "s3"),
            amz_date=date,
            scope=f"{date[:8]}/{REGION}/s3/aws4_request",
            seed_signature=headers["Authorization"].rpartition("Signature=")[2],
        )


class Answer:
    def __init__(self, raw: bytes) -> None:
        head, _, self.body = raw.partition(b"\r\n\r\n")
        while head.startswith(b"HTTP/1.1 100"):
            head, _, self.body = self.body.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split(" ")[1]) if raw else 0
        pairs = [line.partition(": ") for line in lines[1:]]
        self.headers = {name.lower(): value for name, _, value in pairs}

    @property
    def code(self) -> str:
        """S3's error code."""
        return self.body.decode().partition("<Code>")[2].partition("</Code>")[0]


def crc32(body: bytes) -> str:
    return base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()


def unsigned_chunks(body: bytes, trailer: str) -> bytes:
    """STREAMING-UNSIGNED-PAYLOAD-TRAILER, as boto3 frames it over TLS."""
    pieces = [body[at : at + CHUNK] for at in range(0, len(body), CHUNK)]
    framed = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return framed + b"0\r\n" + trailer.encode() + b"\r\n\r\n"


def signed_chunks(body: bytes, chain: ChunkChain) -> bytes:
    """STREAMING-AWS4-HMAC-SHA256-PAYLOAD, as minio-go frames it."""
    last, out = chain.seed_signature, []
    for at in range(0, len(body) + CHUNK, CHUNK):
        piece = body[at : at + CHUNK]
        last = chain.chunk_signature(last, hashlib.sha256(piece).hexdigest())
        out.append(b"%x;chunk-signature=%s\r\n%s\r\n" % (len(piece), last.encode(), piece))
        if not piece:
            break
    return b"".join(out)


def te_chunked(body: bytes, step: int = 100_000) -> bytes:
    """HTTP's own chunked coding."""
    pieces = [body[at : at + step] for at in range(0, len(body), step)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def _all_of(connection: socket.socket) -> bytes:
    out = b""
    try:
        while piece := connection.recv(1 << 16):
            out += piece
    except ConnectionResetError:
        pass
    return out
