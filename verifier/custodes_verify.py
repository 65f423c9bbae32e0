#!/usr/bin/env python3
"""Check evidence of a Custodes house with nothing but Python 3.11 and this file.

Read it before you trust it; an hour is enough. It shares no code with Custodes.

    custodes_verify.py receipt FILE      an entry, where it stands, and who vouches for it
    custodes_verify.py certificate FILE  that no exceptional entry of a period names a key
    custodes_verify.py checkpoint FILE   the signatures under the head of a log
    custodes_verify.py proof FILE        a .tlog-proof, for the entry in --entry FILE
    custodes_verify.py tiles FOLDER      a copied log: every hash computed again, compared with its checkpoint
                                         (and, with --older FILE, an older checkpoint a prefix of it)

What you must know from elsewhere, never from the package you check, comes with --pins FILE, or in pieces:
--house ID, --receipt-key VKEY, --log-key VKEY, --policy FILE (c2sp.org/tlog-policy), --slot LOG=NUMBER.

Each line of the answer begins with `held`, `FAILED` or `not checked`. Exit code 0: everything the claim needs
was checked and held; 1: it was not; 2: the file or the command line cannot be understood.

What this file cannot do: check ML-DSA signatures (it says so for each), know whether a witness is independent
of the house (you decide that in the policy), or see acts that never reached the log.
"""

import argparse
import base64
import functools
import hashlib
import itertools
import json
import pathlib
import re
import sys


# ------------------------------- 1. bytes and JSON; whatever is not as it should be raises ValueError
def unb64(text):
    """Standard base64; one spelling only."""
    raw = base64.b64decode(text.encode("ascii"), validate=True)
    if base64.b64encode(raw).decode() != text:
        raise ValueError("base64")
    return raw


