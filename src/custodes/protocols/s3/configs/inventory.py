"""InventoryConfiguration and the list of them.

Source: S3 API Reference, PutBucketInventoryConfiguration, ListBucketInventoryConfigurations.
"""

from collections.abc import Sequence

from custodes.kernel.refusal import malformed
from custodes.objects.rules.inventory import Inventory, arn_of, destination_of
from custodes.protocols.s3 import xml
from custodes.protocols.s3.xml import Element, document, element, wrap

ROOT = "InventoryConfiguration"
_KNOWN = frozenset(
    {"Destination", "IsEnabled", "Filter", "Id", "IncludedObjectVersions", "OptionalFields", "Schedule"}
)


def read_inventory(body: bytes) -> Inventory:
    """One configuration as a document says it.

    Refuses `xml-malformed`, `destination-unknown`, `operation-not-served` (another format than CSV; a key
    for the reports: they lie under that of their bucket).
    """
    root = xml.parse(body, ROOT)
    if any(child.name not in _KNOWN for child in root.children):
        raise malformed("xml-malformed")
    place = _one(_one(root, "Destination"), "S3BucketDestination")
    if (place.value("Format") or "") != "CSV":
        raise malformed("operation-not-served")
    versions = root.value("IncludedObjectVersions")
    if versions not in ("All", "Current"):
        raise malformed("xml-malformed")
    found = root.child("Filter")
    wanted = root.child("OptionalFields")
    return Inventory(
        id=root.value("Id") or "",
        is_enabled=_flag(root.value("IsEnabled")),
        destination=destination_of(place.value("Bucket") or ""),
        destination_prefix=place.value("Prefix") or "",
        account=place.value("AccountId") or "",
        encryption=_encryption(place.child("Encryption")),
        prefix=(found.value("Prefix") or "") if found is not None else "",
        has_all_versions=versions == "All",
        frequency=_one(root, "Schedule").value("Frequency") or "",
        fields=tuple(_field(one) for one in wanted.children) if wanted is not None else (),
    )


def write_inventory(rule: Inventory) -> bytes:
    """InventoryConfiguration."""
    return document(ROOT, *_written(rule))


def write_inventories(rules: Sequence[Inventory]) -> bytes:
    """ListInventoryConfigurationsResult: all there are."""
    inner = [wrap(ROOT, *_written(rule)) for rule in rules]
    return document("ListInventoryConfigurationsResult", *inner, element("IsTruncated", False))


def _one(within: Element, name: str) -> Element:
    found = within.child(name)
    if found is None:
        raise malformed("xml-malformed")
    return found


def _flag(text: str | None) -> bool:
    if text not in ("true", "false"):
        raise malformed("xml-malformed")
    return text == "true"


def _field(one: Element) -> str:
    if one.name != "Field" or one.children:
        raise malformed("xml-malformed")
    return one.text


def _encryption(found: Element | None) -> str:
    if found is None:
        return ""
    if [child.name for child in found.children] != ["SSE-S3"]:
        raise malformed("operation-not-served")
    return "SSE-S3"


def _written(rule: Inventory) -> list[str]:
    place = [
        *([element("AccountId", rule.account)] if rule.account else []),
        element("Bucket", arn_of(rule.destination)),
        *([wrap("Encryption", wrap("SSE-S3"))] if rule.encryption else []),
        element("Format", "CSV"),
        *([element("Prefix", rule.destination_prefix)] if rule.destination_prefix else []),
    ]
    fields = [element("Field", field) for field in rule.fields]
    return [
        wrap("Destination", wrap("S3BucketDestination", *place)),
        *([wrap("Filter", element("Prefix", rule.prefix))] if rule.prefix else []),
        element("Id", rule.id),
        element("IncludedObjectVersions", "All" if rule.has_all_versions else "Current"),
        element("IsEnabled", rule.is_enabled),
        *([wrap("OptionalFields", *fields)] if fields else []),
        wrap("Schedule", element("Frequency", rule.frequency)),
    ]
