"""Requests nobody signed, before the keyroom is asked: what is never theirs, and how many of them.

The keyroom decides; this keeps a flood away from it, whose work is the applications'. The pace of each
customer's own strangers is counted there.
"""

import math
from dataclasses import dataclass, field

from custodes.kernel.limits import StrangerLimits
from custodes.kernel.refusal import limited, malformed, unauthenticated
from custodes.protocols.s3.canonical import parse_query
from custodes.protocols.s3.messages import Head
from custodes.protocols.s3.operations import Call
from custodes.protocols.s3.unsigned.requests import OPERATIONS


@dataclass
class Strangers:
    """A bucket of tokens in this plane's memory; a fresh one is full."""

    limits: StrangerLimits = field(default_factory=StrangerLimits)
    _left: float = math.inf
    _at_ms: int = 0

    def let_in(self, call: Call, head: Head, now_ms: int) -> None:
        """Refuse what nobody may without a name: `not-signed` (unauthenticated), `answer-not-chosen`
        (malformed), `slow-down` (limited).
        """
        if call.operation.name not in OPERATIONS:
            raise unauthenticated("not-signed")
        if any(name.startswith(b"response-") for name, _ in parse_query(head.query)):
            raise malformed("answer-not-chosen")
        self.count(now_ms)

    def count(self, now_ms: int) -> None:
        """Count one at this time since boot; `slow-down` (limited): nothing was done."""
        per_s = self.limits.plane_per_s
        self._left = min(per_s * self.limits.burst_s, self._left + (now_ms - self._at_ms) * per_s / 1_000)
        self._at_ms = now_ms
        if self._left < 1:
            raise limited("slow-down")
        self._left -= 1
