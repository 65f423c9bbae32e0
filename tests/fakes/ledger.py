"""Keys with fixed seeds and small logs, for every test that needs a signed checkpoint."""

import hashlib
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from custodes.kernel import clock
from custodes.ledger import certificate, cosign, merkle, note, receipt, slots
from custodes.ledger.checkpoint import Checkpoint

ORIGIN = "log.example.org/custodes"
AT = datetime(2026, 11, 22, 8, 0, 0, tzinfo=UTC)


def seed(name):
    return hashlib.sha256(name.encode()).digest()


def ed25519(name):
    return Ed25519PrivateKey.from_private_bytes(seed(name))


def log_signer(origin=ORIGIN):
    return cosign.LogSigner(origin, ed25519(origin))


def log_mldsa(origin=ORIGIN):
    return cosign.MlDsa44Cosigner(origin, MLDSA44PrivateKey.from_seed_bytes(seed(origin)))


def witness(name):
    return cosign.Ed25519Cosigner(name, ed25519(name))


def witness_mldsa(name):
    return cosign.MlDsa44Cosigner(name, MLDSA44PrivateKey.from_seed_bytes(seed(name)))


def leaves(count, label="leaf"):
    return [merkle.leaf_hash(f"{label} {i}".encode()) for i in range(count)]


def head(hashes, origin=ORIGIN):
    return Checkpoint(origin=origin, size=len(hashes), root=merkle.root_of(hashes))


class SmallHouse:
    """Two sub-logs in their slots, a root log, a checkpoint per epoch: a logkeeper in memory."""

    def __init__(self, names=("cus-1/machine", "cus-1/exceptional"), witnesses=("w1.example", "w2.example")):
        self.house = "hse-00000000000000000000000001"
        self.entries = {name: [] for name in names}
        self.slots = {name: 5 + 3 * place for place, name in enumerate(names)}
        self.root_entries = []
        self.previous = dict.fromkeys(names, slots.FIRST_PREVIOUS)
        self.epochs = []
        self.signers = [log_signer(), *(witness(name) for name in witnesses)]
        self.receipts = note.NoteSigner("house.example/receipts", ed25519("receipts"))
        self.at = AT
        self.extra = []

    def policy(self, quorum="q"):
        lines = [f"log {self.signers[0].vkey.text()}"]
        names = [one.vkey.name for one in self.signers[1:] if one.vkey.sig_type == 4]
        for one in self.signers[1:]:
            if one.vkey.name in names:
                lines.append(f"witness {one.vkey.name} {one.vkey.text()}")
        lines += [f"#: party {name} org-{name}" for name in names]
        if quorum == "q":
            lines.append(f"group q all {' '.join(names)}")
        return "\n".join([*lines, f"quorum {quorum}", ""])

    def pins(self, quorum="q", known=True):
        return receipt.Pins(
            house=self.house,
            receipt_keys=(self.receipts.vkey.text(),),
            policy=self.policy(quorum),
            slots=dict(self.slots) if known else {},
        )

    def append(self, name, leaf):
        self.entries[name].append(leaf)
        return len(self.entries[name]) - 1

    def epoch(self):
        number = len(self.epochs) + 1
        self.at += timedelta(seconds=10)
        heads, leaves_now = {}, {}
        for name, slot in self.slots.items():
            hashes = [merkle.leaf_hash(leaf) for leaf in self.entries[name]]
            heads[name] = slots.SlotHead(
                slot=slot,
                epoch=number,
                blind=slots.blind(seed(name), slot, number),
                size=len(hashes),
                root=merkle.root_of(hashes),
                previous=self.previous[name],
            )
            leaves_now[slot] = self.previous[name] = heads[name].leaf()
        tree = slots.build(number, leaves_now, seed("dummies"))
        self.root_entries.append(slots.epoch_leaf(number, tree.root))
        hashes = [merkle.leaf_hash(leaf) for leaf in self.root_entries]
        made = cosign.publish(head(hashes), self.signers, self.at)
        made = made.with_signatures(self.extra)
        paths = {name: tuple(tree.path(slot)) for name, slot in self.slots.items()}
        self.epochs.append((heads, paths, len(hashes), made))
        return number

    def anchor(self, name, epoch):
        heads, paths, size, made = self.epochs[epoch - 1]
        hashes = [merkle.leaf_hash(leaf) for leaf in self.root_entries[:size]]
        one = heads[name]
        path = merkle.inclusion_proof(merkle.reader_of(hashes), size - 1, size)
        proof = receipt.RootProof(index=size - 1, path=tuple(path), checkpoint=made.encode().decode())
        return receipt.Anchor.of(one, paths[name], proof)

    def link(self, name, epoch):
        one = self.epochs[epoch - 1][0][name]
        return slots.SlotLink(epoch=epoch, blind=one.blind, size=one.size, root=one.root)

    def sequenced(self, name, index):
        leaf = self.entries[name][index]
        return receipt.sequenced(self.house, name, (index, leaf), clock.to_text(self.at), self.receipts)

    def witnessed(self, name, index, epoch):
        anchor = self.anchor(name, epoch)
        hashes = [merkle.leaf_hash(leaf) for leaf in self.entries[name][: anchor.size]]
        path = merkle.inclusion_proof(merkle.reader_of(hashes), index, anchor.size)
        return receipt.witnessed(self.sequenced(name, index), tuple(path), anchor)


def act(number=0, **more):
    return {
        "act": "key.unwrap",
        "actor": "crd-00000000000000000000000001",
        "actor_kind": "application",
        "at": clock.to_text(AT + timedelta(seconds=number)),
        "customer": "cus-1",
        "decision": "allow",
        "house": "hse-00000000000000000000000001",
        "key": "key-1",
        "phase": "single",
        "purpose": "archive",
        **more,
    }


def certificate_of(house, name, key, epochs, openings):
    """A certificate for the epochs (first, last) of one sub-log; `openings` by index, None for a veil."""
    first, last = (house.anchor(name, epoch) for epoch in epochs)
    before = [merkle.leaf_hash(leaf) for leaf in house.entries[name][: first.size]]
    period = certificate.Period(
        first=first,
        last=last,
        stack=merkle.CompactRange().extend(before).stack,
        links=tuple(house.link(name, epoch) for epoch in range(epochs[0] + 1, epochs[1] + 1)),
        entries=[(house.entries[name][at], openings[at]) for at in range(first.size, last.size)],
    )
    return certificate.make(house.house, name, key, period)
