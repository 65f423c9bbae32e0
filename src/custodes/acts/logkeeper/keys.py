"""The logkeeper's own keys: wrapped by its own holder, opened in its own process."""

import hmac
from collections.abc import Mapping
from hashlib import sha256

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from custodes.custody.holder import Holder
from custodes.custody.wrap import Context, Purpose
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Kind, Refusal
from custodes.ledger.cosign import Ed25519Cosigner, LogSigner, MlDsa44Cosigner

NAMES = ("ed25519", "mldsa44", "slots", "dummies", "witness")
_SLOT_LABEL = b"custodes.slot-key/v1\n"
_STREAM_LABEL = b"custodes.leaf-stream-key/v1\n"


class LogKeys(msgspec.Struct, frozen=True, kw_only=True):
    """32-byte seeds in the clear; `witness` is the embedded witness's, which counts zero."""

    ed25519: bytes
    mldsa44: bytes
    slots: bytes
    dummies: bytes
    witness: bytes

    def __repr__(self) -> str:
        return "LogKeys(...)"

    def slot_key(self, customer: str) -> bytes:
        """The key that blinds this customer's slots; he is given it, so that his monitor can follow."""
        return hmac.digest(self.slots, _SLOT_LABEL + customer.encode(), sha256)

    def stream_key(self) -> bytes:
        """The key under which leaves leave the machine."""
        return hmac.digest(self.slots, _STREAM_LABEL, sha256)

    def signers(self, origin: str) -> tuple[LogSigner, MlDsa44Cosigner]:
        """Ed25519 and ML-DSA-44, both under the origin as name."""
        return (
            LogSigner(origin, Ed25519PrivateKey.from_private_bytes(self.ed25519)),
            MlDsa44Cosigner(origin, MLDSA44PrivateKey.from_seed_bytes(self.mldsa44)),
        )

    def witness_signer(self, name: str) -> Ed25519Cosigner:
        """The embedded witness."""
        return Ed25519Cosigner(name, Ed25519PrivateKey.from_private_bytes(self.witness))


def make(holder: Holder, origin: str, dice: Dice) -> dict[str, bytes]:
    """Fresh seeds, each wrapped by the logkeeper's holder and bound to the log's origin."""
    drawn = LogKeys(**{name: dice.draw(32) for name in NAMES})
    return wrap_keys(holder, origin, drawn, dice)


def wrap_keys(holder: Holder, origin: str, keys: LogKeys, dice: Dice) -> dict[str, bytes]:
    """Each seed wrapped by this holder, and bound to the log's origin."""
    return {name: holder.wrap(_context(origin, name), getattr(keys, name), dice) for name in NAMES}


def make_next(holder: Holder, origin: str, present: LogKeys, dice: Dice) -> dict[str, bytes]:
    """Fresh signing seeds for the next shard; slots go on, so what blinds them stays."""
    kept = {name: getattr(present, name) for name in NAMES if name not in {"ed25519", "mldsa44"}}
    seeds = {name: kept.get(name) or dice.draw(32) for name in NAMES}
    return {name: holder.wrap(_context(origin, name), seed, dice) for name, seed in seeds.items()}


def open_keys(holder: Holder, origin: str, wrapped: Mapping[str, bytes]) -> LogKeys:
    """Open what `make` made; `log-key-lost` (broken) when one is missing."""
    if any(name not in wrapped for name in NAMES):
        raise Refusal("log-key-lost", Kind.BROKEN)
    return LogKeys(**{name: holder.unwrap(_context(origin, name), wrapped[name]) for name in NAMES})


def _context(origin: str, name: str) -> Context:
    purpose = Purpose.SLOT if name in {"slots", "dummies"} else Purpose.LOG_KEY
    return Context(house=origin, customer="", key="", version=0, purpose=purpose, subject=name)
