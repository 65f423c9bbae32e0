"""Using something under a grant: what policy is told, what a no is called, and the last look before release.

The order for every use under a grant: `decided_under` and `Grants.spend` inside `Authority.alter`, then
`Witnessing.until`, then `refuse_if_ended`, and only then the key. Whoever answers an ask keeps to it.
"""

import msgspec

from custodes.acts.footing.customer import Customer
from custodes.acts.footing.decisions import Asked, Decided, refusal_of
from custodes.acts.footing.granted import GRANTED, Granted
from custodes.acts.footing.identities import Identified
from custodes.acts.opened import Opened
from custodes.acts.writing.act import Before
from custodes.desks import grant
from custodes.kernel import canonical
from custodes.kernel.canonical import Plain
from custodes.kernel.refusal import Kind, Refusal, denied
from custodes.policy.question import Decision, Reason


def decided_under(o: Opened, who: Identified, asked: Asked, granted: Granted) -> Decided:
    """What policy says when the grant is laid before it; the purpose is the one that was consented to.

    A grant that no longer holds, of its signatures or by a move that ended it, is a no of its own:
    `grant-not-valid`. The act then expects to commit before the window closes.
    """
    verdict = o.grants.verified(granted)
    if granted.state != GRANTED or verdict.reasons or verdict.ends_at is None:
        return no(asked, "grant-not-valid")
    purpose = o.grants.document(granted).purpose
    under = msgspec.structs.replace(asked, grant=o.grants.fact(granted), purpose=purpose)
    decided = o.decisions.decide(who, under)
    return msgspec.structs.replace(decided, expects=(*decided.expects, Before(verdict.ends_at)))


def no(asked: Asked, reason: str) -> Decided:
    """A no of the grant itself, in the shape of a decision, for the entry that records it."""
    decision = Decision(
        allowed=False,
        action=asked.action,
        purpose=asked.purpose,
        rules=(),
        reasons=(Reason(code=reason, scope="grant"),),
        kind=Kind.DENIED,
    )
    return Decided(decision=decision, expects=())


async def refused(o: Opened, who: Identified, customer: Customer, decided: Decided, subject: str) -> Refusal:
    """Record an authenticated no and give back the refusal to raise."""
    if decided.decision.kind is not Kind.ABSENT:
        await o.denials.record(who, customer, decided, subject=subject)
    return refusal_of(decided.decision)


def grant_fields(o: Opened, granted: Granted) -> dict[str, Plain]:
    """What an entry of a use says of the grant; it moves the entry to the exceptional sub-log."""
    document = o.grants.document(granted)
    return {
        "grant": granted.id,
        "grant_hash": canonical.b64(grant.grant_hash(document)),
        "case": granted.case,
        "purpose": document.purpose,
        "uses": granted.uses_spent,
    }


def refuse_if_ended(o: Opened, granted_id: str) -> None:
    """Just before release, with nothing awaited in between: the grant was neither ended nor has it lapsed
    while the use waited. `grant-not-valid`, `grant-lapsed` (denied).
    """
    row = o.standing.get("grant", granted_id, Granted)
    if row is None or row.state != GRANTED:
        raise denied("grant-not-valid")
    verdict = o.grants.verified(row)
    if verdict.reasons or verdict.ends_at is None:
        raise denied("grant-not-valid")
    if o.grants.now() >= verdict.ends_at:
        raise denied("grant-lapsed")
