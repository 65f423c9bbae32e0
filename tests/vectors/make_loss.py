"""Writes tests/vectors/loss/*.json: `python tests/vectors/make_loss.py`. Deterministic: dice are seeded."""

import hashlib
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "src"), str(HERE.parent)]

import msgspec  # noqa: E402

from custodes.acts.logkeeper import streaming  # noqa: E402
from custodes.acts.logkeeper.keys import NAMES, LogKeys  # noqa: E402
from custodes.ledger import cosign, merkle, note, slots  # noqa: E402
from custodes.ledger.checkpoint import Checkpoint  # noqa: E402
from custodes.ledger.loss import gap  # noqa: E402
from custodes.ledger.loss.stream import Part  # noqa: E402
from custodes.ledger.note import NoteSigner  # noqa: E402
from custodes.ledger.receipt import Pins  # noqa: E402
from custodes.ledger.shards import turn  # noqa: E402
from fakes import SeededDice  # noqa: E402
from fakes.ledger import AT, ed25519, head, log_signer, witness  # noqa: E402
from fakes.ledger import ORIGIN as LOG  # noqa: E402

CUSTOMER = "cus-" + "1" * 26
ORIGIN = "log.example/house"
HOUSE = "hse-" + "0" * 26
OFFICERS = {"ann": "trustee", "bob": "custodian", "cid": "trustee"}


def leaf_stream() -> dict:
    """Two epochs' files: one in which two sub-logs grew, one in which nothing did."""
    dice = SeededDice(21)
    keys = LogKeys(**{name: dice.draw(32) for name in NAMES})
    parts = [
        Part(log=f"{CUSTOMER}/machine", first=7, leaves=tuple(b"\x01" + dice.draw(32) for _ in range(3))),
        Part(log=f"{CUSTOMER}/exceptional", first=0, leaves=(b"\x03" + dice.draw(32),)),
    ]
    cases = []
    for epoch, some in ((12, parts), (13, [])):
        files = streaming.sealed(some, (ORIGIN, keys), epoch, dice)
        cases.append(
            {
                "epoch": epoch,
                "files": [raw.hex() for raw in files],
                "parts": [[one.log, one.first, [leaf.hex() for leaf in one.leaves]] for one in some],
            }
        )
    return {"origin": ORIGIN, "slot_key": keys.slots.hex(), "epochs": cases}


def gaps() -> dict:
    """A gap as it should be, and files that show less."""
    entries = [slots.epoch_leaf(n, bytes([n]) * 32) for n in range(1, 6)]
    hashes = [merkle.leaf_hash(one) for one in entries]
    signer, follower = log_signer(), log_signer(f"{LOG}/2")
    last = cosign.publish(head(hashes), [signer], AT).encode().decode()
    receipts = NoteSigner(f"{LOG}/2/receipts", ed25519("receipts"))
    made = gap.Gap(
        house=HOUSE,
        closes=LOG,
        opens=f"{LOG}/2",
        last=last,
        kept_size=2,
        kept_root=merkle.root_of(hashes[:2]),
        path=tuple(merkle.consistency_proof(merkle.reader_of(hashes), 2, 5)),
        first_epoch=3,
        last_epoch=5,
        since="2026-11-22T08:00:00Z",
        until="2026-11-22T09:00:00Z",
        vkeys=(follower.vkey.text(),),
        receipt_keys=(receipts.vkey.text(),),
        policy=f"log {follower.vkey.text()}\nquorum none\n",
    )
    keys = {name: ed25519(name) for name in ("ann", "bob", "cid", "eve")}
    public = {name: key.public_key().public_bytes_raw() for name, key in keys.items()}
    officers = [gap.Officer(name=n, counts_as=g, public=public[n]) for n, g in OFFICERS.items()]
    pins = Pins(house=HOUSE, receipt_keys=(), policy=f"log {signer.vkey.text()}\nquorum none\n")

    def signed(document: gap.Gap, *names: str) -> gap.GapFile:
        digest = hashlib.sha256(document.encode()).digest()
        made = [gap.Signed(public=public[n], signature=keys[n].sign(gap.SIGN_LABEL + digest)) for n in names]
        return gap.GapFile(document=document, signatures=tuple(made))

    def other(**change: object) -> gap.Gap:
        return msgspec.structs.replace(made, **change)

    files = {
        "as it should be": signed(made, "ann", "bob"),
        "by one": signed(made, "ann"),
        "by one twice": signed(made, "ann", "ann"),
        "by two of one organisation": signed(made, "ann", "cid"),
        "by somebody who is not pinned": signed(made, "ann", "eve"),
        "another document": msgspec.structs.replace(
            signed(made, "ann", "bob"), document=other(until=made.since)
        ),
        "another house": signed(other(house="hse-" + "1" * 26), "ann", "bob"),
        "a shorter gap": signed(other(last_epoch=4), "ann", "bob"),
        "kept what it has not": signed(other(kept_root=bytes(32)), "ann", "bob"),
        "does not show what it kept": signed(other(path=()), "ann", "bob"),
        "opens what it closes": signed(other(opens=LOG), "ann", "bob"),
        "signed by another log": signed(
            other(last=cosign.publish(head(hashes), [witness("w1.example")], AT).encode().decode()),
            "ann",
            "bob",
        ),
    }
    return {
        "pins": pins.encode().decode(),
        "officers": [[one.name, one.counts_as, one.public.hex()] for one in officers],
        "first_entry": made.leaf().hex(),
        "files": {
            name: {"file": one.encode().decode(), "proven": gap.is_proven(gap.judge(one, pins, officers))}
            for name, one in files.items()
        },
    }


