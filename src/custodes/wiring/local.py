"""An operator on the machine: asks over the keyroom's socket, one after the other, from a plain program.

Whoever may open the socket may ask; what he may do is decided by the evidence each ask carries. The token
for `Local` evidence lies in the keyroom's own folder, so only its user can show it.
"""

import asyncio
from types import TracebackType
from typing import Protocol, TypeVar

from custodes.acts.asks import Ask, Local
from custodes.acts.socket import Client
from custodes.kernel.refusal import unavailable
from custodes.settings import Settings

T = TypeVar("T")


class House(Protocol):
    """An installation as a plain program reaches it; here or far away."""

    def ask(self, ask: Ask[T]) -> T:
        """Send one ask and wait for its answer; raises its Refusal."""
        ...

    def published(self, name: str) -> bytes | None:
        """A small file of the published log (`pins.json`, `checkpoint`); None where there is none yet."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


class LocalHouse:
    """A house on this machine."""

    def __init__(self, settings: Settings, *, timeout_s: float = 60.0) -> None:
        self._settings = settings
        self._runner = asyncio.Runner()
        self._client = Client(settings.socket, timeout_s=timeout_s)

    def ask(self, ask: Ask[T]) -> T:
        """See `House.ask`; `keyroom-gone` (unavailable) when nothing answers at the socket."""
        return self._runner.run(self._client.ask(ask))

    def local(self) -> Local:
        """Evidence of an operator on the machine; `local-token-gone` (unavailable) for anybody else."""
        try:
            return Local(self._settings.local_token.read_text(encoding="ascii"))
        except (OSError, UnicodeDecodeError) as error:
            raise unavailable("local-token-gone") from error

    def published(self, name: str) -> bytes | None:
        """See `House.published`."""
        try:
            return (self._settings.public_log / name).read_bytes()
        except OSError:
            return None

    def close(self) -> None:
        """Let go of the connection and the loop."""
        self._runner.run(self._client.close())
        self._runner.close()

    def __enter__(self) -> "LocalHouse":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()
