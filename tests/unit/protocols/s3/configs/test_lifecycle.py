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
            "<Filter><Prefix>a</Prefix><Tag><Key>k</Key></Tag></Filter><Status>Enabled</Status>",
            "xml-malformed",
        ),
    ],
)
def test_what_is_no_rule(inner, code):
    with pytest.raises(Refusal, match=code):
        lifecycle.read_lifecycle(body(inner))