def canonical(value):
    """The one spelling of a JSON value: RFC 8785 without floating point."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def parse_json(raw):
    """Parse, and refuse every spelling but the canonical one: what is hashed must not be ambiguous."""
    # a number with a point, or beyond 53 bits, becomes an error or bytes, which have no JSON form
    kinds = {"parse_int": lambda text: int(text) if abs(int(text)) < 2**53 else b""}
    value = json.loads(raw.decode(), parse_float=bytes.fromhex, parse_constant=bytes.fromhex, **kinds)
    if canonical(value) != raw:
        raise ValueError("not canonical JSON")
    return value


def shaped(value, shape):
    """`value` if it has this shape. `bytes` stands for base64 text, (x,) for x or null, text for itself."""
    if shape is bytes and isinstance(value, str):
        return unb64(value)
    if isinstance(shape, list) and isinstance(value, list):
        return [shaped(one, shape[0]) for one in value]
    if isinstance(shape, dict) and isinstance(value, dict) and shape.keys() == value.keys():
        return {name: shaped(value[name], part) for name, part in shape.items()}
    if isinstance(shape, tuple):
        return None if value is None else shaped(value, shape[0])
    if shape == value or (shape in (int, str, dict) and type(value) is shape):
        return value
    raise ValueError("another form")


# ----------------------------------------------------------------------- 2. the Merkle tree (RFC 6962, 9162)
def leaf_hash(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(hashes):
    """RFC 6962 section 2.1. Pairing row by row, an odd last one rising, is the same tree."""
    while len(hashes) > 1:
        odd = hashes[-1:] if len(hashes) % 2 else []
        hashes = [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes) - 1, 2)] + odd
    return hashes[0] if hashes else hashlib.sha256(b"").digest()


def root_from_path(leaf, index, size, path):
    """RFC 9162 section 2.1.3.2: the root a path leads to; None if it has the wrong length."""
    if not 0 <= index < size:
        return None
    fn, sn, node = index, size - 1, leaf
    for step in path:
        if sn == 0 or len(step) != 32:
            return None
        if fn & 1 or fn == sn:
            node = node_hash(step, node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = node_hash(node, step)
        fn, sn = fn >> 1, sn >> 1
    return node if sn == 0 else None


# ------------------------------------------------------------------------------------ 3. Ed25519 (RFC 8032)
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def point_add(a, b):
    """Points as (x, y, z, t), section 5.1.4."""
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def point_times(scalar, point):
    total = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = point_add(total, point)
        point, scalar = point_add(point, point), scalar >> 1
    return total


def decode_point(raw):
    """Section 5.1.3; None if these 32 bytes are no point."""
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or x * x % P != square or (x == 0 and sign):
        return None
    x = x if x & 1 == sign else P - x
    return x, y, 1, x * y % P


BASE = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519_holds(public, signature, message):
    """Section 5.1.7: [S]B = R + [k]A."""
    if len(signature) != 64:
        return False
    a, r, s = decode_point(public), decode_point(signature[:32]), int.from_bytes(signature[32:], "little")
    if not a or not r or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    one, two = point_times(s, BASE), point_add(r, point_times(k, a))
    return not (one[0] * two[2] - two[0] * one[2]) % P and not (one[1] * two[2] - two[1] * one[2]) % P


# ------------- 4. notes, checkpoints, cosignatures (c2sp.org: signed-note, tlog-checkpoint, tlog-cosignature)
ED25519, COSIGNATURE, MLDSA44 = 1, 4, 6
KEY_BYTES = {ED25519: 32, COSIGNATURE: 32, MLDSA44: 1312}
NAME = re.compile(r"[^\s+\x00-\x1f]+")


def parse_vkey(text):
    """`name+hex(key ID)+base64(type || public key)` -> (name, key ID, type, public key)."""
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    raw = unb64(encoded)
    wanted = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4].hex()
    if not NAME.fullmatch(name) or not raw or KEY_BYTES.get(raw[0]) != len(raw) - 1 or wanted != key_id:
        raise ValueError("vkey")
    return name, key_id, raw[0], raw[1:]


def parse_note(raw):
    """Text, and its signature lines as (name, key ID, rest of the signature)."""
    whole, lines = raw.decode(), []
    text, gap, rest = whole.rpartition("\n\n")
    if not gap or not rest.endswith("\n") or any(char < " " and char != "\n" for char in whole):
        raise ValueError("note")
    for line in rest[:-1].split("\n"):
        name, _, encoded = line.removeprefix("\u2014 ").partition(" ")
        blob = unb64(encoded)
        if not line.startswith("\u2014 ") or not NAME.fullmatch(name) or len(blob) < 5:
            raise ValueError("signature line")
        lines.append((name, blob[:4].hex(), blob[4:]))
    return text + "\n", lines


def check_lines(text, lines, vkeys, report, prefix=""):
    """Check each signature line; return the vkeys that held. A pinned key that fails spoils everything."""
    held, pinned = [], {vkey[:2]: vkey for vkey in vkeys}
    for name, key_id, blob in lines:
        what, vkey = f"{prefix}signature {name} {key_id}", pinned.get((name, key_id))
        if vkey is None or vkey[2] == MLDSA44:
            report.add(what, None, "this key is not pinned" if vkey is None else "this file has no ML-DSA")
            continue
        message, detail = text.encode(), ""
        if vkey[2] == COSIGNATURE:  # eight bytes of time, then a signature over time and text
            time, blob = int.from_bytes(blob[:8], "big"), blob[8:]  # noqa: PLW2901
            message, detail = f"cosignature/v1\ntime {time}\n{text}".encode(), f"at {time} s after 1970"
        good = ed25519_holds(vkey[3], blob, message)
        report.add(what, good, detail)
        held += [vkey] if good else []
    return held


def check_checkpoint(raw, pins, report, prefix=""):
    """(origin, size, root) if the policy accepts the log, and the log has signed; the quorum is reported."""
    try:
        text, lines = parse_note(raw)
        three = re.fullmatch(r"([^\n]+)\n(0|[1-9][0-9]{0,18})\n([^\n]{44})\n", text)
        if three is None or (three[2] == "0" and unb64(three[3]) != root_of([])):
            raise ValueError("not three lines")  # nor four: not every signature type would cover the fourth
        origin, size, root = three[1], int(three[2]), unb64(three[3])
    except ValueError as error:
        return report.add(f"{prefix}checkpoint", False, f"another form: {error}")
    held = check_lines(text, lines, [*pins.policy.logs, *pins.policy.witnesses.values()], report, prefix)
    by_log = any(vkey in pins.policy.logs and vkey[0] == origin for vkey in held)
    report.add(f"{prefix}checkpoint", by_log, f"{origin} {size}" if by_log else "no pinned log key signed it")
    report.add(f"{prefix}quorum", *pins.policy.judge(held))
    return (origin, size, root) if by_log else None


# ----------------------------------------------------------------------- 5. the quorum (c2sp.org/tlog-policy)
class Policy:
    """Which logs, which witnesses, and which of them together are enough (docs/formats/log.md, section 4)."""

    def __init__(self, text):
        self.logs, self.witnesses, self.parties, self.groups, self.quorum = [], {}, {}, {}, None
        for line in text.split("\n"):
            word, *rest = line.split() or ["#"]
            is_new = bool(rest) and rest[0] not in ["none", *self.witnesses, *self.groups]
            if word == "log" and len(rest) in (1, 2):
                self.logs.append(parse_vkey(rest[0]))
            elif word == "witness" and len(rest) in (2, 3) and is_new:
                self.witnesses[rest[0]] = parse_vkey(rest[1])
            elif word == "#:" and rest[:1] == ["party"] and rest[2:3]:
                self.add_party(*rest[1:])
            elif word == "group" and len(rest) > 2 and is_new:
                self.add_group(*rest)
            elif word == "quorum" and len(rest) == 1 and self.quorum is None:
                self.quorum = rest[0]
            elif word == "#:" or not word.startswith("#"):
                raise ValueError(f"policy: {line}")
        half_named = self.parties and self.parties.keys() != self.witnesses.keys()
        keys = [vkey[3] for vkey in [*self.logs, *self.witnesses.values()]]  # no log witnesses itself
        if (
            half_named
            or len(set(keys)) < len(keys)
            or self.quorum not in ["none", *self.witnesses, *self.groups]
        ):
            raise ValueError("policy")

    def add_party(self, name, organisation, *more):
        group, *more = more[1:] if more[:1] == ("of",) else (organisation, *more)
        if more not in ([], ["embedded"]) or name in self.parties:
            raise ValueError("policy: party")
        self.parties[name] = (organisation, bool(more), group)

    def add_group(self, name, rule, *members):
        used = {one for _, known in self.groups.values() for one in known}
        k = {"any": 1, "all": len(members)}.get(rule) or (int(rule) if rule.isdecimal() else 0)
        unknown = set(members) - {*self.witnesses, *self.groups}
        if unknown or used & set(members) or len(set(members)) < len(members) or not 1 <= k <= len(members):
            raise ValueError("policy: group")
        self.groups[name] = (k, members)

    def judge(self, held):
        """(Is the quorum met, how.) `standing`: who has witnessed, and on which groups that rests."""
        if self.quorum == "none":
            return True, "the pinned policy asks for none: demo only, nobody outside the house vouches"
        standing, embedded, organisations = {}, [], set()
        for name in [one for one, vkey in self.witnesses.items() if vkey in held]:
            organisation, is_embedded, group = self.parties.get(name, (name, False, name))
            if is_embedded:
                embedded.append(name)
            else:
                standing[name], organisations = {group}, organisations | {organisation}
        detail = "organisations: " + (", ".join(sorted(organisations)) or "none")
        detail += "; embedded, counting zero: " + ", ".join(embedded) if embedded else ""
        for name, (k, members) in self.groups.items():
            present = [standing[one] for one in members if one in standing]  # each is given one of its groups
            if max(len(set(given)) for given in itertools.product(*present)) >= k:
                standing[name] = set().union(*present)
        return self.quorum in standing, detail


# ------------------------------------------------------------------------ 6. entries (docs/formats/entry.md)
def check_entry(leaf, opening):
    """(Open fields, names of shut ones.) Leaf = 0x01 || root over the fields in order of their names.

    Field `v` lists all names, so a shut field cannot be renamed, nor can a second one of a name hide.
    """
    opened, shut = opening["open"], opening["shut"]
    names, hashes = sorted([*opened, *shut]), []
    for name in names:
        salt, value = opened.get(name) or ("", None)
        if name not in shut and len(shaped(salt, bytes)) != 16:
            raise ValueError("salt")
        hashes.append(unb64(shut[name]) if name in shut else leaf_hash(canonical([salt, name, value])))
    once = len(set(names)) == len(names) and all(len(one) == 32 for one in hashes)
    if not once or "v" not in opened or canonical(opened["v"][1]) != canonical([1, *names]):
        raise ValueError("opening")
    if leaf != b"\x01" + root_of(hashes):
        raise ValueError("the opening belongs to another leaf")
    return {name: pair[1] for name, pair in opened.items() if name != "v"}, sorted(shut)


# ----------------------------- 7. slot tree and root log (docs/formats/log.md); an "anchor" is the way there
LINK = {"epoch": int, "blind": bytes, "size": int, "root": bytes}
ROOT_PROOF = {"index": int, "path": [bytes], "checkpoint": str, "time_stamps": [bytes]}
ANCHOR = {**LINK, "slot": int, "previous": bytes, "slot_path": [bytes], "root_log": ROOT_PROOF}


def slot_leaf(slot, link, previous):
    """The leaf of a slot at one epoch; it contains the leaf of the epoch before."""
    if any(len(one) != 32 for one in (link["blind"], link["root"], previous)):
        raise ValueError("slot head")
    head = b"custodes.slot/v1\n" + slot.to_bytes(8, "big") + link["blind"] + link["epoch"].to_bytes(8, "big")
    head += link["size"].to_bytes(8, "big")
    return leaf_hash(head + link["root"] + previous)


def check_anchor(anchor, log, pins, report, prefix=""):
    """The sub-log's head is in its slot, the slot root in the epoch leaf, the epoch leaf in the root log."""
    slot, path, proof = anchor["slot"], anchor["slot_path"], anchor["root_log"]
    pinned = pins.slots.get(log)
    detail = f"slot {slot} of {log}" + ("" if pinned is not None else ": no slot pinned")
    report.add(f"{prefix}slot", None if pinned is None else slot == pinned, detail)
    leaf = slot_leaf(slot, anchor, anchor["previous"])
    tree = (4 <= len(path) <= 24 and root_from_path(leaf, slot, 2 ** len(path), path)) or b""
    root = hashlib.sha256(b"custodes.slot-root/v1\n" + bytes([len(path)]) + tree).digest()
    head = check_checkpoint(proof["checkpoint"].encode(), pins, report, prefix)
    if head is not None:
        entry = b"\x02" + anchor["epoch"].to_bytes(8, "big") + root
        found = root_from_path(leaf_hash(entry), proof["index"], head[1], proof["path"])
        detail = f"epoch {anchor['epoch']} is entry {proof['index']} of {head[1]}"
        report.add(f"{prefix}epoch", bool(tree) and found == head[2], detail)
    for _ in proof["time_stamps"]:
        report.add(f"{prefix}time-stamp", None, "an RFC 3161 token, for a tool of your own")
    return leaf


