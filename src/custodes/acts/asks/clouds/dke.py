"""What the DKE process hands over: the whole token and body; it is believed nothing."""

import msgspec

from custodes.acts.asks.doors import Ask


class LookDkeKey(Ask["DkeDone"], frozen=True, tag="look-dke-key"):
    """-> `DkeDone`: the public half of a key's newest version. Needs no evidence, as the wire wants it.

    `no-such-path` (absent) unless the key is lent, an RSA key and can be used now.
    """

    connection: str
    key: str


class CallDke(Ask["DkeDone"], frozen=True, tag="call-dke"):
    """-> `DkeDone`: a content key decrypted by this version. `token` is the bearer token as sent, or empty.

    `token-refused` (unauthenticated, fact `host`), `caller-not-listed` (denied), `bad-dke-body`,
    `ciphertext-mismatch` (malformed), `issuer-unread` (unavailable), what policy and custody refuse.
    """

    connection: str
    key: str
    version: int
    token: str
    body: bytes

    def __repr__(self) -> str:
        return f"CallDke(connection={self.connection!r})"


class DkeDone(msgspec.Struct, frozen=True, tag="dke-done"):
    """The body of the answer, and the entry behind it (none where no key was used)."""

    body: bytes
    log: str = ""
    index: int = -1

    def __repr__(self) -> str:
        return f"DkeDone(index={self.index})"
