from datetime import UTC, datetime, timedelta

import pytest

from custodes.kernel.refusal import Refusal
from custodes.objects.conditions import (
    NONE,
    Conditions,
    Verdict,
    judge_copy,
    judge_read,
    judge_write,
    parse_tags,
    range_stands,
)

AT = datetime(2026, 11, 22, 8, 0, 0, 500_000, tzinfo=UTC)
EARLIER = AT.replace(microsecond=0) - timedelta(seconds=1)
SAME = AT.replace(microsecond=0)
ETAG = "0" * 32 + "-1"
GO, NOT_MODIFIED, FAILED = Verdict.GO_ON, Verdict.NOT_MODIFIED, Verdict.FAILED


@pytest.mark.parametrize(
    ("match", "unmodified", "none_match", "modified", "verdict"),
    [
        (None, None, None, None, GO),
        (f'"{ETAG}"', None, None, None, GO),
        (ETAG, None, None, None, GO),
        ("*", None, None, None, GO),
        ('"x"', None, None, None, FAILED),
        (f'W/"{ETAG}"', None, None, None, FAILED),
        (f'"x", "{ETAG}"', None, None, None, GO),
        (None, SAME, None, None, GO),
        (None, EARLIER, None, None, FAILED),
        (f'"{ETAG}"', EARLIER, None, None, GO),  # the tag silences the date
        ('"x"', SAME, None, None, FAILED),
        (None, None, f'"{ETAG}"', None, NOT_MODIFIED),
        (None, None, f'W/"{ETAG}"', None, NOT_MODIFIED),
        (None, None, '"x"', None, GO),
        (None, None, None, SAME, NOT_MODIFIED),
        (None, None, None, EARLIER, GO),
        (None, None, '"x"', SAME, GO),
        (None, None, f'"{ETAG}"', EARLIER, NOT_MODIFIED),
        (f'"{ETAG}"', None, f'"{ETAG}"', None, NOT_MODIFIED),
        ('"x"', None, f'"{ETAG}"', None, FAILED),
        (None, EARLIER, f'"{ETAG}"', None, FAILED),
    ],
)
def test_reading(match, unmodified, none_match, modified, verdict):
    conditions = Conditions(
        if_match=parse_tags(match) if match else None,
        if_unmodified_since=unmodified,
        if_none_match=parse_tags(none_match) if none_match else None,
        if_modified_since=modified,
    )
    assert judge_read(conditions, ETAG, AT) is verdict
    assert judge_copy(conditions, ETAG, AT) is (GO if verdict is GO else FAILED)


@pytest.mark.parametrize(
    ("tags", "at", "stands"),
    [
        (None, None, True),
        (f'"{ETAG}"', None, True),
        (f'W/"{ETAG}"', None, False),
        ('"x"', None, False),
        (None, SAME, True),
        (None, EARLIER, False),
        (None, SAME + timedelta(seconds=1), False),  # exactly this one, not "since"
    ],
)
def test_whose_range_it_is(tags, at, stands):
    conditions = Conditions(if_range=parse_tags(tags) if tags else None, if_range_at=at)
    assert range_stands(conditions, ETAG, AT) is stands


def test_writing():
    absent = Conditions(if_none_match=parse_tags("*"))
    exactly = Conditions(if_match=parse_tags(f'"{ETAG}"'))
    present = Conditions(if_match=parse_tags("*"))
    assert judge_write(absent, None) is GO
    assert judge_write(absent, ETAG) is FAILED
    assert judge_write(exactly, ETAG) is GO
    assert judge_write(exactly, "other") is FAILED
    assert judge_write(exactly, None) is Verdict.ABSENT
    assert judge_write(present, None) is Verdict.ABSENT
    assert judge_write(present, "any") is GO
    assert judge_write(NONE, None) is GO
    assert judge_write(Conditions(if_none_match=parse_tags('"x"')), ETAG) is GO
    assert judge_write(Conditions(if_unmodified_since=EARLIER), ETAG) is GO


@pytest.mark.parametrize("text", ["", ",", '"a",,"b"', '"a"b"', ",".join(['"a"'] * 33), '""', "x" * 129])
def test_what_is_no_list_of_tags(text):
    with pytest.raises(Refusal, match="etag-malformed"):
        parse_tags(text)
