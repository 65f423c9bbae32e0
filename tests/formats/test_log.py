"""The second reader over the vectors of log.md, entry.md, receipt.md and standing.md, sound and tampered."""

import hmac
import json
from hashlib import sha256

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from formats.second import notes, receipts, trees
from formats.second.spelling import No, b64, read, unb64, write
from formats.vectors import flipped, read_vectors

MERKLE, TILES, ENTRIES, NOTES, SLOTS, RECEIPTS, CERTIFICATES, MLDSA = (
    read_vectors("ledger", name)
    for name in ("merkle", "tiles", "entry", "note", "slots", "receipt", "certificate", "mldsa44")
)
STANDING = read_vectors("house", "standing")
raw = bytes.fromhex
LEAVES = [trees.leaf_hash(f"leaf {n}".encode()) for n in range(70)]


def refused(code, call, *given):
    with pytest.raises(No) as caught:
        call(*given)
    assert caught.value.args == (code,)


def test_trees():
    for size, root in MERKLE["roots"].items():
        assert trees.root_of(LEAVES[: int(size)]).hex() == root
    for case in MERKLE["inclusion"]:
        path = [raw(one) for one in case["path"]]
        found = trees.climbed(LEAVES[case["index"]], case["index"], case["size"], path)
        assert found.hex() == MERKLE["roots"][str(case["size"])]
        assert trees.climbed(LEAVES[case["index"]], case["index"], case["size"], [*path, bytes(32)]) is None
        assert trees.climbed(LEAVES[case["index"]], case["index"], case["size"] * 2 + 1, path) != found
    for case in MERKLE["consistency"]:
        old, new, path = case["old"], case["new"], [raw(one) for one in case["path"]]
        roots = [raw(MERKLE["roots"][str(size)]) for size in (old, new)]
        assert trees.consistent(old, new, path, *roots)
        assert not trees.consistent(old, new, [*path, bytes(32)], *roots)
        if 0 < old < new:
            assert not trees.consistent(old, new, path, bytes(32), roots[1])


