"""The keyroom's doors for the logkeeper: every ask goes with a signature of the log key over itself."""

from typing import Any, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.acts.asks import Ask, Doors, LogSigned
from custodes.acts.asks.documents import log_message
from custodes.kernel.clock import Clock, to_text

T = TypeVar("T")

UNSIGNED = LogSigned("", b"")


class SignedDoors:
    """Signs each ask for one house, about now, and hands it over."""

    def __init__(self, doors: Doors, house: str, key: Ed25519PrivateKey, clock: Clock) -> None:
        self._doors = doors
        self._house = house
        self._key = key
        self._clock = clock

    async def ask(self, ask: Ask[T]) -> T:
        """The ask with its evidence in place; made with `UNSIGNED`."""
        at = to_text(self._clock.now())
        signature = self._key.sign(log_message(self._house, ask, at))
        whole: Any = msgspec.structs.replace(ask, evidence=LogSigned(at, signature))
        answer: T = await self._doors.ask(whole)
        return answer
