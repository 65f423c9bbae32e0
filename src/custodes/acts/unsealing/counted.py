"""A holder that counts how often its root was used by us, until somebody writes the number down.

OpenBao's audit and some HSMs count uses too. What they count and our log does not was done beside us.
"""

import threading

from custodes.custody.holder import Holder
from custodes.custody.wrap import Context
from custodes.kernel.dice import Dice


class Counted:
    """The same holder; every wrap and unwrap is one use, also one that fails: the holder was asked."""

    def __init__(self, holder: Holder) -> None:
        self._holder = holder
        self._lock = threading.Lock()
        self._uses = 0

    @property
    def uri(self) -> str:
        """As the holder's."""
        return self._holder.uri

    @property
    def grade(self) -> str:
        """As the holder's."""
        return self._holder.grade

    @property
    def is_sealed(self) -> bool:
        """As the holder's."""
        return self._holder.is_sealed

    @property
    def opens_itself(self) -> bool:
        """As the holder's."""
        return self._holder.opens_itself

    def unseal(self, secret: bytes) -> None:
        """As the holder's; no use of its root."""
        self._holder.unseal(secret)

    def probe(self) -> None:
        """As the holder's; no use of its root."""
        self._holder.probe()

    def seal(self) -> None:
        """As the holder's."""
        self._holder.seal()

    def wrap(self, context: Context, secret: bytes, dice: Dice) -> bytes:
        """As the holder's; one use."""
        self._count(1)
        return self._holder.wrap(context, secret, dice)

    def unwrap(self, context: Context, wrapped: bytes) -> bytes:
        """As the holder's; one use."""
        self._count(1)
        return self._holder.unwrap(context, wrapped)

    def taken(self) -> int:
        """Uses since the last call; whoever takes them writes them down, or gives them back."""
        with self._lock:
            uses, self._uses = self._uses, 0
        return uses

    def give_back(self, uses: int) -> None:
        """They could not be written down yet."""
        self._count(uses)

    def _count(self, uses: int) -> None:
        with self._lock:
            self._uses += uses

    def __repr__(self) -> str:
        return "Counted(...)"
