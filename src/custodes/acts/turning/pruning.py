"""A closed year is pruned: the tree of its root log goes, its last head and the chain to it stay.

Two people of two organisations sign the last checkpoint itself, as officers lift a kill of the house. It is
refused while an entry of a customer's of that year or before can be opened that is no proof about the log: so
terms, holds and open cases are asked by what they left, not anew. (The house's own entries have no terms, and
are proven under a later year.) Whoever has a proof from before keeps it; mirrors keep what is theirs.
"""

import hashlib

from custodes.acts import signed
from custodes.acts.answers.kills import LIFTING
from custodes.acts.answers.said import single
from custodes.acts.asks.documents import hash_of, prune_document
from custodes.acts.asks.running.turning import PruneShard
from custodes.acts.authority import Alteration
from custodes.acts.footing.customer import SHOWN, Customer
from custodes.acts.footing.decisions import Decided
from custodes.acts.footing.identities import Identified
from custodes.acts.opened import Opened
from custodes.acts.permitted import alter, permit
from custodes.acts.records import LOST, Record
from custodes.acts.writing.act import Write
from custodes.acts.writing.ports import Reads
from custodes.acts.writing.readers import ShardRow
from custodes.kernel import canonical
from custodes.kernel.refusal import absent, conflict, denied
from custodes.ledger.retention.terms import EntryClass, class_of
from custodes.ledger.shards import turn
from custodes.policy.question import Resource

from .shards import size_of

ACT = "house.prune"
ACTION = "kill:lift-house"  # those who may bring the house back may put a year of its log away
LOOKED_AT = 1_000_000


async def prune(o: Opened, ask: PruneShard) -> None:
    """`no-such-shard` (absent), `shard-needed`, `older-shard-first` (conflict), `clock-...`;
    `asker-did-not-sign`, `signatures-too-few`, `signature-refused` and what policy says (denied).
    """
    o.time.refuse_if_frozen()

    async def decide() -> Alteration:
        permit(o, o.identities.of(ask.evidence), "house:read", Resource(kind="house", id=o.house))
        rows = await o.read(lambda reads: reads.upkeep.shards())
        row = next((one for one in rows if one.number == ask.number and one.turned is not None), None)
        if row is None or row.pruned_at is not None:
            raise absent("no-such-shard")
        last = turn.parse_turned(row.turned or b"").last
        document = prune_document(o.house, row.number, row.origin, last)
        seen, each = _quorum(o, ask, document)
        if any(one.number < row.number and one.pruned_at is None for one in rows):
            raise conflict("older-shard-first")
        owners = list(o.standing.all_of("customer", Customer))
        others = {one.id for one in owners if one.id != o.house}
        needed = await o.read(lambda reads: _needed(reads, row, others))
        if needed:
            raise conflict("shard-needed", customer=needed[0], act=needed[1])
        at = int(o.clock.now().timestamp() * 1_000_000)
        return Alteration(
            changes=(),
            records=tuple((one, _record(row, last, seen[0])) for one in owners),
            expects=tuple(expect for decided in each for expect in decided.expects),
            writes=(Write("shard.prune", (row.number, at)),),
        )

    await alter(o, decide, ask, ask.evidence)


def _quorum(
    o: Opened, ask: PruneShard, document: bytes
) -> tuple[tuple[Identified, ...], tuple[Decided, ...]]:
    """Two persons of two controlling groups, who asks first among them."""
    seen = signed.signers(o, ask.approvals, hash_of(document))
    person = o.identities.of(ask.evidence).actor.person
    own = [one for one in seen if one.actor.person is not None and one.actor.person == person]
    if not own:
        raise denied("asker-did-not-sign")
    short = signed.shortfall(o, seen, LIFTING)
    if short is not None:
        raise denied("signatures-too-few", reason=short.code, need=short.need, have=short.have)
    each = tuple(permit(o, one, ACTION, Resource(kind="house", id=o.house)) for one in seen)
    return (own[0], *(one for one in seen if one is not own[0])), each


def _needed(reads: Reads, row: ShardRow, owners: set[str]) -> tuple[str, str] | None:
    """(customer, act) of an entry of that year, or before, that can be opened still and is no proof."""
    for log, size in reads.upkeep.sizes_at(row.last_epoch or 0).items():
        id_, _, kind = log.partition("/")
        if id_ not in owners or kind not in SHOWN:
            continue
        codes = reads.upkeep.codes_before(log, size, LOOKED_AT)
        for code in sorted(codes):
            if code != LOST and class_of(kind, code) is not EntryClass.PROOF:
                return id_, code
        if sum(codes.values()) >= LOOKED_AT:
            return id_, "many"
    return None


def _record(row: ShardRow, last: str, who: Identified) -> Record:
    """What each customer reads: which year's tree is gone, and the head that stays."""
    return single(
        ACT,
        who,
        row.origin,
        subject=row.origin,
        subject_hash=canonical.b64(hashlib.sha256(last.encode()).digest()),
        count=size_of(last),
    )
