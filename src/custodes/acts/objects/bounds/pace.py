"""How fast a customer may ask by S3: a bucket of tokens each, in this keyroom's memory.

Only requests whose signature was verified are counted, so nobody can use up what belongs to another by naming
his access key. A house with several keyrooms has as many of these; a restart begins with full ones.
"""

from dataclasses import dataclass, field

from custodes.acts.opened import Opened
from custodes.kernel.refusal import limited
from custodes.objects.limits import CustomerLimits
from custodes.parties.rows import Credential


@dataclass
class _Tokens:
    limits: CustomerLimits
    left: float
    at_ms: int


@dataclass
class Pace:
    """The tokens of every customer who has a limit."""

    opened: Opened
    _tokens: dict[str, _Tokens] = field(default_factory=dict)

    def take(self, credential: str) -> None:
        """Count one request of the customer this credential is of; `slow-down` (limited) when he is too
        fast: nothing was done, and it may be asked again.
        """
        o = self.opened
        row = o.standing.get("credential", credential, Credential)
        customer = row.customer if row is not None else None
        limits = o.standing.get("customer-limits", customer or "", CustomerLimits)
        if customer is None or limits is None or limits.requests_per_s is None:
            return
        per_s, now_ms = limits.requests_per_s, o.clock.boot_ms()
        burst = limits.requests_burst or per_s
        kept = self._tokens.get(customer)
        if kept is None or kept.limits != limits:
            kept = self._tokens[customer] = _Tokens(limits, burst, now_ms)
        kept.left = min(burst, kept.left + (now_ms - kept.at_ms) * per_s / 1_000)
        kept.at_ms = now_ms
        if kept.left < 1:
            raise limited("slow-down")
        kept.left -= 1
