"""The Holder port: who keeps a root. A holder wraps and unwraps; it never hands the root out.

One house has at least one holder, and each customer's root names its own by URI. A holder comes up
sealed and is unsealed with a secret that is kept nowhere in the house.
"""

from typing import Protocol

from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Refusal, denied, locked, unavailable

from .wrap import Context


class Holder(Protocol):
    """Keeps one root. Refusals: `holder-sealed`, `holder-gone`, `wrong-secret`, `wrap-mismatch`."""

    @property
    def uri(self) -> str:
        """Where the holder is, scheme first; holds no secret and may be shown."""
        ...

    @property
    def grade(self) -> str:
        """What the root is kept in, as receipts name it: `file`, `hsm`, `openbao`, `kms`, `split`."""
        ...

    @property
    def is_sealed(self) -> bool:
        """Whether the holder cannot wrap or unwrap until it is unsealed."""
        ...

    @property
    def opens_itself(self) -> bool:
        """Whether `unseal(b"")` can open it: what it needs lies where only this machine finds it."""
        ...

    def unseal(self, secret: bytes) -> None:
        """Open with the holder's secret; `wrong-secret` (denied) and still sealed when it is not it."""
        ...

    def probe(self) -> None:
        """Ask for a sign of life that leaves nothing behind; `holder-sealed`, `holder-gone`."""
        ...

    def seal(self) -> None:
        """Let go of the root; never fails, also when already sealed."""
        ...

    def wrap(self, context: Context, secret: bytes, dice: Dice) -> bytes:
        """Wrap under the root; `holder-sealed` (locked), `holder-gone` (unavailable)."""
        ...

    def unwrap(self, context: Context, wrapped: bytes) -> bytes:
        """Open a wrap; `holder-sealed`, `holder-gone`, `wrap-mismatch` (broken)."""
        ...


def holder_sealed() -> Refusal:
    """The root is not at hand: somebody must unseal the holder."""
    return locked("holder-sealed")


def holder_gone() -> Refusal:
    """The holder does not answer."""
    return unavailable("holder-gone")


def wrong_secret() -> Refusal:
    """The unseal secret is not this holder's."""
    return denied("wrong-secret")