def turns() -> dict:
    """The turn of a year as it should be, and files that show less, to pins of either log."""
    opens = f"{LOG}/2027"
    signer, follower = log_signer(), log_signer(opens)

    def keys_of(one: cosign.LogSigner, origin: str) -> turn.Keys:
        receipts = NoteSigner(f"{origin}/receipts", ed25519("receipts"))
        policy = f"log {one.vkey.text()}\nwitness w {witness('w1.example').vkey.text()}\nquorum w\n"
        return turn.Keys(vkeys=(one.vkey.text(),), receipt_keys=(receipts.vkey.text(),), policy=policy)

    announced = turn.Announced(
        house=HOUSE,
        number=2,
        year=2027,
        closes=LOG,
        opens=opens,
        turns_at="2027-01-01T00:00:00Z",
        closed=keys_of(signer, LOG),
        follows=keys_of(follower, opens),
    )
    entries = [slots.epoch_leaf(1, b"1" * 32), announced.leaf(), slots.epoch_leaf(2, b"2" * 32)]
    hashes = [merkle.leaf_hash(one) for one in entries]

    def signed(of: list[bytes], origin: str, *who: cosign.CheckpointSigner) -> str:
        head_of = Checkpoint(origin=origin, size=len(of), root=merkle.root_of(of))
        return cosign.publish(head_of, who, AT).encode().decode()

    def cosigned(of: list[bytes], one: cosign.LogSigner, origin: str) -> str:
        made = note.parse(signed(of, origin, one).encode())
        head_of = Checkpoint(origin=origin, size=len(of), root=merkle.root_of(of))
        return made.with_signatures([witness("w1.example").cosign(head_of, AT)]).encode().decode()

    path = tuple(merkle.inclusion_proof(merkle.reader_of(hashes), 1, 3))
    made = turn.Turned(
        announced=announced, index=1, path=path, last=cosigned(hashes, signer, LOG), last_epoch=2
    )

    def file_of(document: turn.Turned, *, bare: bool = False) -> turn.TurnFile:
        of = [merkle.leaf_hash(document.leaf()), merkle.leaf_hash(slots.epoch_leaf(3, b"3" * 32))]
        place = tuple(merkle.inclusion_proof(merkle.reader_of(of), 0, 2))
        shown = turn.Shown(index=0, path=place, checkpoint=cosigned(of, follower, opens))
        return turn.TurnFile(document=document, shown=None if bare else shown)

    def other(**change: object) -> turn.Turned:
        return msgspec.structs.replace(made, **change)

    whole = file_of(made)
    files = {
        "as it should be": whole,
        "not published yet": file_of(made, bare=True),
        "another house": file_of(
            other(announced=msgspec.structs.replace(announced, house="hse-" + "1" * 26))
        ),
        "an older head": file_of(other(last=cosigned(hashes[:1], signer, LOG))),
        "another root": file_of(other(last=cosigned([*hashes[:2], hashes[0]], signer, LOG))),
        "another place": file_of(other(index=0)),
        "no quorum": file_of(other(last=signed(hashes, LOG, signer))),
        "signed by another log": file_of(other(last=signed(hashes, LOG, witness("w1.example")))),
        "first entry of another turn": msgspec.structs.replace(whole, document=other(last_epoch=3)),
    }
    pins = Pins(house=HOUSE, receipt_keys=announced.closed.receipt_keys, policy=announced.closed.policy)
    after = Pins(house=HOUSE, receipt_keys=announced.follows.receipt_keys, policy=announced.follows.policy)
    return {
        "before": pins.encode().decode(),
        "after": after.encode().decode(),
        "announcement": announced.leaf().hex(),
        "first_entry": made.leaf().hex(),
        "files": {
            name: {
                "file": one.encode().decode(),
                "to_before": turn.is_proven(turn.judge(one, pins)),
                "to_after": turn.is_proven(turn.judge(one, after)),
            }
            for name, one in files.items()
        },
    }


VECTORS = {"leaf_stream": leaf_stream, "gap": gaps, "turn": turns}


def text_of(value: dict) -> str:
    """As it lies in the file."""
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    for name, make in VECTORS.items():
        (HERE / "loss" / f"{name}.json").write_text(text_of(make()), "ascii")
