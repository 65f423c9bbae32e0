"""A bucket's policy as a fact of the question: what S3 calls the request, and what it says of it.

The facts come from signed bytes alone (`Identified.verified`), from the version's own tags, and from the
actor. For somebody who signs no S3 request the action is the one that fits best. A person may always see and
change what a bucket is told, as far as the rules let him, so that nobody locks himself out.
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from custodes.acts.footing.decisions import Asked
from custodes.acts.footing.identities import Identified
from custodes.acts.opened import Opened
from custodes.kernel.actor import ActorKind
from custodes.kernel.refusal import Refusal
from custodes.objects.bucket import Bucket
from custodes.objects.rules.acl import Acl, allows, allows_anyone
from custodes.objects.rules.bucket_rules import BucketRules, enforces_owner
from custodes.objects.rules.tags import Tags, from_header
from custodes.parties.rows import Credential
from custodes.policy.bucket_policy import BUCKET_ARN, Asking, BucketPolicy, Said, ask, read_policy
from custodes.policy.question import ResourceFact
from custodes.protocols.s3.canonical import Signed
from custodes.protocols.s3.operations import call_of

_BY_ACTION = {
    "object:read": "GetObject",
    "object:write": "PutObject",
    "object:delete": "DeleteObject",
    "object:list": "ListBucket",
    "object:retain": "PutObjectRetention",
    "object:bypass-retention": "BypassGovernanceRetention",
    "bucket:read": "GetBucketLocation",
    "bucket:configure": "PutBucketPolicy",
    "bucket:delete": "DeleteBucket",
}
_BY_OPERATION = {
    "HeadBucket": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListParts": "ListMultipartUploadParts",
    "GetBucketCors": "GetBucketCORS",
    "PutBucketCors": "PutBucketCORS",
    "DeleteBucketCors": "PutBucketCORS",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "GetBucketInventoryConfiguration": "GetInventoryConfiguration",
    "ListBucketInventoryConfigurations": "GetInventoryConfiguration",
    "PutBucketInventoryConfiguration": "PutInventoryConfiguration",
    "DeleteBucketInventoryConfiguration": "PutInventoryConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketTagging": "PutBucketTagging",
}
_OWN_NAME = frozenset(
    {
        "AbortMultipartUpload",
        "DeleteBucketPolicy",
        "DeleteObjectTagging",
        "GetBucketAcl",
        "GetBucketOwnershipControls",
        "GetBucketPolicy",
        "GetBucketPolicyStatus",
        "GetBucketTagging",
        "GetBucketVersioning",
        "GetObjectAcl",
        "GetObjectAttributes",
        "GetObjectLegalHold",
        "GetObjectRetention",
        "GetObjectTagging",
        "PutBucketAcl",
        "PutBucketOwnershipControls",
        "PutBucketPolicy",
        "PutBucketTagging",
        "PutBucketVersioning",
        "PutObjectAcl",
        "PutObjectLegalHold",
        "PutObjectTagging",
    }
)
_BY_PERMISSION = {  # (the version's ACL or the bucket's, what it must grant)
    "object:read": (True, "READ"),
    "object:write": (False, "WRITE"),
    "object:delete": (False, "WRITE"),
    "object:list": (False, "READ"),
}
_PERMISSIONS = {
    "HeadBucket": (False, "READ"),
    "GetBucketAcl": (False, "READ_ACP"),
    "PutBucketAcl": (False, "WRITE_ACP"),
    "GetObjectAcl": (True, "READ_ACP"),
    "PutObjectAcl": (True, "WRITE_ACP"),
    "GetObjectTagging": (True, ""),
    "GetObjectRetention": (True, ""),
    "GetObjectLegalHold": (True, ""),
    "PutObjectTagging": (True, ""),
}
_VERSIONED = frozenset(
    {
        "GetObject",
        "DeleteObject",
        "GetObjectAcl",
        "PutObjectAcl",
        "GetObjectAttributes",
        "GetObjectTagging",
        "PutObjectTagging",
        "DeleteObjectTagging",
    }
)
_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        **{
            f"s3:{name}": name
            for name in (
                "x-amz-acl",
                "x-amz-copy-source",
                "x-amz-grant-full-control",
                "x-amz-grant-read",
                "x-amz-grant-read-acp",
                "x-amz-grant-write",
                "x-amz-grant-write-acp",
                "x-amz-metadata-directive",
                "x-amz-server-side-encryption",
                "x-amz-server-side-encryption-aws-kms-key-id",
                "x-amz-server-side-encryption-customer-algorithm",
                "x-amz-storage-class",
            )
        },
        "s3:object-lock-mode": "x-amz-object-lock-mode",
        "s3:object-lock-legal-hold": "x-amz-object-lock-legal-hold",
    }
)
_ARGUMENTS = {
    "s3:prefix": b"prefix",
    "s3:delimiter": b"delimiter",
    "s3:max-keys": b"max-keys",
    "s3:versionid": b"versionId",
}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What else a question is about: the object's name, its tags, and tags the request brings in its body."""

    name: str | None = None
    tags: Tags = ()
    new_tags: Tags | None = None
    acl: Acl = ()  # of the version, where there is one
    owner: str = ""  # the application that owns the version, where it is not the bucket's
    prefix: str | None = None  # of a listing that stands for a look at one name


