"""Reading under a grant: found, counted and spent in the act that admits the read.

The grant's row changes with the entry, in one transaction: of two reads with one use left, one wins. The key
is used only once the entry is witnessed; a read that waited in vain may come again and is not counted twice.
"""

import msgspec

from custodes.acts.authority import Alteration
from custodes.acts.footing.decisions import Decided
from custodes.acts.footing.granted import Granted
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.standing import Change
from custodes.acts.gate import Receipted
from custodes.acts.objects.ground import Ground, Stand
from custodes.acts.records import Record
from custodes.acts.writing.act import Before, Expect, Write
from custodes.desks import grant as documents
from custodes.kernel import canonical
from custodes.kernel.actor import ActorKind
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import from_text
from custodes.kernel.refusal import Kind, Refusal, denied, limited
from custodes.objects.ranges import Span
from custodes.policy.question import Decision, GrantFact, Reason

ACTION = "object:read"
WITNESSED_WITHIN_S = 10.0
WAITING_MAX = 1_000
ENDED = ("returned", "revoked", "lapsed")


class GrantUse(msgspec.Struct, frozen=True, kw_only=True):
    """A grant that covers a read, as policy is told of it, and the purpose it was given for."""

    id: str
    fact: GrantFact
    purpose: str


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """One read under a grant: whose, of which version, which bytes (None: none), and what it rests on.

    `mark` tells two apart that are alike in all of that.
    """

    stand: Stand
    who: Identified
    version: str
    span: Span | None
    decided: Decided
    expects: tuple[Expect, ...]
    record: Record
    ask: str
    action: str = ACTION
    mark: str = ""


class Grants:
    """Finds and spends grants for reads of objects."""

    def __init__(self, ground: Ground) -> None:
        self._g = ground
        self._unwitnessed: dict[tuple[str, str, str, Span | None, str, str], tuple[str, Receipted]] = {}

    def find(self, who: Identified, stand: Stand, version: str | None) -> GrantUse | None:
        """The grant this actor may read this version under; None where he has none that verifies."""
        o = self._g.o
        if version is None or who.actor.kind is not ActorKind.PERSON:
            return None
        found = o.grants.find(who.actor, stand.customer.id, ACTION, version)
        if found is None or o.grants.verified(found).reasons:
            return None
        purpose = o.grants.document(found).purpose
        return GrantUse(id=found.id, fact=o.grants.fact(found), purpose=purpose)

    async def commit(self, read: Read, act_id: str, writes: tuple[Write, ...]) -> tuple[str, Receipted]:
        """Spend, commit, and wait for the witnesses: (act id, receipt) of the admission.

        Refusals: `grant.ADMITS_CODES` (denied, with `ask`), `slow-down` (limited): ask the same again.
        """
        o = self._g.o
        whose = (read.stand.customer.id, read.who.actor.credential)
        at = (*whose, read.version, read.span, read.action, read.mark)
        kept = self._unwitnessed.get(at)
        if kept is None:
            await self._refuse_spent(read)
            receipted = await o.authority.alter(lambda: self._spent(read, writes), act_id=act_id)
            kept = (act_id, receipted)
        if len(self._unwitnessed) >= WAITING_MAX:
            self._unwitnessed.clear()
        self._unwitnessed[at] = kept
        try:
            await o.witnessing.until(kept[1].committed.positions[0], WITNESSED_WITHIN_S)
        except Refusal as refusal:
            raise limited("slow-down") from refusal
        if self._unwitnessed.pop(at, None) is None:  # the same read came twice: one of them has it
            raise limited("slow-down")
        return kept

    def refuse_if_ended(self, grant: str) -> None:
        """`grant-ended` (denied) once a grant was returned, revoked, its time is over, or its signatures no
        longer carry it because an approver left or lost his key.
        """
        if not grant:
            return
        o = self._g.o
        row = o.standing.get("grant", grant, Granted)
        if row is None or row.state in ENDED or o.clock.now() >= from_text(row.lapses_at):
            raise denied("grant-ended")
        if o.grants.verified(row).reasons:
            raise denied("grant-ended")

    def _spent(self, read: Read, writes: tuple[Write, ...]) -> Alteration:
        o = self._g.o
        found = o.grants.find(read.who.actor, read.stand.customer.id, read.action, read.version)
        if found is None:
            raise denied("grant-ended", ask=read.ask)
        spent = o.grants.spend(found, read.who.actor, read.action, read.version, read.span)
        if spent.reason is not None:
            raise denied(spent.reason, ask=read.ask)
        ends_at = o.grants.verified(found).ends_at
        document = o.grants.document(found)
        more: dict[str, Plain] = {
            "grant": found.id,
            "grant_hash": canonical.b64(documents.grant_hash(document)),
            "case": found.case,
            "uses": spent.granted.uses_spent,
        }
        said = msgspec.structs.replace(read.record, fields={**read.record.fields, **more})
        customer = read.stand.customer
        return Alteration(
            changes=(Change(noun="grant", id=found.id, customer=customer.id, value=spent.granted),),
            records=((customer, said),),
            expects=(*read.expects, *((Before(ends_at),) if ends_at else ())),
            writes=writes,
        )

    async def _refuse_spent(self, read: Read) -> None:
        """A grant that has nothing left is a denial like every other: its entry, then the refusal."""
        o = self._g.o
        found = o.grants.find(read.who.actor, read.stand.customer.id, read.action, read.version)
        if found is None:
            return
        reason = o.grants.spend(found, read.who.actor, read.action, read.version, read.span).reason
        if reason is None:
            return
        said = Decision(
            allowed=False,
            action=read.action,
            purpose=read.decided.decision.purpose,
            rules=(),
            reasons=(Reason(code=reason, scope="-"),),
            kind=Kind.DENIED,
        )
        decided = Decided(decision=said, expects=())
        await o.denials.record(read.who, read.stand.customer, decided, subject=read.version)
        raise denied(reason, ask=read.ask)
