"""The state of the house, as those who run it see it."""

from datetime import datetime

from .shell import View


class FindingRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing looked at: `name`, `state` and `why` are codes; `found` is what was measured."""

    name: str
    state: str
    found: str
    why: str


class StateView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that was looked at, what is wrong first."""

    at: datetime
    rows: tuple[FindingRow, ...]

    @property
    def counts(self) -> tuple[tuple[str, int], ...]:
        """How many findings there are of each state, in the order of the rows."""
        states = dict.fromkeys(row.state for row in self.rows)
        return tuple((state, sum(row.state == state for row in self.rows)) for state in states)
