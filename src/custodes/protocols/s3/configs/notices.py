"""NotificationConfiguration and InventoryConfiguration.

Source: S3 API Reference, PutBucketNotificationConfiguration, PutBucketInventoryConfiguration. A notification
goes to a webhook of the customer: its URL stands where S3 has the ARN of a topic, a queue or a function. An
inventory is written as CSV into another bucket of the same customer, under the ARN `arn:aws:s3:::bucket`.
"""

import re

from custodes.kernel.refusal import absent, malformed
from custodes.objects.rules.bucket_rules import Inventory, Notice
from custodes.protocols.s3 import xml
from custodes.protocols.s3.xml import Element, document, element, wrap

NOTICES_MAX = 100
INVENTORIES_MAX = 100
TARGET = re.compile(r"https?://[!-~]{1,1000}")
ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
EVENTS = (
    "s3:ObjectCreated:*",
    "s3:ObjectCreated:Put",
    "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:CompleteMultipartUpload",
    "s3:ObjectRemoved:*",
    "s3:ObjectRemoved:Delete",
    "s3:ObjectRemoved:DeleteMarkerCreated",
    "s3:ObjectTagging:*",
    "s3:ObjectTagging:Put",
    "s3:ObjectTagging:Delete",
    "s3:LifecycleExpiration:*",
    "s3:LifecycleExpiration:Delete",
    "s3:LifecycleExpiration:DeleteMarkerCreated",
)
_TARGETS = {
    "TopicConfiguration": "Topic",
    "QueueConfiguration": "Queue",
    "CloudFunctionConfiguration": "CloudFunction",
}
_FIELDS = frozenset(
    {
        "Size",
        "LastModifiedDate",
        "StorageClass",
        "ETag",
        "IsMultipartUploaded",
        "EncryptionStatus",
        "ObjectLockRetainUntilDate",
        "ObjectLockMode",
        "ObjectLockLegalHoldStatus",
        "ChecksumAlgorithm",
    }
)


def read_notices(body: bytes) -> tuple[Notice, ...]:
    """Who is told of what (`xml-malformed`, `notice-invalid`; malformed)."""
    root = xml.parse(body, "NotificationConfiguration")
    if len(root.children) > NOTICES_MAX:
        raise malformed("notice-invalid")
    found = tuple(_notice(child, number) for number, child in enumerate(root.children))
    if len({one.id for one in found}) != len(found):
        raise malformed("notice-invalid")
    return found


def write_notices(notices: tuple[Notice, ...]) -> bytes:
    """NotificationConfiguration."""
    rows = []
    for one in notices:
        inner = [element("Id", one.id), element("Topic", one.target)]
        inner += [element("Event", event) for event in one.events]
        rules = [
            wrap("FilterRule", element("Name", name), element("Value", value))
            for name, value in (("prefix", one.prefix), ("suffix", one.suffix))
            if value
        ]
        if rules:
            inner.append(wrap("Filter", wrap("S3Key", *rules)))
        rows.append(wrap("TopicConfiguration", *inner))
    return document("NotificationConfiguration", *rows)


def read_inventory(body: bytes, id_: str) -> Inventory:
    """One inventory (`xml-malformed`, `inventory-invalid`; malformed)."""
    root = xml.parse(body, "InventoryConfiguration")
    target = root.child("Destination")
    target = target.child("S3BucketDestination") if target is not None else None
    schedule, only = root.child("Schedule"), root.child("Filter")
    enabled = root.value("IsEnabled")
    if target is None or schedule is None or enabled not in ("true", "false"):
        raise malformed("xml-malformed")
    fields = root.child("OptionalFields")
    chosen = tuple(one.text for one in fields.children) if fields is not None else ()
    frequency, versions = schedule.value("Frequency"), root.value("IncludedObjectVersions")
    arn = target.value("Bucket") or ""
    sound = (
        root.value("Id") == id_
        and ID.fullmatch(id_) is not None
        and arn.startswith("arn:aws:s3:::")
        and target.value("Format") == "CSV"
        and frequency in ("Daily", "Weekly")
        and versions in ("All", "Current")
        and set(chosen) <= _FIELDS
        and target.child("Encryption") is None
    )
    if not sound:
        raise malformed("inventory-invalid")
    return Inventory(
        id=id_,
        bucket=arn.removeprefix("arn:aws:s3:::"),
        prefix=target.value("Prefix") or "",
        only=(only.value("Prefix") or "") if only is not None else "",
        frequency=frequency or "",
        versions=versions or "",
        fields=chosen,
        is_enabled=enabled == "true",
    )


def write_inventory(inventories: tuple[Inventory, ...], id_: str) -> bytes:
    """One InventoryConfiguration (`inventory-absent`, absent)."""
    for one in inventories:
        if one.id == id_:
            return document("InventoryConfiguration", *_inventory(one))
    raise absent("inventory-absent")


def write_inventories(inventories: tuple[Inventory, ...]) -> bytes:
    """ListInventoryConfigurationsResult; all in one page."""
    rows = (wrap("InventoryConfiguration", *_inventory(one)) for one in inventories)
    return document("ListInventoryConfigurationsResult", *rows, element("IsTruncated", False))


def _notice(child: Element, number: int) -> Notice:
    name = _TARGETS.get(child.name)
    target = child.value(name) if name is not None else None
    if target is None:
        raise malformed("xml-malformed")
    events = tuple(one.text for one in child.children if one.name == "Event")
    if not events or any(event not in EVENTS for event in events) or TARGET.fullmatch(target) is None:
        raise malformed("notice-invalid")
    rules = {"prefix": "", "suffix": ""}
    found = child.child("Filter")
    key = found.child("S3Key") if found is not None else None
    for rule in key.children if key is not None else ():
        side = (rule.value("Name") or "").lower()
        if rule.name != "FilterRule" or side not in rules:
            raise malformed("notice-invalid")
        rules[side] = rule.value("Value") or ""
    id_ = child.value("Id") or f"notice-{number + 1}"
    return Notice(id=id_, target=target, events=events, prefix=rules["prefix"], suffix=rules["suffix"])


def _inventory(one: Inventory) -> list[str]:
    arn = element("Bucket", f"arn:aws:s3:::{one.bucket}")
    target = [element("Format", "CSV"), arn]
    if one.prefix:
        target.append(element("Prefix", one.prefix))
    inner = [wrap("Destination", wrap("S3BucketDestination", *target)), element("IsEnabled", one.is_enabled)]
    if one.only:
        inner.append(wrap("Filter", element("Prefix", one.only)))
    inner += [element("Id", one.id), element("IncludedObjectVersions", one.versions)]
    if one.fields:
        inner.append(wrap("OptionalFields", *(element("Field", field) for field in one.fields)))
    return [*inner, wrap("Schedule", element("Frequency", one.frequency))]
