import os
import stat

import pytest

from custodes.adapters import file_holder
from custodes.adapters.file_holder import FileHolder, create
from custodes.custody.wrap import Context, Purpose
from custodes.kernel import canonical
from custodes.kernel.refusal import Kind, Refusal
from fakes import SeededDice

PASSPHRASE = "Käsekuchen am Sonntag".encode()
WHERE = Context(house="h", customer="c", key="", version=0, purpose=Purpose.CUSTOMER_ROOT, subject="c")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """One passphrase file made once: Argon2id is slow on purpose."""
    path = tmp_path_factory.mktemp("made") / "root"
    create(path, PASSPHRASE, SeededDice(1))
    return path.read_bytes()


@pytest.fixture
def path(tmp_path, made):
    path = tmp_path / "root"
    path.write_bytes(made)
    path.chmod(0o600)
    return path


def refused(path, secret=PASSPHRASE, scheme="file"):
    holder = FileHolder(f"{scheme}:{path}")
    with pytest.raises(Refusal) as caught:
        holder.unseal(secret)
    assert holder.is_sealed
    return caught.value


def changed(path, **members):
    body = canonical.decode(path.read_bytes())
    for name, value in members.items():
        if isinstance(value, dict):
            body[name] = body[name] | value
        else:
            body[name] = value
    path.write_bytes(canonical.encode(body))


def test_it_is_made_private_and_its_root_comes_back(path, made):
    fresh = path.with_name("fresh")
    assert create(fresh, PASSPHRASE, SeededDice(1)) == f"file:{fresh}"
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o600
    assert fresh.read_bytes() == made
    assert sorted(p.name for p in path.parent.iterdir()) == ["fresh", "root"]
    one, two = FileHolder(f"file:{path}"), FileHolder(f"file:{fresh}")
    one.unseal(PASSPHRASE)
    two.unseal(PASSPHRASE)
    assert two.unwrap(WHERE, one.wrap(WHERE, b"s", SeededDice(3))) == b"s"


@pytest.mark.parametrize("mask", [0o000, 0o077, 0o277, 0o777])
def test_no_umask_makes_it_open_or_useless(tmp_path, mask):
    before = os.umask(mask)
    try:
        create(tmp_path / "key", None, SeededDice(1))
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_the_file_does_not_hold_the_root_of_a_passphrase(made):
    root = SeededDice(1).draw(32)
    assert canonical.b64(root).encode() not in made
    assert root not in canonical.unb64(canonical.decode(made)["wrapped"])


def test_it_never_overwrites(path):
    before = path.read_bytes()
    with pytest.raises(Refusal, match="holder-exists") as caught:
        create(path, None, SeededDice(2))
    assert caught.value.kind is Kind.CONFLICT
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_it_is_not_made_through_a_symlink(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    link.symlink_to(target)
    with pytest.raises(Refusal, match="holder-exists"):
        create(link, None, SeededDice(2))
    assert not target.exists()


def test_a_folder_that_is_not_there_is_gone(tmp_path):
    with pytest.raises(Refusal, match="holder-gone"):
        create(tmp_path / "no" / "root", None, SeededDice(2))


@pytest.mark.parametrize("passphrase", [b"", b"short", b"x" * 1025])
def test_a_passphrase_has_a_length(tmp_path, passphrase):
    with pytest.raises(Refusal, match="passphrase-length") as caught:
        create(tmp_path / "root", passphrase, SeededDice(2))
    assert passphrase.decode() not in repr(caught.value) or not passphrase
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("secret", [b"", PASSPHRASE + b" ", b"x" * 2000, b"kaesekuchen am sonntag"])
def test_a_wrong_passphrase_is_refused(path, secret):
    refusal = refused(path, secret)
    assert (refusal.code, refusal.kind) == ("wrong-secret", Kind.DENIED)


def test_a_missing_file_is_gone(tmp_path):
    assert (refused(tmp_path / "no").code, refused(tmp_path / "no").kind) == (
        "holder-gone",
        Kind.UNAVAILABLE,
    )


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620, 0o602, 0o610, 0o601, 0o777])
def test_a_file_open_to_others_is_refused(path, mode):
    path.chmod(mode)
    refusal = refused(path)
    assert (refusal.code, refusal.kind) == ("holder-unsafe", Kind.UNAVAILABLE)
    assert refusal.facts == {"why": "open-to-others"}


def test_a_symlink_is_refused(path):
    link = path.with_name("link")
    link.symlink_to(path)
    assert refused(link).facts == {"why": "symlink"}


def test_a_folder_or_pipe_is_refused(tmp_path):
    assert refused(tmp_path).facts == {"why": "not-a-file"}
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert refused(tmp_path / "pipe").facts == {"why": "not-a-file"}


