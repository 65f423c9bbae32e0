from datetime import UTC, datetime, timedelta, timezone

import pytest

from custodes.protocols.s3.dates import from_amz_date, from_http_date, to_document_date, to_http_date

AT = datetime(2026, 11, 22, 8, 1, 2, 345_678, tzinfo=UTC)


def test_there_and_back():
    assert to_http_date(AT) == "Sun, 22 Nov 2026 08:01:02 GMT"
    assert from_http_date(to_http_date(AT)) == AT.replace(microsecond=0)
    assert from_http_date("Sun, 22 Nov 2026 08:01:02 -0000") == AT.replace(microsecond=0)
    assert to_document_date(AT) == "2026-11-22T08:01:02.345Z"
    elsewhere = AT.astimezone(timezone(timedelta(hours=1)))
    assert (to_http_date(elsewhere), to_document_date(elsewhere)) == (to_http_date(AT), to_document_date(AT))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-22",
        "Sun, 31 Feb 2026 08:00:00 GMT",
        "Sun, 22 Nov 2026 25:00:00 GMT",
        "Sun, 22 Nov 2026 08:00:00 CET",
        "Sun, 22 Foo 2026 08:00:00 GMT",
    ],
)
def test_what_is_no_date_is_none(text):
    assert from_http_date(text) is None


def test_the_date_of_a_signature():
    assert from_amz_date("20261122T080102Z") == AT.replace(microsecond=0)
    assert from_amz_date("20240229T235959Z") is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20261122T080102",
        "20261122T080102z",
        "20261122T080102Z ",
        "20261122 080102Z",
        "20260231T080102Z",
        "20261122T240000Z",
        "20261122T080060Z",
        "00001122T080102Z",
        "2026112२T080102Z",
        "-026-122T080102Z",
    ],
)
def test_what_is_no_date_of_a_signature(text):
    assert from_amz_date(text) is None
