"""Sign-ins under way by an issuer: drawn here, each step once, good for ten minutes, bounded, in memory."""

import hmac
from base64 import urlsafe_b64encode
from collections import OrderedDict

import msgspec

from custodes.kernel.clock import Clock
from custodes.kernel.dice import Dice

DRAWN_BYTES = 32
LASTS_MS = 600_000
KEPT_MAX = 10_000


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in: which issuer (and its generation), what was drawn, when it began (Unix seconds)."""

    issuer: str
    generation: int
    state: str
    nonce: str
    verifier: str
    begun_at_s: int
    ends_ms: int
    is_exchanged: bool = False

    def __repr__(self) -> str:
        return f"Ticket(issuer={self.issuer!r})"


class Tickets:
    """Open tickets of this run, by the name that lies in the browser's cookie."""

    def __init__(self, clock: Clock, dice: Dice) -> None:
        self._clock = clock
        self._dice = dice
        self._open: OrderedDict[str, Ticket] = OrderedDict()

    def draw(self, issuer: str, generation: int) -> tuple[str, Ticket]:
        """A new one and its name; the oldest gives way when there are too many."""
        if len(self._open) >= KEPT_MAX:
            self._open.popitem(last=False)
        name = self._text()
        self._open[name] = Ticket(
            issuer=issuer,
            generation=generation,
            state=self._text(),
            nonce=self._text(),
            verifier=self._text(),
            begun_at_s=int(self._clock.now().timestamp()),
            ends_ms=self._clock.boot_ms() + LASTS_MS,
        )
        return name, self._open[name]

    def exchange(self, name: str, state: str) -> Ticket | None:
        """The ticket, once: its code is exchanged now. A wrong state uses it up as well."""
        ticket = self._open.pop(name, None)
        if ticket is None or ticket.is_exchanged or not self._is(ticket, state):
            return None
        self._open[name] = msgspec.structs.replace(ticket, is_exchanged=True)
        return ticket

    def end(self, name: str, state: str) -> Ticket | None:
        """The ticket of an exchanged sign-in, used up."""
        ticket = self._open.pop(name, None)
        return ticket if ticket is not None and ticket.is_exchanged and self._is(ticket, state) else None

    def _is(self, ticket: Ticket, state: str) -> bool:
        same = hmac.compare_digest(ticket.state.encode(), state.encode("utf-8", "replace"))
        return same and self._clock.boot_ms() < ticket.ends_ms

    def _text(self) -> str:
        return urlsafe_b64encode(self._dice.draw(DRAWN_BYTES)).decode("ascii").rstrip("=")
