"""Inventories: reports of what a bucket holds, written into a bucket of the same customer as S3 writes them.

Source: S3 User Guide, *Cataloging and analyzing your data with S3 Inventory*, *Locating your inventory list*;
S3 API Reference, *InventoryConfiguration*. One format, CSV, packed with gzip. What lies sealed under an
object's own key (its checksum algorithm) cannot be a column: that would be a key use for each object.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import msgspec

from custodes.kernel.refusal import malformed
from custodes.objects.names import KEY_BYTES_MAX

INVENTORIES_MAX = 100
DAILY, WEEKLY = "Daily", "Weekly"
FREQUENCIES = (DAILY, WEEKLY)
FIELDS = (  # in the order of S3's columns
    "Size",
    "LastModifiedDate",
    "ETag",
    "StorageClass",
    "IsMultipartUploaded",
    "ReplicationStatus",
    "EncryptionStatus",
    "ObjectLockRetainUntilDate",
    "ObjectLockMode",
    "ObjectLockLegalHoldStatus",
    "IntelligentTieringAccessTier",
    "BucketKeyStatus",
    "ObjectOwner",
)
NOT_SERVED = ("ChecksumAlgorithm", "ObjectAccessControlList", "LifecycleExpirationDate")
ID_FORM = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ARN = "arn:aws:s3:::"
_LONGEST_NAME = f"/data/{'0' * 32}.csv.gz"
_SUNDAY = 6
_ENCRYPTED = {"": "SSE-S3", "aws:kms": "SSE-KMS", "customer": "SSE-C"}


class Inventory(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One configuration of a bucket. `destination` is a bucket's name; `prefix` limits what is listed.

    `credential` and `how` say who configured it: each report is written under his rights as they stand then.
    """

    id: str
    is_enabled: bool
    destination: str
    destination_prefix: str = ""
    account: str = ""
    encryption: str = ""
    prefix: str = ""
    has_all_versions: bool = False
    frequency: str = DAILY
    fields: tuple[str, ...] = ()
    credential: str = ""
    how: str = ""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One version in a report; `version` as S3 shows it, times as S3's documents write them."""

    name: str
    version: str = ""
    is_latest: bool = True
    is_marker: bool = False
    size: int = 0
    at: str = ""
    etag: str = ""
    by_parts: bool = False
    sse: str = ""
    retained_until: str = ""
    lock_mode: str = ""
    hold: str = ""
    owner: str = ""


class File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One data file of a report: the object's name, its size and MD5 (hex), and how many lines it has."""

    name: str
    size: int
    md5: str
    lines: int


def check_inventory(rule: Inventory, source: str) -> Inventory:
    """The configuration, if it may be kept for the bucket `source`.

    `inventory-invalid` (malformed), `operation-not-served` (malformed) for a column or a format that is not
    served, `key-too-long` (malformed) where the names of its reports would be.
    """
    if ID_FORM.fullmatch(rule.id) is None or rule.frequency not in FREQUENCIES:
        raise malformed("inventory-invalid")
    if any(field in NOT_SERVED for field in rule.fields):
        raise malformed("operation-not-served")
    if not set(rule.fields) <= set(FIELDS) or len(set(rule.fields)) != len(rule.fields):
        raise malformed("inventory-invalid")
    if "\0" in rule.prefix or "\0" in rule.destination_prefix:
        raise malformed("inventory-invalid")
    longest = len(f"{folder(rule, source)}{_LONGEST_NAME}".encode())
    if longest > KEY_BYTES_MAX or len(rule.prefix.encode()) > KEY_BYTES_MAX:
        raise malformed("key-too-long", bytes=longest, bytes_max=KEY_BYTES_MAX)
    return rule


def destination_of(arn: str) -> str:
    """The bucket's name in `arn:aws:s3:::name`; `destination-unknown` (malformed)."""
    name = arn.removeprefix(_ARN)
    if name == arn or not name:
        raise malformed("destination-unknown")
    return name


def arn_of(bucket: str) -> str:
    """How a configuration and a manifest name a bucket."""
    return f"{_ARN}{bucket}"


