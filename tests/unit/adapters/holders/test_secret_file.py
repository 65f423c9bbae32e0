"""PINs and tokens in files."""

import pytest

from custodes.adapters.holders import secret_file
from custodes.kernel.refusal import Refusal


def test_the_first_line_is_the_secret(tmp_path):
    path = tmp_path / "pin"
    path.write_bytes(b"1234\r\nanything\n")
    path.chmod(0o600)
    assert secret_file.read(path) == b"1234"


@pytest.mark.parametrize(
    ("raw", "mode"), [(b"", 0o600), (b"\n", 0o600), (b"x" * 5_000, 0o600), (b"1234", 0o644)]
)
def test_an_empty_a_huge_and_an_open_one_are_refused(tmp_path, raw, mode):
    path = tmp_path / "pin"
    path.write_bytes(raw)
    path.chmod(mode)
    with pytest.raises(Refusal, match="holder-secret-"):
        secret_file.read(path)


def test_a_link_and_a_folder_are_refused(tmp_path):
    (tmp_path / "link").symlink_to("/etc/hostname")
    for path in (tmp_path / "link", tmp_path, tmp_path / "absent"):
        with pytest.raises(Refusal, match="holder-secret-"):
            secret_file.read(path)


def test_a_credential_of_systemd_has_permissions_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(secret_file, "CREDENTIALS", tmp_path)
    path = tmp_path / "pin"
    path.write_bytes(b"1234\n")
    path.chmod(0o640)  # an access list for the service's user shows up as group bits
    assert secret_file.read(path) == b"1234"
    with pytest.raises(Refusal, match="holder-secret-gone"):
        secret_file.read(tmp_path / "absent")
