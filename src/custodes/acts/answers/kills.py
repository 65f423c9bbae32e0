"""Kill and lift: one person stops keys at once, a quorum of two groups lets them go again.

A kill is a standing row that every use expects to be absent, so a use that was decided before does not
commit after it; what waits between commit and key asks again (`refuse_if_killed`). The keys are dropped from
memory as soon as the kill is durable.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta

import msgspec

from custodes.acts import signed
from custodes.acts.asks import house as asks
from custodes.acts.asks.documents import hash_of, lift_document
from custodes.acts.authority import Alteration
from custodes.acts.footing.customer import EXCEPTIONAL, MACHINE, Customer
from custodes.acts.footing.granted import Granted
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.nouns import KILLS_OF_HOUSE, Kills
from custodes.acts.footing.standing import Change
from custodes.acts.opened import Opened
from custodes.acts.permitted import REASON_CHARACTERS_MAX, alter, customer, house, may_read, permit
from custodes.acts.records import Record
from custodes.acts.writing.act import Act
from custodes.acts.writing.ports import Reads
from custodes.acts.writing.readers import OpeningRow
from custodes.boundary.places import Location
from custodes.custody import kill as law
from custodes.custody.hierarchy import Page
from custodes.custody.keys import Key
from custodes.custody.kill import Kill, KillScope
from custodes.kernel import canonical
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import to_text
from custodes.kernel.ids import is_id, new_id
from custodes.kernel.refusal import Refusal, absent, conflict, denied, malformed
from custodes.objects.bucket import Bucket
from custodes.parties.distinct import Quorum
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Application, Organisation
from custodes.policy.question import Resource

from .said import single

USES = frozenset({"key.wrap", "key.unwrap", "object.get", "object.put", "object.copy", "object.lease"})
USES_READ_MAX = 1_000  # of each sub-log
_Opening = tuple[OpeningRow, Page | None, bytes]
LIFTING = Quorum(persons=law.LIFT_PERSONS_MIN, organisations=law.LIFT_GROUPS_MIN)

_log = logging.getLogger("custodes.kills")


class KillAnswers:
    """Answers `PreviewKill`, `Kill`, `LookKills`, `Lift`."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened

    async def preview(self, ask: asks.PreviewKill) -> asks.KillPreview:
        """Who would stand still. `bad-target` (malformed), `no-such-customer`, `no-such-provider`."""
        o = self._o
        scope, subject = self._target(ask.target)
        who = o.identities.of(ask.evidence)
        await may_read(o, who, _action("pull", scope), self._resource(scope, subject))
        still = self._stand_still(scope, subject)
        ids = {row.id for row in still}
        buckets = [
            row for row in o.standing.all_of("bucket", Bucket) if row.customer in ids and row.state == "open"
        ]
        if scope is KillScope.PROVIDER:
            buckets = [row for row in buckets if subject in self._operators(row)]
        now = to_text(o.clock.now())
        grants = [
            row
            for row in o.standing.all_of("grant", Granted)
            if row.customer in ids and row.state == "granted" and now < row.lapses_at
        ]
        applications = [row for row in o.standing.all_of("application", Application) if row.customer in ids]
        uses, is_more = await self._uses(still)
        return asks.KillPreview(
            target=ask.target,
            customers=tuple(sorted((row.id, row.name) for row in still)),
            keys=sum(row.customer in ids for row in o.standing.all_of("key", Key)),
            buckets=len(buckets),
            applications=tuple(sorted((row.id, row.name) for row in applications)),
            open_grants=len(grants),
            uses_last_day=uses,
            uses_are_more=is_more,
            entry_text="kill",
            name=self._name(scope, subject),
            killed_already=any((one.scope, one.subject) == (scope, subject) for one in self._standing()),
        )

    async def kill(self, ask: asks.Kill) -> asks.Killed:
        """One person. Durable, then the keys are dropped; `done` when every living keyroom followed."""
        o = self._o
        scope, subject = self._target(ask.target)
        if not 0 < len(ask.reason) <= REASON_CHARACTERS_MAX:
            raise malformed("bad-reason")
        id_ = new_id("kil", o.dice)
        actor: list[Identified] = []

        def decide() -> Alteration:
            who = o.identities.of(ask.evidence)
            actor[:] = [who]
            decided = permit(o, who, _action("pull", scope), self._resource(scope, subject))
            made = Kill(
                id=id_,
                scope=scope,
                subject=subject,
                killed_at=o.clock.now().replace(microsecond=0),
                by=who.actor.credential,
                reason=ask.reason,
            )
            row = o.standing.get("kills", subject or KILLS_OF_HOUSE, Kills) or Kills()
            grown = msgspec.structs.replace(row, kills=(*row.kills, made))
            return Alteration(
                changes=(self._change(scope, subject, grown),),
                records=self._records("kill", who, made, ask.reason),
                expects=decided.expects,
            )

        receipted = await alter(o, decide, ask, ask.evidence, is_urgent=True)
        still = self._stand_still(scope, subject)
        if scope is KillScope.HOUSE:
            o.keyring.drop()
        for row in still:
            o.keyring.drop(row.id)
        if scope is not KillScope.CUSTOMER:
            await self._tell(still, _record("kill", actor[0], id_, ask.reason))
        at = receipted.committed.positions[0]
        pending = await o.pending(o.standing.seq)
        state = "pending" if pending else "done"
        return asks.Killed(state=state, pending=pending, log=at.log, index=at.index, kill=id_)

    async def look(self, ask: asks.LookKills) -> asks.Kills:
        """Kills that stand: those that touch a customer, or (trustee) all."""
        o = self._o
        who = o.identities.of(ask.evidence)
        kills = sorted(self._standing(), key=lambda one: (one.killed_at, one.id))
        if ask.customer is not None:
            owner = customer(o, ask.customer)
            resource = Resource(kind="customer", id=owner.id, customer=owner.id)
            await may_read(o, who, "customer:read", resource)
            kills = [
                one
                for one in kills
                if owner.id in {row.id for row in self._stand_still(one.scope, one.subject)}
            ]
        elif self._kind_of(who) not in {PartyKind.TRUSTEE, PartyKind.CUSTODIAN}:
            raise denied("trustee-only")
        return asks.Kills(
            tuple(
                asks.KillView(
                    id=one.id,
                    target=asks.KillScope(one.scope.value, one.subject),
                    killed_at=to_text(one.killed_at),
                    by=one.by,
                    reason=one.reason,
                    document=self.document(one),
                    name=self._name(one.scope, one.subject),
                )
                for one in kills
            )
        )

    async def lift(self, ask: asks.Lift) -> asks.Lifted:
        """By signatures of two people of two controlling groups, each of whom policy lets do it.

        `no-such-kill` (absent), `signature-refused`, `asker-did-not-sign`, `signatures-too-few` (denied,
        with the code of `parties.distinct`), `kill-not-lifted` (conflict).
        """
        o = self._o
        lifted: list[tuple[Identified, Kill]] = []

        def decide() -> Alteration:
            who = o.identities.of(ask.evidence)
            kill = next((one for one in self._standing() if one.id == ask.kill), None)
            if kill is None or not self._knows(who, kill):
                raise absent("no-such-kill")
            seen = quorum(o, who, ask.approvals, hash_of(self.document(kill)))
            resource = self._resource(kill.scope, kill.subject)
            expects = [
                expect
                for one in seen
                for expect in permit(o, one, _action("lift", kill.scope), resource).expects
            ]
            approvals = [
                law.Approval(
                    person=o.directories.human(str(one.actor.person)),
                    group=o.directories.group(str(one.actor.organisation)),
                )
                for one in seen
            ]
            now = o.clock.now().replace(microsecond=0)
            done = law.lift(kill, approvals, now)
            if done.kill is None:
                raise conflict("kill-not-lifted", reason=done.reason)
            lifted[:] = [(seen[0], done.kill)]
            row = o.standing.get("kills", kill.subject or KILLS_OF_HOUSE, Kills) or Kills()
            rest = tuple(done.kill if one.id == kill.id else one for one in row.kills)
            return Alteration(
                changes=(self._change(kill.scope, kill.subject, Kills(kills=rest)),),
                records=self._records("lift", seen[0], done.kill, ""),
                expects=(*who.expects, *expects),
            )

        receipted = await alter(o, decide, ask, ask.evidence)
        who, kill = lifted[0]
        if kill.scope is not KillScope.CUSTOMER:
            await self._tell(self._stand_still(kill.scope, kill.subject), _record("lift", who, kill.id, ""))
        at = receipted.committed.positions[0]
        return asks.Lifted(log=at.log, index=at.index)

    def document(self, kill: Kill) -> bytes:
        """What is signed to lift this kill and no other."""
        target = (kill.scope.value, kill.subject)
        return lift_document(self._o.house, kill.id, target, to_text(kill.killed_at))

    def _target(self, target: asks.KillScope) -> tuple[KillScope, str]:
        o = self._o
        try:
            scope = KillScope(target.scope)
        except ValueError as error:
            raise malformed("bad-target") from error
        if (scope is KillScope.HOUSE) != (target.subject == ""):
            raise malformed("bad-target")
        if scope is KillScope.CUSTOMER:
            customer(o, target.subject)
        if scope is KillScope.PROVIDER:
            row = o.standing.get("organisation", target.subject, Organisation)
            if row is None or not is_id("org", target.subject):
                raise absent("no-such-provider")
        return scope, target.subject

    def _name(self, scope: KillScope, subject: str) -> str:
        """What people call it; empty for what is no more."""
        o = self._o
        if scope is KillScope.HOUSE:
            return o.body.name
        if scope is KillScope.CUSTOMER:
            row = o.standing.get("customer", subject, Customer)
            return row.name if row else ""
        home = o.standing.get("organisation", subject, Organisation)
        return home.name if home else ""

    def _resource(self, scope: KillScope, subject: str) -> Resource:
        if scope is KillScope.CUSTOMER:
            return Resource(kind="customer", id=subject, customer=subject)
        return Resource(kind="house", id=self._o.house)

    def _change(self, scope: KillScope, subject: str, row: Kills) -> Change:
        owner = subject if scope is KillScope.CUSTOMER else ""
        return Change(noun="kills", id=subject or KILLS_OF_HOUSE, customer=owner, value=row)

    def _standing(self) -> list[Kill]:
        rows = self._o.standing.all_of("kills", Kills)
        return [one for row in rows for one in row.kills if one.lifted_at is None]

    def _stand_still(self, scope: KillScope, subject: str) -> list[Customer]:
        """The customers it touches; the house, its own customer, keeps its records and is not listed."""
        o = self._o
        rows = {row.id: row for row in o.standing.all_of("customer", Customer) if row.id != o.house}
        placements: list[tuple[str, str | None]] = [(id_, None) for id_ in rows]
        for bucket in o.standing.all_of("bucket", Bucket):
            if bucket.state == "open":
                placements += [(bucket.customer, operator) for operator in self._operators(bucket)]
        return [rows[id_] for id_ in law.stand_still(scope, subject, placements) if id_ in rows]

    def _operators(self, bucket: Bucket) -> set[str]:
        """Who runs the places of a bucket; "" for an operator nobody knows, which every kill covers."""
        places = (self._o.standing.get("location", id_, Location) for id_ in bucket.locations)
        return {(place.operator or "") if place is not None else "" for place in places}

    def _knows(self, who: Identified, kill: Kill) -> bool:
        """Whether it exists for him: a customer's to whoever may know the customer, else to officers."""
        if kill.scope is KillScope.CUSTOMER:
            return not self._o.decisions.is_stranger(who, kill.subject)
        return self._kind_of(who) in {PartyKind.TRUSTEE, PartyKind.CUSTODIAN}

    def _kind_of(self, who: Identified) -> PartyKind | None:
        row = self._o.standing.get("organisation", who.actor.organisation or "", Organisation)
        return row.kind if row else None

    async def _uses(self, customers: Sequence[Customer]) -> tuple[int, bool]:
        """Uses of the last day, counted from opened entries that verify against their leaves."""
        o = self._o
        since = o.clock.now() - timedelta(days=1)
        owners = {row.log(kind): row for row in customers for kind in (MACHINE, EXCEPTIONAL)}
        if not owners:
            return 0, False

        def work(reads: Reads) -> tuple[list[_Opening], bool]:
            found = [reads.openings(log, limit=USES_READ_MAX) for log in owners]
            rows = [row for of_log in found for row in of_log if row.at >= since]
            is_cut = any(len(of) == USES_READ_MAX and of[-1].at >= since for of in found)
            leaf = [reads.leaves(row.log, row.index, row.index + 1)[0] for row in rows]
            pages = [reads.page(o.house, row.page) for row in rows]
            return list(zip(rows, pages, leaf, strict=True)), is_cut

        rows, is_cut = await o.read(work)
        uses = 0
        for row, page, leaf in rows:
            if page is None:
                continue
            fields = o.records.unseal(owners[row.log], page, row, leaf).fields
            uses += _uses_said(fields)
        return uses, is_cut

    def _records(
        self, act: str, who: Identified, kill: Kill, reason: str
    ) -> tuple[tuple[Customer, Record], ...]:
        o = self._o
        logs = [house(o)]
        if kill.scope is KillScope.CUSTOMER:
            logs = [customer(o, kill.subject), *logs]
        record = _record(act, who, kill.id, reason)
        return tuple((each, record) for each in logs)

    async def tell_everybody(self, record: Record) -> None:
        """Every customer reads of a kill of the house, or of its end, in his own log."""
        await self._tell(self._stand_still(KillScope.HOUSE, ""), record)

    async def _tell(self, customers: Sequence[Customer], record: Record) -> None:
        """A kill of the house or of a provider stands already; its customers read of it in their own logs.

        These entries come after the kill and do not hold it up; one that cannot be written is an alarm.
        """
        o = self._o
        stamp: dict[str, Plain] = {
            "standing_seq": o.standing.seq,
            "standing_root": canonical.b64(o.standing.root()),
        }
        stamped = msgspec.structs.replace(record, fields={**record.fields, **stamp})
        for row in customers:
            act_id = new_id("act", o.dice)
            try:
                await o.records.ready(row)
                entry = o.records.seal(row, act_id, 0, stamped)
                await o.gate.commit(Act(id=act_id, entries=(entry,)))
            except Refusal:
                _log.critical("customer %s could not be told of %s %s", row.id, record.act, record.subject)


