#!/usr/bin/env python3
"""Check the turn of a log's year: Python 3.11, custodes_verify.py, this file.

    custodes_verify_turn.py turn.json --pins pins.json [--out both.json]

`--pins` are those of the log that was closed, or of the one that follows, known from elsewhere than from
whoever gave you the file. `--out` writes pins that name both, for receipts of either year.
docs/formats/log-turn.md. Exit code 0: proven; 1: not; 2: cannot be understood.

What this file cannot do: see whether anybody holds more of the closed log than its last head. Compare that
head with what your mirror, your monitor and the witnesses hold: none may be larger.
"""

import argparse
import base64
import datetime
import hashlib
import pathlib
import sys

import custodes_verify as base

KEYS = {"vkeys": [str], "receipt_keys": [str], "policy": str}
ANNOUNCED = {
    "v": "custodes/log-next/v1",
    "house": str,
    "number": int,
    "year": int,
    "closes": str,
    "opens": str,
    "turns_at": str,
    "closed": KEYS,
    "follows": KEYS,
}
TURNED = {
    "v": "custodes/log-turn/v1",
    "announced": ANNOUNCED,
    "index": int,
    "path": [bytes],
    "last": str,
    "last_epoch": int,
}
SHOWN = {"index": int, "path": [bytes], "checkpoint": str}


def plain(value):
    """Bytes back to base64, as they stand in the document."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


def leaf(version, label, document):
    """The entry that commits to a document."""
    return version + hashlib.sha256(label + base.canonical(plain(document))).digest()


def demand_fit(said):
    """What no honest announcement says of itself cannot be understood."""
    at = datetime.datetime.fromisoformat(said["turns_at"])
    begins = datetime.datetime(said["year"], 1, 1, tzinfo=datetime.UTC)
    if not said["year"] >= 2000 or at < begins or said["number"] < 2 or said["closes"] == said["opens"]:
        raise ValueError("announcement")
    for keys, origin in ((said["closed"], said["closes"]), (said["follows"], said["opens"])):
        vkeys = {base.parse_vkey(text) for text in keys["vkeys"]}
        names = {base.parse_vkey(text)[0] for text in keys["receipt_keys"]}
        if {one[0] for one in vkeys} != {origin} or set(base.Policy(keys["policy"]).logs) != vkeys:
            raise ValueError("keys")
        if names != {f"{origin}/receipts"}:
            raise ValueError("receipt keys")


def check_in(entry, shown, origin, pins, report, name):
    """A checkpoint of this origin that holds an entry; its signatures and its quorum are reported too."""
    index, path, raw = shown
    head = base.check_checkpoint(raw.encode(), pins, report, f"{name}: ")
    held = head is not None and head[0] == origin and 0 <= index < head[1]
    held = held and base.root_from_path(base.leaf_hash(entry), index, head[1], path) == head[2]
    report.add(name, held, origin)


def check(made, pins, report):
    """Forward with pins of the closed log, back with pins of the one that follows."""
    paper, shown = made["document"], made["shown"]
    said = paper["announced"]
    report.add("house", said["house"] == pins.house, said["house"])
    announcement = leaf(b"\x06", b"custodes.log-next/v1\n", said)
    first = leaf(b"\x05", b"custodes.log-follows/v1\n", paper)
    known = {vkey[0] for vkey in pins.policy.logs}
    if said["closes"] in known:
        place = (paper["index"], paper["path"], paper["last"])
        check_in(announcement, place, said["closes"], pins, report, "last checkpoint")
    if said["opens"] in known and shown is not None:
        place = (shown["index"], shown["path"], shown["checkpoint"])
        check_in(first, place, said["opens"], pins, report, "first entry")
        report.add("first", shown["index"] == 0, "it is the first")
        if said["closes"] not in known:
            pins.policy = base.Policy(said["closed"]["policy"])
            place = (paper["index"], paper["path"], paper["last"])
            check_in(announcement, place, said["closes"], pins, report, "closed log")
    sides = {"last checkpoint": said["closes"], "first entry": said["opens"]}
    names = [name for name, origin in sides.items() if origin in known]
    shows = names if shown is not None or "last checkpoint" not in names else names[:1]
    report.needed = ["house", *shows]
    if not names:
        report.add("last checkpoint", None, "no key of either log is pinned")
        report.needed = ["house", "last checkpoint"]


def both(raw, said):
    """Pins that name both years; the newer log's keys first."""
    lines = raw["policy"].split("\n")
    logs = [f"log {text}" for which in ("follows", "closed") for text in said[which]["vkeys"]]
    own = [line for line in lines if line.startswith("log ") and line not in logs]
    rest = [line for line in lines if not line.startswith("log ")]
    receipts = [*said["follows"]["receipt_keys"], *said["closed"]["receipt_keys"], *raw["receipt_keys"]]
    slots = dict(raw["slots"])
    for name, slot in raw["slots"].items():
        for one, other in ((said["closes"], said["opens"]), (said["opens"], said["closes"])):
            if name.startswith((f"{one}/cus-", f"{one}/hse-")):
                slots[f"{other}{name.removeprefix(one)}"] = slot
    more = {"policy": "\n".join([*logs, *own, *rest]), "receipt_keys": list(dict.fromkeys(receipts))}
    return base.canonical({**raw, **more, "slots": slots})


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--pins", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path)
    args = parser.parse_args(argv)
    report = base.Report()
    try:
        pins = base.pins_of(args)
        raw = base.parse_json(args.file.read_bytes())
        shape = {
            "format": "custodes.turn/v1",
            "document": TURNED,
            "shown": None if raw["shown"] is None else SHOWN,
        }
        made = base.shaped(raw, shape)
        demand_fit(made["document"]["announced"])
        check(made, pins, report)
        if args.out is not None and report.is_proven():
            args.out.write_bytes(
                both(base.parse_json(args.pins.read_bytes().strip()), made["document"]["announced"])
            )
    except (OSError, ValueError, TypeError, KeyError, OverflowError, AttributeError, RecursionError) as error:
        print(f"cannot be understood: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    report.show()
    return 0 if report.is_proven() else 1


if __name__ == "__main__":
    sys.exit(main())
