"""The one way in for planes: hand over an ask, get its answer or a Refusal."""

from typing import Generic, Protocol, TypeVar

import msgspec

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
