"""The only door through which a case moves: load, policy, the desk's table, one act.

One act expects the case's version and everything the decision rested on; it writes the case, its head, the
grant where one begins or ends, the outbox, and one entry `lockbox.<verb>` in the customer's exceptional
sub-log. Moves go one at a time, like every change of what stands: of two, one wins and the other is shown
the new state.
"""

import hashlib
import hmac
import logging
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import msgspec

from custodes.acts.answers.said import said, said_person
from custodes.acts.asks.cases import MoveCase, OpenCase
from custodes.acts.authority import Alteration
from custodes.acts.footing.case_head import CaseHead, digest_of
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.decisions import Asked, Decided, refusal_of
from custodes.acts.footing.granted import GRANTED, Granted
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.standing import Change
from custodes.acts.gate import Receipted
from custodes.acts.opened import Opened
from custodes.acts.records import Record
from custodes.acts.signed import Fixed
from custodes.acts.writing.act import Write
from custodes.acts.writing.readers import CaseRow, OutboxRow
from custodes.custody.keys import Key
from custodes.desks import catalogue, forms, grant
from custodes.desks.access import AccessCase, Body, opening
from custodes.desks.engine import Case, Desk, Move, Refused, Step, Taken
from custodes.desks.forms import Form
from custodes.desks.intents import Alarm, Intent
from custodes.kernel import canonical
from custodes.kernel.actor import CLOCK, Actor, ActorKind
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import to_text
from custodes.kernel.ids import is_id, new_id
from custodes.kernel.refusal import Kind, absent, conflict, malformed, unavailable
from custodes.objects.bucket import Bucket
from custodes.policy.question import Decision, Reason

from .facts import as_signer, facts_of, granted_of, is_outsider, is_own, resource_of
from .grants import granted_row

