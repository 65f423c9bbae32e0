"""Logs as somebody outside meets them: a dict of files, and what a log of entries publishes."""

from custodes.kernel.refusal import conflict, unavailable
from custodes.ledger import cosign, merkle, tiles
from custodes.ledger.checkpoint import Checkpoint
from fakes.ledger import AT, ORIGIN, log_mldsa, log_signer


class Files(dict):
    """`acts.watch.ports.Folder` and `LogWeb` in memory."""

    def __init__(self, *what):
        super().__init__(*what)
        self.is_gone = False
        self.asked = []

    def get(self, path, default=None):
        self.asked.append(path)
        if self.is_gone:
            raise unavailable("url-unreachable")
        return super().get(path, default)

    def read(self, path):
        return super().get(path)

    def add(self, path, body):
        if super().setdefault(path, body) != body:
            raise conflict("held-differs", path=path)

    def replace(self, path, body):
        self[path] = body

    def names(self, path):
        inside = [name.removeprefix(f"{path}/") for name in self if name.startswith(f"{path}/")]
        return tuple(sorted(name for name in inside if "/" not in name))


def published(entries, signers=(), *, into=None, at=AT, keeps_partials=True, origin=ORIGIN):
    """Everything a log of these entries serves."""
    files = into if into is not None else Files()
    hashes = [merkle.leaf_hash(one) for one in entries]
    if not keeps_partials:
        for name in [name for name in files if ".p/" in name]:
            del files[name]
    for put in tiles.extend(0, hashes, {}):
        files[tiles.tile_path(put.level, put.n, put.width)] = put.hashes
    for n in range(-(-len(entries) // 256)):
        part = entries[n * 256 : (n + 1) * 256]
        files[tiles.entries_path(n, len(part))] = tiles.encode_bundle(part)
    made = Checkpoint(origin=origin, size=len(entries), root=merkle.root_of(hashes))
    files["checkpoint"] = cosign.publish(made, signers or (log_signer(), log_mldsa()), at).encode()
    return files


def entries(count, label="entry"):
    return [f"{label} {n}".encode() for n in range(count)]
