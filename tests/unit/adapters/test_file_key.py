import os
import pickle

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from custodes.adapters import file_key
from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal
from custodes.parties.signature import to_sign
from fakes import SeededDice

PASSPHRASE = b"correct horse battery staple"
HASH = bytes(range(32))


def made(folder, passphrase=PASSPHRASE):
    path = folder / "anna.key"
    return path, file_key.create(path, passphrase, SeededDice(3))


@pytest.mark.parametrize("passphrase", [PASSPHRASE, None])
def test_a_key_signs_after_a_round_trip(tmp_path, passphrase):
    path, public = made(tmp_path, passphrase)
    assert file_key.public_of(path) == public
    assert file_key.is_plain(path) is (passphrase is None)
    key = file_key.open_key(path, passphrase or b"")
    Ed25519PublicKey.from_public_bytes(public).verify(key.sign(HASH), to_sign(HASH))
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_seed_is_not_in_a_passphrase_file(tmp_path):
    path, _ = made(tmp_path)
    seed = SeededDice(3).draw(32)
    raw = path.read_bytes()
    assert canonical.b64(seed).encode() not in raw
    assert seed not in raw


def test_nothing_is_overwritten(tmp_path):
    path, _ = made(tmp_path)
    before = path.read_bytes()
    with pytest.raises(Refusal, match="file-key-exists"):
        made(tmp_path)
    assert path.read_bytes() == before


def test_a_wrong_passphrase(tmp_path):
    path, _ = made(tmp_path)
    with pytest.raises(Refusal, match="wrong-passphrase"):
        file_key.open_key(path, b"another horse battery staple")


@pytest.mark.parametrize("length", [11, 1025])
def test_a_passphrase_has_a_length(tmp_path, length):
    with pytest.raises(Refusal, match="passphrase-length"):
        made(tmp_path, b"x" * length)
    assert list(tmp_path.iterdir()) == []


def changed(path, **members):
    body = canonical.decode(path.read_bytes())
    path.write_bytes(canonical.encode({**body, **members}))


@pytest.mark.parametrize(
    "members",
    [
        {"format": "custodes/file-key/v2"},
        {
            "kdf": {
                "lanes": 4,
                "memory_kib": 8,
                "name": "argon2id",
                "passes": 3,
                "salt": "AA==",
                "version": 19,
            }
        },
        {
            "kdf": {
                "lanes": 4,
                "memory_kib": 1 << 30,
                "name": "argon2id",
                "passes": 3,
                "salt": "AA==",
                "version": 19,
            }
        },
        {"public": "AA=="},
        {"more": 1},
        {"wrapped": "not base64"},
    ],
)
def test_a_changed_file_is_no_key(tmp_path, members):
    path, _ = made(tmp_path)
    changed(path, **members)
    with pytest.raises(Refusal, match="bad-file-key"):
        file_key.open_key(path, PASSPHRASE)


def test_another_public_key_in_the_file_is_caught(tmp_path):
    path, _ = made(tmp_path, None)
    other = tmp_path / "other.key"
    public = file_key.create(other, None, SeededDice(4))
    changed(path, public=canonical.b64(public))
    with pytest.raises(Refusal, match="bad-file-key"):
        file_key.open_key(path, b"")


def test_another_wrap_in_the_file_is_caught(tmp_path):
    path, _ = made(tmp_path)
    wrapped = canonical.unb64(canonical.decode(path.read_bytes())["wrapped"])
    changed(path, wrapped=canonical.b64(wrapped[:-1] + bytes([wrapped[-1] ^ 1])))
    with pytest.raises(Refusal, match="bad-file-key"):
        file_key.open_key(path, PASSPHRASE)


def test_a_file_open_to_others_is_refused(tmp_path):
    path, _ = made(tmp_path, None)
    path.chmod(0o640)
    with pytest.raises(Refusal, match="file-key-unsafe") as caught:
        file_key.open_key(path, b"")
    assert caught.value.facts["why"] == "open-to-others"
    path.chmod(0o600)
    link = tmp_path / "link.key"
    link.symlink_to(path)
    with pytest.raises(Refusal, match="file-key-unsafe"):
        file_key.public_of(link)
    with pytest.raises(Refusal, match="file-key-gone"):
        file_key.public_of(tmp_path / "nothing")
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(Refusal, match="file-key-unsafe"):
        file_key.public_of(tmp_path / "pipe")


def test_a_key_shows_and_sends_nothing(tmp_path):
    path, _ = made(tmp_path, None)
    key = file_key.open_key(path, b"")
    assert repr(key) == "FileKey(...)"
    with pytest.raises(TypeError):
        pickle.dumps(key)
    body = msgspec.convert(canonical.decode(path.read_bytes()), file_key.PlainKey)
    assert body.seed not in repr(body)


def test_only_a_hash_is_signed(tmp_path):
    path, _ = made(tmp_path, None)
    with pytest.raises(ValueError, match="SHA-256"):
        file_key.open_key(path, b"").sign(b"not a hash")
