"""The bench: RSA takes milliseconds and holds the interpreter all the while, so it is done elsewhere.

A private half comes as PKCS #8 (DER), for one piece of work. Refusals of a bench: `bench-full` (limited) when
too many wait, `bench-gone` (unavailable) when whoever works there is not there.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeVar

import msgspec

from custodes.custody.materials.signing import How

T = TypeVar("T")


class Halver(Protocol):
    """What can be done with an RSA private half; blocks until it is done."""

    def born(self, bits: int) -> bytes:
        """A fresh one."""
        ...

    def unseal(self, private: bytes, hash_name: str, ciphertext: bytes) -> bytes:
        """RSAES-OAEP; `ciphertext-mismatch` (malformed)."""
        ...

    def sign(self, private: bytes, message: bytes, how: How) -> bytes:
        """A signature; `bad-digest` (malformed)."""
        ...


class Bench(Protocol):
    """Takes one piece of work after the other, beside the loop."""

    def refuse_if_full(self) -> None:
        """`bench-full` (limited): asked before an entry is made of a use that would then fail."""
        ...

    async def run(self, work: Callable[[Halver], T]) -> T:
        """`work` runs in a thread of the bench's, one at a time."""
        ...

    def let_go(self) -> None:
        """Forget whatever may still be in memory there."""
        ...


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of work as it travels to another process: `verb` is born, unseal or sign."""

    verb: str
    bits: int = 0
    private: bytes = b""
    body: bytes = b""
    how: How = How()

    def __repr__(self) -> str:
        return f"Job(verb={self.verb!r})"


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: the bytes, or the code of a refusal of the caller's making (malformed)."""

    body: bytes = b""
    refused: str = ""

    def __repr__(self) -> str:
        return f"Done(refused={self.refused!r})"


class InThread:
    """A bench in this process: the interpreter is held while it works, so only for tests and tools."""

    def __init__(self, halver: Halver) -> None:
        self._halver = halver

    def refuse_if_full(self) -> None:
        """Never."""

    async def run(self, work: Callable[[Halver], T]) -> T:
        """In another thread."""
        return await asyncio.to_thread(work, self._halver)

    def let_go(self) -> None:
        """Nothing is kept."""
