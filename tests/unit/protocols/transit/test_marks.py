import pytest

from custodes.protocols.transit.marks import decoded, encoded, marked, unmarked


@pytest.mark.parametrize("is_jws", [False, True])
def test_a_mark_comes_back(is_jws):
    for raw in (b"", b"\xff\xfe\xfd", bytes(range(256))):
        assert unmarked(marked(12, raw, is_jws=is_jws), is_jws=is_jws) == (12, raw)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no-prefix"),
        ("vault:", "no-prefix"),
        ("vault:v0:AAAA", "no-prefix"),
        ("vault:v-1:AAAA", "no-prefix"),
        ("vault:v1AAAA", "no-prefix"),
        ("vault:v9999999999:AAAA", "no-prefix"),
        ("Vault:v1:AAAA", "no-prefix"),
        (" vault:v1:AAAA", "no-prefix"),
        ("vault:v1:%%%%", "bad-base64"),
        ("vault:v1:AAA", "bad-base64"),
        ("vault:v1:AA=A", "bad-base64"),
        ("vault:v1:ÄÖÜß", "bad-base64"),
    ],
)
def test_what_is_no_mark_is_not_read(text, why):
    with pytest.raises(ValueError, match=why):
        unmarked(text)
    if why == "no-prefix":
        with pytest.raises(ValueError, match=why):
            unmarked(text, is_jws=True)


def test_base64_is_strict_but_for_line_breaks():
    assert decoded("aGVs\nbG8=\r\n") == b"hello"
    assert encoded(b"hello") == "aGVsbG8="
    for bad in ("aGVsbG8", "a", "aGVs bG8=", "aGVsbG8=x", "-_-_"):
        with pytest.raises(ValueError, match="illegal"):
            decoded(bad)
