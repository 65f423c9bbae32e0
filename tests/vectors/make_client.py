"""Writes the vectors of objects their owner sealed: `python tests/vectors/make_client.py`.

Everything comes from fixed seeds, so a second run changes nothing; a test compares.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "src")]

from custodes.client import sealing  # noqa: E402
from custodes.custody import envelope  # noqa: E402
from custodes.kernel.canonical import b64  # noqa: E402
from fakes import SeededDice  # noqa: E402

AT, NAME = "2026-11-22T08:00:00Z", "bucket/register.csv"
BODY = bytes(n * 31 % 251 for n in range(70_000))


def one(seed, own):
    dice = SeededDice(seed)
    secret, token = dice.draw(32), dice.draw(118)
    head = sealing.Head(
        house=f"hse-{'0' * 26}",
        customer=f"cus-{'1' * 26}",
        key=f"key-{'2' * 26}",
        object_version=f"ver-{str(seed) * 26}",
        token=token,
        is_split=own is not None,
    )
    key = sealing.data_key(secret, own, head.object_version)
    stream = envelope.Encryptor(key, sealing.bound(head), dice)
    sealed = stream.feed(BODY) + stream.finish()
    ended = sealing.Ended(header=stream.header, plain_bytes=len(BODY), name=NAME, at=AT)
    whole = sealing.write_head(head) + sealed + sealing.write_tail(head, key, ended, dice)
    return {
        "context": head.context().decode(),
        "secret": b64(secret),
        "own": None if own is None else b64(own),
        "data_key": b64(key),
        "file": b64(whole),
    }


def object_vectors():
    return {"name": NAME, "plain_bytes": len(BODY), "files": [one(3, None), one(4, bytes(range(32)))]}


VECTORS = {"object": object_vectors}


def text_of(vectors):
    return json.dumps(vectors, indent=1, sort_keys=True, ensure_ascii=True) + "\n"


def main():
    for name, make in VECTORS.items():
        (HERE / "client" / f"{name}.json").write_text(text_of(make()))


if __name__ == "__main__":
    main()
