"""docs/formats/receipt.md: receipts and certificates, against pins."""

from . import notes, trees
from .spelling import No, b64, read, shaped, time, unb64

RECEIPT = ["at", "format", "house", "index", "leaf", "log", "opening", "signatures", "witnessed"]
ANCHOR = ["blind", "epoch", "previous", "root", "root_log", "size", "slot", "slot_path"]
KEYLESS_NOUNS = {
    "bucket",
    "change",
    "clock",
    "connection",
    "customer",
    "enrol",
    "hold",
    "holder",
    "house",
    "leave",
    "lockbox",
    "retention",
    "revoke",
    "share",
}
KEYLESS = {
    "adoption.begin",
    "adoption.move",
    "denial",
    "erasure",
    "export.begin",
    "export.end",
    "grant.lapse",
    "grant.return",
    "kill",
    "lift",
    "log.holder",
    "log.open",
    "object.delete",
    "shred.drop",
    "shred.turn",
    "sign-in",
    "veil",
}


class Pins:
    def __init__(self, raw):
        body = shaped(
            read(raw.strip(), "bad-pins"), {"format", "house", "policy", "receipt_keys", "slots"}, "bad-pins"
        )
        if body["format"] != "custodes.pins/v1":
            raise No("bad-pins")
        self.house, self.slots = body["house"], body["slots"]
        self.receipt_keys = [notes.vkey(one) for one in body["receipt_keys"]]
        if any(key[2] != 1 for key in self.receipt_keys):
            raise No("bad-pins")
        self.policy = notes.Policy(body["policy"])


def natural(*numbers):
    if any(type(one) is not int or not 0 <= one < 2**63 for one in numbers):
        raise No("bad-receipt")


def hashes(listed):
    return [unb64(one, 32, "bad-receipt") for one in listed]


def receipt(raw, pins):
    """True when it is proven."""
    code = "bad-receipt"
    body = shaped(read(raw, code, 1_048_576), RECEIPT, code)
    if body["format"] != "custodes.receipt/v1":
        raise No(code)
    natural(body["index"])
    leaf = unb64(body["leaf"], code=code)
    time(body["at"], code)
    told = [body["format"], body["house"], body["log"], str(body["index"]), body["leaf"], body["at"]]
    if (
        not body["house"].startswith("hse-")
        or not all(told)
        or any("\n" in one for one in [*told, *body["signatures"]])
    ):
        raise No(code)
    if body["house"] != pins.house:
        return False
    text = "".join(f"{one}\n" for one in told)
    note = text + "\n" + "".join(f"{one}\n" for one in body["signatures"])
    try:
        parsed, lines = notes.parse(note.encode())
        signed = parsed == text and notes.held(text, lines, pins.receipt_keys)
        if body["opening"] is not None:
            fields, _ = trees.check_entry(leaf, body["opening"])
            if fields.get("house", pins.house) != pins.house:
                return False
        if body["witnessed"] is None:
            return bool(signed)
        witnessed = shaped(body["witnessed"], {"path", "anchor"}, code)
        found = witnessed["anchor"]
        path = hashes(witnessed["path"])
        root = trees.climbed(trees.leaf_hash(leaf), body["index"], found["size"], path)
        return b64(root or b"") == found["root"] and anchor(found, body["log"], pins) is not None
    except No:
        return False


def anchor(body, log, pins, *, must_pin=False):
    """The head of the slot, when it leads to a checkpoint with a quorum; else None."""
    shaped(body, ANCHOR, "bad-receipt")
    natural(body["slot"], body["epoch"], body["size"])
    if pins.slots.get(log, None if must_pin else body["slot"]) != body["slot"]:
        return None
    head = link(body)
    proof = shaped(body["root_log"], {"checkpoint", "index", "path", "time_stamps"}, "bad-receipt")
    natural(proof["index"])
    leaf = trees.slot_leaf(body["slot"], head, unb64(body["previous"], 32))
    root = trees.slot_root_of_path(leaf, body["slot"], hashes(body["slot_path"]))
    if root is None:
        return None
    try:
        (_, size, log_root), good = notes.checkpoint(proof["checkpoint"].encode(), pins.policy)
    except No:
        return None
    entry = trees.leaf_hash(trees.epoch_leaf(body["epoch"], root))
    if trees.climbed(entry, proof["index"], size, hashes(proof["path"])) != log_root:
        return None
    return (head, leaf) if pins.policy.is_met(good) is not False else None


def link(body):
    return {
        "epoch": body["epoch"],
        "blind": unb64(body["blind"], 32),
        "size": body["size"],
        "root": unb64(body["root"], 32),
    }


def certificate(raw, pins):
    """True when it is proven."""
    code = "bad-certificate"
    members = ["first", "format", "house", "key", "last", "leaves", "links", "log", "stack"]
    body = shaped(read(raw, code, 64 * 1_048_576), members, code)
    if body["format"] != "custodes.certificate/v1":
        raise No(code)
    first, last = (anchor(body[end], body["log"], pins, must_pin=True) for end in ("first", "last"))
    if body["house"] != pins.house or first is None or last is None:
        return False
    head, chained = first
    slot, leaves = body["first"]["slot"], [unb64(one["leaf"]) for one in body["leaves"]]
    stack = hashes(body["stack"])
    size = head["size"]
    grown = Grown(size, stack)
    if len(stack) != size.bit_count() or grown.root() != head["root"]:
        return False
    for following in map(link, body["links"]):
        natural(following["epoch"], following["size"])
        rises = following["epoch"] == head["epoch"] + 1 and following["size"] >= head["size"]
        if not rises or (following["size"] == head["size"] and following["root"] != head["root"]):
            return False
        chained = trees.slot_leaf(slot, following, chained)
        more, leaves = leaves[: following["size"] - head["size"]], leaves[following["size"] - head["size"] :]
        grown.add(more)
        if grown.size != following["size"] or grown.root() != following["root"]:
            return False
        head = following
    if slot != body["last"]["slot"] or (head, chained) != last or leaves:
        return False
    return all(is_silent(one, body["key"]) for one in body["leaves"])


def is_silent(one, key):
    leaf = unb64(one["leaf"])
    if one["opening"] is None:
        return leaf[:1] == b"\3"
    try:
        fields, shut = trees.check_entry(leaf, one["opening"])
    except No:
        return False
    if "act" in shut or "key" in shut:
        return False
    if "key" in fields:
        return fields["key"] != key
    act = fields["act"]
    listed = act in KEYLESS or act.split(".")[0] in KEYLESS_NOUNS
    return listed or fields.get("phase") == "outcome" or fields.get("decision") == "deny"


class Grown:
    """The complete subtrees of a growing tree, largest first."""

    def __init__(self, size, stack):
        self.size, self.stack = size, list(stack)

    def add(self, leaves):
        for leaf in leaves:
            node, size = trees.leaf_hash(leaf), self.size
            while size & 1:
                node, size = trees.node_hash(self.stack.pop(), node), size >> 1
            self.stack.append(node)
            self.size += 1

    def root(self):
        if not self.stack:
            return trees.root_of([])
        found = self.stack[-1]
        for left in reversed(self.stack[:-1]):
            found = trees.node_hash(left, found)
        return found
