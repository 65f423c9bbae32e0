"""docs/formats/leaf-stream.md, log-gap.md, backup.md, fork.md, veil-seal.md."""

import hmac
from hashlib import sha256

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .custody import context, hkdf512, unwrap
from .notes import Policy, checkpoint, vkey
from .spelling import No, read, shaped, unb64, write
from .trees import consistent, lift

GAP = {"closes", "first_epoch", "house", "kept_root", "kept_size", "last", "last_epoch", "opens", "path"}
GAP |= {"policy", "receipt_keys", "since", "until", "v", "vkeys"}
FORK = {"first", "format", "origin", "path", "root_at_first", "said_by", "second", "seen_at"}
MAGIC = b"custodes-backup/v1\n"


def leaf_stream(slot_key, origin, epoch, files):
    """[(sub-log, first, leaves)] of an epoch."""
    key = hmac.digest(slot_key, b"custodes.leaf-stream-key/v1\n", "sha256")
    found = []
    for n, raw in enumerate(files):
        if not raw or raw[0] != len(files):
            raise No("bad-leaf-stream")
        where = context(origin, version=epoch, purpose="leaves", subject=str(n))
        found += _parts(unwrap(key, where, raw[1:]))
    return found


def _parts(raw):
    at, found = 0, []

    def take(length):
        nonlocal at
        piece = raw[at : at + length]
        at += length
        if len(piece) != length:
            raise No("bad-leaf-stream")
        return piece

    for _ in range(int.from_bytes(take(4), "big")):
        log = take(take(1)[0])
        first, count = int.from_bytes(take(8), "big"), int.from_bytes(take(4), "big")
        if not log or not count:
            raise No("bad-leaf-stream")
        found.append((log.decode(), first, [take(33) for _ in range(count)]))
    whole = 4096
    while whole < at:
        whole = whole * 2 if whole < 1_048_576 else whole + 1_048_576
    if len(raw) != whole or any(raw[at:]):
        raise No("bad-leaf-stream")
    return found


def gap(raw, pins, officers):
    """Whether a gap file is proven; `officers`: (name, group, public)."""
    body = read(raw, "bad-gap", 1_048_576)
    shaped(body, {"document", "format", "signatures"}, "bad-gap")
    shaped(body["document"], GAP, "bad-gap")
    paper = body["document"]
    if (body["format"], paper["v"]) != ("custodes.gap/v1", "custodes/log-gap/v1"):
        raise No("bad-gap")
    try:
        head, _ = checkpoint(paper["last"].encode(), Policy(pins["policy"]))
    except No:
        return False
    kept, root = paper["kept_size"], unb64(paper["kept_root"], 32, "bad-gap")
    count = paper["last_epoch"] - paper["first_epoch"] + 1
    if paper["house"] != pins["house"] or head[0] != paper["closes"] or count != head[1] - kept or kept < 0:
        return False
    path = [unb64(one, 32, "bad-gap") for one in paper["path"]]
    if kept == head[1] and root != head[2]:
        return False
    if 0 < kept < head[1] and path and not consistent(kept, head[1], path, root, head[2]):
        return False
    names = {vkey(one)[0] for one in paper["vkeys"]}
    follower = Policy(paper["policy"])
    if names != {paper["opens"]} or paper["opens"] == paper["closes"]:
        return False
    if {one[:2] for one in follower.logs} != {vkey(one)[:2] for one in paper["vkeys"]}:
        return False
    if any(vkey(one)[0] != f"{paper['opens']}/receipts" for one in paper["receipt_keys"]):
        return False
    message = b"custodes/sign/v1" + sha256(write(paper)).digest()
    good = [one for one in officers if any(_signed(by, one[2], message) for by in body["signatures"])]
    return len({one[1] for one in good}) > 1 and len({one[2] for one in good}) > 1


def first_entry(raw):
    """Of the log that follows."""
    paper = read(raw, "bad-gap")["document"]
    return b"\x05" + sha256(b"custodes.log-follows/v1\n" + write(paper)).digest()


def _signed(by, public, message):
    if unb64(by["public"], 32, "bad-gap") != public:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(unb64(by["signature"], 64, "bad-gap"), message)
    except InvalidSignature:
        return False
    return True


