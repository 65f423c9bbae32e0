"""What a witness needs from outside: a memory that survives, and the list of logs it was told of."""

from collections.abc import Callable, Mapping
from typing import Protocol

from custodes.ledger.watch.log_list import WitnessedLog
from custodes.ledger.watch.witnessing import Seen


class Memory(Protocol):
    """One remembered tree per origin."""

    def settle(self, origin: str, decide: Callable[[Seen], Seen]) -> Seen:
        """Read, decide and write in one transaction with the writer's lock held; durable on return.

        What `decide` raises leaves everything as it was.
        """
        ...

    def seen(self, origin_hash: str) -> Seen | None:
        """What is remembered of the log whose origin has this SHA-256 (lower-case hexadecimal)."""
        ...


class Book(Protocol):
    """The list as the witness itself writes on; durable when a method returns."""

    def follower(self, closes: str) -> str:
        """What was taken as the follower of a log, as its entry in hexadecimal; empty where none was."""
        ...

    def follow(self, closes: str, log: WitnessedLog, said: str) -> None:
        """Accept a log from now on, as the follower of another; `another-follower` (conflict)."""
        ...

    def close(self, origin: str) -> None:
        """Accept nothing of this log any more; what was cosigned of it is shown on."""
        ...


class Logs(Protocol):
    """The list as it is now: it may change while the witness runs."""

    def __call__(self) -> Mapping[str, WitnessedLog]:
        """Logs by origin."""
        ...
