"""A notice as a signed POST to addresses the operator named.

Body: canonical JSON. `Custodes-Signature: v1=` and the hexadecimal HMAC-SHA-256 of `TIMESTAMP.ID.` and the
body; `Custodes-Timestamp` in Unix seconds, `Custodes-Notice` the id. A receiver compares in constant time,
refuses what is older than five minutes, and takes an id once.
"""

import asyncio
import hmac

import msgspec

from custodes.acts.logkeeper.notices import Notice
from custodes.adapters.outgoing import Outgoing
from custodes.kernel import canonical
from custodes.kernel.clock import Clock
from custodes.kernel.refusal import unavailable


class Webhook:
    """The same key for every address: they are all the operator's."""

    name = "webhook"

    def __init__(self, urls: tuple[str, ...], key: bytes, outgoing: Outgoing, clock: Clock) -> None:
        self._urls = urls
        self._key = key
        self._outgoing = outgoing
        self._clock = clock

    def targets(self, notice: Notice) -> tuple[str, ...]:  # noqa: ARG002 - every notice goes there
        """Every address."""
        return self._urls

    async def deliver(self, notice: Notice, target: str) -> None:
        """`host-not-allowed` (denied), `unreachable` (unavailable): also any status but 2xx."""
        body = body_of(notice)
        at = str(int(self._clock.now().timestamp()))
        headers = {
            "content-type": "application/json",
            "custodes-notice": notice.id,
            "custodes-timestamp": at,
            "custodes-signature": "v1=" + signature(self._key, at, notice.id, body),
        }
        answer = await asyncio.to_thread(self._outgoing.send, "POST", target, headers=headers, body=body)
        if not 200 <= answer.status < 300:
            raise unavailable("unreachable", status=answer.status)


def body_of(notice: Notice) -> bytes:
    """Everything but the addresses of people."""
    plain = msgspec.to_builtins(notice)
    del plain["to"]
    return canonical.encode({**plain, "version": 1})


def signature(key: bytes, at: str, id_: str, body: bytes) -> str:
    """The HMAC over time, id and body."""
    return hmac.new(key, f"{at}.{id_}.".encode() + body, "sha256").hexdigest()
