import pytest

from custodes.kernel.refusal import Refusal
from custodes.objects.rules.lifecycle import LifecycleRule
from custodes.protocols.s3.configs import lifecycle

RULES = (
    LifecycleRule(id="a", is_enabled=True, prefix="logs/", has_old_prefix=True, days=3),
    LifecycleRule(
        id="b",
        is_enabled=False,
        prefix="x",
        tags=(("k", "v"),),
        bytes_above=1,
        noncurrent_days=2,
        noncurrent_kept=1,
    ),
    LifecycleRule(id="c", is_enabled=True, ends_lone_markers=True, upload_days=7),
    LifecycleRule(id="d", is_enabled=True, bytes_below=9, date="2027-01-01T00:00:00Z"),
)


def test_read_as_written():
    assert lifecycle.read_lifecycle(lifecycle.write_lifecycle(RULES)) == RULES


def body(inner: str) -> bytes:
    return f"<LifecycleConfiguration><Rule>{inner}</Rule></LifecycleConfiguration>".encode()


GOOD = "<Filter/><Status>Enabled</Status>"


ON = "<Status>Enabled</Status>"
AFTER = "<DaysAfterInitiation>1</DaysAfterInitiation>"
SMALL = f"<Filter><ObjectSizeLessThan>9</ObjectSizeLessThan></Filter>{ON}"
TAGGED = f"<Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter>{ON}"
RANGE = "<ObjectSizeGreaterThan>{}</ObjectSizeGreaterThan><ObjectSizeLessThan>{}</ObjectSizeLessThan>"
EMPTY_RANGE = f"<Filter><And>{RANGE.format(9, 9)}</And></Filter>{ON}"


def kept(number):
    inner = f"<NoncurrentDays>1</NoncurrentDays><NewerNoncurrentVersions>{number}</NewerNoncurrentVersions>"
    return f"<NoncurrentVersionExpiration>{inner}</NoncurrentVersionExpiration>"


def test_a_range_of_sizes_and_how_many_are_kept():
    inner = f"<Filter><And><Prefix>a/</Prefix>{RANGE.format(8, 10)}</And></Filter>{ON}{kept(100)}"
    (one,) = lifecycle.read_lifecycle(body(inner))
    assert (one.prefix, one.bytes_above, one.bytes_below, one.noncurrent_kept) == ("a/", 8, 10, 100)


def test_a_rule_without_a_name_gets_one():
    (one,) = lifecycle.read_lifecycle(body(f"{GOOD}<Expiration><Days>1</Days></Expiration>"))
    assert len(one.id) == 32


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        ("<Status>Enabled</Status><Expiration><Days>1</Days></Expiration>", "xml-malformed"),
        ("<Filter/><Status>enabled</Status><Expiration><Days>1</Days></Expiration>", "xml-malformed"),
        (GOOD, "xml-malformed"),
        (f"{GOOD}<Expiration><Days>1</Days><Date>2027-01-01</Date></Expiration>", "xml-malformed"),
        (f"{GOOD}<Expiration><Date>20270101</Date></Expiration>", "xml-malformed"),
        (f"{GOOD}<Expiration><Date>2027-01-01T01:00:00Z</Date></Expiration>", "lifecycle-rule-invalid"),
        (f"{GOOD}<Expiration><Days>0</Days></Expiration>", "lifecycle-rule-invalid"),
        (
            f"{GOOD}<Transition><Days>1</Days><StorageClass>GLACIER</StorageClass></Transition>",
            "transition-not-served",
        ),
        (f"{GOOD}<Novelty/>", "xml-malformed"),
        (
            f"{SMALL}<AbortIncompleteMultipartUpload>{AFTER}</AbortIncompleteMultipartUpload>",
            "lifecycle-rule-invalid",
        ),
        (
            f"{TAGGED}<AbortIncompleteMultipartUpload>{AFTER}</AbortIncompleteMultipartUpload>",
            "lifecycle-rule-invalid",
        ),
        (
            f"{TAGGED}<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>",
            "lifecycle-rule-invalid",
        ),
        (f"{EMPTY_RANGE}<Expiration><Days>1</Days></Expiration>", "lifecycle-rule-invalid"),
        (f"{GOOD}{kept(0)}", "lifecycle-rule-invalid"),
        (f"{GOOD}{kept(101)}", "lifecycle-rule-invalid"),
        (f"<Prefix/><Status>Enabled</Status>{kept(1)}", "lifecycle-rule-invalid"),
        (
            "<Filter><Prefix>a</Prefix><Tag><Key>k</Key></Tag></Filter><Status>Enabled</Status>",
            "xml-malformed",
        ),
    ],
)
def test_what_is_no_rule(inner, code):
    with pytest.raises(Refusal, match=code):
        lifecycle.read_lifecycle(body(inner))
