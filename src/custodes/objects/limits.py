"""How much a bucket or a customer may hold, and how fast a customer may ask: pure rows and their checks."""

import msgspec

from custodes.kernel.refusal import malformed

BYTES_MAX = 1 << 60
COUNT_MAX = 1 << 40
REQUESTS_MAX = 1_000_000


class CustomerLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Standing row; its id is the customer's. None: no limit.

    `bytes_max` is of all versions in all his buckets, plain. `requests_per_s` are signed S3 requests, each
    keyroom counting its own; `requests_burst` is how many may come at once (none: as many as in a second).
    """

    customer: str
    bytes_max: int | None = None
    requests_per_s: int | None = None
    requests_burst: int | None = None


def check_limits(limits: CustomerLimits) -> CustomerLimits:
    """`limit-invalid` (malformed, fact `limit`)."""
    _check("bytes_max", limits.bytes_max, 0, BYTES_MAX)
    _check("requests_per_s", limits.requests_per_s, 1, REQUESTS_MAX)
    _check("requests_burst", limits.requests_burst, 1, REQUESTS_MAX)
    if limits.requests_burst is not None and limits.requests_per_s is None:
        raise malformed("limit-invalid", limit="requests_burst")
    return limits


def check_room(bytes_max: int | None, versions_max: int | None) -> None:
    """A bucket's limits: `limit-invalid` (malformed, fact `limit`)."""
    _check("bytes_max", bytes_max, 0, BYTES_MAX)
    _check("versions_max", versions_max, 0, COUNT_MAX)


def _check(name: str, value: int | None, least: int, most: int) -> None:
    if value is not None and not least <= value <= most:
        raise malformed("limit-invalid", limit=name)