# ------------------------------------------------------------------- 8. receipts (docs/formats/receipt.md)
OPENING = {"open": dict, "shut": dict}
SIX_LINES = {"format": "custodes.receipt/v1", "house": str, "log": str}
SIX_LINES |= {"index": int, "leaf": bytes, "at": str}
HEAD = ("epoch", "checkpoint", "quorum")
WITNESSED = {"path": [bytes], "anchor": ANCHOR}
RECEIPT = {**SIX_LINES, "signatures": [str], "witnessed": (WITNESSED,), "opening": (OPENING,)}


def check_receipt(args, pins, report):
    plain = parse_json(args.file.read_bytes())
    receipt = shaped(plain, RECEIPT)
    log, index, leaf = receipt["log"], receipt["index"], receipt["leaf"]
    report.add("house", receipt["house"] == pins.house, receipt["house"])
    text = "".join(f"{plain[name]}\n" for name in SIX_LINES)  # what the receipt key signs, as a note
    note = parse_note((text + "\n" + "".join(f"{line}\n" for line in receipt["signatures"])).encode())
    is_time = re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", receipt["at"])
    if note[0] != text or text.count("\n") != 6 or not is_time or receipt["house"][:4] != "hse-":
        raise ValueError("receipt text")
    held = check_lines(text, note[1], pins.receipt_keys, report)
    report.add("receipt-key", bool(held) or None, held[0][0] if held else "no good line of a pinned key")
    if receipt["opening"] is not None:
        try:
            report.fields, shut = check_entry(leaf, receipt["opening"])
            same_house = report.fields.get("house", receipt["house"]) == receipt["house"]
            report.add("fields", same_house, "not shown: " + (", ".join(shut) or "none"))
        except ValueError as error:
            report.add("fields", False, str(error))
    report.needed = ["house", "receipt-key"]
    if receipt["witnessed"] is not None:
        anchor = receipt["witnessed"]["anchor"]
        root = root_from_path(leaf_hash(leaf), index, anchor["size"], receipt["witnessed"]["path"])
        report.add("sub-log", root == anchor["root"], f"entry {index} of {anchor['size']}")
        check_anchor(anchor, log, pins, report)
        report.needed = ["house", "sub-log", *HEAD]


