"""Asks about what a customer used."""

import msgspec

from custodes.acts.asks.doors import Ask, Evidence


class LookMetering(Ask["Metering"], frozen=True, tag="look-metering"):
    """-> `Metering`. `month` is `YYYY-MM`, in UTC. Whoever may read the customer's log may ask."""

    evidence: Evidence
    customer: str
    month: str


class Metering(msgspec.Struct, frozen=True, tag="metering"):
    """A line per day as CSV (docs/reference/metering.md)."""

    csv: bytes
