"""Asks about what a customer used."""

import msgspec

from custodes.acts.asks.doors import Ask, Evidence


class LookMetering(Ask["Metering"], frozen=True, tag="look-metering"):
    """-> `Metering`. `month` is `YYYY-MM`, in UTC. Whoever may read the customer's log may ask."""

    evidence: Evidence
    customer: str
    month: str


class Metering(msgspec.Struct, frozen=True, tag="metering"):
    """A line per day as CSV (docs/reference/metering.md).

    `counted_at`: the newest time that was counted; `behind`: entries not counted yet; `missed`: entries
    destroyed under retention before anybody had counted them.
    """

    csv: bytes
    counted_at: str = ""
    behind: int = 0
    missed: int = 0
