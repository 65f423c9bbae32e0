"""docs/formats/log.md: RFC 6962 trees, tiles, the slot tree, veils; entry.md: fields and openings."""

import hmac
from hashlib import sha256, shake_256

from .spelling import No, b64, read, shaped, time, unb64, write


def u64(number):
    return number.to_bytes(8, "big")


def leaf_hash(raw):
    return sha256(b"\0" + raw).digest()


def node_hash(left, right):
    return sha256(b"\1" + left + right).digest()


def root_of(hashes):
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    cut = 1 << (len(hashes) - 1).bit_length() - 1
    return node_hash(root_of(hashes[:cut]), root_of(hashes[cut:]))


def climbed(leaf, index, size, path):
    """RFC 9162 section 2.1.3.2: the root a path leads to, None when it has another length."""
    if not 0 <= index < size < 2**63:
        return None
    at, last, found = index, size - 1, leaf
    for step in path:
        if last == 0 or len(step) != 32:
            return None
        if at & 1 or at == last:
            found = node_hash(step, found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, step)
        at, last = at >> 1, last >> 1
    return found if last == 0 else None


def consistent(old, new, path, old_root, new_root):
    """RFC 9162 section 2.1.4.2."""
    if old == 0 or old == new:
        same = old_root == (new_root if old else root_of([]))
        return same and not path
    if old > new or not path:
        return False
    steps = list(path)
    if old & (old - 1) == 0:
        steps.insert(0, old_root)
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = steps.pop(0)
    for step in steps:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, step)
        at, last = at >> 1, last >> 1
    return last == 0 and (first, second) == (old_root, new_root)


def tile_path(level, n, width=256):
    groups = [f"{n % 1000:03}"]
    while n := n // 1000:
        groups.insert(0, f"x{n % 1000:03}")
    return f"tile/{level}/{'/'.join(groups)}" + (f".p/{width}" if width < 256 else "")


