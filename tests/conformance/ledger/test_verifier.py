"""The stand-alone verifier and the library answer alike: two implementations, one set of vectors."""

import ast
import importlib.util
import json
import sys
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.kernel.refusal import Refusal
from custodes.ledger import certificate, cosign, merkle, quorum, receipt, slots, tiles
from custodes.ledger.note import Line
from fakes.ledger import (
    AT,
    ORIGIN,
    SmallHouse,
    ed25519,
    head,
    log_signer,
    seed,
    witness,
)

ROOT = Path(__file__).parents[3]
FILE = ROOT / "verifier" / "custodes_verify.py"
VECTORS = ROOT / "tests" / "vectors" / "ledger"
_spec = importlib.util.spec_from_file_location("custodes_verify", FILE)
verifier = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(verifier)


def vectors(name):
    return json.loads((VECTORS / f"{name}.json").read_text())


def by_file(what, raw, pins, folder, more=()):
    """(exit code, is it proven) of the stand-alone file."""
    (folder / "file").write_bytes(raw)
    (folder / "pins").write_bytes(pins)
    return verifier.main([what, str(folder / "file"), "--pins", str(folder / "pins"), *map(str, more)])


def by_library(what, raw, pins):
    room = {"receipt": receipt, "certificate": certificate}[what]
    try:
        made = room.parse(raw)
    except Refusal:
        return 2
    checks = room.verify(made, receipt.parse_pins(pins))
    proven = receipt.is_proven(made, checks) if what == "receipt" else certificate.is_proven(checks)
    return 0 if proven else 1


def test_it_stands_alone():
    tree = ast.parse(FILE.read_text())
    imported = {
        name.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in ([ast.alias(node.module)] if isinstance(node, ast.ImportFrom) else node.names)
    }
    assert imported <= sys.stdlib_module_names


@pytest.mark.parametrize("what", ["receipt", "certificate"])
def test_both_answer_alike_on_the_vectors(what, tmp_path):
    found = vectors(what)
    pins = found["pins"].encode()
    for name, text in found["proven"].items():
        assert by_file(what, text.encode(), pins, tmp_path) == by_library(what, text.encode(), pins) == 0, (
            name
        )
    for name, text in found["not_proven"].items():
        assert by_file(what, text.encode(), pins, tmp_path) == by_library(what, text.encode(), pins) == 1, (
            name
        )


