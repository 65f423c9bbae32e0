"""Who is the logkeeper: whoever signs an ask with the house's log key, about now."""

from datetime import timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from custodes.acts.asks import Ask, Evidence, LogSigned
from custodes.acts.asks.documents import log_message
from custodes.acts.opened import Opened
from custodes.kernel.clock import from_text
from custodes.ledger.note import Vkey

_SKEW = timedelta(seconds=60)


def is_logkeeper(o: Opened, ask: Ask[Any], evidence: Evidence) -> bool:
    """Whether this ask was signed by the key that stands first among the house's log keys."""
    if not isinstance(evidence, LogSigned) or not o.body.log_vkeys:
        return False
    if abs(from_text(evidence.at) - o.clock.now()) > _SKEW:
        return False
    key = Ed25519PublicKey.from_public_bytes(Vkey.parse(o.body.log_vkeys[0]).public)
    try:
        key.verify(evidence.signature, log_message(o.house, ask, evidence.at))
    except InvalidSignature:
        return False
    return True