# ------------------------------------------------------------------------------------------ the slot tree
def blind(k, slot, epoch):
    block = hmac.digest(k, b"custodes.slot-block/v1\n" + u64(slot) + u64(epoch // 4096), "sha256")
    return hmac.digest(block, b"custodes.slot-blind/v1\n" + u64(epoch), "sha256")


def slot_leaf(slot, head, previous):
    if any(len(one) != 32 for one in (head["blind"], head["root"], previous)):
        raise No("bad-slot-head")
    entry = b"custodes.slot/v1\n" + u64(slot) + head["blind"] + u64(head["epoch"]) + u64(head["size"])
    return leaf_hash(entry + head["root"] + previous)


def slot_tree(leaves, epoch, seed):
    width = 16
    while width <= max(leaves):
        width *= 2
    dummies = (
        hmac.digest(seed, b"custodes.slot-dummy/v1\n" + u64(slot) + u64(epoch), "sha256")
        for slot in range(width)
    )
    return [leaves.get(slot, dummy) for slot, dummy in enumerate(dummies)]


def slot_root(tree_root, depth):
    return sha256(b"custodes.slot-root/v1\n" + bytes([depth]) + tree_root).digest()


def slot_root_of_path(leaf, slot, path):
    if not 4 <= len(path) <= 24:
        return None
    root = climbed(leaf, slot, 1 << len(path), path)
    return None if root is None else slot_root(root, len(path))


def epoch_leaf(epoch, root):
    return b"\2" + u64(epoch) + root


def registration(name, slot, salt):
    raw = name.encode()
    packed = salt + u64(slot) + len(raw).to_bytes(2, "big") + raw
    return b"\4" + sha256(b"custodes.slot-registration/v1\n" + packed).digest()


# -------------------------------------------------------------------------------------------------- veils
def lift(leaf, raw):
    """(customer, day, seal, withheld acts, number of shut items)."""
    code = "bad-opening"
    whole = shaped(read(raw, code, 4096 * 1024), {"items", "pad"}, code)
    items, pad = whole["items"], whole["pad"]
    fits = isinstance(items, list) and 16 <= len(items) <= 4096 and len(items).bit_count() == 1
    if not fits or len(raw) % 4096 or pad.strip("0") or len(pad) >= 4096:
        raise No(code)
    hashes = [unb64(one, 32, code) if isinstance(one, str) else leaf_hash(write(one)) for one in items]
    if leaf != b"\3" + root_of(hashes):
        raise No("opening-differs")
    first, others = items[0], [one for one in items[1:] if not isinstance(one, str)]
    if not isinstance(first, list) or len(first) != 5 or first[1] != "custodes.veil/v1":
        raise No(code)
    for one in [first, *others]:
        unb64(one[0], 16, code)
    time(f"{first[3]}T00:00:00Z", code)
    seal = None if first[4] is None else unb64(first[4], 32, code)
    if any(len(one) != 2 for one in others):
        raise No(code)
    acts = [(log, index, unb64(act, 33, code)) for log, index, act in (one[1] for one in others if one[1])]
    return first[2], first[3], seal, acts, sum(isinstance(one, str) for one in items)


# ------------------------------------------------------------------------------------------------ entries
def field_hash(salt, name, value):
    return leaf_hash(write([salt, name, value]))


def check_entry(leaf, opening, person=None):
    """(open fields, names that are shut)."""
    code = "bad-opening"
    shaped(opening, {"open", "shut"}, code)
    opened, shut = dict(opening["open"]), dict(opening["shut"])
    for name, pair in (person or {}).items():
        if name not in shut or b64(field_hash(pair[0], name, pair[1])) != shut.pop(name):
            raise No("opening-differs")
        opened[name] = pair
    names = sorted([*opened, *shut])
    if len(set(names)) < len(names) or len(names) > 64 or "v" not in opened:
        raise No(code)
    if write(opened["v"][1]) != write([1, *names]):
        raise No(code)
    hashes = []
    for name in names:
        if name in shut:
            hashes.append(unb64(shut[name], 32, code))
        else:
            salt, value = opened[name]
            unb64(salt, 16, code)
            hashes.append(field_hash(salt, name, value))
    if leaf != b"\1" + root_of(hashes):
        raise No("opening-differs")
    return {name: pair[1] for name, pair in opened.items() if name != "v"}, sorted(shut)


def salts(which, secret, count):
    drawn = shake_256(f"custodes.entry-salts/v1\n{which}\n".encode() + secret).digest(16 * count)
    return [b64(drawn[16 * i : 16 * i + 16]) for i in range(count)]


def expanded(record, person_record):
    """(opening, person opening) of what is kept of an entry."""
    kept = shaped(read(record, "bad-record"), {"fields", "secret", "shut"}, "bad-record")
    names = sorted([*kept["fields"], "v"])
    values = kept["fields"] | {"v": [1, *sorted([*names, *kept["shut"]])]}
    act = salts("act", unb64(kept["secret"], 32), len(names))
    opening = {"open": {n: [s, values[n]] for n, s in zip(names, act, strict=True)}, "shut": kept["shut"]}
    if person_record is None:
        return opening, None
    hidden = shaped(read(person_record, "bad-record"), {"fields", "secret"}, "bad-record")
    names = sorted(hidden["fields"])
    drawn = salts("person", unb64(hidden["secret"], 32), len(names))
    return opening, {n: [s, hidden["fields"][n]] for n, s in zip(names, drawn, strict=True)}


# ------------------------------------------------------------------------------------------ standing rows
def row_mac(mac_key, row):
    content = [row[name] for name in ("noun", "id", "customer", "position", "generation")]
    message = write(["custodes/standing/v1", *content, b64(row["body"].encode())])
    return hmac.digest(mac_key, message, "sha256")


def row_leaf(row, mac):
    content = [row[name] for name in ("noun", "id", "customer", "generation")]
    body = sha256(row["body"].encode()).digest()
    return leaf_hash(write(["custodes/standing-row/v1", *content, b64(body), b64(mac)]))
