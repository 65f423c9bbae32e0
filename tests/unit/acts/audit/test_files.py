"""Evidence in files; that the stand-alone verifier answers alike is in tests/unit/cli/test_verify.py."""

import pytest

from custodes.acts.audit.files import Beside, Verdict, check_tiles, examine, sniff
from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal
from custodes.ledger import cosign, merkle, proof, slots, tiles
from custodes.ledger.receipt import Pins
from fakes.ledger import AT, head, log_signer, witness

HOUSE = "hse-00000000000000000000000001"


def pins(quorum="none"):
    lines = [f"log {log_signer().vkey.text()}", f"witness w {witness('w.example').vkey.text()}"]
    policy = "\n".join([*lines, f"quorum {quorum}", ""])
    return Pins(house=HOUSE, receipt_keys=(), policy=policy)


def write(folder, path, raw):
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(raw)


def log_of(folder, count, *, signers=None, entries=True):
    """A folder as tlog-tiles has it: `count` epoch leaves."""
    leaves = [slots.epoch_leaf(number + 1, bytes([number % 256]) * 32) for number in range(count)]
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    for put in tiles.extend(0, hashes, {}):
        write(folder, tiles.tile_path(put.level, put.n, put.width), put.hashes)
    for n in range(-(-count // 256) if entries else 0):
        part = leaves[n * 256 : n * 256 + 256]
        write(folder, tiles.entries_path(n, len(part)), tiles.encode_bundle(part))
    note = cosign.publish(head(hashes), signers or [log_signer()], AT)
    write(folder, "checkpoint", note.encode())
    return leaves, hashes


def passed(verdict: Verdict):
    return {check.name: check.passed for check in verdict.checks}


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 1000, 65_536 + 300])
def test_a_folder_of_tiles(tmp_path, count):
    log_of(tmp_path, count)
    seen = []
    verdict = examine(tmp_path, pins(), Beside(bar=lambda done, total: seen.append((done, total))))
    assert verdict.is_proven
    assert passed(verdict)["entries"] is (True if count else None)
    assert seen[-1:] == ([(-(-count // 256),) * 2] if count else [])


def test_without_entries_they_are_not_checked(tmp_path):
    log_of(tmp_path, 300, entries=False)
    verdict = examine(tmp_path, pins(), Beside())
    assert verdict.is_proven
    assert passed(verdict)["entries"] is None


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (tiles.tile_path(0, 0), "tiles"),
        (tiles.tile_path(0, 1, 44), "root"),
        (tiles.tile_path(1, 0, 1), "tiles"),
        (tiles.entries_path(0), "entries"),
        (tiles.entries_path(1, 44), "entries"),
    ],
)
def test_a_flipped_byte(tmp_path, path, name):
    log_of(tmp_path, 300)
    raw = bytearray((tmp_path / path).read_bytes())
    raw[20] ^= 1
    (tmp_path / path).write_bytes(bytes(raw))
    verdict = examine(tmp_path, pins(), Beside())
    assert not verdict.is_proven
    assert passed(verdict)[name] is False


def test_a_missing_tile_is_named(tmp_path):
    log_of(tmp_path, 300)
    (tmp_path / tiles.tile_path(0, 1, 44)).unlink()
    with pytest.raises(Refusal, match="tile-missing") as caught:
        examine(tmp_path, pins(), Beside())
    assert caught.value.facts == {"level": 0, "n": 1}


def test_epochs_must_rise(tmp_path):
    leaves = [slots.epoch_leaf(number, bytes(32)) for number in (1, 2, 2)]
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    write(tmp_path, tiles.tile_path(0, 0, 3), b"".join(hashes))
    write(tmp_path, tiles.entries_path(0, 3), tiles.encode_bundle(leaves))
    checks, grown = check_tiles(tmp_path, 3, lambda _done, _total: None)
    assert {check.name: check.passed for check in checks} == {"tiles": True, "entries": True, "epochs": False}
    assert grown.root() == merkle.root_of(hashes)


@pytest.mark.parametrize("size", [0, 1, 256, 299, 300])
def test_an_older_checkpoint_is_a_prefix(tmp_path, size):
    _, hashes = log_of(tmp_path, 300)
    older = cosign.publish(head(hashes[:size]), [log_signer()], AT).encode()
    assert passed(examine(tmp_path, pins(), Beside(older=older)))["consistency"] is True
    forked = [*hashes[:size], *hashes[:1]]
    other = cosign.publish(head(forked), [log_signer()], AT).encode()
    verdict = examine(tmp_path, pins(), Beside(older=other))
    assert passed(verdict)["consistency"] is (size == 0)
    assert verdict.is_proven is (size == 0)


def test_a_checkpoint(tmp_path):
    hashes = [merkle.leaf_hash(b"a")]
    file = tmp_path / "checkpoint"
    file.write_bytes(cosign.publish(head(hashes), [log_signer()], AT).encode())
    assert examine(file, pins(), Beside()).is_proven
    verdict = examine(file, pins("w"), Beside())
    assert not verdict.is_proven
    assert passed(verdict)["quorum"] is False
    file.write_bytes(cosign.publish(head(hashes), [log_signer(), witness("w.example")], AT).encode())
    assert examine(file, pins("w"), Beside()).is_proven
    file.write_bytes(cosign.publish(head(hashes, "log.example/other"), [], AT).encode() + b"x")
    assert not examine(file, pins(), Beside()).is_proven


def test_a_proof_needs_its_entry(tmp_path):
    hashes = [merkle.leaf_hash(b"a"), merkle.leaf_hash(b"b")]
    checkpoint = cosign.publish(head(hashes), [log_signer()], AT).encode()
    file = tmp_path / "a.tlog-proof"
    file.write_bytes(proof.TlogProof(index=0, path=(hashes[1],), checkpoint=checkpoint).encode())
    assert examine(file, pins(), Beside(entry=b"a")).is_proven
    assert passed(examine(file, pins(), Beside(entry=b"b")))["inclusion"] is False
    with pytest.raises(Refusal, match="entry-missing"):
        examine(file, pins(), Beside())


def test_a_file_says_what_it_is(tmp_path):
    assert sniff(tmp_path, b"") == "tiles"
    file = tmp_path / "x"
    assert sniff(file, canonical.encode({"format": "custodes.certificate/v1"})) == "certificate"
    assert sniff(file, canonical.encode({"format": "custodes.receipt/v1"})) == "receipt"
    assert sniff(file, b"c2sp.org/tlog-proof@v1\n") == "proof"
    assert sniff(file, b"log.example\n0\n") == "checkpoint"
    with pytest.raises(Refusal, match="unknown-evidence"):
        sniff(file, b"\x00\x01")
