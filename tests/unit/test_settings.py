"""Settings are read strictly, written back whole, and every one of them is documented."""

from pathlib import Path

import pytest

from custodes.kernel.refusal import Refusal
from custodes.settings import FILE_NAME, Settings, load, to_toml

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"


def test_what_is_written_is_read_back(tmp_path):
    made = Settings(console_port=1234, s3_domains=("s3.example", "localhost"), auto_unseal=True)
    (tmp_path / FILE_NAME).write_text(to_toml(made))
    found = load(tmp_path / FILE_NAME)
    assert found.house == tmp_path
    assert to_toml(found) == to_toml(made)
    assert found.local_token == tmp_path / "keyroom" / "local.token"
    assert found.socket.parent == found.sockets


@pytest.mark.parametrize(
    "text",
    [
        "unknown = 1",
        "console_port = 'x'",
        "not toml",
        "host = 1",
        "time_zone = 'Berlin'",
        "transit_url = 'transit.example'",
        "transit_url = 'https://transit.example/$(id)'",
        "time_zone = '../x'",
    ],
)
def test_what_is_not_a_setting_is_refused(tmp_path, text):
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(Refusal, match="bad-settings"):
        load(tmp_path / FILE_NAME)
    with pytest.raises(Refusal, match="bad-settings"):
        load(tmp_path / "nothing")


def test_every_setting_is_documented():
    lines = [line.split("|") for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    documented = {line[1].strip(" `"): line[3].strip() for line in lines}
    assert list(documented) == list(Settings.__struct_fields__)
    assert all(documented.values())
    assert not [said for said in documented.values() if "in the source" in said]


def test_a_credential_of_systemd_is_what_unseals(tmp_path, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "holder").write_bytes(b"correct horse battery\nmore\n")
    assert Settings(unseal_credential="holder").unseal_secret() == b"correct horse battery"
    assert Settings().unseal_secret() == b""


@pytest.mark.parametrize("name", ["absent", "../holder", "..", "/etc/hostname"])
def test_a_credential_that_is_none_is_refused(tmp_path, monkeypatch, name):
    (tmp_path / "holder").write_bytes(b"x")
    (tmp_path / "creds").mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "creds"))
    with pytest.raises(Refusal, match="credential-gone"):
        Settings(unseal_credential=name).unseal_secret()
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    with pytest.raises(Refusal, match="credential-gone"):
        Settings(unseal_credential="holder").unseal_secret()
