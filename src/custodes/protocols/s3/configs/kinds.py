"""The one table of what a bucket can be told: a row per sub-resource, with its operations, its reader and
writer.

`read` makes the rules that would stand from the body and those that stand; `write` says them, or refuses
that there are none (absent). `argument` is the bucket's name where what is read names it.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec

from custodes.kernel.refusal import absent
from custodes.objects.rules.acl import is_public as is_open
from custodes.objects.rules.bucket_rules import BucketRules
from custodes.objects.rules.tags import BUCKET_TAGS_MAX
from custodes.policy.bucket_policy import read_policy
from custodes.policy.s3_actions import demand_actions
from custodes.protocols.s3.xml import document, element

from . import acls, cors, lifecycle, locking, notifying, plain

replace = msgspec.structs.replace
Read = Callable[[bytes, BucketRules, str], BucketRules]
Write = Callable[[BucketRules, str], bytes]
Drop = Callable[[BucketRules, str], BucketRules]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One sub-resource. An operation's name is empty where S3 has none."""

    get: str
    put: str = ""
    delete: str = ""
    read: Read | None = None
    write: Write
    drop: Drop | None = None


def _policy(body: bytes, rules: BucketRules, bucket: str) -> BucketRules:
    demand_actions(read_policy(body, bucket))
    return replace(rules, policy=body.decode("utf-8"))


def _write_policy(rules: BucketRules, _: str) -> bytes:
    if not rules.policy:
        raise absent("policy-absent")
    return rules.policy.encode("utf-8")


def _write_status(rules: BucketRules, bucket: str) -> bytes:
    is_public = bool(rules.policy) and read_policy(rules.policy.encode("utf-8"), bucket).is_public
    is_public = is_public or is_open(rules.acl)
    return document("PolicyStatus", element("IsPublic", is_public))


def _write_cors(rules: BucketRules, _: str) -> bytes:
    if not rules.cors:
        raise absent("cors-absent")
    return cors.write_cors(rules.cors)


def _write_lifecycle(rules: BucketRules, _: str) -> bytes:
    if not rules.lifecycle:
        raise absent("lifecycle-absent")
    return lifecycle.write_lifecycle(rules.lifecycle)


def _write_tags(rules: BucketRules, _: str) -> bytes:
    if not rules.tags:
        raise absent("tags-absent")
    return plain.write_tagging(rules.tags)


def _write_encryption(rules: BucketRules, _: str) -> bytes:
    if rules.encryption is None:
        raise absent("encryption-absent")
    return plain.write_encryption(rules.encryption)


def _write_ownership(rules: BucketRules, _: str) -> bytes:
    if not rules.ownership:
        raise absent("ownership-absent")
    return plain.write_ownership(rules.ownership)


def _write_public_access(rules: BucketRules, _: str) -> bytes:
    if rules.public_access is None:
        raise absent("public-access-absent")
    return plain.write_public_access(rules.public_access)


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "cors": Kind(
            get="GetBucketCors",
            put="PutBucketCors",
            delete="DeleteBucketCors",
            read=lambda body, rules, _: replace(rules, cors=cors.read_cors(body)),
            write=_write_cors,
            drop=lambda rules, _: replace(rules, cors=()),
        ),
        "lifecycle": Kind(
            get="GetBucketLifecycleConfiguration",
            put="PutBucketLifecycleConfiguration",
            delete="DeleteBucketLifecycle",
            read=lambda body, rules, _: replace(rules, lifecycle=lifecycle.read_lifecycle(body)),
            write=_write_lifecycle,
            drop=lambda rules, _: replace(rules, lifecycle=()),
        ),
        "tagging": Kind(
            get="GetBucketTagging",
            put="PutBucketTagging",
            delete="DeleteBucketTagging",
            read=lambda body, rules, _: replace(rules, tags=plain.read_tagging(body, BUCKET_TAGS_MAX)),
            write=_write_tags,
            drop=lambda rules, _: replace(rules, tags=()),
        ),
        "encryption": Kind(
            get="GetBucketEncryption",
            put="PutBucketEncryption",
            delete="DeleteBucketEncryption",
            read=lambda body, rules, _: replace(rules, encryption=plain.read_encryption(body)),
            write=_write_encryption,
            drop=lambda rules, _: replace(rules, encryption=None),
        ),
        "ownershipControls": Kind(
            get="GetBucketOwnershipControls",
            put="PutBucketOwnershipControls",
            delete="DeleteBucketOwnershipControls",
            read=lambda body, rules, _: replace(rules, ownership=plain.read_ownership(body)),
            write=_write_ownership,
            drop=lambda rules, _: replace(rules, ownership=""),
        ),
        "publicAccessBlock": Kind(
            get="GetPublicAccessBlock",
            put="PutPublicAccessBlock",
            delete="DeletePublicAccessBlock",
            read=lambda body, rules, _: replace(rules, public_access=plain.read_public_access(body)),
            write=_write_public_access,
            drop=lambda rules, _: replace(rules, public_access=None),
        ),
        "policy": Kind(
            get="GetBucketPolicy",
            put="PutBucketPolicy",
            delete="DeleteBucketPolicy",
            read=_policy,
            write=_write_policy,
            drop=lambda rules, _: replace(rules, policy=""),
        ),
        "policyStatus": Kind(get="GetBucketPolicyStatus", write=_write_status),
        "object-lock": Kind(
            get="GetObjectLockConfiguration",
            put="PutObjectLockConfiguration",
            read=lambda body, rules, _: replace(rules, lock_default=locking.read_lock(body)),
            write=lambda rules, _: locking.write_lock(rules.lock_default),
        ),
        "notification": Kind(
            get="GetBucketNotificationConfiguration",
            put="PutBucketNotificationConfiguration",
            read=lambda body, rules, _: replace(rules, notifications=notifying.read_notifications(body)),
            write=lambda rules, _: notifying.write_notifications(rules.notifications),
        ),
        "acl": Kind(  # what it says is written where owners have names
            get="GetBucketAcl",
            put="PutBucketAcl",
            read=lambda body, rules, _: replace(rules, acl=acls.read_acl(body)) if body else rules,
            write=lambda _rules, _: b"",
        ),
    }
)