def test_tiles():
    hashes = [trees.leaf_hash(f"leaf {n}".encode()) for n in range(70_000)]
    assert trees.root_of(hashes).hex() == TILES["root"]
    levels = [hashes]
    while len(levels[-1]) >= 256:
        row = levels[-1]
        levels.append([trees.root_of(row[at : at + 256]) for at in range(0, len(row) // 256 * 256, 256)])
    for case in TILES["tiles"]:
        bare, _, _ = case["path"].partition(".p/")
        _, level, n = bare.split("/")
        tile = levels[int(level)][256 * int(n) : 256 * int(n) + 256]
        assert trees.tile_path(int(level), int(n), len(tile)) == case["path"]
        assert sha256(b"".join(tile)).hexdigest() == case["sha256"]
    for case in TILES["paths"]:
        assert trees.tile_path(case["level"], case["n"], case["width"]) == case["path"]
    bundle = b"".join(len(raw(one)).to_bytes(2, "big") + raw(one) for one in TILES["bundle"]["entries"])
    assert bundle.hex() == TILES["bundle"]["hex"]


@pytest.mark.parametrize("case", ENTRIES, ids=lambda case: case["fields"]["act"])
def test_an_entry(case):
    leaf, opening = raw(case["leaf"]), read(case["opening"].encode())
    person = case["person_opening"] and read(case["person_opening"].encode())
    assert trees.check_entry(leaf, opening) == (case["fields"], sorted(case["person"]))
    assert trees.check_entry(leaf, opening, person) == (case["fields"] | case["person"], [])
    kept = case["person_record"] and case["person_record"].encode()
    assert trees.expanded(case["record"].encode(), kept) == (opening, person)
    fields, shut = trees.check_entry(leaf, read(case["disclosed_act_and_key"].encode()))
    assert fields == {name: case["fields"][name] for name in ("act", "key")}
    assert sorted([*fields, *shut]) == sorted([*case["fields"], *case["person"]])
    for bad in flipped(leaf):
        refused("opening-differs", trees.check_entry, bad, opening)


def test_an_opening_cannot_be_told_another_way():
    case = ENTRIES[1]
    leaf, opening = raw(case["leaf"]), read(case["opening"].encode())
    opened, shut = opening["open"], opening["shut"]
    lies = {
        "another value": {"open": opened | {"key": [opened["key"][0], "key-2"]}, "shut": shut},
        "another salt": {"open": opened | {"key": [opened["act"][0], "key-1"]}, "shut": shut},
        "a shut field renamed": {
            "open": opened,
            "shut": {"ticket" if name == "person" else name: one for name, one in shut.items()},
        },
        "a field left out": {"open": {n: o for n, o in opened.items() if n != "key"}, "shut": shut},
        "a field in both": {"open": opened, "shut": shut | {"key": b64(bytes(32))}},
        "v left shut": {
            "open": {n: o for n, o in opened.items() if n != "v"},
            "shut": shut | {"v": b64(trees.field_hash(opened["v"][0], "v", opened["v"][1]))},
        },
        "v of another version": {
            "open": opened | {"v": [opened["v"][0], [2, *opened["v"][1][1:]]]},
            "shut": shut,
        },
    }
    for why, lie in lies.items():
        try:
            trees.check_entry(leaf, lie)
        except No:
            continue
        pytest.fail(why)


def test_checkpoints_and_cosignatures():
    policy = notes.Policy(policy_text(NOTES["vkeys"], "all"))
    for name in ("checkpoint", "with_unknown_line", "empty_log"):
        head, good = notes.checkpoint(NOTES[name].encode(), policy)
        assert head[0] == NOTES["origin"]
        assert policy.is_met(good) is True
    refused("bad-signature", notes.checkpoint, NOTES["bad_known_line"].encode(), policy)
    text = NOTES["checkpoint"]
    for bad in (
        text.replace("\n11\n", "\n011\n"),
        text.replace("\n\n", "\nextension\n\n"),
        text + "x",
        text.replace("\u2014", "-", 1),
        text.replace("\n11\n", "\n12\n"),
    ):
        with pytest.raises(No):
            notes.checkpoint(bad.encode(), policy)
    others = notes.Policy(policy_text([MLDSA["vkeys"][0], MLDSA["vkeys"][2]], "all"))
    refused("not-signed-by-log", notes.checkpoint, cut(NOTES["checkpoint"], 1, 3), policy)
    _, good = notes.checkpoint(MLDSA["checkpoint"].encode(), others)
    assert [key[2] for key in good] == [1, 6]


def cut(note, first, last):
    text, _, lines = note.rpartition("\n\n")
    return (text + "\n\n" + "".join(lines.splitlines(keepends=True)[first:last])).encode()


def policy_text(vkeys, k):
    names = [f"w{n}" for n in range(len(vkeys) - 1)]
    lines = [f"log {vkeys[0]}", *(f"witness {n} {v}" for n, v in zip(names, vkeys[1:], strict=True))]
    return "\n".join([*lines, f"group q {k} {' '.join(names)}", "quorum q", ""])


QUORUM = read_vectors("ledger", "quorum")


@pytest.mark.parametrize("case", QUORUM["policies"], ids=lambda case: case["title"])
def test_a_quorum(case):
    policy = notes.Policy(case["policy"])
    for signed, met in case["met"].items():
        answer = policy.is_met([policy.witnesses[name] for name in signed.split()])
        assert (answer is not False) is met, signed
        assert (answer is None) is (policy.quorum == "none")


@pytest.mark.parametrize("title", sorted(QUORUM["refused"]))
def test_what_is_no_policy(title):
    with pytest.raises((No, ValueError)):
        notes.Policy(QUORUM["refused"][title])


def test_the_self_contained_proof():
    head, _, checkpoint = NOTES["tlog_proof"].partition("\n\n")
    first, index, *path = head.split("\n")
    assert first == "c2sp.org/tlog-proof@v1"
    (_, size, root), _ = notes.checkpoint(
        checkpoint.encode(), notes.Policy(policy_text(NOTES["vkeys"], "all"))
    )
    leaf = raw(NOTES["tlog_proof_leaf_hash"])
    at = int(index.removeprefix("index "))
    assert trees.climbed(leaf, at, size, [unb64(one, 32) for one in path]) == root


def test_the_slot_tree():
    k, head = raw(SLOTS["key"]), {n: raw(o) if isinstance(o, str) else o for n, o in SLOTS["head"].items()}
    for epoch, blind in SLOTS["blinds"].items():
        assert trees.blind(k, 5, int(epoch)).hex() == blind
    block = raw(SLOTS["block_key"])  # opens epochs 4096 to 8191 of this slot
    assert hmac.digest(block, b"custodes.slot-blind/v1\n" + trees.u64(4096), "sha256") == trees.blind(
        k, 5, 4096
    )
    leaf = trees.slot_leaf(head["slot"], head, head["previous"])
    assert leaf.hex() == SLOTS["slot_leaf"]
    row = trees.slot_tree({5: leaf}, 7, raw(SLOTS["dummy_seed"]))
    assert [one.hex() for one in row] == SLOTS["tree_leaves"]
    root = trees.slot_root(trees.root_of(row), 4)
    assert root.hex() == SLOTS["tree_root"]
    path = [raw(one) for one in SLOTS["path"]]
    assert trees.slot_root_of_path(leaf, 5, path) == root
    assert trees.epoch_leaf(7, root).hex() == SLOTS["epoch_leaf"]
    assert trees.slot_root_of_path(leaf, 4, path) != root
    assert trees.slot_root_of_path(leaf, 5, path[:-1]) is None
    salt = raw(SLOTS["registration_salt"])
    assert trees.registration("cus-1/machine", 5, salt).hex() == SLOTS["registration_leaf"]


def test_veils():
    act = ("withheld", 4, b"\1" + sha256(b"w").digest())
    leaf = raw(SLOTS["veil_leaf"])
    customer, day, seal, acts, shut = trees.lift(leaf, SLOTS["veil_opening"].encode())
    assert (customer, day, seal, shut) == ("cus-1", "2026-11-22", None, 0)
    assert [one[:2] for one in acts] == [act[:2]]
    *_, acts, shut = trees.lift(leaf, SLOTS["veil_disclosed"].encode())
    assert (len(acts), shut) == (1, 14)
    sealed = trees.lift(raw(SLOTS["sealed_leaf"]), SLOTS["sealed_opening"].encode())
    assert sealed[1:3] == ("2026-11-23", sha256(b"package of the seal auditors").digest())
    refused("opening-differs", trees.lift, leaf, SLOTS["sealed_opening"].encode())
    whole = json.loads(SLOTS["veil_opening"])
    for bad in (
        whole | {"pad": ""},
        whole | {"pad": whole["pad"].replace("0", "1")},
        whole | {"items": whole["items"][:8]},
        whole | {"more": ""},
    ):
        refused("bad-opening", trees.lift, leaf, write(bad))


@pytest.mark.parametrize("name", sorted(RECEIPTS["proven"]))
def test_a_receipt(name):
    pins = receipts.Pins(RECEIPTS["pins"].encode())
    text = RECEIPTS["proven"][name].encode()
    assert receipts.receipt(text, pins) is True
    body = json.loads(text)
    for member, other in {
        "house": "hse-2",
        "log": body["log"] + "x",
        "index": body["index"] + 1,
        "leaf": b64(b"\1" + bytes(32)),
        "at": "2026-11-22T08:00:01Z",
    }.items():
        assert receipts.receipt(write(body | {member: other}), pins) is False, member
    for bad in (text + b"\n", write(body | {"format": "custodes.receipt/v2"}), write(body | {"more": 1})):
        refused("bad-receipt", receipts.receipt, bad, pins)


@pytest.mark.parametrize("name", sorted(RECEIPTS["not_proven"]))
def test_a_receipt_that_proves_nothing(name):
    pins = receipts.Pins(RECEIPTS["pins"].encode())
    assert receipts.receipt(RECEIPTS["not_proven"][name].encode(), pins) is False


def test_certificates():
    pins = receipts.Pins(CERTIFICATES["pins"].encode())
    for text in CERTIFICATES["proven"].values():
        assert receipts.certificate(text.encode(), pins) is True
        body = json.loads(text)
        for member in ("links", "leaves", "stack"):
            if body[member]:
                assert receipts.certificate(write(body | {member: body[member][:-1]}), pins) is False
        unpinned = json.loads(CERTIFICATES["pins"]) | {"slots": {}}
        assert receipts.certificate(text.encode(), receipts.Pins(write(unpinned))) is False
    for name, text in CERTIFICATES["not_proven"].items():
        assert receipts.certificate(text.encode(), pins) is False, name


def test_standing_rows_and_the_house_head():
    key = raw(STANDING["mac_key"])
    for step in STANDING["steps"]:
        leaves = []
        for position, row in enumerate(step["rows"]):
            assert row["position"] == position
            mac = trees.row_mac(key, row)
            leaves.append(trees.row_leaf(row, mac))
            assert (mac.hex(), leaves[-1].hex()) == (row["mac"], row["leaf"])
        assert trees.root_of(leaves).hex() == step["standing_root"]
    proof, rows = STANDING["proof"], STANDING["steps"][1]["rows"]
    row, root = rows[proof["position"]], raw(STANDING["steps"][1]["standing_root"])
    path = [raw(one) for one in proof["path"]]
    at = (proof["position"], proof["count"], path)
    assert trees.climbed(trees.row_leaf(row, raw(row["mac"])), *at) == root
    for change in ({"body": row["body"] + " "}, {"customer": "cus-x"}, {"generation": 1}, {"noun": "key"}):
        assert trees.climbed(trees.row_leaf(row | change, raw(row["mac"])), *at) != root, change
    head = STANDING["house_head"]
    signed = ["custodes/house-head/v1", head["house"], head["keyroom"], head["seq"], head["standing_seq"]]
    signed += [b64(raw(head["standing_root"])), head["at"]]
    public = Ed25519PublicKey.from_public_bytes(unb64(head["receipt_key"], 32))
    public.verify(raw(head["signature"]), write(signed))
    with pytest.raises(InvalidSignature):
        public.verify(raw(head["signature"]), write([*signed[:3], head["seq"] - 1, *signed[4:]]))
