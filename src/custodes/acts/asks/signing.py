"""What the logkeeper signs when it asks: the whole ask without its evidence, the house, and the time."""

import hashlib
from typing import Any

import msgspec

from custodes.kernel import canonical

from .doors import Ask

LABEL = "custodes/log-ask/v1"


def log_message(house: str, ask: Ask[Any], at: str) -> bytes:
    """Canonical bytes to sign: label, house, time, the ask's name and the SHA-256 of its fields."""
    fields = [getattr(ask, name) for name in ask.__struct_fields__ if name != "evidence"]
    digest = hashlib.sha256(msgspec.msgpack.encode(fields)).hexdigest()
    return canonical.encode([LABEL, house, at, type(ask).__name__, digest])
