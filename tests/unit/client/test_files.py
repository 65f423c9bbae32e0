"""Files sealed by their owner, over a folder that anybody may tamper with."""

import hashlib
import importlib
import tomllib
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fsspec.implementations.local import LocalFileSystem

from custodes.client import HouseKeys, SealedFileSystem
from custodes.client.files import SealedFile
from custodes.client.sealing import HEAD_BYTES, TAIL_BYTES
from custodes.kernel import canonical
from custodes.kernel.refusal import Kind, Refusal
from judges import ROOT

BODY = bytes(n * 31 % 251 for n in range(3_000_000))


class OneKey:
    """Keys of an installation, as far as a program sees them; `uses` is its log."""

    house, customer, key = f"hse-{'0' * 26}", f"cus-{'1' * 26}", f"key-{'2' * 26}"

    def __init__(self):
        self.uses = []
        self.refused = None
        self._box = AESGCM(bytes(32))

    def wrap(self, secret, context):
        self._admit("wrap", context)
        nonce = len(self.uses).to_bytes(12, "big")
        return nonce + self._box.encrypt(nonce, secret, context)

    def unwrap(self, token, context):
        self._admit("unwrap", context)
        try:
            return self._box.decrypt(token[:12], token[12:], context)
        except InvalidTag:
            raise Refusal("token-mismatch", Kind.BROKEN) from None

    def _admit(self, verb, context):
        if self.refused:
            raise Refusal(self.refused, Kind.LOCKED)
        self.uses.append((verb, context))


@pytest.fixture
def keys():
    return OneKey()


@pytest.fixture
def files(keys):
    return SealedFileSystem(LocalFileSystem(), keys)


@pytest.fixture
def stored(files, tmp_path):
    path = str(tmp_path / "register.csv")
    with files.open(path, "wb") as out:
        for at in range(0, len(BODY), 700_001):
            out.write(BODY[at : at + 700_001])
    return path


def test_what_lies_there_tells_nothing_and_comes_back(files, keys, stored):
    raw = Path(stored).read_bytes()
    assert BODY[:64] not in raw
    assert len(raw) > len(BODY)
    with files.open(stored, "rb") as source:
        assert isinstance(source, SealedFile)
        assert hashlib.sha256(source.read()).digest() == hashlib.sha256(BODY).digest()
    assert [verb for verb, _ in keys.uses] == ["wrap", "unwrap"]
    assert len({context for _, context in keys.uses}) == 1


@pytest.mark.parametrize(
    ("at", "size"), [(0, 1), (65_479, 2), (1_234_567, 200_000), (len(BODY) - 1, 5), (len(BODY), 9)]
)
def test_ranges(files, stored, at, size):
    with files.open(stored, "rb") as source:
        source.seek(at)
        assert source.read(size) == BODY[at : at + size]


@pytest.mark.parametrize("size", [0, 1, 65_480, 1_048_576])
def test_sizes_are_known_without_opening_anything(files, keys, tmp_path, size):
    path = str(tmp_path / "f")
    files.pipe_file(path, BODY[:size])
    keys.uses.clear()
    assert files.info(path)["size"] == size
    assert [entry["size"] for entry in files.ls(str(tmp_path))] == [size]
    assert keys.uses == []
    assert files.cat_file(path) == BODY[:size]


def test_a_byte_turned_over_anywhere_is_noticed(files, stored):
    raw = Path(stored).read_bytes()
    for at in (
        3,
        300,
        HEAD_BYTES,
        HEAD_BYTES + 50,
        len(raw) // 2,
        len(raw) - TAIL_BYTES - 1,
        len(raw) - TAIL_BYTES + 9,
    ):
        Path(stored).write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
        with pytest.raises(Refusal, match=r"(client-object|token)-mismatch"):
            files.cat_file(stored)
    for bad in (raw[:-1], raw + b"\0", raw[: HEAD_BYTES + 10], b"", raw[HEAD_BYTES:]):
        Path(stored).write_bytes(bad)
        with pytest.raises(Refusal, match="client-object-mismatch"):
            files.cat_file(stored)


def test_a_file_put_under_another_name_is_not_read(files, stored, tmp_path):
    """Moved or swapped by whoever runs the store; a copy made through us is a file of its own."""
    other = str(tmp_path / "other.csv")
    files.pipe_file(other, b"other")
    mine, theirs = Path(stored).read_bytes(), Path(other).read_bytes()
    Path(stored).write_bytes(theirs)
    Path(other).write_bytes(mine)
    for path in (stored, other):
        with pytest.raises(Refusal, match="client-object-mismatch"):
            files.cat_file(path)
    Path(stored).write_bytes(mine)
    files.cp_file(stored, other)
    assert files.cat_file(other) == BODY
    assert Path(other).read_bytes() != mine


def test_another_keys_object_is_refused_unasked(files, keys, stored):
    keys.key = f"key-{'3' * 26}"
    keys.uses.clear()
    with pytest.raises(Refusal, match="client-object-mismatch"):
        files.open(stored, "rb")
    assert keys.uses == []


def test_what_the_installation_refuses_leaves_no_file(files, keys, tmp_path):
    keys.refused = "key-suspended"
    path = tmp_path / "f"
    with pytest.raises(Refusal, match="key-suspended"):
        files.pipe_file(str(path), b"body")
    assert not path.exists()


def test_a_body_that_breaks_off_leaves_no_file(files, tmp_path):
    path = tmp_path / "f"

    def breaks():
        with files.open(str(path), "wb") as out:
            out.write(BODY)
            raise LookupError

    with pytest.raises(LookupError):
        breaks()
    assert list(tmp_path.iterdir()) == []