def folder(rule: Inventory, source: str) -> str:
    """Below which all reports of a configuration lie."""
    prefix = rule.destination_prefix.rstrip("/")
    return f"{prefix}/{source}/{rule.id}" if prefix else f"{source}/{rule.id}"


def data_name(rule: Inventory, source: str, mark: str) -> str:
    """The name of one data file; `mark` is its own."""
    return f"{folder(rule, source)}/data/{mark}.csv.gz"


def manifest_name(rule: Inventory, source: str, begun_at: datetime, kind: str) -> str:
    """The name of `manifest.json`, `manifest.checksum` or `symlink.txt` (`kind`) of the report begun then."""
    if kind == "symlink.txt":
        return f"{folder(rule, source)}/hive/dt={begun_at.astimezone(UTC):%Y-%m-%d-%H-%M}/{kind}"
    return f"{folder(rule, source)}/{begun_at.astimezone(UTC):%Y-%m-%dT%H-%MZ}/{kind}"


def columns(rule: Inventory) -> tuple[str, ...]:
    """What a report says of each version, in order."""
    of_versions = ("VersionId", "IsLatest", "IsDeleteMarker") if rule.has_all_versions else ()
    return ("Bucket", "Key", *of_versions, *(field for field in FIELDS if field in rule.fields))


def csv_of(rule: Inventory, source: str, lines: Sequence[Line]) -> bytes:
    """Lines of a data file: every value quoted, names percent-encoded; no heading, as S3 has none."""
    wanted = columns(rule)
    return "".join(
        ",".join('"' + _value(column, source, line).replace('"', '""') + '"' for column in wanted) + "\n"
        for line in lines
    ).encode("utf-8")


def manifest_of(rule: Inventory, source: str, begun_at: datetime, files: Sequence[File]) -> bytes:
    """manifest.json."""
    said = {
        "sourceBucket": source,
        "destinationBucket": arn_of(rule.destination),
        "version": "2016-11-30",
        "creationTimestamp": str(int(begun_at.timestamp() * 1000)),
        "fileFormat": "CSV",
        "fileSchema": ", ".join(columns(rule)),
        "files": [{"key": one.name, "size": one.size, "MD5checksum": one.md5} for one in files],
    }
    return json.dumps(said, ensure_ascii=False, indent=2).encode("utf-8")


def checksum_of(manifest: bytes) -> bytes:
    """manifest.checksum: the MD5 of manifest.json in hex, as S3 has it; it protects from nothing."""
    return hashlib.md5(manifest, usedforsecurity=False).hexdigest().encode("ascii")


def symlink_of(rule: Inventory, files: Sequence[File]) -> bytes:
    """symlink.txt, by which Hive finds the data files."""
    return "".join(f"s3://{rule.destination}/{one.name}\n" for one in files).encode("utf-8")


def next_at(rule: Inventory, begun_at: datetime) -> datetime:
    """When the report after this one is due: the next midnight (UTC), or that before the next Sunday."""
    day = begun_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    if rule.frequency == WEEKLY:
        day += timedelta(days=(_SUNDAY - day.weekday()) % 7)
    return day


def _value(column: str, source: str, line: Line) -> str:
    if column in ("IsLatest", "IsDeleteMarker"):
        return _flag(line.is_latest if column == "IsLatest" else line.is_marker)
    if column in ("Bucket", "Key", "VersionId", "LastModifiedDate", "ObjectOwner"):
        return {
            "Bucket": source,
            "Key": quote(line.name, safe="/"),
            "VersionId": line.version,
            "LastModifiedDate": line.at,
            "ObjectOwner": line.owner,
        }[column]
    if line.is_marker:  # it has neither content nor what is told of one
        return ""
    return {
        "Size": str(line.size),
        "ETag": line.etag,
        "StorageClass": "STANDARD",
        "IsMultipartUploaded": _flag(line.by_parts),
        "EncryptionStatus": _ENCRYPTED.get(line.sse, ""),
        "ObjectLockRetainUntilDate": line.retained_until,
        "ObjectLockMode": line.lock_mode,
        "ObjectLockLegalHoldStatus": line.hold,
        "BucketKeyStatus": "DISABLED" if line.sse == "aws:kms" else "",
    }.get(column, "")


def _flag(said: bool) -> str:
    return "true" if said else "false"
