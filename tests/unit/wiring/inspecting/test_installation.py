"""Folders, disks, copies and certificates as they are found."""

import datetime as dt
import os

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from custodes.acts.asks.running.findings import OK, UNKNOWN, WARNING, WRONG
from custodes.acts.asks.running.meanings import MEANINGS, NAMES
from custodes.settings import Settings
from custodes.wiring.inspecting import installation as module
from custodes.wiring.inspecting.installation import installation, sync_ms
from custodes.wiring.inspecting.look import findings

NOW = dt.datetime(2026, 11, 22, 8, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def now(monkeypatch):
    monkeypatch.setattr(module.time, "clock_gettime", lambda _clock: NOW.timestamp())


@pytest.fixture
def settings(tmp_path):
    made = Settings(house=tmp_path, mail_server="smtp://mail.example:25")
    for place in (made.keyroom, made.logkeeper):
        place.mkdir(mode=0o700)
    return made


def seen(settings):
    return {one.name: one for one in installation(settings)}


def why(settings, name):
    one = seen(settings)[name]
    return one.state, one.why


def certificate(path, days):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(NOW - dt.timedelta(days=90)).not_valid_after(NOW + dt.timedelta(days=days))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path.write_bytes(made.public_bytes(Encoding.PEM))


def test_an_empty_folder_says_what_is_missing(settings):
    found = seen(settings)
    assert (found["database"].state, found["database"].why) == (WRONG, "database-gone")
    assert (found["backup"].state, found["drill"].state) == (WARNING, WARNING)
    assert found["fsync"].state in {OK, WARNING}
    assert found["users"].state == UNKNOWN
    assert {one.name for one in findings(settings)} <= set(NAMES)
    assert {one.why for one in findings(settings) if one.why} <= set(MEANINGS)


@pytest.mark.parametrize(("days", "expected"), [(1, (OK, "")), (3, (WRONG, "backup-old"))])
def test_a_backup_gets_old(settings, days, expected):
    at = (NOW - dt.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    (settings.keyroom / "backup.keys").write_text(f'{{"written_at":"{at}"}}')
    assert why(settings, "backup") == expected


def test_a_keys_file_that_is_none(settings):
    (settings.keyroom / "backup.keys").write_text("nothing of the kind")
    assert why(settings, "backup") == (WRONG, "backup-never")


@pytest.mark.parametrize(
    ("days", "found", "expected"),
    [(1, "[]", (OK, "")), (9, "[]", (WRONG, "drill-old")), (1, '["row-forged x"]', (WRONG, "drill-found"))],
)
def test_a_drill_gets_old_or_finds_something(settings, days, found, expected):
    at = (NOW - dt.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = f'{{"at":"{at}","backup":"bak-1","rows":1,"findings":{found}}}'
    (settings.keyroom / "drill.json").write_text(body)
    assert why(settings, "drill") == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [(60, (OK, "")), (20, (WARNING, "certificate-ends")), (-1, (WRONG, "certificate-ended"))],
)
def test_a_certificate_ends(settings, days, expected):
    certificate(settings.logkeeper / "mail.pem", days)
    assert why(settings, "certificate") == expected


def test_a_certificate_that_is_none(settings):
    assert why(settings, "certificate") == (WRONG, "certificate-unread")


def test_keys_open_to_others(settings):
    assert why(settings, "key-files") == (OK, "")
    settings.logkeeper.chmod(0o750)
    assert why(settings, "key-files") == (WRONG, "open-to-others")


def test_a_disk_that_cannot_be_written_or_seen(settings, monkeypatch):
    def refuse(_folder):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(module, "sync_ms", refuse)
    assert why(settings, "fsync") == (WRONG, "disk-not-writable")
    monkeypatch.setattr(module, "sync_ms", lambda _folder: (9.0, 40.0))
    assert why(settings, "fsync") == (WARNING, "disk-slow")


def test_stamps_get_old(settings, tmp_path):
    stamped = Settings(house=tmp_path, timestamp_url="https://tsa.example")
    assert why(stamped, "timestamps") == (WARNING, "timestamps-old")
    folder = stamped.public_log / "timestamps"
    folder.mkdir(parents=True)
    file = folder / "1.tsr"
    file.touch()
    os.utime(file, (NOW.timestamp() - 60,) * 2)
    assert why(stamped, "timestamps") == (OK, "")


def test_the_disk_is_measured(tmp_path):
    median, worst = sync_ms(tmp_path)
    assert 0 <= median <= worst
    assert list(tmp_path.iterdir()) == []
