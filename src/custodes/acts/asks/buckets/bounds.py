"""Asks about room, pace and padding: what a bucket and a customer may take up, and what they do."""

import msgspec

from custodes.acts.asks.doors import Ask, Evidence

from .inventory import InventoryView


class SetBucketBounds(Ask["BucketBounds"], frozen=True, tag="set-bucket-bounds"):
    """-> `BucketBounds`. All of them at once; None takes a limit away, an empty `padding` the padding.

    `padding` is one of the steps of `objects.padding` and holds for what is written from now on. Refusals:
    `padding-unknown`, `limit-invalid` (malformed), `bucket-absent` (absent), what policy refuses
    (`bucket:configure`).
    """

    evidence: Evidence
    bucket: str
    padding: str = ""
    bytes_max: int | None = None
    versions_max: int | None = None


class LookBucketBounds(Ask["BucketBounds"], frozen=True, tag="look-bucket-bounds"):
    """-> `BucketBounds` (`bucket:read`)."""

    evidence: Evidence
    bucket: str


class BucketTold(msgspec.Struct, frozen=True):
    """One line of the bucket's notifications: a webhook by its name, and which events of which names."""

    webhook: str
    events: tuple[str, ...]
    prefix: str
    suffix: str


class BucketBounds(msgspec.Struct, frozen=True, tag="bucket-bounds"):
    """What a bucket may take up and what lies in it (plain bytes of all versions; versions with
    markers; `upload_bytes_used`: of the parts of open uploads, which count as well), who is told of what
    happens there, and which reports are written of it.
    """

    bucket: str
    padding: str
    bytes_max: int | None
    versions_max: int | None
    bytes_used: int
    versions_used: int
    upload_bytes_used: int
    told: tuple[BucketTold, ...] = ()
    inventories: tuple[InventoryView, ...] = ()


class SetCustomerLimits(Ask["CustomerBounds"], frozen=True, tag="set-customer-limits"):
    """-> `CustomerBounds`. All of them at once; None takes a limit away.

    Refusals: `limit-invalid` (malformed), `no-such-customer` (absent), what policy refuses
    (`customer:limit`, the trustee's administrators).
    """

    evidence: Evidence
    customer: str
    bytes_max: int | None = None
    requests_per_s: int | None = None
    requests_burst: int | None = None


class LookCustomerLimits(Ask["CustomerBounds"], frozen=True, tag="look-customer-limits"):
    """-> `CustomerBounds` (`customer:read`)."""

    evidence: Evidence
    customer: str


class CustomerBounds(msgspec.Struct, frozen=True, tag="customer-bounds"):
    """A customer's limits, and what lies in all his buckets together."""

    customer: str
    bytes_max: int | None
    requests_per_s: int | None
    requests_burst: int | None
    bytes_used: int
    versions_used: int
    upload_bytes_used: int
