"""Writes the committed vectors of the ledger formats: `python tests/vectors/make_ledger.py`.

Everything comes from fixed seeds, so a second run changes nothing; a test compares. Only `mldsa44.json` is
written once and kept, because ML-DSA signatures are randomised.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "src")]

from custodes.kernel.canonical import b64  # noqa: E402
from custodes.ledger import cosign, entry, merkle, note, proof, quorum, receipt, slots, tiles, veil  # noqa: E402
from custodes.ledger.watch import fork  # noqa: E402
from fakes import SeededDice  # noqa: E402
from fakes.ledger import (  # noqa: E402
    AT,
    ORIGIN,
    SmallHouse,
    act,
    certificate_of,
    head,
    leaves,
    log_mldsa,
    log_signer,
    seed,
    witness,
    witness_mldsa,
)

MACHINE, EXCEPTIONAL = "cus-1/machine", "cus-1/exceptional"


def merkle_vectors():
    hashes = leaves(70)
    reader = merkle.reader_of(hashes)
    sizes = [0, 1, 2, 3, 7, 8, 33, 64, 70]
    return {
        "leaf_inputs": "the text 'leaf N' for N from 0, UTF-8",
        "roots": {str(size): merkle.root_of(hashes[:size]).hex() for size in sizes},
        "compact_ranges": {
            str(size): merkle.CompactRange().extend(hashes[:size]).encode().hex() for size in sizes
        },
        "inclusion": [
            {
                "index": index,
                "size": size,
                "path": [step.hex() for step in merkle.inclusion_proof(reader, index, size)],
            }
            for size in sizes[1:]
            for index in sorted({0, size // 2, size - 1})
        ],
        "consistency": [
            {
                "old": old,
                "new": new,
                "path": [step.hex() for step in merkle.consistency_proof(reader, old, new)],
            }
            for new in sizes
            for old in sizes
            if old <= new
        ],
    }


def tile_vectors():
    hashes = leaves(70_000)
    grown = {(put.level, put.n): put for put in tiles.extend(0, hashes, {})}
    some = [(0, 0), (0, 1), (0, 272), (0, 273), (1, 0), (1, 1), (2, 0)]
    return {
        "size": 70_000,
        "root": merkle.root_of(hashes).hex(),
        "tiles": [
            {
                "path": tiles.tile_path(level, n, grown[level, n].width),
                "sha256": merkle.sha256(grown[level, n].hashes).hexdigest(),
            }
            for level, n in some
        ],
        "count": len(grown),
        "paths": [
            {"level": level, "n": n, "width": width, "path": tiles.tile_path(level, n, width)}
            for level, n, width in [(0, 1_234_067, 256), (0, 1000, 1), (63, 999, 255), (2, 10**9, 256)]
        ],
        "bundle": {
            "entries": ["", "61", "0102"],
            "hex": tiles.encode_bundle([b"", b"a", b"\1\2"]).hex(),
        },
    }


def entry_vectors():
    found = []
    for number, (fields, person) in enumerate(
        [
            (act(), {}),
            (
                act(act="object.get", bucket="bkt-1", grant="grt-1"),
                {"person": "P-17", "object_name": "M\u00fcller"},
            ),
            (
                act(
                    generations=[["key", "key-1", 3]],
                    claims=[["aws", "service", "s3", "asserted"]],
                    custody="file",
                ),
                {"ticket": "T-1", "person_claims": [["azure", "upn", "x@y", "signed"]]},
            ),
        ]
    ):
        made = entry.draft(fields, person, SeededDice(number))
        partial = entry.disclose(made.opening, {"act", "key"})
        found.append(
            {
                "fields": fields,
                "person": person,
                "dice_seed": number,
                "leaf": made.leaf.hex(),
                "opening": made.opening.decode(),
                "person_opening": made.person_opening and made.person_opening.decode(),
                "record": made.record.decode(),
                "person_record": made.person_record and made.person_record.decode(),
                "disclosed_act_and_key": partial.decode(),
            }
        )
    return found


def note_vectors():
    hashes = leaves(11)
    signers = [log_signer(), witness("w1.example"), witness("w2.example")]
    good = cosign.publish(head(hashes), signers, AT)
    path = merkle.inclusion_proof(merkle.reader_of(hashes), 4, 11)
    bad = bytearray(good.signatures[1].blob)
    bad[20] ^= 1
    broken = note.Signature(name="w1.example", key_id=good.signatures[1].key_id, blob=bytes(bad))
    stranger = cosign.publish(head(hashes), [witness("stranger.example")], AT)
    return {
        "origin": ORIGIN,
        "vkeys": [one.vkey.text() for one in signers],
        "checkpoint": good.encode().decode(),
        "with_unknown_line": good.with_signatures(stranger.signatures).encode().decode(),
        "bad_known_line": note.Note(text=good.text, signatures=(good.signatures[0], broken))
        .encode()
        .decode(),
        "empty_log": cosign.publish(head([]), signers, AT).encode().decode(),
        "tlog_proof": proof.TlogProof(index=4, path=tuple(path), checkpoint=good.encode()).encode().decode(),
        "tlog_proof_leaf_hash": hashes[4].hex(),
    }


def slot_vectors():
    base = slots.SlotHead(slot=5, epoch=7, blind=seed("b"), size=3, root=seed("r"), previous=seed("p"))
    tree = slots.build(7, {5: base.leaf()}, seed("dummies"))
    daily = veil.make(
        "cus-1", "2026-11-22", [veil.Withheld(log="withheld", index=4, leaf=b"\1" + seed("w"))], SeededDice()
    )
    sealed = veil.make("cus-1", "2026-11-23", [], SeededDice(2), seed("package of the seal auditors"))
    return {
        "key": seed("k").hex(),
        "blinds": {str(epoch): slots.blind(seed("k"), 5, epoch).hex() for epoch in (1, 7, 4095, 4096)},
        "block_key": slots.block_key(seed("k"), 5, 1).hex(),
        "head": {
            "slot": 5,
            "epoch": 7,
            "blind": seed("b").hex(),
            "size": 3,
            "root": seed("r").hex(),
            "previous": seed("p").hex(),
        },
        "slot_leaf": base.leaf().hex(),
        "dummy_seed": seed("dummies").hex(),
        "tree_leaves": [one.hex() for one in tree.rows[0]],
        "tree_root": tree.root.hex(),
        "path": [step.hex() for step in tree.path(5)],
        "epoch_leaf": slots.epoch_leaf(7, tree.root).hex(),
        "registration_leaf": slots.registration_leaf(MACHINE, 5, seed("salt")).hex(),
        "registration_salt": seed("salt").hex(),
        "sealed_leaf": sealed.leaf.hex(),
        "sealed_opening": sealed.opening.decode(),
        "veil_leaf": daily.leaf.hex(),
        "veil_opening": daily.opening.decode(),
        "veil_disclosed": veil.disclose(daily.opening, [("withheld", 4)]).decode(),
    }


def receipt_vectors():
    house = SmallHouse()
    drafts = [entry.draft(act(number), {"person": "P-17"}, SeededDice(number)) for number in range(5)]
    for made in drafts:
        house.append(MACHINE, made.leaf)
    house.epoch()
    house.epoch()
    good = receipt.with_opening(house.witnessed(MACHINE, 3, 2), drafts[3].opening)
    partial = receipt.with_opening(house.sequenced(MACHINE, 3), entry.disclose(drafts[3].opening, {"act"}))
    stamped = _stamped(good, b"\x30\x03\x02\x01\x00")  # never checked here, so any bytes do
    cases = {
        "witnessed": good,
        "sequenced": house.sequenced(MACHINE, 0),
        "partial": partial,
        "stamped": stamped,
    }
    wrong = house.witnessed(MACHINE, 3, 2)
    anchor = wrong.witnessed.anchor
    flipped = bytes([anchor.blind[0] ^ 1]) + anchor.blind[1:]
    negative = {
        "wrong_opening": receipt.with_opening(house.sequenced(MACHINE, 0), drafts[1].opening),
        "wrong_blind": receipt.witnessed(
            house.sequenced(MACHINE, 3), wrong.witnessed.path, _replaced(anchor, blind=flipped)
        ),
        "wrong_epoch": receipt.witnessed(
            house.sequenced(MACHINE, 3), wrong.witnessed.path, _replaced(anchor, epoch=1)
        ),
        "wrong_index": _replaced(wrong, index=2),
        "wrong_time": _replaced(house.sequenced(MACHINE, 0), at="2026-11-22T09:00:00Z"),
        "wrong_house": _replaced(good, house="hse-00000000000000000000000002"),
        "wrong_slot": receipt.witnessed(
            house.sequenced(MACHINE, 3), wrong.witnessed.path, _replaced(anchor, slot=anchor.slot ^ 1)
        ),
        "wrong_log": _replaced(wrong, log=EXCEPTIONAL),
        "one_witness": receipt.witnessed(
            house.sequenced(MACHINE, 3),
            wrong.witnessed.path,
            _replaced(anchor, root_log=_without_last_line(anchor.root_log)),
        ),
    }
    return {
        "pins": house.pins().encode().decode(),
        "proven": {name: made.encode().decode() for name, made in cases.items()},
        "not_proven": {name: made.encode().decode() for name, made in negative.items()},
    }


def _stamped(made, token):
    anchor = made.witnessed.anchor
    proof = _replaced(anchor.root_log, time_stamps=(token,))
    return receipt.witnessed(made, made.witnessed.path, _replaced(anchor, root_log=proof))


def _without_last_line(proof):
    return _replaced(proof, checkpoint="".join(proof.checkpoint.splitlines(keepends=True)[:-1]))


def certificate_vectors():
    house = SmallHouse()
    openings = []
    for number, fields in enumerate(
        [
            act(0, grant="grt-1"),
            act(1, act="object.get", bucket="bkt-1", key="key-2", grant="grt-1"),
            act(2, act="lockbox.approve", case="cas-1", move="approve"),
        ]
    ):
        made = entry.draft(fields, {}, SeededDice(number))
        house.append(EXCEPTIONAL, made.leaf)
        openings.append(made.opening)
        house.epoch()
    house.append(EXCEPTIONAL, veil.make("cus-1", "2026-11-22", [], SeededDice(9)).leaf)
    openings.append(None)
    house.epoch()
    made = certificate_of(house, EXCEPTIONAL, "key-3", (1, 4), openings)
    lie = _replaced(made, key="key-2")
    short = _replaced(made, leaves=made.leaves[1:])
    return {
        "pins": house.pins().encode().decode(),
        "proven": {"no_use_of_key_3": made.encode().decode()},
        "not_proven": {"key_2_was_used": lie.encode().decode(), "a_leaf_left_out": short.encode().decode()},
    }


def fork_vectors():
    true, false = leaves(9), leaves(9, "false")

    def signed(hashes, *signers):
        return cosign.publish(head(hashes), signers or (log_signer(),), AT).encode()

    def shown(hashes, old):
        path = merkle.consistency_proof(merkle.reader_of(hashes), old, len(hashes))
        return merkle.root_of(hashes[:old]), path

    seen = {"seen_at": "2026-11-22T08:00:00Z", "said_by": "w1"}
    two_sizes = (signed(false[:5]), signed(true))
    documents = {
        "one size": fork.make((signed(true), signed(false)), **seen),
        "two sizes": fork.make(two_sizes, shown(true, 5), **seen),
        "two sizes, nothing shown": fork.make(two_sizes, **seen),
        "two sizes, a wrong root": fork.make(two_sizes, (bytes(32), shown(true, 5)[1]), **seen),
        "two heads of one tree": fork.make((signed(true[:5]), signed(true)), shown(true, 5), **seen),
        "somebody else's signature": fork.make((signed(true), signed(false, witness("w1.example"))), **seen),
    }
    key = log_signer().vkey
    return {
        "vkey": key.text(),
        "documents": {
            name: {"document": one.encode().decode(), "shows": fork.judge(one, [key]).value}
            for name, one in documents.items()
        },
    }


def quorum_vectors():
    names = ["w1", "w2", "w3", "w4"]
    keys = {name: witness(f"{name}.example").vkey for name in names}
    head_lines = [f"log {log_signer().vkey.text()}"]
    head_lines += [f"witness {name} {vkey.text()}" for name, vkey in keys.items()]
    two, three = "group q 2 w1 w2 w3 w4", "group q 3 w1 w2 w3 w4"
    parties = [f"#: party {name} org-{name}" for name in names]
    shared = [*parties[:2], "#: party w3 org-w3 of town", "#: party w4 org-w4 of town"]
    own_group = ["#: party w1 town", *parties[1:3], "#: party w4 org-w4 of town"]
    nested = ["group a any w1 w2", "group b any w3 w4", "group q all a b"]
    policies = {
        "each its own": [two],
        "a comment": ["# not ours", two],
        "by organisation": [*parties, three],
        "one organisation twice": ["#: party w1 org-w2", *parties[1:], two],
        "one controlling group": [*shared, three],
        "an organisation that is a group": [*own_group, three],
        "one embedded": [parties[0] + " embedded", *parties[1:], two],
        "nested": [*parties, *nested],
        "nested in one group": [*shared[:1], "#: party w2 org-w2 of town", *shared[2:], *nested],
        "none": [],
    }
    signed = [(), ("w1",), ("w1", "w2"), ("w3", "w4"), ("w1", "w4"), ("w1", "w3", "w4"), tuple(names)]
    rows = []
    for title, lines in policies.items():
        text = "\n".join([*head_lines, *lines, f"quorum {'q' if lines else 'none'}", ""])
        policy = quorum.parse(text.encode())
        met = {
            " ".join(some): quorum.evaluate(
                policy,
                [
                    note.Line(name=keys[name].name, key_id=keys[name].key_id.hex(), is_checked=True)
                    for name in some
                ],
            ).is_met
            for some in signed
        }
        rows.append({"title": title, "policy": text, "met": met})
    wrong = {
        "a witness without a party": [*parties[:3], two],
        "a party twice": [*parties, parties[0], two],
        "a party of nobody": [*parties, "#: party w9 org-w9", two],
        "a group of nothing": [*shared[:3], "#: party w4 org-w4 of", two],
        "a word that is none": [*parties[:3], parties[3] + " trusted", two],
        "a witness that is the log": ["witness w5 " + log_signer().vkey.text(), two],
        "a witness twice": [f"witness w5 {keys['w1'].text()}", two],
        "a member twice": ["group q 2 w1 w1"],
        "more than there are": ["group q 5 w1 w2 w3 w4"],
        "none of them": ["group q 0 w1 w2"],
        "a fact that is none": ["#: trust w1", two],
        "two quorums": [two, "quorum q"],
    }
    refused = {title: "\n".join([*head_lines, *lines, "quorum q", ""]) for title, lines in wrong.items()}
    return {"policies": rows, "refused": refused}


def mldsa_vectors():
    signers = [log_signer(), log_mldsa(), witness_mldsa("w1.example")]
    made = cosign.publish(head(leaves(11)), signers, AT)
    return {
        "origin": ORIGIN,
        "vkeys": [one.vkey.text() for one in signers],
        "checkpoint": made.encode().decode(),
        "message": b64(cosign.mldsa44_message("w1.example", head(leaves(11)), int(AT.timestamp()))),
    }


def _replaced(made, **parts):
    return type(made)(**{**{name: getattr(made, name) for name in made.__struct_fields__}, **parts})


VECTORS = {
    "merkle": merkle_vectors,
    "tiles": tile_vectors,
    "entry": entry_vectors,
    "note": note_vectors,
    "slots": slot_vectors,
    "receipt": receipt_vectors,
    "certificate": certificate_vectors,
    "quorum": quorum_vectors,
    "fork": fork_vectors,
}


def text_of(vectors):
    return json.dumps(vectors, indent=1, sort_keys=True, ensure_ascii=True) + "\n"


def main():
    for name, make in VECTORS.items():
        (HERE / "ledger" / f"{name}.json").write_text(text_of(make()))
    kept = HERE / "ledger" / "mldsa44.json"
    if not kept.exists():
        kept.write_text(text_of(mldsa_vectors()))


if __name__ == "__main__":
    main()
