"""The second reader over the vectors of client-object.md, and over what the package writes."""

import pytest
from fsspec.implementations.local import LocalFileSystem

from custodes.client import SealedFileSystem
from formats.second.client import File
from formats.second.spelling import No, read, unb64
from formats.vectors import flipped, read_vectors

VECTORS = read_vectors("client", "object")
BODY = bytes(n * 31 % 251 for n in range(VECTORS["plain_bytes"]))
IDS = (f"hse-{'0' * 26}", f"cus-{'1' * 26}", f"key-{'2' * 26}")
MISMATCH = "client-object-mismatch"


def opened(case, whole=None, *, path=VECTORS["name"], ids=IDS, own=True):
    raw = unb64(case["file"]) if whole is None else whole

    def use(_token, context):
        if context != case["context"].encode():
            raise No("token-mismatch")
        return unb64(case["secret"])

    brought = unb64(case["own"]) if case["own"] and own else None
    return File(lambda first, end: raw[first:end], len(raw), path, ids, use, brought)


@pytest.mark.parametrize("case", VECTORS["files"], ids=("whole", "split"))
def test_a_file_opens_whole_and_in_ranges_and_nowhere_else(case):
    found = opened(case)
    assert found.plain(0, found.plain_bytes) == BODY
    for first, end in ((0, 1), (65_479, 65_481), (65_480, 65_480), (69_000, 70_000), (3, 69_999)):
        assert found.plain(first, end) == BODY[first:end]
    for wrong in ({"path": "bucket/other.csv"}, {"ids": (IDS[0], IDS[1], f"key-{'3' * 26}")}):
        with pytest.raises(No, match=MISMATCH):
            opened(case, **wrong)
    if case["own"]:
        with pytest.raises(No, match="own-secret-missing"):
            opened(case, own=False)


@pytest.mark.parametrize("case", VECTORS["files"], ids=("whole", "split"))
def test_a_byte_turned_over_or_missing_is_noticed(case):
    raw = unb64(case["file"])
    for bad in (*flipped(raw), raw[:-1], raw + b"\0", raw[:5_119], b""):
        with pytest.raises(No, match="mismatch"):
            opened(case, bad).plain(0, len(BODY))


class Known:
    """Keys that wrap by remembering."""

    house, customer, key = IDS

    def __init__(self):
        self.secrets = {}

    def wrap(self, secret, context):
        self.secrets[context] = secret
        return b"token of " + context

    def unwrap(self, token, context):
        assert token == b"token of " + context
        return self.secrets[context]


@pytest.mark.parametrize("size", [0, 1, 65_480, 65_481, 131_000, 131_001])
def test_what_the_package_writes_now(tmp_path, size):
    keys, path, own = Known(), str(tmp_path / "f"), bytes(range(32))
    SealedFileSystem(LocalFileSystem(), keys, own=own).pipe_file(path, (BODY * 2)[:size])
    raw = (tmp_path / "f").read_bytes()
    found = File(lambda first, end: raw[first:end], len(raw), path, IDS, keys.unwrap, own)
    assert (found.plain_bytes, found.plain(0, size)) == (size, (BODY * 2)[:size])
    head = read(raw[21 : 21 + int.from_bytes(raw[19:21], "big")])
    assert head["is_split"] is True
