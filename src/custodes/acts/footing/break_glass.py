"""Whether a customer opted in to break-glass, and how often a month."""

import msgspec

CALLS_PER_MONTH_MAX = 31


class BreakGlass(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Standing row of noun `break-glass`; its id is the customer's. No row: off.

    `set_at` is when the owner signed so last: a review that was given up before then blocks no longer.
    """

    is_on: bool
    calls_per_month_max: int
    set_at: str = ""
