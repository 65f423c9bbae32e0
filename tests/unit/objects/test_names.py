import pytest

from custodes.kernel.refusal import Refusal
from custodes.objects.names import after_prefix, check_bucket_name, check_key


@pytest.mark.parametrize("name", ["abc", "a-b", "town.archive", "a" * 63, "0bucket9", "1.2.3", "192.168.5"])
def test_good_bucket_names(name):
    assert check_bucket_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "ab",
        "a" * 64,
        "Abc",
        "a_b",
        "-ab",
        "ab-",
        ".ab",
        "ab.",
        "a..b",
        "a.-b",
        "a-.b",
        "192.168.5.4",
        "xn--abc",
        "abc-s3alias",
        "abc--ol-s3",
        "a/b",
        "a\0bc",
        "äbc",
        "abc\n",
    ],
)
def test_bad_bucket_names(name):
    with pytest.raises(Refusal, match="bucket-name-invalid"):
        check_bucket_name(name)


@pytest.mark.parametrize("key", ["..", "../../etc/passwd", "//", "/a", "a/./b", "\n", "𝄞ä", " ", "a\x01b"])
def test_any_text_is_a_key(key):
    assert check_key(key.encode()) == key


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "key-empty"),
        (b"a" * 1025, "key-too-long"),
        ("ä".encode() * 513, "key-too-long"),
        (b"\xff", "key-not-utf8"),
        (b"\xed\xa0\x80", "key-not-utf8"),
        (b"\xc0\x80", "key-not-utf8"),
        (b"a\0", "key-holds-nul"),
    ],
)
def test_what_is_no_key(raw, code):
    with pytest.raises(Refusal, match=code):
        check_key(raw)


def test_a_key_of_1024_bytes_is_one():
    assert check_key("ä".encode() * 512) == "ä" * 512


def test_after_prefix_steps_over_surrogates_and_the_end():
    assert after_prefix("a/") == "a0"
    assert after_prefix("\ud7ff") == "\ue000"
    assert after_prefix("a\U0010ffff") == "b"
    assert after_prefix("\U0010ffff") is None
    assert after_prefix("") is None
