"""The two connections of OpenID Connect: reading what an issuer publishes, and handing in a code."""

import asyncio
from urllib.parse import urlencode

import msgspec

from custodes.kernel.refusal import unauthenticated, unavailable
from custodes.protocols.oidc.messages import Exchange

from .outgoing import Outgoing


class _Tokens(msgspec.Struct, frozen=True):
    # RFC 6749 section 5.1 with OpenID Connect Core 3.1.3.3; other members are not needed.
    id_token: str


class IssuerFiles:
    """What an issuer publishes, for the logkeeper."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing

    async def fetch(self, url: str, ca: str) -> bytes:
        """The body of a 200; `host-not-allowed` (denied), `unreachable` (unavailable)."""
        answer = await asyncio.to_thread(
            self._outgoing.send, "GET", url, headers={"accept": "application/json"}, ca=ca
        )
        if answer.status != 200:
            raise unavailable("unreachable")
        return answer.body


class TokenEndpoint:
    """Where a plane hands in a code."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing

    async def redeem(self, made: Exchange, ca: str) -> str:
        """The ID token. `not-authenticated` (unauthenticated) when the issuer refuses the code or answers
        something else; `host-not-allowed` (denied), `unreachable` (unavailable).
        """
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        if made.authorization:
            headers["authorization"] = made.authorization
        body = urlencode(made.form).encode()
        answer = await asyncio.to_thread(
            self._outgoing.send, "POST", made.endpoint, headers=headers, body=body, ca=ca
        )
        if answer.status >= 500:
            raise unavailable("unreachable")
        try:
            return msgspec.json.decode(answer.body if answer.status == 200 else b"", type=_Tokens).id_token
        except msgspec.DecodeError as error:
            raise unauthenticated("not-authenticated") from error
