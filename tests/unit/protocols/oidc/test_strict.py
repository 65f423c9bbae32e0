import pytest

from custodes.protocols.oidc.strict import b64url, is_address, unb64url


def test_base64url_has_one_spelling():
    assert unb64url(b64url(b"\xfb\xff")) == b"\xfb\xff"
    for text in ("+/8", "-_8=", "-_9", "a", "a b", "-\n_8"):
        with pytest.raises(ValueError):
            unb64url(text)


@pytest.mark.parametrize(
    ("url", "holds", "here"),
    [
        ("https://login.town.example/x", True, True),
        ("http://login.town.example", False, False),
        ("http://localhost:3000/x", False, True),
        ("http://127.0.0.1:3000", False, True),
        ("http://localhost.evil.example", False, False),
        ("https://user@login.example", False, False),
        ("https://login.example\\@evil.example", False, False),
        ("https://login.example/#x", False, False),
        ("https://login.example/\n", False, False),
        ("https://", False, False),
        ("https://[::1", False, False),
        ("https://login.example:0", False, False),
        ("file:///etc/passwd", False, False),
        ("https://" + "x" * 2_000, False, False),
        (None, False, False),
    ],
)
def test_an_address_is_https_and_nothing_else(url, holds, here):
    assert (is_address(url, loopback_too=False), is_address(url, loopback_too=True)) == (holds, here)