# --------------------------------------------------------------- 9. certificates (docs/formats/receipt.md)
CERTIFICATE = {"format": "custodes.certificate/v1", "house": str, "log": str, "key": str}
CERTIFICATE |= {"first": ANCHOR, "last": ANCHOR}
CERTIFICATE |= {"stack": [bytes], "links": [LINK], "leaves": [{"leaf": bytes, "opening": (OPENING,)}]}
NOUNS = "bucket change clock connection customer enrol hold holder house leave lockbox retention revoke share"
KEYLESS_NOUNS = set(NOUNS.split())
KEYLESS_ACTS = {"denial", "erasure", "export.begin", "export.end", "grant.lapse", "grant.return"}
KEYLESS_ACTS |= {"kill", "lift", "log.holder", "log.open", "object.delete", "shred.drop", "shred.turn"}
KEYLESS_ACTS |= {"adoption.begin", "adoption.move", "sign-in", "veil"}


def check_certificate(args, pins, report):
    paper = shaped(parse_json(args.file.read_bytes()), CERTIFICATE)
    first, last, leaves = paper["first"], paper["last"], paper["leaves"]
    report.add("house", paper["house"] == pins.house, paper["house"])
    leaf = check_anchor(first, paper["log"], pins, report, "first ")
    last_leaf = check_anchor(last, paper["log"], pins, report, "last ")
    # The chain leads from the first head to the last, no epoch left out and none forked. The leaves are all
    # the leaves, for they carry the tree from each head to the next.
    chained, before = first["slot"] == last["slot"], first
    stack, size, place = list(paper["stack"]), first["size"], 0
    whole = len(stack) == size.bit_count() and folded(stack) == first["root"]
    for link in paper["links"]:
        chained &= link["epoch"] == before["epoch"] + 1 and link["size"] >= before["size"]
        chained &= link["size"] > before["size"] or link["root"] == before["root"]
        leaf, before = slot_leaf(first["slot"], link, leaf), link
        while whole and size < link["size"] and place < len(leaves):
            node = leaf_hash(leaves[place]["leaf"])
            for _ in range((size ^ (size + 1)).bit_length() - 1):  # subtrees that become complete
                node = node_hash(stack.pop(), node)
            stack, size, place = [*stack, node], size + 1, place + 1
        whole &= size == link["size"] and folded(stack) == link["root"]
    report.add("chain", chained and leaf == last_leaf, f"epochs {first['epoch']} to {last['epoch']}")
    whole &= place == len(leaves) and size == last["size"]
    report.add("leaves", whole, f"entries {first['size']} to {last['size']}")
    against = [(index, objection_to(one, paper["key"])) for index, one in enumerate(leaves, first["size"])]
    against = [f"entry {index} {reason}" for index, reason in against if reason]
    veils = sum(one["opening"] is None for one in leaves)
    report.add(
        "silence", not against, against[0] if against else f"{veils} veils, of which this says nothing"
    )
    ends = [f"{end} {name}" for end in ("first", "last") for name in ("slot", *HEAD)]
    report.needed = ["house", "chain", "leaves", "silence", *ends]


