"""How fast a customer may ask by S3: a bucket of tokens each, in this keyroom's memory.

Only requests whose signature was verified are counted, so nobody can use up what belongs to another by naming
his access key. Strangers, who sign nothing, share one beside each customer's own. A house with several
keyrooms has as many of these; a restart begins with full ones.
"""

from dataclasses import dataclass, field

from custodes.acts.opened import Opened
from custodes.kernel.refusal import limited
from custodes.objects.limits import CustomerLimits
from custodes.parties.rows import Credential


@dataclass
class _Tokens:
    per_s: int
    burst: int
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
        row = self.opened.standing.get("credential", credential, Credential)
        customer = row.customer if row is not None else None
        limits = self._limits(customer or "")
        if customer is None or limits is None or limits.requests_per_s is None:
            return
        self._take(customer, limits.requests_per_s, limits.requests_burst or limits.requests_per_s)

    def take_stranger(self, customer: str) -> None:
        """Count one request nobody signed for what is this customer's; `slow-down` (limited).

        All strangers of a customer share one pace, which takes nothing from his applications': at most
        what the operator set (`StrangerLimits.per_s`), and no more than he is allowed himself.
        """
        limits = self._limits(customer)
        own = limits.requests_per_s if limits is not None else None
        all_of_them = self.opened.strangers
        per_s = all_of_them.per_s if own is None else min(own, all_of_them.per_s)
        self._take(f"{customer} strangers", per_s, per_s * all_of_them.burst_s)

    def _limits(self, customer: str) -> CustomerLimits | None:
        return self.opened.standing.get("customer-limits", customer, CustomerLimits)

    def _take(self, whose: str, per_s: int, burst: int) -> None:
        now_ms = self.opened.clock.boot_ms()
        kept = self._tokens.get(whose)
        if kept is None or (kept.per_s, kept.burst) != (per_s, burst):
            kept = self._tokens[whose] = _Tokens(per_s, burst, burst, now_ms)
        kept.left = min(burst, kept.left + (now_ms - kept.at_ms) * per_s / 1_000)
        kept.at_ms = now_ms
        if kept.left < 1:
            raise limited("slow-down")
        kept.left -= 1
