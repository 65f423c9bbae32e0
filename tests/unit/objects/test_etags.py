import pytest

from custodes.kernel.refusal import Refusal
from custodes.objects.etags import bare, etag_for, is_etag


def test_an_etag_is_stable_distinct_and_no_md5():
    one = etag_for("ver-1")
    assert one == etag_for("ver-1")
    assert one != etag_for("ver-2")
    assert is_etag(one)
    assert one.endswith("-1")
    assert etag_for("ver-1", 10_000).endswith("-10000")
    for count in (0, 10_001):
        with pytest.raises(ValueError, match=str(count)):
            etag_for("ver-1", count)
    assert not is_etag("0" * 32)


def test_an_etag_comes_back_with_or_without_quotes():
    assert bare('"abc-1"') == bare("abc-1") == bare(' "abc-1" ') == "abc-1"
    for text in ("", '""', '"a"b"', "a\nb", "x" * 200):
        with pytest.raises(Refusal, match="etag-malformed"):
            bare(text)
