"""What the logkeeper needs from outside: files of the public log, its own memory, witnesses."""

from collections.abc import Sequence
from typing import Protocol

from custodes.ledger import quorum
from custodes.ledger.note import Vkey

from .keys import LogKeys


class LogFiles(Protocol):
    """The public folder of the root log. Every write is durable and atomic when it returns."""

    def write(self, path: str, body: bytes) -> None:
        """Write one file below the folder."""
        ...

    def read(self, path: str) -> bytes | None:
        """Read it back; None when it is not there."""
        ...

    def remove(self, path: str) -> None:
        """Remove a file that is served no longer; nothing happens when it is not there."""
        ...

    def remove_all(self, path: str) -> None:
        """Remove a folder with all below it; nothing happens when it is not there."""
        ...


class LastSigned(Protocol):
    """The last head about to be signed: written down before the signature exists, never lowered."""

    def read(self) -> tuple[int, bytes]:
        """(size, root); (0, empty root) before the first."""
        ...

    def replace(self, old: tuple[int, bytes], new: tuple[int, bytes]) -> None:
        """Compare and swap; `signed-head-moved` (conflict) when it is not `old`."""
        ...


class Evidence(Protocol):
    """Where documents of a conflict are kept: of each name the first one, and the first that proves it."""

    def keep(self, name: str, body: bytes, *, is_proven: bool) -> str:
        """The file's name, once it lies there durably."""
        ...


class TimeStamps(Protocol):
    """An authority that stamps bytes (RFC 3161)."""

    def stamp(self, body: bytes) -> bytes:
        """Its answer, checked. Blocks; unavailable or unauthenticated when there is no good one."""
        ...


class Witness(Protocol):
    """Somebody who cosigns (c2sp.org/tlog-witness)."""

    @property
    def name(self) -> str:
        """For people: as in the policy that names him."""
        ...

    @property
    def vkey(self) -> Vkey:
        """The key his cosignatures are known by."""
        ...

    async def cosign(self, old_size: int, proof: Sequence[bytes], note: bytes) -> bytes:
        """Cosignature lines for a checkpoint. Refusals: `witness-behind` (conflict, with `size`),
        `witness-conflict` (conflict: it has seen another tree), `witness-gone` (unavailable).
        """
        ...

    async def cosigned(self, origin: str) -> bytes | None:
        """The last checkpoint he cosigned of this log, as he shows it to monitors; None when he does not."""
        ...

    async def tell(self, document: bytes) -> bool:
        """Hand him a `next.json` or `turn.json`; whether he took it. A witness need not understand them."""
        ...


class NextKeys(Protocol):
    """Where the keys of the coming shard lie until it opens. Durable when `prepare` returns."""

    def prepare(self, opens: str, present: LogKeys) -> LogKeys:
        """Fresh signing keys for this origin, the rest as at present; the same ones when asked again."""
        ...

    def find(self, opens: str) -> LogKeys | None:
        """What was prepared for this origin."""
        ...


class Reach(Protocol):
    """How a witness that a policy names is reached; None for one nobody can ask."""

    def __call__(self, witness: quorum.Witness) -> Witness | None:
        """By his URL, or as the one embedded in this house."""
        ...