HOUSE = Actor(kind=ActorKind.PROCESS, credential="keyroom", how="local")
FORM_BYTES_MAX = 65_536
OPENINGS_MAX = 200
_RETRY = re.compile(r"[A-Za-z0-9_-]{1,64}")
ENDING = frozenset({"deny", "return", "revoke"})  # these take away: they commit even on a full disk
# Refused by the desk, and worth an entry: somebody tried what nobody may.
TRIED = frozenset(
    {"own-request", "own-benefit", "own-approval", "other-document", "bad-signature", "not-a-party"}
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_log = logging.getLogger("custodes.office")


class _Moving(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one move is decided on."""

    who: Identified
    case: AccessCase
    customer: Customer
    verb: str
    form: Form
    decided: Decided | None = None


class Office:
    """Takes moves; `views.CaseViews` shows the outcome."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened

    async def open(self, ask: OpenCase) -> str:
        """A new case by its first move; gives its id.

        `no-such-customer`, `no-such-desk`, `no-such-resource` (absent), `bad-form` (malformed), what policy
        refuses, `move-closed` (conflict) with the desk's reasons. With a retry id: `bad-retry` (malformed),
        and the case this very ask opened before is given again.
        """
        o = self._o
        case_id = retried_id(o, o.identities.of(ask.evidence), ask)
        desk = catalogue.desk_named(ask.desk)
        first = next(move for move in desk.moves if desk.initial in move.sources)
        form = form_of(first, ask.form)

        async def decide() -> Alteration:
            who = o.identities.of(ask.evidence)
            if o.standing.get("case", case_id, CaseHead) is not None:
                raise _OpenedBefore
            customer = o.standing.get("customer", ask.customer, Customer)
            if customer is None or customer.id == o.house:
                raise absent("no-such-customer")
            case = opening(desk.name, case_id, customer.id, o.grants.now())
            purpose = form.purpose if isinstance(form, forms.Ask) else "emergency"
            decided = await self._decided(who, case, customer, (first, purpose))
            await self._refuse_foreign(customer, form)
            return await self._alteration(
                _Moving(who=who, case=case, customer=customer, verb=first.verb, form=form, decided=decided)
            )

        with suppress(_OpenedBefore):  # it stands already: the first answer again
            await o.authority.alter(decide)
        return case_id

    async def move(self, ask: MoveCase) -> None:
        """One move of a person. `no-such-case` (absent), `changed-meanwhile` (conflict) with the state and
        version that stand now, `bad-form` (malformed), what policy refuses, `move-closed` (conflict).
        """
        o = self._o

        async def decide() -> Alteration:
            who = o.identities.of(ask.evidence)
            case = await self.seen(ask.case, who)
            if case.version != ask.version:
                raise conflict("changed-meanwhile", state=case.state, version=case.version)
            move = _move(catalogue.desk_of(case), case.state, ask.verb)
            form = form_of(move, ask.form)
            customer = customer_of(o, case)
            signer = as_signer(o, who, form, o.grants.now())
            purpose = case.body.document.purpose if case.body.document else "audit"
            decided = await self._decided(signer, case, customer, (move, purpose))
            return await self._alteration(
                _Moving(who=signer, case=case, customer=customer, verb=ask.verb, form=form, decided=decided)
            )

        await o.authority.alter(decide, is_urgent=ask.verb in ENDING)

    async def take(self, case_id: str, verb: str | None, actor: Actor = HOUSE) -> Receipted:
        """One move by time (`verb` None: whichever is due) or by the house. `move-closed` (conflict)."""
        o = self._o

        async def decide() -> Alteration:
            case = await self.load(case_id)
            due = None if verb is not None else catalogue.desk_of(case).due(case)
            if verb is None and (due is None or due.at > o.grants.now()):
                raise conflict("move-closed", reasons=("not-due",))
            who = Identified(actor=CLOCK if verb is None else actor, expects=())
            return await self._alteration(
                _Moving(
                    who=who,
                    case=case,
                    customer=customer_of(o, case),
                    verb=verb or (due.verb if due else ""),
                    form=Form(),
                )
            )

        return await o.authority.alter(decide, is_urgent=True)

    async def struck(self, person: str, organisation: str) -> tuple[Alteration, ...]:
        """What it takes that approvals of somebody who leaves count nowhere; hold the standing lock.

        One alteration per case that waits for consent and has one of his; for the act that lets him go.
        """
        o = self._o
        waiting = {
            state
            for desk in catalogue.CURRENT.values()
            for m in desk.moves
            if m.verb == "strike"
            for state in m.sources
        }
        found = []
        for head in list(o.standing.all_of("case", CaseHead)):
            if head.state not in waiting:
                continue
            case = await self.load(head.id)
            human = o.directories.human
            given = [(human(one.person), one.organisation) for one in case.body.approvals]
            if (human(person), organisation) not in given:
                continue
            moving = _Moving(
                who=Identified(actor=HOUSE, expects=()),
                case=case,
                customer=customer_of(o, case),
                verb="strike",
                form=forms.Left(person=person, organisation=organisation),
            )
            found.append(await self._alteration(moving))
        return tuple(found)

    async def seen(self, case_id: str, who: Identified) -> AccessCase:
        """A case this actor may read, else `no-such-case` (absent); hold the standing lock."""
        o = self._o
        case = await self.load(case_id)
        asked = Asked(action="lockbox:read", resource=resource_of(o, case), purpose="audit")
        may = o.decisions.decide(who, asked).decision.allowed
        if not may or (is_outsider(o, who) and not is_own(who, case)):
            raise absent("no-such-case")
        return case

    async def load(self, case_id: str) -> AccessCase:
        """A case as it was last written; hold the standing lock. `no-such-case` (absent);
        `case-forged` (unavailable): the row is not the one that stands.
        """
        head = self._o.standing.get("case", case_id, CaseHead) if is_id("cas", case_id) else None
        if head is None:
            raise absent("no-such-case")
        row = await self._o.read(lambda reads: reads.case(case_id))
        return checked(row, head)

    async def _decided(
        self, who: Identified, case: AccessCase, customer: Customer, what: tuple[Move, str]
    ) -> Decided:
        move, purpose = what
        if move.action is None:  # a move of time or of the house; the desk says so
            raise conflict("move-closed", reasons=("wrong-role",), state=case.state)
        asked = Asked(action=move.action, resource=resource_of(self._o, case), purpose=purpose)
        decided = self._o.decisions.decide(who, asked)
        if not decided.decision.allowed:
            if decided.decision.kind is Kind.DENIED:
                await self._o.denials.record(who, customer, decided, subject=case.id)
            raise refusal_of(decided.decision)
        return decided

    async def _refuse_foreign(self, customer: Customer, form: Form) -> None:
        """What is asked for must be there and this customer's; `no-such-resource` (absent) for both alike."""
        o = self._o
        texts = form.resources if isinstance(form, forms.Call) else ()
        # behind a key and a blank stands a claim, in which anything may be: the form has seen to it
        pairs = [text.partition(" ")[::2] if " " in text else text.partition("/")[::2] for text in texts]
        pairs = [(thing, "" if thing.startswith("key-") else version) for thing, version in pairs]
        versions = [version for _, version in pairs if version]
        found = await o.read(lambda reads: reads.object_names(versions)) if versions else {}
        for thing, version in pairs:
            noun: tuple[str, type[Bucket | Key]] = ("bucket", Bucket) if version else ("key", Key)
            row = o.standing.get(noun[0], thing, noun[1])
            is_there = not version or found.get(version, ("", ""))[0] == thing
            if row is None or row.customer != customer.id or not is_there:
                raise absent("no-such-resource")

    async def _alteration(self, moving: _Moving) -> Alteration:
        o, case = self._o, moving.case
        now = o.grants.now()
        desk = catalogue.desk_of(case)
        allowed = {moving.decided.decision.action} if moving.decided else set()
        step = Step(
            case=case,
            actor=moving.who.actor,
            form=moving.form,
            now=now,
            facts=facts_of(o, case, moving.customer, moving.form, now),
            allowed=frozenset(allowed),
        )
        taken = desk.take(step, moving.verb)
        if isinstance(taken, Refused):
            await self._tried(moving, taken)
            raise conflict("move-closed", reasons=taken.reasons, state=case.state)
        return self._written(moving, taken, now)

    async def _tried(self, moving: _Moving, refused: Refused) -> None:
        reasons = [reason for reason in refused.reasons if reason in TRIED]
        if not reasons or moving.decided is None:
            return
        said_no = Decision(
            allowed=False,
            action=moving.decided.decision.action,
            purpose=moving.decided.decision.purpose,
            rules=(),
            reasons=tuple(Reason(code=code, scope="desk") for code in reasons),
            kind=Kind.DENIED,
        )
        decided = Decided(decision=said_no, expects=())
        await self._o.denials.record(moving.who, moving.customer, decided, subject=moving.case.id)

    def _written(self, moving: _Moving, taken: Taken, now: datetime) -> Alteration:
        o, case = self._o, taken.case
        desk = catalogue.desk_of(case)
        row = row_of(desk, case)
        head = head_of(desk, case, row)
        owner = moving.customer.id
        changes = [Change(noun="case", id=case.id, customer=owner, value=head)]
        granted = grant_after(o, moving.case, case, now)
        if granted is not None:
            changes.append(Change(noun="grant", id=granted.id, customer=owner, value=granted))
        told = [outbox_row(o, case, intent, now) for intent in taken.intents]
        for intent in taken.intents:
            if isinstance(intent, Alarm):
                _log.error("alarm: %s, case %s", intent.message, case.id)
        return Alteration(
            changes=tuple(changes),
            records=((moving.customer, _record(moving, case)),),
            expects=moving.decided.expects if moving.decided else (),
            writes=(Write("case.put", (row,)), *(Write("outbox.add", (one,)) for one in told)),
        )


class _OpenedBefore(Exception):  # noqa: N818 - a case on its way to be given again
    """There is a case under this retry id."""


def retried_id(o: Opened, who: Identified, ask: OpenCase) -> str:
    """A case's id: drawn, or the one this very ask under its retry id always leads to.

    `bad-retry` (malformed). Nothing of the form can be read out of the id: it is under a key of the house.
    """
    if not ask.retry:
        return new_id("cas", o.dice)
    if _RETRY.fullmatch(ask.retry) is None:
        raise malformed("bad-retry")
    by = who.actor.person or who.actor.credential
    form = canonical.b64(ask.form)
    said_to = canonical.encode(["retry of open-case", by, ask.retry, ask.desk, ask.customer, form])
    return new_id("cas", Fixed(hmac.digest(o.keyring.house_keys.session, said_to, "sha256")))


def form_of(move: Move, raw: bytes) -> Form:
    """A move's form from canonical JSON; `bad-form`, `not-canonical` (malformed)."""
    if len(raw) > FORM_BYTES_MAX:
        raise malformed("bad-form")
    plain = canonical.decode(raw)
    if not isinstance(plain, dict):
        raise malformed("bad-form")
    return forms.parse(move.form, plain)


def customer_of(o: Opened, case: AccessCase) -> Customer:
    """The case's customer; `no-such-customer`."""
    row = o.standing.get("customer", case.customer, Customer)
    if row is None:
        raise absent("no-such-customer")
    return row


def checked(row: CaseRow | None, head: CaseHead) -> AccessCase:
    """The case in a row, if it is the one whose head stands; `case-forged` (unavailable)."""
    if row is None or digest_of(row.body) != head.digest:
        _log.critical("alarm: the row of case %s is not the one that was written last", head.id)
        raise unavailable("case-forged", case=head.id)
    return msgspec.convert(canonical.decode(row.body), Case[Body], strict=True)


def row_of(desk: Desk, case: AccessCase) -> CaseRow:
    """A case as it lies in its table."""
    document = case.body.document
    due = desk.due(case)
    return CaseRow(
        id=case.id,
        desk=case.desk,
        customer=case.customer,
        state=case.state,
        version=case.version,
        opened_at=microseconds(case.opened_at),
        asker=str(document.asker.person) if document else "",
        beneficiary=document.beneficiary.credential if document else "",
        due_at=microseconds(due.at) if due else None,
        body=canonical.encode(msgspec.to_builtins(case)),
    )


def head_of(desk: Desk, case: AccessCase, row: CaseRow) -> CaseHead:
    """What stands of a case."""
    due = desk.due(case)
    return CaseHead(
        id=case.id,
        desk=case.desk,
        state=case.state,
        version=case.version,
        digest=digest_of(row.body),
        opened_at=to_text(case.opened_at),
        changed_at=to_text(case.changed_at),
        due_at=to_text(due.at) if due else None,
        review_by=to_text(case.body.review_by) if case.body.review_by else None,
    )


def grant_after(o: Opened, before: AccessCase, case: AccessCase, now: datetime) -> Granted | None:
    """The grant's row as this move leaves it; None when the move neither gives nor ends one."""
    if case.state == before.state or case.body.document is None:
        return None
    if case.state == GRANTED:
        rules = o.grants.rules(customer_of(o, case))
        verdict = grant.verify(case.body.document, case.body.approvals, rules, now)
        return granted_row(case.body.document, case.body.approvals, verdict)
    row = granted_of(o, case)
    if before.state != GRANTED or row is None:
        return None
    return msgspec.structs.replace(row, state=case.state, ended_at=to_text(now))


def microseconds(at: datetime) -> int:
    """Whole microseconds since 1970, as the tables keep time."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def instant(at: int) -> datetime:
    """Inverse of `microseconds`."""
    return _EPOCH + timedelta(microseconds=at)


def outbox_row(o: Opened, case: AccessCase, intent: Intent, now: datetime) -> OutboxRow:
    """One intent as it waits to be told."""
    plain = msgspec.to_builtins(intent)
    kind = plain.pop("type")
    body = {"case": case.id, "desk": case.desk, "customer": case.customer, **plain}
    return OutboxRow(id=new_id("out", o.dice), at=microseconds(now), kind=kind, body=canonical.encode(body))


def _move(desk: Desk, state: str, verb: str) -> Move:
    rows = [move for move in desk.moves if move.verb == verb]
    here = next((move for move in rows if state in move.sources), None)
    if here is None:
        raise conflict("move-closed", reasons=("wrong-state" if rows else "unknown-verb",), state=state)
    return here


def _record(moving: _Moving, case: AccessCase) -> Record:
    fields: dict[str, Plain] = {
        **said(moving.who),
        "phase": "single",
        "case": case.id,
        "move": moving.verb,
    }
    if moving.decided is not None:
        policies: list[Plain] = list(moving.decided.decision.rules)
        fields |= {"decision": "allow", "policies": policies}
    form = canonical.encode(msgspec.to_builtins(moving.form))
    person = {**said_person(moving.who), "form": canonical.b64(hashlib.sha256(form).digest())}
    document = case.body.document
    if document is not None:
        fields |= {
            "purpose": document.purpose,
            "grant": document.grant,
            "grant_hash": canonical.b64(grant.grant_hash(document)),
        }
        person["ticket"] = document.ticket
    if case.state == GRANTED and case.body.ends_at is not None:
        fields["until"] = to_text(case.body.ends_at)
    return Record(act=f"lockbox.{moving.verb}", subject=case.id, fields=fields, person=person)
