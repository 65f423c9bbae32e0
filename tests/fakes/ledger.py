"""Keys with fixed seeds and small logs, for every test that needs a signed checkpoint."""

import hashlib
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from custodes.ledger import cosign, merkle
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