NOTHING_TOLD = Told()


class Policed:
    """Policies are parsed once per text."""

    def __init__(self, opened: Opened, domains: tuple[str, ...]) -> None:
        self._o = opened
        self._domains = domains
        self._parsed: dict[str, tuple[str, BucketPolicy]] = {}

    def asked(self, who: Identified, bucket: Bucket, asked: Asked, told: Told = NOTHING_TOLD) -> Asked:
        """The question with what the bucket's policy says, where it has one."""
        rules = self._o.standing.get("bucket-rules", bucket.id, BucketRules)
        is_anyone = who.actor.kind is ActorKind.ANYONE
        if is_anyone:
            asked = with_fact(asked, "public_name", bucket.name)
        if rules is None and not told.acl and not told.owner:
            return asked
        is_person = who.actor.kind is not ActorKind.APPLICATION
        if is_person and asked.action in ("bucket:read", "bucket:configure"):
            return asked
        said = Said.NONE
        if rules is not None and rules.policy:
            policy = self._policy(bucket, rules.policy)
            said = self._said(who, bucket, asked, (policy, told))
            shuts = rules.public_access is not None and rules.public_access.restrict
            if said is Said.ALLOW and shuts and policy.is_public:
                said = Said.NONE
        listed = self._is_open if is_anyone else self._is_listed
        if said is Said.NONE and listed(who, asked, rules, told):
            said = Said.ALLOW
        return asked if said is Said.NONE else with_fact(asked, "bucket_policy", said.value)

    def _said(self, who: Identified, bucket: Bucket, asked: Asked, what: tuple[BucketPolicy, Told]) -> Said:
        policy, told = what
        signed = who.verified.signed if who.verified is not None else None
        name = told.name if told.name is not None else asked.resource.facts.get("name")
        action = self._action(asked, signed)
        resource = f"{BUCKET_ARN}{bucket.name}"
        if (name is not None and asked.action != "object:list") or action.startswith("GetObject"):
            resource = f"{resource}/{name}"
        credential = self._o.standing.get("credential", who.actor.credential, Credential)
        principal = (credential.application if credential is not None else None) or who.actor.person or ""
        return ask(
            policy,
            Asking(
                principal=principal,
                customer=bucket.customer,
                action=f"s3:{action}",
                resource=resource,
                facts=_facts(signed, told),
            ),
        )[0]

    def _is_listed(self, who: Identified, asked: Asked, rules: BucketRules | None, told: Told) -> bool:
        """Whether an ACL of the bucket, or of the version, grants this to the asking application."""
        credential = self._o.standing.get("credential", who.actor.credential, Credential)
        if credential is None or credential.application is None or who.verified is None:
            return False
        operation = call_of(who.verified.signed, self._domains).operation.name
        of_object, permission = _PERMISSIONS.get(operation, _BY_PERMISSION.get(asked.action, (False, "")))
        acl = told.acl if of_object else rules.acl if rules is not None else ()
        if of_object and told.owner == credential.application and not enforces_owner(rules):
            return True
        access = rules.public_access if rules is not None else None
        ignores = access is not None and access.ignore_acls
        return bool(permission) and allows(acl, credential.application, permission, ignores_groups=ignores)

    def _is_open(self, who: Identified, asked: Asked, rules: BucketRules | None, told: Told) -> bool:
        """Whether an ACL of the bucket, or of the version, grants this to all the world.

        What was there before is not among it: versions are listed, and removed for good, where a policy says
        `s3:ListBucketVersions`, `s3:DeleteObjectVersion`.
        """
        access = rules.public_access if rules is not None else None
        if who.verified is None or enforces_owner(rules) or (access is not None and access.ignore_acls):
            return False
        if call_of(who.verified.signed, self._domains).operation.name == "ListObjectVersions":
            return False
        if asked.action == "object:delete" and _is_of_version(asked):
            return False
        of_object, permission = _BY_PERMISSION.get(asked.action, (False, ""))
        acl = told.acl if of_object else rules.acl if rules is not None else ()
        return bool(permission) and allows_anyone(acl, permission)

    def _action(self, asked: Asked, signed: Signed | None) -> str:
        action = asked.action
        found = _BY_ACTION.get(action, "")
        if signed is None:
            return found
        call = call_of(signed, self._domains)
        operation = call.operation.name
        if call.operation.reads_source:
            version = call.source.version if call.source is not None else None
            return _of_version(found) if action == "object:read" and version is not None else found
        if action == "object:bypass-retention":
            return found
        if operation in _OWN_NAME:
            found = operation
        found = _BY_OPERATION.get(operation, found)
        of_version = call.version is not None or (action == "object:delete" and _is_of_version(asked))
        return _of_version(found) if of_version and found in _VERSIONED else found

    def _policy(self, bucket: Bucket, text: str) -> BucketPolicy:
        kept = self._parsed.get(bucket.id)
        if kept is None or kept[0] != text:
            kept = self._parsed[bucket.id] = (text, read_policy(text.encode("utf-8"), bucket.name))
        return kept[1]


