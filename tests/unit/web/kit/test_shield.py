import pytest

from custodes.kernel.refusal import Refusal
from custodes.web.kit import shield


@pytest.mark.parametrize(
    "path", [b"/", b"/a", b"/a/", b"/a/b.c/~d", b"/%C3%A4", b"/a%20b", b"/...", b"/a:b@c"]
)
def test_plain_paths_pass(path: bytes) -> None:
    shield.check_path(path)


@pytest.mark.parametrize(
    "path",
    [
        b"",
        b"a",
        b"//a",
        b"/a//b",
        b"/a/../b",
        b"/..",
        b"/.",
        b"/a/%2e%2E/b",
        b"/a/.%2e",
        b"/a%2fb",
        b"/a%5Cb",
        b"/a\\b",
        b"/a%00",
        b"/a%0d%0a",
        b"/a%7f",
        b"/a%",
        b"/a%zz",
        b"/a b",
        b"/\xc3\xa4",
        b"/a?b",
        b"/%ff%fe",
        b"/%ed%a0%80",
        b"/%c3/%a4",
        b"/" + b"a" * 2_048,
        b"http://evil/",
    ],
)
def test_what_two_programs_could_read_differently_is_refused(path: bytes) -> None:
    with pytest.raises(Refusal, match="malformed-path"):
        shield.check_path(path)


def test_headers() -> None:
    plain = dict(shield.headers(shield.CONSOLE_CSP, is_tls=False))
    assert "strict-transport-security" not in plain
    csp = plain["content-security-policy"]
    assert csp.startswith("default-src 'none'; ")
    assert "frame-ancestors 'none'" in csp
    assert "base-uri 'none'" in csp
    assert not {"unsafe", "http:", "https:", "*"} & set(csp.replace("-", " ").split())
    assert [part for part in csp.split("; ") if "data:" in part] == ["img-src 'self' data:"]
    assert plain["x-content-type-options"] == "nosniff"
    assert "strict-transport-security" in dict(shield.headers(shield.API_CSP, is_tls=True))
