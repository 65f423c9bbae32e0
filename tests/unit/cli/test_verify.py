"""`custodes verify` and the stand-alone file answer alike on everything there are vectors for."""

import importlib.util
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from custodes.cli.verify import verify
from custodes.kernel import canonical
from custodes.ledger import cosign, entry, merkle, proof, receipt, slots, tiles
from fakes import SeededDice
from fakes.ledger import AT, SmallHouse, act, head, log_signer, witness

ROOT = Path(__file__).parents[3]
VECTORS = ROOT / "tests" / "vectors" / "ledger"
_spec = importlib.util.spec_from_file_location("custodes_verify", ROOT / "verifier" / "custodes_verify.py")
alone = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(alone)


def ours(*arguments):
    return CliRunner().invoke(verify, [str(one) for one in arguments])


def theirs(*arguments):
    return alone.main([str(one) for one in arguments])


def vectors(name):
    return json.loads((VECTORS / f"{name}.json").read_text())


@pytest.mark.parametrize("what", ["receipt", "certificate"])
def test_both_answer_alike_on_papers(what, tmp_path, capsys):
    found = vectors(what)
    (tmp_path / "pins").write_text(found["pins"])
    for wanted, group in ((0, "proven"), (1, "not_proven")):
        for name, text in found[group].items():
            (tmp_path / "paper").write_text(text)
            line = ("--pins", tmp_path / "pins", tmp_path / "paper")
            done = ours(*line)
            assert done.exit_code == theirs(what, *line[2:], *line[:2]) == wanted, name
            assert done.stdout.splitlines()[-1] == ("NOT PROVEN" if wanted else "PROVEN")
    for broken in (b'{"format":"custodes.receipt/v1"}', b"{}", b"\x00\xff"):
        (tmp_path / "paper").write_bytes(broken)
        assert ours("--pins", tmp_path / "pins", tmp_path / "paper").exit_code == 2
        assert theirs(what, tmp_path / "paper", "--pins", tmp_path / "pins") == 2


def folder_of(folder, count):
    leaves = [slots.epoch_leaf(number + 1, bytes([number % 256]) * 32) for number in range(count)]
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    for put in tiles.extend(0, hashes, {}):
        write(folder, tiles.tile_path(put.level, put.n, put.width), put.hashes)
    for n in range(-(-count // 256)):
        part = leaves[n * 256 : n * 256 + 256]
        write(folder, tiles.entries_path(n, len(part)), tiles.encode_bundle(part))
    write(folder, "checkpoint", cosign.publish(head(hashes), [log_signer()], AT).encode())
    return hashes


def write(folder, path, raw):
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(raw)


LOG_KEY = ("--log-key", log_signer().vkey.text())
TOUCHED = ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/000", "checkpoint", None]


@pytest.mark.parametrize("touched", TOUCHED)
def test_both_answer_alike_on_folders(touched, tmp_path, capsys):
    hashes = folder_of(tmp_path, 300)
    (tmp_path / "older").write_bytes(cosign.publish(head(hashes[:77]), [log_signer()], AT).encode())
    if touched is not None:
        raw = bytearray((tmp_path / touched).read_bytes())
        raw[17] ^= 1
        (tmp_path / touched).write_bytes(bytes(raw))
    more = (*LOG_KEY, "--older", tmp_path / "older")
    code = ours(tmp_path, *more).exit_code
    assert code == theirs("tiles", tmp_path, *more) == (1 if touched else 0)


@pytest.mark.parametrize("quorum", ["none", "w", "both"])
@pytest.mark.parametrize("signed_by", [(), ("a.example",), ("a.example", "b.example")])
def test_both_answer_alike_on_checkpoints_and_proofs(quorum, signed_by, tmp_path, capsys):
    hashes = [merkle.leaf_hash(b"a"), merkle.leaf_hash(b"b")]
    checkpoint = cosign.publish(head(hashes), [log_signer(), *map(witness, signed_by)], AT).encode()
    policy = tmp_path / "policy"
    policy.write_text(
        f"log {log_signer().vkey.text()}\nwitness w {witness('a.example').vkey.text()}\n"
        f"witness v {witness('b.example').vkey.text()}\ngroup both all w v\nquorum {quorum}\n"
    )
    (tmp_path / "checkpoint").write_bytes(checkpoint)
    (tmp_path / "proof").write_bytes(
        proof.TlogProof(index=0, path=(hashes[1],), checkpoint=checkpoint).encode()
    )
    for text in ("a", "b"):
        (tmp_path / text).write_text(text)
    known = ("--policy", policy)
    code = ours(tmp_path / "checkpoint", *known).exit_code
    assert code == theirs("checkpoint", tmp_path / "checkpoint", *known)
    assert code == (0 if quorum == "none" or len(signed_by) >= {"w": 1, "both": 2}[quorum] else 1)
    for text in ("a", "b"):
        line = (tmp_path / "proof", *known, "--entry", tmp_path / text)
        assert ours(*line).exit_code == theirs("proof", *line) == (code if text == "a" else 1)


def receipt_file(folder):
    house = SmallHouse()
    draft = entry.draft(act(), {}, SeededDice(1))
    house.append("cus-1/machine", draft.leaf)
    house.epoch()
    made = receipt.with_opening(house.witnessed("cus-1/machine", 0, 1), draft.opening)
    (folder / "receipt").write_bytes(made.encode())
    (folder / "pins").write_bytes(house.pins().encode())
    return made


def test_json_says_every_check(tmp_path):
    receipt_file(tmp_path)
    done = ours(tmp_path / "receipt", tmp_path / "receipt", "--pins", tmp_path / "pins", "--json")
    assert done.exit_code == 0
    one, two = canonical.decode(done.stdout.strip().encode())
    assert one == two
    assert one["proven"] is True
    assert one["kind"] == "receipt"
    assert one["fields"]["key"] == "key-1"
    assert {check["name"] for check in one["checks"]} >= {"house", "sub-log", "epoch", "quorum"}


def test_one_bad_file_spoils_the_exit_code_and_not_the_rest(tmp_path):
    receipt_file(tmp_path)
    (tmp_path / "bad").write_bytes(b"{}")
    done = ours(tmp_path / "bad", tmp_path / "receipt", "--pins", tmp_path / "pins")
    assert done.exit_code == 2
    assert "bad-receipt" in done.stderr
    assert done.stdout.splitlines()[-1] == "PROVEN"


def test_a_strangers_file_cannot_write_to_the_terminal(tmp_path):
    made = receipt_file(tmp_path)
    raw = made.encode().replace(made.house.encode(), b"\\u001b[2J" + made.house.encode()[9:])
    (tmp_path / "receipt").write_bytes(raw)
    done = ours(tmp_path / "receipt", "--pins", tmp_path / "pins")
    assert "\x1b" not in done.output


def test_pins_are_asked_for(tmp_path):
    receipt_file(tmp_path)
    done = ours(tmp_path / "receipt")
    assert done.exit_code == 2
    assert "elsewhere" in done.output
    for wrong in (("--log-key", "x+y+z"), (*LOG_KEY, "--slot", "cus-1/machine")):
        assert ours(tmp_path / "receipt", *wrong).exit_code == 2
    (tmp_path / "pins").write_text("{}")
    done = ours(tmp_path / "receipt", "--pins", tmp_path / "pins")
    assert done.exit_code == 1
    assert "bad-pins" in done.stderr
