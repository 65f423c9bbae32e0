"""What the XKS process hands over: the signature as a claim, and the body whose hash it covers."""

import msgspec

from custodes.acts.asks.doors import Ask
from custodes.protocols.xks.auth import XksClaim


class CallXks(Ask["XksDone"], frozen=True, tag="call-xks"):
    """-> `XksDone`. Which connection, operation and key: the signed path says it, nothing else.

    `certificate` is the client's, DER, as the TLS front saw it (None: there was none).
    """

    claim: XksClaim
    body: bytes
    certificate: bytes | None = None


class XksDone(msgspec.Struct, frozen=True, tag="xks-done"):
    """The body of the answer, and the entry behind it (none for calls that use no key)."""

    body: bytes
    log: str = ""
    index: int = 0
