"""One request as the nouns see it, and how its answer leaves.

Sending waits until the server has taken what went before, so a slow reader holds one batch and no more.
"""

import asyncio

import msgspec
from starlette.types import Receive, Send

from custodes.acts.asks import Doors, SigV4, Unsigned
from custodes.acts.streams.adopting import Adopter
from custodes.acts.streams.ports import Stores
from custodes.kernel.clock import Clock
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import limited
from custodes.protocols.s3.answers import Answer
from custodes.protocols.s3.canonical import percent_encode_path
from custodes.protocols.s3.messages import Claim, Head
from custodes.protocols.s3.operations import Call
from custodes.web.serving.waiting import soon

from .endings import Endings
from .strangers import Strangers


class Gone(ConnectionError):  # noqa: N818 - nobody erred
    """The client went away: there is nobody to answer."""


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How long a client may be silent, and how long it may take to accept what was sent, in seconds."""

    body_wait_s: float = 30.0
    send_wait_s: float = 120.0


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """What the plane stands on. `domains`: names below which a host name begins with a bucket."""

    doors: Doors
    stores: Stores
    clock: Clock
    dice: Dice
    domains: tuple[str, ...] = ()
    adopter: Adopter | None = None  # takes in what lies in plain, when it is read first
    pace: Pace = Pace()
    strangers: Strangers = msgspec.field(default_factory=Strangers)
    endings: Endings = msgspec.field(default_factory=Endings)
    long_bodies: asyncio.Semaphore = msgspec.field(default_factory=lambda: asyncio.Semaphore(16))


class Exchange:
    """A request whose head was read; nothing in it says who asks but the evidence."""

    def __init__(
        self, ports: Ports, id_: str, request: tuple[Head, Claim, Call], wire: tuple[Receive, Send]
    ) -> None:
        self.ports = ports
        self.id = id_
        self.head, self.claim, self.call = request
        is_unsigned = self.claim.mode == "unsigned"
        self.evidence: SigV4 | Unsigned = (
            Unsigned(self.claim.canonical_request) if is_unsigned else SigV4(claim=self.claim)
        )
        self._receive, self._send = wire
        self._is_read = False
        self.sent_bytes = 0
        self.has_begun = False

    @property
    def doors(self) -> Doors:
        """The keyroom's doors."""
        return self.ports.doors

    @property
    def bucket(self) -> str:
        """The bucket's name; the operations that ask for it have one."""
        return self.call.bucket or ""

    @property
    def key(self) -> str:
        """The object's name; the operations that ask for it have one."""
        return self.call.key or ""

    def address(self, key: str) -> str:
        """Where an object of this request's bucket is asked for, in the style the client asked in; `https` is
        the word of the front (X-Forwarded-Proto), for this process sees no TLS.
        """
        scheme = "https" if self.head.text("x-forwarded-proto") == "https" else "http"
        host = self.head.text("host") or ""
        name = host.rpartition(":")[0] or host
        is_in_host = any(name == f"{self.bucket}.{domain}" for domain in self.ports.domains)
        path = percent_encode_path(key.encode("utf-8")).decode("ascii")
        return f"{scheme}://{host}/{path}" if is_in_host else f"{scheme}://{host}/{self.bucket}/{path}"

    async def piece(self) -> bytes | None:
        """The next bytes of the body, None at its end; `Gone`, `slow-body` (limited)."""
        if self._is_read:
            return None
        wait_s = self.ports.pace.body_wait_s
        try:
            message = await soon(self._receive(), wait_s)
        except TimeoutError as error:
            raise limited("slow-body", timeout_ms=int(wait_s * 1000)) from error
        if message["type"] != "http.request":
            raise Gone
        self._is_read = not message.get("more_body", False)
        return bytes(message.get("body", b""))

    async def begin(self, answer: Answer) -> None:
        """Send the head of an answer, under the request's id."""
        self.has_begun = True
        headers = [*answer.headers, (b"x-amz-request-id", self.id.encode("ascii"))]
        await self._send({"type": "http.response.start", "status": answer.status, "headers": headers})

    async def send(self, piece: bytes, *, is_last: bool = False) -> None:
        """Send bytes of an answer; `Gone` when the client takes nothing for too long, or left.

        They count as sent before they are: what of them a client that leaves had taken, nobody can tell.
        """
        self.sent_bytes += len(piece)
        message = {"type": "http.response.body", "body": piece, "more_body": not is_last}
        try:
            await soon(self._send(message), self.ports.pace.send_wait_s)
        except TimeoutError as error:
            raise Gone from error

    async def answer(self, answer: Answer) -> None:
        """Send a whole answer."""
        is_head = self.head.method == "HEAD"
        await self.begin(with_length(answer))
        await self.send(b"" if is_head else answer.body, is_last=True)


def with_length(answer: Answer) -> Answer:
    """The answer with a Content-Length, unless it has one or may have none (RFC 9110 section 8.6)."""
    names = {name for name, _ in answer.headers}
    if answer.status in (204, 304) or b"content-length" in names:
        return answer
    length = (b"content-length", b"%d" % len(answer.body))
    return msgspec.structs.replace(answer, headers=(*answer.headers, length))
