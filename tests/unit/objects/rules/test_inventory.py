import csv
import hashlib
import io
import json
from datetime import UTC, datetime
from urllib.parse import unquote, unquote_plus

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.kernel.refusal import Refusal
from custodes.objects.rules.inventory import (
    FIELDS,
    NOT_SERVED,
    WEEKLY,
    File,
    Inventory,
    Line,
    check_inventory,
    checksum_of,
    columns,
    csv_of,
    data_name,
    destination_of,
    manifest_name,
    manifest_of,
    next_at,
    symlink_of,
)

AT = datetime(2026, 11, 22, 20, 5, tzinfo=UTC)  # a Sunday
RULE = Inventory(id="all", is_enabled=True, destination="kept", fields=FIELDS, has_all_versions=True)
replace = msgspec.structs.replace


def read(rule, *lines):
    rows = csv.reader(io.StringIO(csv_of(rule, "b", lines).decode(), newline=""))
    return [dict(zip(columns(rule), row, strict=True)) for row in rows]


def test_the_names_are_those_s3_gives():
    rule = replace(RULE, destination_prefix="below/")
    assert data_name(rule, "b", "x") == "below/b/all/data/x.csv.gz"
    assert manifest_name(rule, "b", AT, "manifest.json") == "below/b/all/2026-11-22T20-05Z/manifest.json"
    assert manifest_name(RULE, "b", AT, "symlink.txt") == "b/all/hive/dt=2026-11-22-20-05/symlink.txt"


def test_columns_stand_in_s3s_order_whatever_was_asked_first():
    rule = replace(RULE, fields=("ETag", "Size"))
    assert columns(rule) == ("Bucket", "Key", "VersionId", "IsLatest", "IsDeleteMarker", "Size", "ETag")
    assert columns(replace(rule, has_all_versions=False)) == ("Bucket", "Key", "Size", "ETag")


def test_a_line_says_what_is_known_and_a_marker_has_no_content():
    line = Line(name="k", version="v", size=7, etag="e-1", by_parts=True, sse="aws:kms", hold="ON", owner="o")
    whole, marker = read(RULE, line, Line(name="k", is_marker=True, is_latest=False, owner="o"))
    assert (whole["Size"], whole["ETag"], whole["EncryptionStatus"]) == ("7", "e-1", "SSE-KMS")
    assert (whole["IsMultipartUploaded"], whole["ObjectLockLegalHoldStatus"]) == ("true", "ON")
    assert (marker["Size"], marker["StorageClass"], marker["ObjectOwner"]) == ("", "", "o")
    assert (marker["IsDeleteMarker"], marker["IsLatest"]) == ("true", "false")


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1))
def test_no_name_breaks_out_of_its_line(name):
    (row,) = read(replace(RULE, fields=("Size",)), Line(name=name))
    assert unquote(row["Key"]) == unquote_plus(row["Key"]) == name


def test_manifest_checksum_and_symlink():
    files = (File(name="b/all/data/ä.csv.gz", size=3, md5="00", lines=1),)
    raw = manifest_of(replace(RULE, fields=()), "b", AT, files)
    said = json.loads(raw)
    assert said["files"] == [{"key": files[0].name, "size": 3, "MD5checksum": "00"}]
    assert said["creationTimestamp"] == "1795377900000"
    assert said["fileSchema"] == "Bucket, Key, VersionId, IsLatest, IsDeleteMarker"
    assert checksum_of(raw).decode() == hashlib.md5(raw).hexdigest()
    assert symlink_of(RULE, files) == "s3://kept/b/all/data/ä.csv.gz\n".encode()


def test_the_next_report_is_due_after_midnight():
    assert next_at(RULE, AT) == datetime(2026, 11, 23, tzinfo=UTC)
    weekly = replace(RULE, frequency=WEEKLY)
    assert next_at(weekly, AT) == datetime(2026, 11, 29, tzinfo=UTC)
    assert next_at(weekly, datetime(2026, 11, 28, 23, tzinfo=UTC)) == datetime(2026, 11, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"id": ""}, "inventory-invalid"),
        ({"id": "a/../b"}, "inventory-invalid"),
        ({"id": "a" * 65}, "inventory-invalid"),
        ({"frequency": "Hourly"}, "inventory-invalid"),
        ({"fields": ("Size", "Size")}, "inventory-invalid"),
        ({"fields": ("Else",)}, "inventory-invalid"),
        ({"prefix": "\0"}, "inventory-invalid"),
        ({"destination_prefix": "ä" * 500}, "key-too-long"),
        ({"prefix": "ä" * 513}, "key-too-long"),
        *(({"fields": (field,)}, "operation-not-served") for field in NOT_SERVED),
    ],
)
def test_what_is_refused(changed, code):
    with pytest.raises(Refusal, match=code):
        check_inventory(replace(RULE, **changed), "bucket")


def test_what_may_stand():
    longest = "a" * (1_024 - len(f"/bucket/all/data/{'0' * 32}.csv.gz"))
    rule = replace(RULE, destination_prefix=longest)
    assert check_inventory(rule, "bucket") == rule
    kinds = ("manifest.json", "manifest.checksum", "symlink.txt")
    names = [data_name(rule, "bucket", "0" * 32), *(manifest_name(rule, "bucket", AT, one) for one in kinds)]
    assert max(map(len, names)) <= 1_024
    with pytest.raises(Refusal, match="key-too-long"):
        check_inventory(replace(RULE, destination_prefix=longest + "a"), "bucket")
    assert destination_of("arn:aws:s3:::kept") == "kept"
    for arn in ("kept", "arn:aws:s3:::", "arn:aws:s3:eu:1:kept"):
        with pytest.raises(Refusal, match="destination-unknown"):
            destination_of(arn)