def test_with_a_secret_of_ones_own_neither_side_reads_alone(keys, tmp_path):
    base, path = LocalFileSystem(), str(tmp_path / "f")
    SealedFileSystem(base, keys, own=b"o" * 32).pipe_file(path, b"body")
    assert SealedFileSystem(base, keys, own=b"o" * 32).cat_file(path) == b"body"
    with pytest.raises(Refusal, match="own-secret-missing"):
        SealedFileSystem(base, keys).cat_file(path)
    with pytest.raises(Refusal, match="client-object-mismatch"):
        SealedFileSystem(base, keys, own=b"p" * 32).cat_file(path)


def test_no_secret_in_what_is_printed(keys, files):
    assert "o" * 16 not in repr(SealedFileSystem(LocalFileSystem(), keys, own=b"o" * 32))
    with pytest.raises(NotImplementedError, match="mode ab"):
        files.open("/nowhere", "ab")


@pytest.fixture
def folder(tmp_path):
    """A folder with folders in it, in plain; name -> body."""
    bodies = {"a": b"1", "sub/b": BODY[:70_000], "sub/deep/c": b""}
    for name, body in bodies.items():
        path = tmp_path / "plain" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return tmp_path / "plain", bodies


def test_folders_are_put_found_copied_got_and_removed(files, keys, folder, tmp_path):
    plain, bodies = folder
    at, copy, back = (str(tmp_path / name) for name in ("sealed", "copy", "back"))
    files.put(str(plain), at, recursive=True)
    assert {path: entry["size"] for path, entry in files.find(at, detail=True).items()} == {
        f"{at}/{name}": len(body) for name, body in bodies.items()
    }
    assert files.find(at) == sorted(f"{at}/{name}" for name in bodies)
    assert files.du(at) == sum(map(len, bodies.values()))
    keys.uses.clear()
    files.copy(at, copy, recursive=True)
    assert [verb for verb, _ in keys.uses].count("wrap") == len(bodies)
    files.get(copy, back, recursive=True)
    assert {name: (Path(back) / name).read_bytes() for name in bodies} == bodies
    files.rm(f"{copy}/sub", recursive=True)
    assert files.find(copy) == [f"{copy}/a"]
    files.rm([f"{copy}/a", f"{at}/sub/*"], recursive=True)
    assert files.find(copy) == []
    assert files.find(at) == [f"{at}/a"]


def test_many_ranges_of_a_file_are_one_key_use(files, keys, stored, tmp_path):
    other = str(tmp_path / "other")
    files.pipe_file(other, b"other")
    keys.uses.clear()
    paths, starts, ends = (
        [stored, other, stored, stored, "/absent"],
        [0, 1, -5, 65_000, 0],
        [9, 3, None, 66_000, 1],
    )
    *found, absent = files.cat_ranges(paths, starts, ends)
    assert found == [BODY[:9], b"th", BODY[-5:], BODY[65_000:66_000]]
    assert isinstance(absent, FileNotFoundError)
    assert [verb for verb, _ in keys.uses] == ["unwrap", "unwrap"]
    assert files.cat_ranges([other] * 2, 0, 2) == [b"ot", b"ot"]
    with pytest.raises(FileNotFoundError):
        files.cat_ranges(paths, starts, ends, on_error="raise")


def test_a_file_has_one_name_however_it_is_spelt(files, stored):
    for spelt in (f"custodes://{stored}", f"file://{stored}", stored + "/"):
        assert files.cat_file(spelt) == BODY
    spelt = f"file://{stored}-2"
    files.pipe_file(spelt, b"2")
    assert files.cat_file(f"{stored}-2") == b"2"


def test_plain_options_make_the_same_filesystem(keys, files, tmp_path):
    own = bytes(range(32))
    made = SealedFileSystem(target_protocol="file", keys=keys, own=canonical.b64(own))
    made.pipe_file(str(tmp_path / "f"), b"1")
    assert SealedFileSystem(LocalFileSystem(), keys, own=own).cat_file(str(tmp_path / "f")) == b"1"
    given = {"url": "https://custodes.example", "token": "t", "house": "h", "customer": "c", "key": "k"}
    assert isinstance(SealedFileSystem(target_protocol="file", keys=given).keys, HouseKeys)
    for wrong in ({}, {"keys": keys}, {"base": LocalFileSystem()}, {"keys": keys, "target_protocol": "file"}):
        base = {"base": LocalFileSystem()} if "target_protocol" in wrong else {}
        with pytest.raises(ValueError, match="either"):
            SealedFileSystem(**base, **wrong)


@pytest.mark.parametrize("own", [b"", b"o" * 31, canonical.b64(b"o" * 33)])
def test_an_own_secret_of_another_length_is_said_at_once(keys, own):
    with pytest.raises(ValueError, match="32 bytes"):
        SealedFileSystem(LocalFileSystem(), keys, own=own)


def test_an_installed_package_says_what_custodes_urls_are():
    found = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    module, _, name = found["fsspec.specs"][SealedFileSystem.protocol].partition(":")
    assert getattr(importlib.import_module(module), name) is SealedFileSystem


class OtherOrder(LocalFileSystem):
    """As s3fs has them: a version before the range."""

    def cat_file(self, path, version_id=None, start=None, end=None, **options):
        assert version_id is None
        return super().cat_file(path, start=start, end=end, **options)

    def find(self, path, maxdepth=None, withdirs=None, detail=False, prefix="", **options):
        assert not prefix
        return super().find(path, maxdepth=maxdepth, withdirs=withdirs, detail=detail, **options)


def test_filesystems_have_their_arguments_in_other_orders(keys, tmp_path):
    files, path = SealedFileSystem(OtherOrder(), keys), str(tmp_path / "f")
    files.pipe_file(path, BODY)
    assert files.cat_file(path, 5, 70_000) == BODY[5:70_000]
    assert files.find(str(tmp_path)) == [path]