@pytest.mark.parametrize("what", ["receipt", "certificate"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_both_refuse_every_changed_byte(what, data, tmp_path_factory):
    found = vectors(what)
    pins = found["pins"].encode()
    # neither of the two looks into a time stamp's token
    sound = sorted(text for name, text in found["proven"].items() if name != "stamped")
    raw = bytearray(data.draw(st.sampled_from(sound)).encode())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.sampled_from([1, 2, 4, 32]))
    ours = by_library(what, bytes(raw), pins)
    theirs = by_file(what, bytes(raw), pins, tmp_path_factory.mktemp("changed"))
    assert (ours == 0) == (theirs == 0)
    if ours == 0 and what == "receipt":  # a witnessed receipt stands without its receipt key's line
        assert receipt.parse(bytes(raw)).signatures not in [
            receipt.parse(text.encode()).signatures for text in found["proven"].values()
        ]
    if ours == 0 and what == "certificate":  # that another key was not used is as true as before
        assert certificate.parse(bytes(raw)).key != "key-3"


def names(checks):
    return [(name, passed) for name, passed, _ in checks]


def test_both_ask_the_same_questions():
    found = vectors("receipt")
    for text in [*found["proven"].values(), *found["not_proven"].values()]:
        made = receipt.parse(text.encode())
        pins = receipt.parse_pins(found["pins"].encode())
        report = verifier.Report()
        args = verifier.argparse.Namespace(pins=Given(found["pins"].encode()), file=Given(text.encode()))
        verifier.check_receipt(args, verifier.pins_of(args), report)
        ours = {check.name: check.passed for check in receipt.verify(made, pins)}
        theirs = dict(names(report.checks))
        theirs = {
            name: passed for name, passed in theirs.items() if name in ours or not name.startswith("sig")
        }
        assert bool(theirs.pop("receipt-key")) is bool(ours.pop("receipt-key"))
        assert theirs == ours


class Given:
    def __init__(self, raw):
        self.raw = raw

    def read_bytes(self):
        return self.raw


def test_both_know_the_same_acts_that_use_no_key():
    assert verifier.KEYLESS_NOUNS == certificate.KEYLESS_NOUNS
    assert verifier.KEYLESS_ACTS == certificate.KEYLESS_ACTS


def test_both_judge_a_quorum_alike():
    found = vectors("quorum")
    for case in found["policies"]:
        policy = verifier.Policy(case["policy"])
        for signed, met in case["met"].items():
            assert policy.judge([policy.witnesses[name] for name in signed.split()])[0] is met, case["title"]
    for title, text in found["refused"].items():
        with pytest.raises(ValueError):
            verifier.Policy(text)
        assert title


def test_mldsa_is_never_called_checked(tmp_path, capsys):
    found = vectors("mldsa44")
    keys = [flag for text in found["vkeys"][:2] for flag in ("--log-key", text)]
    (tmp_path / "checkpoint").write_text(found["checkpoint"])
    assert verifier.main(["checkpoint", str(tmp_path / "checkpoint"), *keys]) == 0
    said = capsys.readouterr().out
    assert said.count("not checked") == 2
    assert "this file has no ML-DSA" in said
    assert "this key is not pinned" in said
    # a log that is known by its ML-DSA key only cannot be checked here, so nothing is proven
    assert verifier.main(["checkpoint", str(tmp_path / "checkpoint"), "--log-key", found["vkeys"][1]]) == 1


@pytest.mark.parametrize(
    ("name", "code"), [("checkpoint", 0), ("with_unknown_line", 0), ("bad_known_line", 1), ("empty_log", 0)]
)
def test_checkpoints(name, code, tmp_path):
    found = vectors("note")
    policy = f"log {found['vkeys'][0]}\n" + "".join(
        f"witness w{i} {text}\n" for i, text in enumerate(found["vkeys"][1:])
    )
    (tmp_path / "policy").write_text(policy + "quorum w0\n")
    (tmp_path / "file").write_text(found[name])
    args = ["checkpoint", str(tmp_path / "file"), "--policy", str(tmp_path / "policy")]
    assert verifier.main(args) == code


def test_a_proof_file(tmp_path):
    found = vectors("note")
    (tmp_path / "proof").write_text(found["tlog_proof"])
    (tmp_path / "entry").write_text("leaf 4")
    args = [
        "proof",
        str(tmp_path / "proof"),
        "--log-key",
        found["vkeys"][0],
        "--entry",
        str(tmp_path / "entry"),
    ]
    assert verifier.main(args) == 0
    (tmp_path / "entry").write_text("leaf 5")
    assert verifier.main(args) == 1
    (tmp_path / "proof").write_text(found["tlog_proof"].replace("index 4", "index 3"))
    (tmp_path / "entry").write_text("leaf 4")
    assert verifier.main(args) == 1
    (tmp_path / "proof").write_text(found["tlog_proof"].replace("index 4", "index 04"))
    assert verifier.main(args) == 2


def copied(folder, count):
    """A copied root log of `count` epochs, with its bundles."""
    entries = [slots.epoch_leaf(number, seed(str(number))) for number in range(count)]
    hashes = [merkle.leaf_hash(one) for one in entries]
    for put in tiles.extend(0, hashes, {}):
        path = folder / tiles.tile_path(put.level, put.n, put.width)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(put.hashes)
    for n in range(-(-count // 256)):
        part = entries[256 * n : 256 * n + 256]
        path = folder / tiles.entries_path(n, len(part))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tiles.encode_bundle(part))
    (folder / "checkpoint").write_bytes(cosign.publish(head(hashes), [log_signer()], AT).encode())
    (folder / "older").write_bytes(cosign.publish(head(hashes[: count // 2]), [log_signer()], AT).encode())
    return hashes


def test_every_flipped_or_cut_file_of_a_copied_log_is_caught(tmp_path):
    copied(tmp_path, 700)
    args = ["tiles", str(tmp_path), "--log-key", log_signer().vkey.text()]
    assert verifier.main(args) == 0
    assert verifier.main([*args, "--older", str(tmp_path / "older")]) == 0
    files = sorted(path for path in (tmp_path / "tile").rglob("*") if path.is_file())
    assert len(files) == 3 + 1 + 3
    for path in files:
        good = path.read_bytes()
        for bad in (bytes([good[0]]) + bytes([good[1] ^ 1]) + good[2:], good[:-1]):
            path.write_bytes(bad)
            assert verifier.main(args) != 0, path
        path.write_bytes(good)
    assert verifier.main(args) == 0


def test_a_fork_and_an_older_head_that_is_no_prefix(tmp_path):
    hashes = copied(tmp_path, 40)
    args = ["tiles", str(tmp_path), "--log-key", log_signer().vkey.text(), "--older", str(tmp_path / "fork")]
    for fork in (
        head([*hashes[:19], hashes[0]]),
        head([*hashes[:39], hashes[0]]),
        head([*hashes, hashes[0]]),
    ):
        (tmp_path / "fork").write_bytes(cosign.publish(fork, [log_signer()], AT).encode())
        assert verifier.main(args) == 1
    other = cosign.publish(head(hashes[:20], "other.example"), [log_signer("other.example")], AT)
    (tmp_path / "fork").write_bytes(other.encode())
    assert verifier.main([*args, "--log-key", log_signer("other.example").vkey.text()]) == 1


def test_epochs_that_do_not_rise_are_caught(tmp_path):
    entries = [slots.epoch_leaf(number, seed(str(number))) for number in (1, 2, 2)]
    hashes = [merkle.leaf_hash(one) for one in entries]
    for path, raw in {
        tiles.tile_path(0, 0, 3): b"".join(hashes),
        tiles.entries_path(0, 3): tiles.encode_bundle(entries),
        "checkpoint": cosign.publish(head(hashes), [log_signer()], AT).encode(),
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(raw)
    assert verifier.main(["tiles", str(tmp_path), "--log-key", log_signer().vkey.text()]) == 1


@pytest.mark.parametrize(
    "raw", [b"", b"{}", b"[1.5]", b"[NaN]", b"[Infinity]", b"[" * 99_999, b"\xff", b"null"]
)
def test_what_cannot_be_understood(raw, tmp_path):
    pins = vectors("receipt")["pins"].encode()
    for what in ("receipt", "certificate"):
        assert by_file(what, raw, pins, tmp_path) == 2
    assert by_file("receipt", vectors("receipt")["proven"]["sequenced"].encode(), raw, tmp_path) == 2


@given(
    seed_bytes=st.binary(min_size=1, max_size=8),
    message=st.binary(max_size=99),
    flip=st.integers(0, 64 * 8 - 1),
)
@settings(max_examples=30, deadline=None)
def test_ed25519_as_openssl_does_it(seed_bytes, message, flip):
    key = ed25519(seed_bytes.hex())
    public, good = key.public_key().public_bytes_raw(), key.sign(message)
    bad = bytearray(good)
    bad[flip // 8] ^= 1 << flip % 8
    for signature in (good, bytes(bad)):
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
            wanted = True
        except InvalidSignature:
            wanted = False
        assert verifier.ed25519_holds(public, signature, message) is wanted
    # S + L is the same signature to a careless verifier
    s = int.from_bytes(good[32:], "little") + verifier.L
    assert not verifier.ed25519_holds(public, good[:32] + s.to_bytes(32, "little"), message)
    assert not verifier.ed25519_holds(public, good[:-1], message)
    assert not verifier.ed25519_holds(b"\xff" * 32, good, message)


def test_the_vector_of_rfc_8032():
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    signature = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0"
        "595bbe24655141438e7a100b"
    )
    assert verifier.ed25519_holds(public, signature, b"")


NAMES = ["a", "b", "c", "d"]


@given(
    organisations=st.lists(st.sampled_from(["o1", "o2", "o3"]), min_size=4, max_size=4),
    embedded=st.lists(st.booleans(), min_size=4, max_size=4),
    signed=st.sets(st.sampled_from(NAMES)),
    rules=st.tuples(st.sampled_from(["1", "2", "all", "any"]), st.sampled_from(["1", "2", "all"])),
    top=st.sampled_from(["x", "y", "both", "a"]),
)
def test_both_count_a_quorum_alike(organisations, embedded, signed, rules, top):
    lines = [f"witness {name} {witness(name).vkey.text()}" for name in NAMES]
    for name, organisation, inside in zip(NAMES, organisations, embedded, strict=True):
        lines.append(f"#: party {name} {organisation}{' embedded' if inside else ''}")
    lines += [f"group x {rules[0]} a b", f"group y {rules[1]} c d", "group both all x y", f"quorum {top}"]
    text = "\n".join(lines)
    vkeys = [witness(name).vkey for name in sorted(signed)]
    checked = [Line(name=one.name, key_id=one.key_id.hex(), is_checked=True) for one in vkeys]
    ours = quorum.evaluate(quorum.parse(text.encode()), checked).is_met
    held = [verifier.parse_vkey(one.text()) for one in vkeys]
    assert verifier.Policy(text).judge(held)[0] is ours


def test_no_log_witnesses_itself():
    text = f"log {log_signer().vkey.text()}\nwitness self {witness(ORIGIN).vkey.text()}\nquorum self\n"
    with pytest.raises(Refusal):
        quorum.parse(text.encode())
    with pytest.raises(ValueError, match="policy"):
        verifier.Policy(text)


def test_pins_in_pieces(tmp_path):
    house = SmallHouse()
    house.append("cus-1/machine", b"\1" + seed("a"))
    house.epoch()
    (tmp_path / "r").write_bytes(house.witnessed("cus-1/machine", 0, 1).encode())
    (tmp_path / "p").write_text(house.policy())
    args = ["receipt", str(tmp_path / "r"), "--house", house.house, "--policy", str(tmp_path / "p")]
    more = ["--receipt-key", house.receipts.vkey.text(), "--slot", "cus-1/machine=5"]
    assert verifier.main([*args, *more]) == 0
    assert verifier.main(args) == 0
    assert verifier.main([*args, "--slot", "cus-1/machine=6"]) == 1
    assert verifier.main([*args[:2], "--policy", str(tmp_path / "p")]) == 1


def test_a_strangers_file_cannot_write_lines_into_the_answer(tmp_path, capsys):
    found = vectors("certificate")
    forged = found["not_proven"]["key_2_was_used"].replace('"log":"cus-1/', '"log":"\\nPROVEN\\u001b[2K')
    assert by_file("certificate", forged.encode(), found["pins"].encode(), tmp_path) == 1
    said = capsys.readouterr().out
    assert "\nPROVEN" not in said
    assert "\x1b" not in said
