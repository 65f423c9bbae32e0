from datetime import timedelta

import pytest
from click.testing import CliRunner

from custodes.adapters.http.timestamps import TimestampAuthority, roots_of, stamped_at
from custodes.adapters.system import SystemClock
from custodes.cli.watch.timestamp import timestamp
from custodes.kernel.refusal import Refusal
from fakes.authority import made, openssl, serving

BODY = b"log.example\n7\nroot\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    folder = made(tmp_path_factory.mktemp("tsa") / "one")
    with serving(folder) as url:
        yield folder, url


def test_a_real_authority_stamps_and_openssl_agrees(authority, tmp_path):
    folder, url = authority
    token = TimestampAuthority(url, folder / "root.pem").stamp(BODY)
    at = stamped_at(token, BODY, roots_of(folder / "root.pem"))
    assert abs(SystemClock().now() - at) < timedelta(minutes=2)
    (tmp_path / "token").write_bytes(token)
    (tmp_path / "body").write_bytes(BODY)
    line = ("ts", "-verify", "-in", str(tmp_path / "token"), "-data", str(tmp_path / "body"))
    assert b"OK" in openssl(folder, *line, "-CAfile", str(folder / "root.pem"))
    where = [str(tmp_path / "token"), str(tmp_path / "body"), "--roots", str(folder / "root.pem")]
    done = CliRunner().invoke(timestamp, ["verify", *where])
    assert (done.exit_code, "7" in done.output) == (0, True)
    (tmp_path / "body").write_bytes(BODY + b"x")
    assert CliRunner().invoke(timestamp, ["verify", *where]).exit_code == 1


def test_a_token_over_something_else_of_somebody_else_or_bent(authority, tmp_path):
    folder, url = authority
    token = TimestampAuthority(url, folder / "root.pem").stamp(BODY)
    other = made(tmp_path / "two")
    for raw, body, root in (
        (token, BODY + b"x", folder),
        (token, BODY, other),
        (token[:-1] + bytes([token[-1] ^ 1]), BODY, folder),
        (b"", BODY, folder),
    ):
        with pytest.raises(Refusal, match="bad-timestamp"):
            stamped_at(raw, body, roots_of(root / "root.pem"))
    with pytest.raises(Refusal, match="bad-timestamp"):
        stamped_at(token, BODY, roots_of(folder / "root.pem"), nonce=1)
    with pytest.raises(Refusal, match="bad-timestamp"):
        TimestampAuthority(url, other / "root.pem").stamp(BODY)


def test_an_authority_that_is_gone_and_roots_that_are_none(authority, tmp_path):
    folder, _ = authority
    with pytest.raises(Refusal, match="url-unreachable"):
        TimestampAuthority("http://127.0.0.1:9/", folder / "root.pem", timeout_s=1).stamp(BODY)
    with pytest.raises(Refusal, match="bad-roots"):
        TimestampAuthority("http://127.0.0.1:9/", tmp_path / "none.pem")
    (tmp_path / "bad.pem").write_text("not a certificate")
    with pytest.raises(Refusal, match="bad-roots"):
        roots_of(tmp_path / "bad.pem")
