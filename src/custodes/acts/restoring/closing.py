"""A log that cannot go on is closed, by two officers of two organisations; the next one says what is missing.

One act: the house's row names the new origin, keys and policy; the first entry of the new root log binds the
signed document; every customer reads in his own log what is kept of his entries and which epochs are
missing. The closed log stays in the database as it was restored, and nothing is ever signed for it again.
"""

import hashlib
import logging
from collections.abc import Sequence

import msgspec

from custodes.acts.answers.kills import LIFTING
from custodes.acts.answers.said import single
from custodes.acts.asks.documents import hash_of
from custodes.acts.authority import Alteration
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.decisions import refusal_of
from custodes.acts.footing.house_body import HouseBody, Shard, first_shard
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.nouns import KILLS_OF_HOUSE, Kills, WitnessPolicy
from custodes.acts.footing.standing import Change
from custodes.acts.gate import Receipted
from custodes.acts.opened import Opened
from custodes.acts.permitted import NotPermitted, permit
from custodes.acts.records import Record
from custodes.acts.signed import read, shortfall, signers
from custodes.acts.witness_policies import NOUN as POLICY
from custodes.acts.writing.act import Entry, Write
from custodes.acts.writing.ports import Reads
from custodes.custody.kill import Kill
from custodes.kernel import canonical
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import Refusal, conflict, denied, malformed
from custodes.ledger.loss import gap
from custodes.ledger.loss.gap import Gap, GapFile, Signed
from custodes.ledger.merkle import CompactRange
from custodes.ledger.note import Vkey
from custodes.parties.rows import Credential
from custodes.parties.signature import FileKeySignature
from custodes.policy.question import Resource

from .coming_up import RESTORE

ACT = "house.gap"
_log = logging.getLogger("custodes.restoring")


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Where the restored house stood: the root log's head, its last epoch, when it was restored."""

    root: CompactRange
    epoch: int
    since: str


async def kept_of(o: Opened) -> Kept:
    """What the backup brought; `not-restored` (conflict) where no restore is waiting to be lifted."""
    kill = _restored(o)
    heads, state = await o.read(lambda reads: (reads.heads(), reads.epoch_state()))
    return Kept(
        root=heads.get(o.body.root_log, CompactRange.decode(0, b"")),
        epoch=state.epoch,
        since=to_text(kill.killed_at),
    )


async def close(
    o: Opened, document: Gap, approvals: Sequence[bytes], bodies: tuple[HouseBody, HouseBody]
) -> Receipted:
    """Close the log and open the one that follows; `bodies` are the house's row until now and from then on.

    `bad-gap` (malformed: it is not about this house as it stands), `not-restored` (conflict),
    `signature-refused`, `signatures-too-few`, `file-keys-only` (denied), and what policy refuses.
    """
    kept = await kept_of(o)
    _demand_fit(o, document, kept)
    kill = _restored(o)
    sizes = await o.read(lambda reads: _sizes(reads, o, kill))
    owners = [row for row in o.standing.all_of("customer", Customer) if await _is_ready(o, row)]
    now = o.clock.now()
    leaf = Entry(
        log=bodies[1].root_log,
        leaf=document.leaf(),
        act_code="follows",
        subject=document.opens,
        at=now,
        page="",
        sealed=b"",
    )
    follow = tuple(canonical.encode(msgspec.to_builtins(one)) for one in bodies)

    def decide() -> Alteration:
        seen = _officers(o, document, approvals)
        expects = tuple(
            e
            for one in seen
            for e in permit(o, one, "kill:lift-house", Resource(kind="house", id=o.house)).expects
        )
        changes = [
            Change(noun=POLICY, id=owner, customer=owner, value=_renamed(text, document, to_text(now)))
            for owner, (text, _) in o.policies.all().items()
            if o.standing.get(POLICY, owner, WitnessPolicy) is not None
        ]
        changes.append(Change(noun="shard", id=o.house, customer="", value=_shard(o, bodies[1])))
        return Alteration(
            changes=tuple(changes),
            records=tuple((row, _record(row, document, seen[0], sizes)) for row in owners),
            expects=expects,
            writes=(Write("house.follow", (*follow, document.last_epoch)),),
            entries=(leaf,),
        )

    try:
        return await o.authority.alter(decide)
    except NotPermitted as no:
        raise refusal_of(no.decided.decision) from no


