import pytest

from custodes.kernel.refusal import Refusal
from custodes.objects.etags import bare, etag_for, etag_of_part, is_etag


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


def test_a_part_sent_again_in_its_upload_has_the_same_etag():
    one = etag_of_part("upl-1", 1, 3, "CRC64NVME:abc")
    assert one == etag_of_part("upl-1", 1, 3, "CRC64NVME:abc")
    others = {
        etag_of_part("upl-2", 1, 3, "CRC64NVME:abc"),
        etag_of_part("upl-1", 2, 3, "CRC64NVME:abc"),
        etag_of_part("upl-1", 1, 4, "CRC64NVME:abc"),
        etag_of_part("upl-1", 1, 3, "CRC64NVME:abd"),
    }
    assert len(others | {one}) == 5
    assert is_etag(one)


def test_an_etag_comes_back_with_or_without_quotes():
    assert bare('"abc-1"') == bare("abc-1") == bare(' "abc-1" ') == "abc-1"
    for text in ("", '""', '"a"b"', "a\nb", "x" * 200):
        with pytest.raises(Refusal, match="etag-malformed"):
            bare(text)