def _of_version(action: str) -> str:
    """What S3 calls the same of a version that is named: GetObjectTagging, GetObjectVersionTagging."""
    return action.replace("Object", "ObjectVersion", 1)


def _is_of_version(asked: Asked) -> bool:
    return asked.resource.kind == "object" and asked.resource.id != asked.resource.facts.get("bucket")


def with_fact(asked: Asked, fact: str, value: str) -> Asked:
    """The question with one fact more about what it asks for."""
    facts: dict[str, ResourceFact] = {**asked.resource.facts, fact: value}
    return msgspec.structs.replace(asked, resource=msgspec.structs.replace(asked.resource, facts=facts))


def _facts(signed: Signed | None, told: Told) -> dict[str, tuple[str, ...]]:
    facts: dict[str, tuple[str, ...]] = {f"s3:existingobjecttag/{key}": (value,) for key, value in told.tags}
    if told.prefix is not None:
        facts["s3:prefix"] = (told.prefix,)
    new = told.new_tags
    if signed is not None:
        for fact, header in _HEADERS.items():
            value = signed.header(header)
            if value is not None:
                facts[fact] = (value.decode("utf-8", "replace"),)
        for fact, argument in _ARGUMENTS.items():
            given = signed.parameter(argument)
            if given is not None:
                facts[fact] = (given.decode("utf-8", "replace"),)
        if new is None:
            new = _tags_of(signed)
    if new:
        facts |= {f"s3:requestobjecttag/{key}": (value,) for key, value in new}
        facts["s3:requestobjecttagkeys"] = tuple(key for key, _ in new)
    return facts


def _tags_of(signed: Signed) -> Tags:
    raw = signed.header("x-amz-tagging")
    try:
        return from_header(raw.decode("utf-8", "replace")) if raw is not None else ()
    except Refusal:  # what is no tag is refused where it is read; here it is none
        return ()
