"""Key uses of an installation, from a program of the customer: each is an entry before the key is used."""

import json
from typing import Protocol
from urllib.parse import urlsplit

from custodes.adapters.http.plain import PlainHttp, is_loopback
from custodes.kernel import canonical
from custodes.kernel.refusal import Kind, Refusal, malformed, unavailable

ANSWER_BYTES_MAX = 262_144


class Keys(Protocol):
    """Wraps and unwraps small secrets under one key of one customer."""

    house: str
    customer: str
    key: str

    def wrap(self, secret: bytes, context: bytes) -> bytes:
        """The secret, wrapped; raises the installation's refusal."""
        ...

    def unwrap(self, token: bytes, context: bytes) -> bytes:
        """Inverse of `wrap`."""
        ...


class HouseKeys:
    """`Keys` over the JSON API. The token goes to `url` alone, and by https unless that is this machine."""

    def __init__(  # noqa: PLR0913 - the facts of one key
        self,
        url: str,
        token: str,
        *,
        house: str,
        customer: str,
        key: str,
        purpose: str = "operation",
        reason: str = "",
        timeout_s: float = 10.0,
    ) -> None:
        parts = urlsplit(url)  # the very reading by which the request will go out
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            raise malformed("bad-url")
        self.house, self.customer, self.key = house, customer, key
        self._http = PlainHttp(url, timeout_s=timeout_s, bytes_max=ANSWER_BYTES_MAX)
        self._headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        self._why = {"purpose": purpose, "reason": reason}

    def __repr__(self) -> str:
        return f"HouseKeys(key={self.key!r})"

    def wrap(self, secret: bytes, context: bytes) -> bytes:
        """See `Keys`."""
        return self._use("wrap", secret, context)

    def unwrap(self, token: bytes, context: bytes) -> bytes:
        """See `Keys`."""
        return self._use("unwrap", token, context)

    def _use(self, verb: str, message: bytes, context: bytes) -> bytes:
        asked = {"message": canonical.b64(message), "context": canonical.b64(context), **self._why}
        answer = self._http.post(f"v1/keys/{self.key}/{verb}", json.dumps(asked).encode(), self._headers)
        try:
            said = json.loads(answer.body)
            if answer.status == 200:
                return canonical.unb64(said["message"])
            code, kind = str(said["code"]), Kind(said["kind"])
        except (ValueError, KeyError, TypeError, Refusal) as error:
            raise unavailable("answer-not-understood", status=answer.status) from error
        raise Refusal(code, kind)