def test_another_owners_file_is_refused(path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    assert refused(path).facts == {"why": "other-owner"}


def test_a_folder_where_others_may_replace_the_file_is_refused(path):
    path.parent.chmod(0o777)
    try:
        assert refused(path).facts == {"why": "folder-open-to-others"}
    finally:
        path.parent.chmod(0o700)


def test_damage_is_not_called_a_wrong_passphrase(path):
    wrapped = bytearray(canonical.unb64(canonical.decode(path.read_bytes())["wrapped"]))
    wrapped[-1] ^= 1
    changed(path, wrapped=canonical.b64(bytes(wrapped)))
    assert refused(path).code == "wrap-mismatch"


@pytest.mark.parametrize(
    "members",
    [
        {"format": "custodes/holder-file/v2"},
        {"kdf": {"memory_kib": 64 * 1024 - 1}},
        {"kdf": {"memory_kib": 2**31}},
        {"kdf": {"passes": 1}},
        {"kdf": {"passes": 1000}},
        {"kdf": {"lanes": 0}},
        {"kdf": {"lanes": 255}},
        {"kdf": {"name": "argon2i"}},
        {"kdf": {"version": 16}},
        {"kdf": {"salt": "AAAA"}},
        {"check": "AAAA"},
        {"check": "not base64"},
        {"extra": 1},
        {"kind": "other"},
    ],
)
def test_a_file_that_is_not_v1_is_refused(path, members):
    changed(path, **members)
    refusal = refused(path)
    assert (refusal.code, refusal.kind) == ("holder-file", Kind.BROKEN)


@pytest.mark.parametrize("raw", [b"", b"{}", b"[1]", b"\xff", b" " * 20_000, b'{"kind": "keyfile"}'])
def test_junk_is_refused(path, raw):
    path.write_bytes(raw)
    assert refused(path).code == "holder-file"


@pytest.mark.parametrize("members", [{"holder": "0" * 32}, {"kdf": {"passes": 4}}, {"kdf": {"lanes": 3}}])
def test_every_parameter_is_bound_into_the_check(path, members):
    changed(path, **members)
    assert refused(path).code == "wrong-secret"


def test_a_key_file_does_not_pass_for_a_passphrase_file(tmp_path, path):
    key = tmp_path / "key"
    assert create(key, None, SeededDice(2)) == f"keyfile:{key}"
    assert refused(key, b"").code == "holder-file"
    assert refused(key, PASSPHRASE).code == "holder-file"
    assert refused(path, b"", "keyfile").code == "holder-file"
    assert refused(key, b"x", "keyfile").code == "wrong-secret"


def test_a_short_root_in_a_key_file_is_refused(tmp_path):
    key = tmp_path / "key"
    create(key, None, SeededDice(2))
    changed(key, root=canonical.b64(b"x" * 31))
    assert refused(key, b"", "keyfile").code == "holder-file"


@pytest.mark.parametrize(
    "uri",
    ["", "/root", "file:root", "file://host/root", "http:/root", "file:/a?b", "file:/a#b", "file:/a%00b"],
)
def test_a_uri_names_one_absolute_path(uri):
    with pytest.raises(Refusal, match="holder-uri"):
        FileHolder(uri)


def test_a_path_with_odd_letters_survives_its_uri(tmp_path):
    uri = create(tmp_path / "wur zel?#%41", None, SeededDice(2))
    holder = FileHolder(uri)
    holder.unseal(b"")
    assert holder.uri == uri
    assert FileHolder(f"keyfile://{uri.partition(':')[2]}").uri == uri


def test_nothing_secret_shows(path, tmp_path):
    key = tmp_path / "key"
    create(key, None, SeededDice(2))
    body = canonical.decode(key.read_bytes())
    parsed = file_holder.KeyFile(format=body["format"], holder=body["holder"], root=body["root"])
    assert body["root"] not in repr(parsed)
    assert body["root"] not in repr(refused(key, b"x", "keyfile"))


def test_create_leaves_nothing_when_the_disk_fails(tmp_path, monkeypatch):
    def fails(handle):
        raise OSError(28, "no space")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(Refusal, match="holder-gone"):
        create(tmp_path / "root", None, SeededDice(2))
    assert list(tmp_path.iterdir()) == []


def test_file_and_folder_are_synced_before_create_returns(tmp_path, monkeypatch):
    synced = []
    real = os.fsync

    def noted(handle):
        synced.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        real(handle)

    monkeypatch.setattr(os, "fsync", noted)
    create(tmp_path / "root", None, SeededDice(2))
    assert synced == ["file", "folder"]