def quorum(
    o: Opened, who: Identified, approvals: Sequence[bytes], document_hash: bytes
) -> tuple[Identified, ...]:
    """The signers of a document, who asks first; two human beings of two controlling groups at least.

    `asker-did-not-sign`, `signatures-too-few`, `signature-refused` (denied).
    """
    seen = signed.signers(o, approvals, document_hash)
    own = [one for one in seen if one.actor.person is not None and one.actor.person == who.actor.person]
    if not own:
        raise denied("asker-did-not-sign")
    short = signed.shortfall(o, seen, LIFTING)
    if short is not None:
        raise denied("signatures-too-few", reason=short.code, need=short.need, have=short.have)
    return (own[0], *(one for one in seen if one is not own[0]))


def _action(verb: str, scope: KillScope) -> str:
    """A kill of a provider touches many customers: it is the house's to pull and to lift."""
    return f"kill:{verb}" if scope is KillScope.CUSTOMER else f"kill:{verb}-house"


def _record(act: str, who: Identified, kill: str, reason: str) -> Record:
    return single(act, who, kill, subject=kill, reason=reason or None)


def _uses_said(fields: Mapping[str, Plain]) -> int:
    """How many uses an entry stands for; a lease for all it admits."""
    if fields["act"] not in USES or fields.get("decision") == "deny" or fields["phase"] == "outcome":
        return 0
    count = fields.get("count", 1)
    return count if isinstance(count, int) else 1
