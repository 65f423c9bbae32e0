"""The one way in for planes: an ask with what proves who asks, and its answer or a Refusal.

The keyroom checks every piece of evidence itself; a plane can only hand it over.
"""

from typing import Generic, Protocol, TypeVar, runtime_checkable

import msgspec

from custodes.protocols.s3.forms.policy import Form
from custodes.protocols.s3.messages import Claim

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Ask(msgspec.Struct, Generic[T_co], frozen=True):
    """Base of every ask; `T_co` is the type of its answer."""


class Doors(Protocol):
    """Fulfilled by the socket client in planes and by the keyroom itself in tests.

    `ask` raises Refusal: the keyroom's own, `keyroom-busy` (limited) when its queue is full, or
    `keyroom-gone` (unavailable) when it does not answer.
    """

    async def ask(self, ask: Ask[T]) -> T:
        """Send one ask and wait for its answer."""
        ...


@runtime_checkable
class Hears(Protocol):
    """Doors that also hear what the keyroom says unasked.

    `heard` grows whenever something changed that a use may rest on, and when the connection broke: while it
    stays, nothing was revoked.
    """

    @property
    def heard(self) -> int:
        """How often so far."""
        ...


class SigV4(msgspec.Struct, frozen=True, tag="sigv4"):
    """The whole canonical request with its signature (AWS SigV4); names bucket, key and operation itself."""

    claim: Claim


class Unsigned(msgspec.Struct, frozen=True, tag="unsigned"):
    """The whole canonical request of somebody who did not sign it: it proves nothing, and names operation,
    bucket and key itself.
    """

    request: bytes


class PostForm(msgspec.Struct, frozen=True, tag="post-form"):
    """A form with a signed policy (AWS SigV4 POST); the fields under the policy name bucket, key and all
    else.
    """

    form: Form


class Token(msgspec.Struct, frozen=True, tag="token"):
    """An API token as sent in `Authorization: Bearer`."""

    token: str

    def __repr__(self) -> str:
        return "Token(...)"


class Session(msgspec.Struct, frozen=True, tag="session"):
    """A console session token, given out by the keyroom at sign-in and bound to its present run."""

    token: str

    def __repr__(self) -> str:
        return "Session(...)"


class Signed(msgspec.Struct, frozen=True, tag="signed"):
    """A person's token or session, and his signature over the very act by his passkey or file key.

    `signature` is canonical JSON of `parties.signature.FileKeySignature` or `PasskeySignature` over
    `documents.act_document(ask, house, generation, at)`; `at` is at most five minutes old. Wanted wherever
    policy demands a signed act (`policy.house.SIGNED`); elsewhere it counts as what is in `evidence`.
    """

    evidence: Token | Session
    at: str
    signature: bytes


class Local(msgspec.Struct, frozen=True, tag="local"):
    """An operator on this machine: the token that the keyroom writes, for its own uid only, at each start.

    The token lies outside the folders that planes may open, so a plane of the same uid cannot show it.
    """

    token: str

    def __repr__(self) -> str:
        return "Local(...)"


class LogSigned(msgspec.Struct, frozen=True, tag="log-signed"):
    """The logkeeper: an Ed25519 signature of its log key over `signing.log_message` of the ask and `at`."""

    at: str
    signature: bytes


Evidence = SigV4 | Unsigned | PostForm | Token | Session | Signed | Local | LogSigned