def folded(stack):
    """The root of a tree known by the roots of its complete subtrees, largest first."""
    return (
        functools.reduce(lambda node, left: node_hash(left, node), reversed(stack)) if stack else root_of([])
    )


def objection_to(one, key):
    """Why this leaf stands against "no entry names the key"; None if it does not."""
    if one["opening"] is None:
        return None if one["leaf"][:1] == b"\x03" else "is not opened"
    try:
        fields, shut = check_entry(one["leaf"], one["opening"])
    except ValueError as error:
        return str(error)
    if "act" in shut or "key" in shut:
        return "does not show its act and key"
    if "key" in fields:
        return "names the key" if fields["key"] == key else None
    act = str(fields.get("act", ""))
    released_nothing = fields.get("phase") == "outcome" or fields.get("decision") == "deny"
    if released_nothing or act in KEYLESS_ACTS or act.partition(".")[0] in KEYLESS_NOUNS:
        return None
    return "may use a key and names none"


# --------------------------------------------- 10. proofs and tiles (c2sp.org: tlog-proof, tlog-tiles)
def check_proof(args, pins, report):
    head, _, checkpoint = args.file.read_bytes().partition(b"\n\n")
    form = r"c2sp\.org/tlog-proof@v1\n(?:extra [A-Za-z0-9+/=]*\n)?index (0|[1-9][0-9]{0,18})((?:\n[^\n]+)*)"
    parts = re.fullmatch(form, head.decode())
    if parts is None:
        raise ValueError("proof")
    index, path = int(parts[1]), [unb64(line) for line in parts[2].split("\n")[1:]]
    found = check_checkpoint(checkpoint, pins, report)
    if found is not None:
        held = root_from_path(leaf_hash(args.entry.read_bytes()), index, found[1], path) == found[2]
        report.add("inclusion", held, f"entry {index} of {found[1]}")
    report.needed = ["checkpoint", "quorum", "inclusion"]


