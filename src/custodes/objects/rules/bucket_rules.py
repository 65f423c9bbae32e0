"""Everything a bucket was told, in one standing row: a decision that rests on it expects its generation.

Which rules there are is S3's list of a bucket's sub-resources; whether a bucket can lock at all stands in
its own row (`Bucket.locks_since`), because every deletion rests on that.
"""

import msgspec

from .acl import Acl
from .cors import CorsRule
from .inventory import Inventory
from .lifecycle import LifecycleRule
from .locks import DefaultRetention
from .notifying import Notification
from .tags import Tags

ENFORCED, PREFERRED = "BucketOwnerEnforced", "BucketOwnerPreferred"
OWNERSHIPS = (ENFORCED, PREFERRED, "ObjectWriter")


class Encryption(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a bucket answers when asked how it encrypts: `AES256` or `aws:kms` with one of the customer's
    keys.
    """

    algorithm: str = "AES256"
    key: str = ""


class PublicAccess(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """S3's four switches against publicity. Nothing is public without a rule of the customer's either."""

    block_acls: bool = False
    ignore_acls: bool = False
    block_policy: bool = False
    restrict: bool = False


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
    acl: Acl = ()  # nothing: private
    notifications: tuple[Notification, ...] = ()
    inventories: tuple[Inventory, ...] = ()
    padding: str = ""  # steps of `objects.padding`; empty: sizes are as they are
    bytes_max: int | None = None  # of all versions together, plain
    versions_max: int | None = None  # delete markers count too


def enforces_owner(rules: BucketRules | None) -> bool:
    """Whether whoever owns the bucket owns everything in it, and ACLs are off."""
    return rules is not None and rules.ownership == ENFORCED
