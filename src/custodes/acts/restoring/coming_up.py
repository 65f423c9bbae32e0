"""The first act of a restored house, before any ask is answered, and the one that lets it go again."""

import logging
from collections.abc import Iterable, Sequence

import msgspec

from custodes.acts.answers.kills import LIFTING
from custodes.acts.answers.said import single
from custodes.acts.asks.documents import hash_of, lift_document
from custodes.acts.authority import Alteration
from custodes.acts.footing.customer import Customer, LostCustomer
from custodes.acts.footing.decisions import refusal_of
from custodes.acts.footing.granted import Granted
from custodes.acts.footing.nouns import KILLS_OF_HOUSE, Kills
from custodes.acts.footing.standing import Change
from custodes.acts.footing.tombstone import Tombstone
from custodes.acts.gate import Receipted
from custodes.acts.opened import Opened
from custodes.acts.permitted import NotPermitted, house, permit
from custodes.acts.records import Record
from custodes.acts.signed import shortfall, signers
from custodes.acts.writing.act import Act
from custodes.custody import kill as law
from custodes.custody.kill import Kill, KillScope
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal, absent, conflict, denied
from custodes.parties.rows import Credential, CredentialKind, CredentialState
from custodes.policy.question import Resource

from .catching_up import Span, of_customer

_log = logging.getLogger("custodes.restoring")

RESTORE = "restore"  # who killed the house
OVER = frozenset(
    {
        CredentialKind.API_TOKEN,
        CredentialKind.S3_KEY,
        CredentialKind.XKS_KEY,
        CredentialKind.PASSWORD,
        CredentialKind.DIRECTORY,
    }
)


async def tell_lost(o: Opened, backup: str, lost: Sequence[Span]) -> tuple[str, ...]:
    """Each customer reads in his own log which of his entries have only their leaves left; the house's own
    log says it of customers who are lost themselves.

    Gives back who could not be told: his holder does not answer. It is an alarm, and the audit says it too.
    """
    untold = []
    for customer in o.standing.all_of("customer", Customer):
        spans = of_customer(lost, customer)
        if customer.id == o.house:
            gone = o.standing.all_of("lost-customer", LostCustomer)
            spans += [span for one in gone for span in of_customer(lost, one)]
        if not spans:
            continue
        said: list[Plain] = [[one.log, one.first, one.end] for one in spans]
        fields: dict[str, Plain] = {
            "actor": RESTORE,
            "actor_kind": "process",
            "phase": "single",
            "subject": backup,
            "count": sum(one.end - one.first for one in spans),
            "lost": said,
        }
        act_id = new_id("act", o.dice)
        try:
            await o.records.ready(customer)
            entry = o.records.seal(
                customer, act_id, 0, Record(act="house.lost", subject=backup, fields=fields)
            )
            await o.gate.commit(Act(id=act_id, entries=(entry,)))
        except Refusal as refusal:
            _log.critical("alarm: customer %s is not told what is lost: %s", customer.id, refusal.code)
            untold.append(customer.id)
    return tuple(untold)


async def come_up_killed(
    o: Opened, backup: str, tombstones: Iterable[Tombstone], lost: Iterable[LostCustomer] = ()
) -> Receipted:
    """Kill, lapse, revoke, keep erased: one act, with an entry in the house's log that names the backup.
    The places of customers who are lost stand from then on.

    What a person signs with (passkeys, file keys) stays: lifting the kill needs people.
    """
    now = o.clock.now().replace(microsecond=0)
    stones, gone = tuple(tombstones), tuple(lost)
    made = Kill(
        id=new_id("kil", o.dice),
        scope=KillScope.HOUSE,
        subject="",
        killed_at=now,
        by=RESTORE,
        reason=f"restored from backup {backup}",
    )

    def decide() -> Alteration:
        row = o.standing.get("kills", KILLS_OF_HOUSE, Kills) or Kills()
        grown = msgspec.structs.replace(row, kills=(*row.kills, made))
        changes = [Change(noun="kills", id=KILLS_OF_HOUSE, customer="", value=grown)]
        for grant in o.standing.all_of("grant", Granted):
            if grant.state == "granted":
                lapsed = msgspec.structs.replace(grant, state="lapsed")
                changes.append(Change(noun="grant", id=grant.id, customer=grant.customer, value=lapsed))
        for one in o.standing.all_of("credential", Credential):
            if one.kind in OVER and one.state is CredentialState.ACTIVE:
                over = msgspec.structs.replace(one, state=CredentialState.REVOKED)
                owner = o.standing.customer_of("credential", one.id) or ""
                changes.append(Change(noun="credential", id=one.id, customer=owner, value=over))
        for stone in stones:
            if o.standing.get("tombstone", stone.id, Tombstone) is None:
                bare = msgspec.structs.replace(stone, pages={})  # its page is as old as the backup
                changes.append(Change(noun="tombstone", id=stone.id, customer=stone.customer, value=bare))
        fields = {"actor": RESTORE, "actor_kind": "process", "phase": "single", "reason": made.reason}
        changes += [Change(noun="lost-customer", id=one.id, customer="", value=one) for one in gone]
        record = Record(act="kill", subject=made.id, fields={**fields, "subject": made.id})
        return Alteration(changes=tuple(changes), records=((house(o), record),))

    return await o.authority.alter(decide, is_urgent=True)


def lift_document_of(o: Opened) -> bytes:
    """What officers sign to let a restored house use keys again; `no-such-kill` (absent)."""
    kill = _standing(o)
    return lift_document(o.house, kill.id, (kill.scope.value, kill.subject), to_text(kill.killed_at))


async def lift_restored(o: Opened, approvals: Sequence[bytes]) -> Receipted:
    """Let the house go, by signatures of two people of two organisations whom policy lets lift a kill of it.

    They are brought to the machine: nobody has a token or a session after a restore. `signature-refused`,
    `signatures-too-few` (denied), `no-such-kill` (absent), and what policy refuses.
    """

    def decide() -> Alteration:
        kill = _standing(o)
        seen = signers(o, approvals, hash_of(lift_document_of(o)))
        short = shortfall(o, seen, LIFTING)
        if short is not None:
            raise denied("signatures-too-few", reason=short.code, need=short.need, have=short.have)
        resource = Resource(kind="house", id=o.house)
        expects = [e for one in seen for e in permit(o, one, "kill:lift-house", resource).expects]
        given = [
            law.Approval(
                person=o.directories.human(str(one.actor.person)),
                group=o.directories.group(str(one.actor.organisation)),
            )
            for one in seen
        ]
        done = law.lift(kill, given, o.clock.now().replace(microsecond=0))
        if done.kill is None:
            raise conflict("kill-not-lifted", reason=done.reason)
        row = o.standing.get("kills", KILLS_OF_HOUSE, Kills) or Kills()
        rest = tuple(done.kill if one.id == kill.id else one for one in row.kills)
        change = Change(noun="kills", id=KILLS_OF_HOUSE, customer="", value=Kills(kills=rest))
        record = single("lift", seen[0], kill.id, subject=kill.id)
        return Alteration(changes=(change,), records=((house(o), record),), expects=tuple(expects))

    try:
        return await o.authority.alter(decide)
    except NotPermitted as no:
        raise refusal_of(no.decided.decision) from no


def _standing(o: Opened) -> Kill:
    row = o.standing.get("kills", KILLS_OF_HOUSE, Kills) or Kills()
    found = next((one for one in row.kills if one.by == RESTORE and one.lifted_at is None), None)
    if found is None:
        raise absent("no-such-kill")
    return found