def tile_bytes(folder, kind, n, width):
    """A tile, or the full one it is part of; None if neither is there."""
    number = f"{n % 1000:03}"
    while n := n // 1000:
        number = f"x{n % 1000:03}/{number}"
    full = folder / "tile" / str(kind) / number
    part = full.with_name(f"{full.name}.p") / str(width)
    return next((path.read_bytes() for path in (part, full) if path.is_file()), None)


def read_row(folder, level, count):
    """All hashes of one level, from its tiles."""
    row = []
    for n in range(-(-count // 256)):
        width = min(256, count - 256 * n)
        raw = tile_bytes(folder, level, n, width) or b""
        if len(raw) < 32 * width:
            raise ValueError(f"tile {n} of level {level} is missing or truncated")
        row += [raw[i : i + 32] for i in range(0, 32 * width, 32)]
    return row


def check_entries(folder, leaves, report):
    """Entries, where they were copied too: each must have its leaf hash, and epochs must only rise."""
    seen, last_epoch, rising, same = 0, -1, True, True
    for n in range(-(-len(leaves) // 256)):
        part = leaves[256 * n : 256 * n + 256]
        raw, at = tile_bytes(folder, "entries", n, len(part)), 0
        for leaf in part if raw is not None else []:
            end = at + 2 + int.from_bytes(raw[at : at + 2], "big")
            entry, at = raw[at + 2 : end], end
            same, seen = same and leaf_hash(entry) == leaf and end <= len(raw), seen + 1
            if entry[:1] == b"\x02":
                epoch = int.from_bytes(entry[1:9], "big")
                rising, last_epoch = rising and epoch > last_epoch, epoch
    report.add("entries", same if seen else None, f"{seen} of {len(leaves)} were there to compare")
    report.add("epochs", rising if seen else None, f"the last is {last_epoch}; each above the one before")


def check_tiles(args, pins, report):
    folder, older = args.file, args.older
    found = check_checkpoint((folder / "checkpoint").read_bytes(), pins, report)
    report.needed = ["checkpoint", "quorum", "tiles", "root", *(["consistency"] if older else [])]
    if found is None:
        return
    leaves = row = read_row(folder, 0, found[1])
    level, same = 0, True
    while count := len(row) // 256:  # every hash of the tiles above is the root of a full tile below
        level += 1
        above = read_row(folder, level, count)
        same &= above == [root_of(row[256 * i : 256 * i + 256]) for i in range(count)]
        row = above
    report.add("tiles", same, f"{level + 1} levels")
    report.add("root", root_of(leaves) == found[2], f"{found[1]} leaves")
    check_entries(folder, leaves, report)
    if older is not None:
        old = check_checkpoint(older.read_bytes(), pins, report, "older ")
        held = old is not None and old[1] <= found[1] and root_of(leaves[: old[1]]) == old[2]
        report.add("consistency", held and old[0] == found[0], "the older head is a prefix of this log")


# --------------------------------------------------------------------------- 11. pins, report, command line
class Report:
    """Answers, in the order the questions were asked: held (True), failed (False), not checked (None)."""

    def __init__(self):
        self.checks, self.needed, self.fields = [], ["checkpoint", "quorum"], {}

    def add(self, name, passed, detail=""):
        self.checks.append((name, passed, detail))

    def is_proven(self):
        answers = {name: passed for name, passed, _ in self.checks}
        return all(answers.get(name) for name in self.needed) and False not in [one[1] for one in self.checks]

    def show(self):
        for name, passed, detail in self.checks:
            word = {True: "held", False: "FAILED", None: "not checked"}[passed]
            line = (
                f"{word:12}{name}{': ' if detail else ''}{detail}"  # parts of it come from a stranger's file
            )
            print("".join(char if " " <= char <= "~" else "?" for char in line))
        for name, value in self.fields.items():
            print(f"{'':12}{name} = {json.dumps(value)}")
        print("PROVEN" if self.is_proven() else "NOT PROVEN")


def pins_of(args):
    """What you know from elsewhere."""
    if args.pins is None:
        policy = args.policy.read_text("utf-8") if args.policy else "quorum none\n"
        policy = "".join(f"log {vkey}\n" for vkey in args.log_key) + policy
        slots = {name: int(number) for name, _, number in (one.rpartition("=") for one in args.slot)}
        pins = {"house": args.house, "receipt_keys": args.receipt_key, "policy": policy, "slots": slots}
    else:
        shape = {"house": str, "receipt_keys": [str], "policy": str, "slots": dict}
        pins = shaped(parse_json(args.pins.read_bytes().strip()), {"format": "custodes.pins/v1", **shape})
    pins |= {"receipt_keys": [parse_vkey(text) for text in pins["receipt_keys"]]}
    return argparse.Namespace(**{**pins, "policy": Policy(pins["policy"])})


CHECKS = {"receipt": check_receipt, "certificate": check_certificate, "proof": check_proof}
CHECKS["tiles"] = check_tiles
CHECKS["checkpoint"] = lambda args, pins, report: check_checkpoint(args.file.read_bytes(), pins, report)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=CHECKS)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--house", default="")
    for name in ("--pins", "--policy", "--entry", "--older"):
        parser.add_argument(name, type=pathlib.Path)
    for name in ("--receipt-key", "--log-key", "--slot"):
        parser.add_argument(name, action="append", default=[])
    args = parser.parse_args(argv)
    report = Report()
    try:
        CHECKS[args.what](args, pins_of(args), report)
    except (OSError, ValueError, TypeError, OverflowError, AttributeError, RecursionError) as error:
        print(f"cannot be understood: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    report.show()
    return 0 if report.is_proven() else 1


if __name__ == "__main__":
    sys.exit(main())
