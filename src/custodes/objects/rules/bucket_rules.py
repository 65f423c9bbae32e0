"""Everything a bucket was told, in one standing row: a decision that rests on it expects its generation.

Which rules there are is S3's list of a bucket's sub-resources; whether a bucket can lock at all stands in
its own row (`Bucket.locks_since`), because every deletion rests on that.
"""

import msgspec

from .acl import Acl
from .cors import CorsRule
from .lifecycle import LifecycleRule
from .locks import DefaultRetention
from .tags import Tags

OWNERSHIPS = ("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter")


class Encryption(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a bucket answers when asked how it encrypts: `AES256` or `aws:kms` with one of the customer's
    keys.
    """

    algorithm: str = "AES256"
    key: str = ""


class PublicAccess(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """S3's four switches against publicity. Nothing here is ever public; they are kept and answered."""

    block_acls: bool = False
    ignore_acls: bool = False
    block_policy: bool = False
    restrict: bool = False


class Notice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Tell a webhook of the customer of these events on names with this beginning and end."""

    id: str
    target: str
    events: tuple[str, ...]
    prefix: str = ""
    suffix: str = ""


class Inventory(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Write a list of this bucket into another of the same customer; `frequency` is Daily or Weekly."""

    id: str
    bucket: str  # the target's name
    prefix: str = ""
    only: str = ""  # of names with this beginning
    frequency: str = "Daily"
    versions: str = "Current"
    fields: tuple[str, ...] = ()
    is_enabled: bool = True


class Quota(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The most a bucket may hold, all versions together; None: as much as there is room."""

    bytes_max: int | None = None
    versions_max: int | None = None


class BucketRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The standing row; its id is the bucket's."""

    bucket: str
    cors: tuple[CorsRule, ...] = ()
    lifecycle: tuple[LifecycleRule, ...] = ()
    tags: Tags = ()
    encryption: Encryption | None = None
    ownership: str = ""
    public_access: PublicAccess | None = None
    policy: str = ""  # the JSON document as it was given
    lock_default: DefaultRetention | None = None
    notices: tuple[Notice, ...] = ()
    inventories: tuple[Inventory, ...] = ()
    quota: Quota | None = None
    acl: Acl = ()  # nothing: private