def file_of(o: Opened, document: Gap, approvals: Sequence[bytes]) -> GapFile:
    """What is published: the document, and the signatures with the keys that made them."""
    found = []
    for raw in approvals:
        signature = read(raw)
        if not isinstance(signature, FileKeySignature):
            raise denied("file-keys-only")
        row = o.standing.get("credential", signature.credential, Credential)
        if row is None or row.public is None:
            raise denied("signature-refused")
        public, made = canonical.unb64(row.public), canonical.unb64(signature.signature)
        found.append(Signed(public=public, signature=made))
    return GapFile(document=document, signatures=tuple(found))


def _shard(o: Opened, body: HouseBody) -> Shard:
    """What follows a gap is a shard of the year that was open, or of the present one."""
    now = o.clock.now()
    found = msgspec.structs.replace(first_shard(body), opened_at=to_text(now))
    return msgspec.structs.replace(found, year=max(o.shard.year, now.year))


def _officers(o: Opened, document: Gap, approvals: Sequence[bytes]) -> tuple[Identified, ...]:
    if not all(isinstance(read(raw), FileKeySignature) for raw in approvals):
        raise denied("file-keys-only")  # whoever follows from outside can check no other
    seen = signers(o, approvals, hash_of(document.encode()))
    short = shortfall(o, seen, LIFTING)
    if short is not None:
        raise denied("signatures-too-few", reason=short.code, need=short.need, have=short.have)
    return seen


def _demand_fit(o: Opened, document: Gap, kept: Kept) -> None:
    """The document is about this house as it stands, and its last head is signed by this house's log."""
    last = gap.checked_last(document, [Vkey.parse(text) for text in o.body.log_vkeys])
    said = (document.house, document.closes, document.kept_size, document.kept_root)
    if said != (o.house, o.origin, kept.root.size, kept.root.root()):
        raise malformed("bad-gap", why="house")
    if (document.first_epoch, document.since) != (kept.epoch + 1, kept.since):
        raise malformed("bad-gap", why="epochs")
    if last.size < kept.root.size:
        raise malformed("bad-gap", why="last")


def _renamed(text: str, document: Gap, at: str) -> WitnessPolicy:
    """The same witnesses asked about the log that follows."""
    return WitnessPolicy(policy=gap.carried(text, document), set_at=at)


def _record(owner: Customer, document: Gap, who: Identified, sizes: "dict[str, int]") -> Record:
    """What this customer reads: which epochs are missing since when, and how many of his entries are kept."""
    kept: list[Plain] = [[log, 0, size] for log, size in sorted(sizes.items()) if _is_of(log, owner)]
    return single(
        ACT,
        who,
        document.closes,
        subject=document.closes,
        subject_hash=canonical.b64(hashlib.sha256(document.encode()).digest()),
        count=document.last_epoch - document.first_epoch + 1,
        kept=kept,
        reason=f"epochs {document.first_epoch} to {document.last_epoch} of {document.closes}, "
        f"from {document.since} to {document.until}; goes on as {document.opens}",
    )


def _sizes(reads: Reads, o: Opened, kill: Kill) -> dict[str, int]:
    """How many entries of each sub-log the backup brought: all before the restore's own first one."""
    at = int(kill.killed_at.timestamp() * 1_000_000)
    heads = reads.heads()
    logs = [row.log(kind) for row in o.standing.all_of("customer", Customer) for kind in row.slots]
    return {log: reads.index_at(log, at, heads[log].size) if log in heads else 0 for log in logs}


async def _is_ready(o: Opened, owner: Customer) -> bool:
    """Whether he can be told; one whose holder does not answer is an alarm, and the page says it to all."""
    try:
        await o.records.ready(owner)
    except Refusal as refusal:
        _log.critical("alarm: customer %s is not told of the gap: %s", owner.id, refusal.code)
        return False
    return True


def _is_of(log: str, owner: Customer) -> bool:
    return log.partition("/")[0] == owner.id and not log.endswith("/withheld")


def _restored(o: Opened) -> Kill:
    row = o.standing.get("kills", KILLS_OF_HOUSE, Kills) or Kills()
    found = next((one for one in row.kills if one.by == RESTORE and one.lifted_at is None), None)
    if found is None:
        raise conflict("not-restored")
    return found
