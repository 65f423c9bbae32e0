"""The law of the clock: what it is held against, how far it may stray, what stops when it does.

Three things it cannot talk out of existence: the last committed entry (it never runs behind), the time since
boot (it never runs ahead of that), and the moment at which the house's quorum of witnesses vouched for the
last checkpoint. Fewer witnesses than a quorum can neither advance nor delay that moment.
"""

from datetime import datetime, timedelta

from custodes.acts.footing.nouns import CLOCK_OF_HOUSE, ClockJump
from custodes.acts.footing.standing import Standing
from custodes.kernel.clock import Clock, to_text
from custodes.kernel.refusal import locked, unavailable

BEHIND_S_MAX = 5  # a clock this much behind what was told is held; further behind, grants stop
APART_S_MAX = 300  # from the witnesses' quorum
AHEAD_S_MAX = 300  # of the time since boot, all steps together
SILENCE_S_MAX = 86_400  # a house that wrote nothing for longer cannot show that no time was added


class Timekeeping:
    """One per unsealed house."""

    def __init__(self, clock: Clock, standing: Standing, last_at: datetime) -> None:
        """`last_at`: the time of the last committed entry, as it was found at the start."""
        self._clock = clock
        self._standing = standing
        self._anchor = (clock.now(), clock.boot_ms())
        self._vouched: tuple[datetime, int] | None = None
        self._jump: tuple[datetime, datetime] | None = None
        if self._anchor[0] - last_at > timedelta(seconds=SILENCE_S_MAX):
            self._jump = (last_at, self._anchor[0])

    def vouched(self, at: datetime) -> None:
        """A quorum of independent witnesses vouched at this moment for what was just published."""
        self._vouched = (at, self._clock.boot_ms())
        if abs(self.apart_s()) <= APART_S_MAX:
            self._jump, self._anchor = None, (self._clock.now(), self._clock.boot_ms())

    def apart_s(self) -> float:
        """Seconds the clock goes ahead of the witnesses (behind: negative); 0 while none has vouched."""
        if self._vouched is None:
            return 0.0
        at, boot_ms = self._vouched
        passed = timedelta(milliseconds=self._clock.boot_ms() - boot_ms)
        return (self._clock.now() - (at + passed)).total_seconds()

    @property
    def is_vouched_for(self) -> bool:
        """Whether witnesses have vouched and the clock lies near them."""
        return self._vouched is not None and abs(self.apart_s()) <= APART_S_MAX

    def jump(self) -> tuple[datetime, datetime] | None:
        """From where to where the clock went without time passing, as far as this process can tell."""
        at, boot_ms = self._anchor
        passed = at + timedelta(milliseconds=self._clock.boot_ms() - boot_ms)
        now = self._clock.now()
        if self._jump is None and now - passed > timedelta(seconds=AHEAD_S_MAX):
            self._jump = (passed, now)
        return self._jump

    def forget_jump(self) -> None:
        """It was confirmed: from here on the clock is held against this moment."""
        self._jump, self._anchor = None, (self._clock.now(), self._clock.boot_ms())

    def noted(self) -> ClockJump | None:
        """The jump that stands in the books and was not confirmed."""
        row = self._standing.get("clock", CLOCK_OF_HOUSE, ClockJump)
        return row if row is not None and row.confirmed_at is None else None

    def refuse_if_astray(self, *, held_s: float = 0.0) -> None:
        """`clock-behind`, `clock-apart` (unavailable): before anything that begins or ends by time.

        `held_s`: how far it is behind something else that was seen, in seconds.
        """
        if held_s + self._clock.behind_s() > BEHIND_S_MAX:
            raise unavailable("clock-behind")
        apart_s = self.apart_s()
        if abs(apart_s) > APART_S_MAX:
            raise unavailable("clock-apart", apart_s=round(apart_s))

    def refuse_if_frozen(self) -> None:
        """`clock-jumped` (locked), and those of `refuse_if_astray`: before anything that destroys by time."""
        self.refuse_if_astray()
        jump = self.jump()
        row = self.noted()
        if row is not None:
            raise locked("clock-jumped", to_at=row.to_at)
        if jump is not None:
            raise locked("clock-jumped", to_at=to_text(jump[1]))
