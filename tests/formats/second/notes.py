"""docs/formats/log.md, sections 2 and 4: notes, keys, checkpoints, cosignatures, quorum."""

import re
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from .spelling import No, b64, unb64
from .trees import root_of

LENGTHS = {1: 32, 4: 32, 6: 1312}


def is_text(text):
    return not any(char < " " and char != "\n" for char in text)


def is_name(name):
    return bool(name) and is_text(name) and "+" not in name and not any(map(str.isspace, name))


def key_id(name, raw):
    return sha256(name.encode() + b"\n" + raw).digest()[:4]


def vkey(text):
    """(name, key id, type, public)."""
    name, _, rest = text.partition("+")
    shown, _, encoded = rest.partition("+")
    raw = unb64(encoded, code="bad-vkey")
    fits = is_name(name) and len(name.encode()) <= 255 and raw and LENGTHS.get(raw[0]) == len(raw) - 1
    if not fits or key_id(name, raw).hex() != shown:
        raise No("bad-vkey")
    return name, key_id(name, raw), raw[0], raw[1:]


def parse(raw):
    """(text, [(name, key id, blob)])."""
    code = "bad-note"
    try:
        whole = raw.decode()
    except UnicodeDecodeError as error:
        raise No(code) from error
    cut = whole.rfind("\n\n")
    if len(raw) > 524_288 or cut < 0 or not whole.endswith("\n") or not is_text(whole):
        raise No(code)
    lines = []
    for line in whole[cut + 2 : -1].split("\n"):
        name, _, encoded = line.removeprefix("\u2014 ").partition(" ")
        blob = unb64(encoded, code=code)
        if not line.startswith("\u2014 ") or not is_name(name) or len(blob) < 5:
            raise No(code)
        lines.append((name, blob[:4], blob[4:]))
    if len(lines) > 100:
        raise No(code)
    return whole[: cut + 1], lines


def held(text, lines, pinned, head=None):
    """Which pinned keys signed; one bad line of a pinned key refuses the note."""
    known = {(one[0], one[1]): one for one in pinned}
    good = []
    for name, id_, blob in lines:
        key = known.get((name, id_))
        if key is None:
            continue
        if not signature_holds(key, text, blob, head):
            raise No("bad-signature")
        good.append(key)
    return good


def signature_holds(key, text, blob, head):
    name, _, kind, public = key
    signature, message = blob, text.encode()
    if kind != 1:
        if head is None or len(blob) <= 8:
            return False
        at, signature = int.from_bytes(blob[:8], "big"), blob[8:]
        message = f"cosignature/v1\ntime {at}\n{text}".encode()
        if kind == 6:
            origin, size, root = head
            cosigner, log = name.encode(), origin.encode()
            message = b"subtree/v1\n\0" + bytes([len(cosigner)]) + cosigner + at.to_bytes(8, "big")
            message += bytes([len(log)]) + log + bytes(8) + size.to_bytes(8, "big") + root
    try:
        checker = MLDSA44PublicKey if kind == 6 else Ed25519PublicKey
        checker.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def checkpoint(raw, policy):
    """((origin, size, root), pinned keys whose lines hold)."""
    text, lines = parse(raw)
    rows = text.split("\n")
    if len(rows) != 4 or rows[3] or not re.fullmatch("0|[1-9][0-9]{0,18}", rows[1]):
        raise No("bad-checkpoint")
    head = (rows[0], int(rows[1]), unb64(rows[2], 32, "bad-checkpoint"))
    if head[1] >= 2**63 or (head[1] == 0 and head[2] != root_of([])):
        raise No("bad-checkpoint")
    good = held(text, lines, [*policy.logs, *policy.witnesses.values()], head)
    if not any(key in policy.logs and key[0] == head[0] for key in good):
        raise No("not-signed-by-log")
    return head, good


class Policy:
    """c2sp.org/tlog-policy, with `#: party` lines."""

    def __init__(self, text):
        self.logs, self.witnesses, self.groups = [], {}, {}
        self.parties, self.quorum = {}, None
        for line in text.split("\n"):
            word, *rest = line.split() or ["#"]
            if word == "log" and len(rest) in (1, 2):
                self.logs.append(vkey(rest[0]))
            elif word == "witness" and len(rest) in (2, 3):
                self.witnesses[self.fresh(rest[0])] = vkey(rest[1])
            elif word == "group" and len(rest) > 2:
                k = {"any": 1, "all": len(rest) - 2}.get(rest[1]) or int(rest[1])
                self.groups[self.fresh(rest[0])] = (k, rest[2:])
            elif word == "quorum" and len(rest) == 1 and self.quorum is None:
                self.quorum = rest[0]
            elif word == "#:":
                self.add_party(rest)
            elif not word.startswith("#"):
                raise No("bad-policy")
        members = [one for _, group in self.groups.values() for one in group]
        publics = [key[3] for key in [*self.logs, *self.witnesses.values()]]
        wrong = self.quorum not in {"none", *self.witnesses, *self.groups}
        wrong |= bool(self.parties) and self.parties.keys() != self.witnesses.keys()
        wrong |= len(set(publics)) < len(publics) or len(set(members)) < len(members)
        wrong |= not set(members) <= {*self.witnesses, *self.groups}
        wrong |= any(key[2] == 1 for key in self.witnesses.values()) or any(key[2] == 4 for key in self.logs)
        if wrong or any(not 1 <= k <= len(group) for k, group in self.groups.values()):
            raise No("bad-policy")

    def add_party(self, rest):
        """`party <witness> <organisation> [of <controlling group>] [embedded]`."""
        word, name, organisation, *more = [*rest, "", "", ""][: max(3, len(rest))]
        of = more[1:2] if more[:1] == ["of"] else [organisation]
        more = more[2:] if more[:1] == ["of"] else more
        if word != "party" or not organisation or not of or name in self.parties:
            raise No("bad-policy")
        if more not in ([], ["embedded"]) or name not in self.witnesses:
            raise No("bad-policy")
        self.parties[name] = (of[0], bool(more))

    def fresh(self, name):
        if name == "none" or name in self.witnesses or name in self.groups:
            raise No("bad-policy")
        return name

    def is_met(self, good):
        """Whether the keys that hold meet the quorum; None where the policy asks for none."""
        if self.quorum == "none":
            return None
        standing = {}
        for name, key in self.witnesses.items():
            counted_as, embedded = self.parties.get(name, (name, False))
            if key in good and not embedded:
                standing[name] = {counted_as}
        for name, (k, members) in self.groups.items():
            present = [standing[one] for one in members if one in standing]
            if matched(present) >= k:
                standing[name] = set().union(*present)
        return self.quorum in standing


def matched(sets):
    """How many sets can each be given an element of its own."""
    if not sets:
        return 0
    skipped = matched(sets[1:])
    ways = (1 + matched([other - {one} for other in sets[1:]]) for one in sets[0])
    return max([skipped, *ways])


def line_of(name, id_, blob):
    return f"\u2014 {name} {b64(id_ + blob)}"
