#!/usr/bin/env python3
"""Check the declared gap of a log that was closed after a loss: Python 3.11, custodes_verify.py, this file.

    custodes_verify_gap.py gap.json --pins pins.json --officer NAME=ORGANISATION[/GROUP]=PUBLIC --officer ...

`--pins` are those of the log that was closed, `--officer` who may declare a gap: both known from elsewhere
than from whoever gave you the file. docs/formats/log-gap.md. Exit code 0: proven; 1: not; 2: cannot be
understood.

What this file cannot do: see whether anybody holds more of the closed log than the gap names. Compare the
last checkpoint with what your mirror, your monitor and the witnesses hold: none may be larger.
"""

import argparse
import hashlib
import pathlib
import sys

import custodes_verify as base

DOCUMENT = {
    "v": "custodes/log-gap/v1",
    "house": str,
    "closes": str,
    "opens": str,
    "last": str,
    "kept_size": int,
    "kept_root": bytes,
    "path": [bytes],
    "first_epoch": int,
    "last_epoch": int,
    "since": str,
    "until": str,
    "vkeys": [str],
    "receipt_keys": [str],
    "policy": str,
}
FILE = {
    "format": "custodes.gap/v1",
    "document": DOCUMENT,
    "signatures": [{"public": bytes, "signature": bytes}],
}


def consistent(old, new, path, old_root, new_root):
    """RFC 9162 section 2.1.4.2, for 0 < old < new."""
    steps = list(path) if old & (old - 1) else [old_root, *path]
    if not steps:
        return False
    left, last = old - 1, new - 1
    while left & 1:
        left, last = left >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if not last:
            return False
        if left & 1 or left == last:
            first, second = base.node_hash(step, first), base.node_hash(step, second)
            while not left & 1 and left:
                left, last = left >> 1, last >> 1
        else:
            second = base.node_hash(second, step)
        left, last = left >> 1, last >> 1
    return not last and (first, second) == (old_root, new_root)


def check_last(paper, pins, report):
    """The last head of the closed log, what is kept of it, and whether the numbers fit."""
    inner = base.Report()
    head = base.check_checkpoint(paper["last"].encode(), pins, inner)
    kept, root = paper["kept_size"], paper["kept_root"]
    count = paper["last_epoch"] - paper["first_epoch"] + 1
    fits = (
        head is not None and head[0] == paper["closes"] and 0 <= kept <= head[1] and count == head[1] - kept
    )
    said = f"{paper['closes']}; epochs {paper['first_epoch']} to {paper['last_epoch']} are missing"
    report.add("last checkpoint", fits and paper["first_epoch"] > 0, said)
    if not fits:
        return
    said = f"the house still holds {kept} entries of the root log"
    if kept in (0, head[1]):
        report.add("kept", kept == 0 or root == head[2], said)
    elif not paper["path"]:
        report.add("kept", None, f"{said}; it does not show that they are the same")
    else:
        report.add("kept", consistent(kept, head[1], paper["path"], root, head[2]), said)


def check_follower(paper, report):
    """The log that follows: its keys bear its name."""
    opens, keys = paper["opens"], [base.parse_vkey(text) for text in paper["vkeys"]]
    held = {key[0] for key in keys} == {opens} and opens != paper["closes"]
    held = held and set(base.Policy(paper["policy"]).logs) == set(keys)
    held = held and all(text.startswith(f"{opens}/receipts+") for text in paper["receipt_keys"])
    report.add("follower", held, opens)


def check_officers(paper, signatures, officers, report):
    """Two different keys of two different groups, both pinned, over the document."""
    if not officers:
        return report.add("officers", None, "none are pinned: say whose signatures count")
    message = b"custodes/sign/v1" + hashlib.sha256(base.canonical(plain(paper))).digest()
    good = []
    for one in officers:
        by = [made["signature"] for made in signatures if made["public"] == one[2]]
        if any(base.ed25519_holds(one[2], signature, message) for signature in by):
            good.append(one)
    held = len({one[1] for one in good}) > 1 and len({one[2] for one in good}) > 1
    said = ", ".join(f"{name} ({group})" for name, group, _ in good) or "nobody who is pinned"
    return report.add("officers", held, said)


def plain(value):
    """Bytes back to base64, as they are signed."""
    if isinstance(value, bytes):
        return base.base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


def officer(text):
    """NAME=ORGANISATION[/GROUP]=PUBLIC: (name, what it counts as, key)."""
    name, organisation, public = text.split("=", 2)
    raw = base.unb64(public)
    if not name or not organisation or len(raw) != 32:
        raise ValueError("officer")
    return name, organisation.partition("/")[2] or organisation, raw


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--pins", type=pathlib.Path, required=True)
    parser.add_argument("--officer", action="append", default=[])
    args = parser.parse_args(argv)
    report = base.Report()
    report.needed = ["house", "last checkpoint", "follower", "officers"]
    try:
        pins = base.pins_of(args)
        made = base.shaped(base.parse_json(args.file.read_bytes()), FILE)
        paper = made["document"]
        report.add("house", paper["house"] == pins.house, paper["house"])
        check_last(paper, pins, report)
        check_follower(paper, report)
        check_officers(paper, made["signatures"], [officer(text) for text in args.officer], report)
    except (OSError, ValueError, TypeError, OverflowError, AttributeError, RecursionError) as error:
        print(f"cannot be understood: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    report.show()
    return 0 if report.is_proven() else 1


if __name__ == "__main__":
    sys.exit(main())
