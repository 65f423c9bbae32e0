"""docs/formats/leaf-stream.md."""

import hmac

from .custody import context, unwrap
from .spelling import No


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
