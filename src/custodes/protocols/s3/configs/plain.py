"""Tagging, encryption, ownership and public access block: the short documents.

Source: S3 API Reference, PutObjectTagging, PutBucketEncryption, PutBucketOwnershipControls,
PutPublicAccessBlock.
"""

from custodes.kernel.refusal import malformed
from custodes.objects.rules.bucket_rules import OWNERSHIPS, Encryption, PublicAccess
from custodes.objects.rules.tags import OBJECT_TAGS_MAX, Tags, check_tags
from custodes.protocols.s3 import xml
from custodes.protocols.s3.xml import document, element, wrap

ALGORITHMS = ("AES256", "aws:kms")


def read_tagging(body: bytes, most: int = OBJECT_TAGS_MAX) -> Tags:
    """Tagging (`xml-malformed`, `tag-invalid`)."""
    root = xml.parse(body, "Tagging")
    found = root.child("TagSet")
    if found is None or len(root.children) != 1:
        raise malformed("xml-malformed")
    pairs = []
    for child in found.children:
        key = child.value("Key")
        if child.name != "Tag" or key is None:
            raise malformed("xml-malformed")
        pairs.append((key, child.value("Value") or ""))
    return check_tags(pairs, most)


def write_tagging(tags: Tags) -> bytes:
    """Tagging, in order of key."""
    rows = (wrap("Tag", element("Key", key), element("Value", value)) for key, value in tags)
    return document("Tagging", wrap("TagSet", *rows))


def read_encryption(body: bytes) -> Encryption:
    """ServerSideEncryptionConfiguration: exactly one rule (`xml-malformed`, `encryption-unsupported`)."""
    root = xml.parse(body, "ServerSideEncryptionConfiguration")
    if [child.name for child in root.children] != ["Rule"]:
        raise malformed("xml-malformed")
    default = root.children[0].child("ApplyServerSideEncryptionByDefault")
    if default is None:
        raise malformed("xml-malformed")
    algorithm = default.value("SSEAlgorithm") or ""
    if algorithm not in ALGORITHMS:
        raise malformed("encryption-unsupported")
    key = default.value("KMSMasterKeyID") or ""
    if key and algorithm != "aws:kms":
        raise malformed("encryption-unsupported")
    return Encryption(algorithm=algorithm, key=key)


def write_encryption(encryption: Encryption) -> bytes:
    """ServerSideEncryptionConfiguration; a bucket key is always in use, for every key here wraps locally."""
    inner = [element("SSEAlgorithm", encryption.algorithm)]
    if encryption.key:
        inner.append(element("KMSMasterKeyID", encryption.key))
    rule = wrap(
        "Rule", wrap("ApplyServerSideEncryptionByDefault", *inner), element("BucketKeyEnabled", False)
    )
    return document("ServerSideEncryptionConfiguration", rule)


def read_ownership(body: bytes) -> str:
    """OwnershipControls with one rule (`xml-malformed`)."""
    root = xml.parse(body, "OwnershipControls")
    if [child.name for child in root.children] != ["Rule"]:
        raise malformed("xml-malformed")
    said = root.children[0].value("ObjectOwnership") or ""
    if said not in OWNERSHIPS:
        raise malformed("xml-malformed")
    return said


def write_ownership(said: str) -> bytes:
    """OwnershipControls."""
    return document("OwnershipControls", wrap("Rule", element("ObjectOwnership", said)))


def read_public_access(body: bytes) -> PublicAccess:
    """PublicAccessBlockConfiguration; what is not said is false (`xml-malformed`)."""
    root = xml.parse(body, "PublicAccessBlockConfiguration")
    known = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    if any(child.name not in known for child in root.children):
        raise malformed("xml-malformed")
    acls, ignore, policy, restrict = (_flag(root.value(name)) for name in known)
    return PublicAccess(block_acls=acls, ignore_acls=ignore, block_policy=policy, restrict=restrict)


def write_public_access(said: PublicAccess) -> bytes:
    """PublicAccessBlockConfiguration."""
    return document(
        "PublicAccessBlockConfiguration",
        element("BlockPublicAcls", said.block_acls),
        element("IgnorePublicAcls", said.ignore_acls),
        element("BlockPublicPolicy", said.block_policy),
        element("RestrictPublicBuckets", said.restrict),
    )


def _flag(text: str | None) -> bool:
    found = {"true": True, "false": False, "": False}.get((text or "").strip().lower())
    if found is None:
        raise malformed("xml-malformed")
    return found
