"""What the logkeeper needs from outside: files of the public log, its own memory, witnesses."""

from collections.abc import Sequence
from typing import Protocol


class LogFiles(Protocol):
    """The public folder of the root log. Every write is durable and atomic when it returns."""

    def write(self, path: str, body: bytes) -> None:
        """Write one file below the folder."""
        ...

    def read(self, path: str) -> bytes | None:
        """Read it back; None when it is not there."""
        ...


class LastSigned(Protocol):
    """The last head about to be signed: written down before the signature exists, never lowered."""

    def read(self) -> tuple[int, bytes]:
        """(size, root); (0, empty root) before the first."""
        ...

    def replace(self, old: tuple[int, bytes], new: tuple[int, bytes]) -> None:
        """Compare and swap; `signed-head-moved` (conflict) when it is not `old`."""
        ...


class Witness(Protocol):
    """Somebody who cosigns (c2sp.org/tlog-witness)."""

    @property
    def name(self) -> str:
        """As in the policy."""
        ...

    async def cosign(self, old_size: int, proof: Sequence[bytes], note: bytes) -> bytes:
        """Cosignature lines for a checkpoint. Refusals: `witness-behind` (conflict, with `size`),
        `witness-conflict` (conflict: it has seen another tree), `witness-gone` (unavailable).
        """
        ...
