"""tlog-scales, a C2SP implementation nobody here wrote, reads our logs, and we read its."""

import pytest
import tlog_scales.tiles
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from tlog_scales import reader, signing, tlog

from custodes.kernel.refusal import Refusal
from custodes.ledger import cosign, merkle, note, tiles
from fakes.ledger import (
    AT,
    ORIGIN,
    ed25519,
    head,
    leaves,
    log_mldsa,
    log_signer,
    seed,
    witness,
    witness_mldsa,
)

SIGNERS = [log_signer(), log_mldsa(), witness("w1.example"), witness_mldsa("w2.example")]
KEYS = signing.VkeySet(*(signing.Vkey.from_string(one.vkey.text()) for one in SIGNERS))
SIZES = [1, 2, 255, 256, 257, 700, 65_536, 70_000, 256_300]  # the last has tiles x001/000 and above


class Shelf:
    """The backend it asks for files by path."""

    def __init__(self, hashes, entries=None):
        self.files = {}
        for put in tiles.extend(0, hashes, {}):
            self.files[tiles.tile_path(put.level, put.n, put.width)] = put.hashes
        for n in range(-(-len(entries or []) // 256)):
            part = entries[256 * n : 256 * n + 256]
            self.files[tiles.entries_path(n, len(part))] = tiles.encode_bundle(part)
        made = cosign.publish(head(hashes), SIGNERS, AT)
        self.files["checkpoint"] = made.encode()

    def get(self, *path):
        return self.files.get("/".join(path))


def judge(raw):
    """How many of our four signatures it accepts."""
    found = tlog.Checkpoint.from_text(raw.decode())
    return len(KEYS.verify(found.signatures, found))


@pytest.mark.parametrize("size", SIZES)
def test_it_accepts_our_checkpoint_tiles_and_proofs(size):
    hashes = leaves(size)
    shelf = Shelf(hashes)
    theirs = reader.TilesReader(shelf)
    found = theirs.get_checkpoint()
    assert judge(shelf.get("checkpoint")) == 4
    assert theirs.calculate_root_hash() == found.root_hash == merkle.root_of(hashes)
    ours = tiles.TileReader(lambda level, n, width: shelf.files[tiles.tile_path(level, n, width)], size)
    for index in {0, size // 3, size - 1}:
        path = merkle.inclusion_proof(ours, index, size)
        assert path == theirs.get_inclusion_proof(index, size).node_hashes
        tlog.InclusionProof(index, size, path).check(hashes[index], found.root_hash)
    for old in {1, size // 2, size} - {0}:
        path = merkle.consistency_proof(ours, old, size)
        assert path == theirs.get_consistency_proof(old, size).node_hashes
        tlog.ConsistencyProof(old, size, path).check(merkle.root_of(hashes[:old]), found.root_hash)


def test_it_reads_our_bundles():
    entries = [f"leaf {i}".encode() for i in range(600)]
    theirs = reader.TilesReader(Shelf(leaves(600), entries))
    theirs.get_checkpoint()
    assert [theirs.get_entry(i) for i in (0, 255, 256, 599)] == [entries[i] for i in (0, 255, 256, 599)]


def test_it_refuses_what_we_refuse():
    hashes = leaves(300)
    raw = bytearray(Shelf(hashes).get("checkpoint"))
    keys = [one.vkey for one in SIGNERS]
    for at in [0, len(ORIGIN) + 1, len(ORIGIN) + 6]:  # origin, size, root
        bad = bytearray(raw)
        bad[at] ^= 1
        assert judge(bytes(bad)) == 0
        with pytest.raises(Refusal):
            cosign.verify(bytes(bad), keys, ORIGIN)
    path = merkle.inclusion_proof(merkle.reader_of(hashes), 7, 300)
    for bad_path in (path[:-1], [*path, seed("x")], [seed("x"), *path[1:]]):
        assert not merkle.verify_inclusion(hashes[7], 7, 300, bad_path, merkle.root_of(hashes))
        with pytest.raises(tlog.InclusionProofInvalid):
            tlog.InclusionProof(7, 300, bad_path).check(hashes[7], merkle.root_of(hashes))
    shelf = Shelf(hashes)
    shelf.files["tile/0/000"] = bytes(32) + shelf.files["tile/0/000"][32:]
    theirs = reader.TilesReader(shelf)
    theirs.set_size(256)
    assert theirs.mth(0, 255) != merkle.root_of(hashes[:255])


def test_we_accept_its_checkpoints():
    theirs = [
        signing.PlainEd25519Signer(ORIGIN, ed25519(ORIGIN)),
        signing.MLDSA44CosignatureSigner("w2.example", MLDSA44PrivateKey.from_seed_bytes(seed("w2.example"))),
    ]
    made = tlog.Checkpoint.make_signed(ORIGIN, 300, merkle.root_of(leaves(300)), theirs)
    verified = cosign.verify(made.serialize().encode(), [one.vkey for one in SIGNERS], ORIGIN)
    assert verified.checkpoint == head(leaves(300))
    assert all(line.is_checked for line in verified.lines)
    for signer in theirs:
        assert note.Vkey.parse(signer.vkey.serialize()).text() == signer.vkey.serialize()


@given(level=st.integers(0, 63), n=st.integers(0, 10**12), width=st.integers(1, 256))
def test_paths_are_the_same(level, n, width):
    theirs = "/".join(tlog_scales.tiles.tile_path(level, n, width % 256))
    assert theirs == tiles.tile_path(level, n, width)
    assert "/".join(tlog_scales.tiles.tile_path(-1, n, width % 256)) == tiles.entries_path(n, width)


@given(old=st.integers(0, 90), new=st.integers(0, 90), flip=st.integers(0, 400))
def test_both_judge_a_consistency_proof_alike(old, new, flip):
    old, new = sorted((old, new))
    hashes = leaves(new)
    path = merkle.consistency_proof(merkle.reader_of(hashes), old, new)
    roots = merkle.root_of(hashes[:old]), merkle.root_of(hashes)
    if path and flip < 256:
        bad = bytearray(path[flip % len(path)])
        bad[flip // 8] ^= 1 << flip % 8
        path[flip % len(path)] = bytes(bad)
    try:
        tlog.ConsistencyProof(old, new, path).check(*roots)
        theirs = True
    except tlog.ConsistencyProofInvalid:
        theirs = False
    assert merkle.verify_consistency(old, new, path, *roots) is theirs