def fork(raw, log_key):
    """`proven`, `signed` or `nothing`."""
    body = read(raw, "bad-fork", 1_048_576)
    shaped(body, FORK, "bad-fork")
    if body["format"] != "custodes.fork/v1":
        raise No("bad-fork")
    policy = Policy(f"log {log_key}\nquorum none\n")
    try:
        first, second = (checkpoint(body[name].encode(), policy)[0] for name in ("first", "second"))
    except No:
        return "nothing"
    if {first[0], second[0]} != {body["origin"]} or first[1] > second[1]:
        return "nothing"
    if first[1] == second[1]:
        return "proven" if first[2] != second[2] else "nothing"
    if not body["root_at_first"]:
        return "signed"
    real = unb64(body["root_at_first"], 32, "bad-fork")
    path = [unb64(one, 32, "bad-fork") for one in body["path"]]
    if not consistent(first[1], second[1], path, real, second[2]):
        return "signed"
    return "proven" if real != first[2] else "nothing"


def backup(raw, generation, holder_root, now):
    """The plain bytes of a backup's frames; `generation` as in the keys file."""
    if not raw.startswith(MAGIC):
        raise No("bad-backup")
    at = len(MAGIC) + 4
    length = int.from_bytes(raw[len(MAGIC) : at], "big")
    if length > 16_384:
        raise No("bad-backup")
    head = read(raw[at : at + length], "bad-backup")
    shaped(head, {"generation", "holder", "house", "id", "made_at", "wrapped"}, "bad-backup")
    if head["generation"] != generation["number"] or now >= generation["dies_at"]:
        raise No("backup-key-gone")
    where = context(head["house"], version=head["generation"], purpose="backup", subject="generation")
    key = unwrap(holder_root, where, unb64(generation["wrapped"], None, "bad-backup"))
    where = where | {"subject": f"file/{head['id']}"}
    key = unwrap(key, where, unb64(head["wrapped"], None, "bad-backup"))
    bound = sha256(raw[: at + length]).digest()
    at, frames = at + length, []
    while at < len(raw):
        length = int.from_bytes(raw[at : at + 4], "big")
        frames.append(raw[at + 4 : at + 4 + length])
        if len(raw) < at + 4 + length or length > 1_048_576 + 16:
            raise No("backup-damaged")
        at += 4 + length
    plain = b""
    for n, sealed in enumerate(frames):
        nonce = n.to_bytes(11, "big") + bytes([n == len(frames) - 1])
        try:
            plain += AESGCM(key).decrypt(nonce, sealed, bound)
        except InvalidTag as error:
            raise No("backup-damaged") from error
    if not frames:
        raise No("backup-damaged")
    return plain


def veil_share(document, seed, place):
    """The share of the auditor at a place, by his file key's seed."""
    paper = read(document, "bad-veil-seal")
    one = paper["shares"][place - 1]
    private = hkdf512(seed, None, b"custodes.file-key-x25519/v1\n", 64)[:32]
    ephemeral = unb64(one["ephemeral"], 32, "bad-veil-seal")
    agreed = X25519PrivateKey.from_private_bytes(private).exchange(
        X25519PublicKey.from_public_bytes(ephemeral)
    )
    kek = hkdf512(agreed, ephemeral, b"custodes.veil-seal-agreement/v1\n", 64)[:32]
    subject = f"{paper['day']}/share/{place}"
    where = context(paper["house"], paper["customer"], purpose="veil", subject=subject)
    return unwrap(kek, where, unb64(one["wrapped"], None, "bad-veil-seal"))


def veil_inside(document, shares, first, leaf):
    """The whole opening of a veil; `shares` by place, `first` its first item, as the customer is shown it."""
    paper = read(document, "bad-veil-seal")
    if unb64(first[4], 32, "bad-veil-seal") != sha256(document).digest():
        raise No("another-document")
    if len(shares) < paper["k"]:
        raise No("too-few")
    key = bytes(
        _at_zero({place: share[n] for place, share in list(shares.items())[: paper["k"]]}) for n in range(32)
    )
    where = context(paper["house"], paper["customer"], purpose="veil", subject=f"{paper['day']}/inside")
    inside = read(unwrap(key, where, unb64(paper["sealed"], None, "bad-veil-seal")))
    whole = write({"items": [first, *inside["items"]], "pad": ""})
    found = lift(leaf, _padded(whole))
    return found, inside


def _padded(raw):
    short = -len(raw) % 4096
    return raw[: -len('"}')] + b"0" * short + b'"}'


def _times(a, b):
    made = 0
    while b:
        made ^= a if b & 1 else 0
        a = (a << 1) ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return made


def _at_zero(points):
    """Lagrange over GF(256), x^8+x^4+x^3+x+1."""
    made = 0
    for x, value in points.items():
        term = value
        for other in points:
            if other != x:
                inverse = next(i for i in range(256) if _times(x ^ other, i) == 1)
                term = _times(term, _times(other, inverse))
        made ^= term
    return made
