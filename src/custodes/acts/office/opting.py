"""Break-glass is off until the customer's owner signs that it is on, and how often a month it may be."""

from custodes.acts import signed
from custodes.acts.answers.said import single
from custodes.acts.asks.cases import BreakGlassSet, LookBreakGlass, SetBreakGlass
from custodes.acts.authority import Alteration
from custodes.acts.footing.break_glass import CALLS_PER_MONTH_MAX, BreakGlass
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.decisions import Asked, refusal_of
from custodes.acts.footing.standing import Change, fingerprint
from custodes.acts.opened import Opened
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import Kind, absent, malformed
from custodes.policy.question import Resource


class Opting:
    """Answers `SetBreakGlass`, `LookBreakGlass`."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened

    async def set(self, ask: SetBreakGlass) -> BreakGlassSet:
        """`bad-break-glass` (malformed), `no-such-customer` (absent), what policy refuses (`policy:change`,
        signed over the row `break-glass` of the customer).
        """
        o = self._o
        least = 1 if ask.on else 0
        if not least <= ask.calls_per_month_max <= CALLS_PER_MONTH_MAX:
            raise malformed("bad-break-glass")
        now = to_text(o.clock.now())
        row = BreakGlass(is_on=ask.on, calls_per_month_max=ask.calls_per_month_max, set_at=now)

        async def decide() -> Alteration:
            customer = o.standing.get("customer", ask.customer, Customer)
            if customer is None or customer.id == o.house:
                raise absent("no-such-customer")
            who = signed.of(o, ask, ask.evidence, ("break-glass", customer.id))
            resource = Resource(kind="policy", id=customer.id, customer=customer.id)
            asked = Asked(action="policy:change", resource=resource, purpose="administration")
            decided = o.decisions.decide(who, asked)
            if not decided.decision.allowed:
                if decided.decision.kind is Kind.DENIED:
                    await o.denials.record(who, customer, decided, subject=customer.id)
                raise refusal_of(decided.decision)
            record = single(
                "change.policy",
                who,
                customer.id,
                subject=f"break-glass/{customer.id}",
                subject_hash=canonical.b64(bytes.fromhex(fingerprint(row))),
                reason="break-glass-on" if ask.on else "break-glass-off",
                count=ask.calls_per_month_max,
            )
            change = Change(noun="break-glass", id=customer.id, customer=customer.id, value=row)
            return Alteration(changes=(change,), records=((customer, record),), expects=decided.expects)

        await o.authority.alter(decide)
        return self._stands(ask.customer)

    async def look(self, ask: LookBreakGlass) -> BreakGlassSet:
        """What stands, to whoever reads the customer's rules; `no-such-customer` (absent)."""
        o = self._o
        who = o.identities.of(ask.evidence)
        if o.standing.get("customer", ask.customer, Customer) is None:
            raise absent("no-such-customer")
        resource = Resource(kind="policy", id=ask.customer, customer=ask.customer)
        decided = o.decisions.decide(who, Asked(action="policy:read", resource=resource, purpose="audit"))
        if not decided.decision.allowed:
            raise refusal_of(decided.decision)
        return self._stands(ask.customer)

    def _stands(self, customer: str) -> BreakGlassSet:
        row = self._o.standing.get("break-glass", customer, BreakGlass)
        generation = self._o.standing.expect("break-glass", customer).generation
        if row is None:
            return BreakGlassSet(customer, False, 0, generation)
        return BreakGlassSet(customer, row.is_on, row.calls_per_month_max, generation)
