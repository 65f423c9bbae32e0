"""What a watcher needs from outside: a folder of his own, and the log's address."""

from typing import Protocol, TypeVar

from custodes.acts.asks import Ask

T = TypeVar("T")


class Folder(Protocol):
    """Small files below one folder; every write is durable and atomic when it returns."""

    def read(self, path: str) -> bytes | None:
        """The file's bytes; None when it is not there."""
        ...

    def add(self, path: str, body: bytes) -> None:
        """Write a file that is never replaced; `held-differs` (conflict) when others are there."""
        ...

    def replace(self, path: str, body: bytes) -> None:
        """Write a file that says how far one is: the newest checkpoint, the state."""
        ...

    def names(self, path: str) -> tuple[str, ...]:
        """Names of the files in a folder below, in order; none where it is not there."""
        ...


class LogWeb(Protocol):
    """The log over HTTP (c2sp.org/tlog-tiles)."""

    def get(self, path: str) -> bytes | None:
        """The bytes at a path; None for 404. `url-unreachable`, `log-refuses` (unavailable)."""
        ...


class House(Protocol):
    """The installation behind its API."""

    def ask(self, ask: Ask[T]) -> T:
        """Send one ask and wait for its answer; raises its Refusal."""
        ...
