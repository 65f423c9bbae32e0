"""Cases of preservation as somebody may see them, and the table of which ask is answered where."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from custodes.acts.asks.cases import (
    ApprovalView,
    ClockRan,
    MoveView,
    RunClock,
    StepView,
    ToSign,
    WhoView,
    WhyView,
)
from custodes.acts.asks.preserving import cases as asks
from custodes.acts.asks.preserving.cases import (
    LookPreservation,
    LookPreservations,
    MovePreservation,
    OpenPreservation,
    OrderView,
    PreservationLine,
    Preservations,
    PreservationView,
)
from custodes.acts.footing.customer import EXCEPTIONAL, Customer
from custodes.acts.footing.decisions import refusal_of
from custodes.acts.footing.identities import Identified
from custodes.acts.office.clock import Clockwork
from custodes.acts.office.explaining import reason_why, rule_why
from custodes.acts.office.facts import by_key, signing_keys
from custodes.acts.opened import Opened
from custodes.desks.engine import Step
from custodes.desks.forms import Approve, Form
from custodes.desks.grant import Approval, FileSignature, Who, approval_digest
from custodes.desks.preservation import PRESERVATION, PreservationCase, is_hidden, order_in
from custodes.desks.preserving import Order, approval_reason, encode, order_hash
from custodes.desks.rules import key_hash
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import absent
from custodes.objects.bucket import Bucket
from custodes.parties.rows import Credential, Organisation, Person
from custodes.policy.explain import explain
from custodes.policy.rules import RuleSet

from . import kept, rows
from .disclosing import Disclosing, withheld_of
from .facts import facts_of
from .office import READ, PreservationOffice, asked_for, customer_of, may_see
from .scope import VERSIONS_MAX, in_scope
from .securing import Securing

Answers = Mapping[type, Callable[[Any], Awaitable[Any]]]
TIMELINE_MAX = 200

_log = logging.getLogger("custodes.preservation")


def preservation_answers(opened: Opened, office: PreservationOffice, securing: Securing) -> Answers:
    """Every ask about preservations; the clock of the desks is run with the house's work on them."""
    looking = PreservationAnswers(opened, office, securing)
    clockwork = Clockwork(opened)

    async def run_clock(ask: RunClock) -> ClockRan:
        ran = await clockwork.run(ask)
        moved = await securing.round()
        return ClockRan(ran.moved + moved, (*ran.undone, *securing.waits))

    return {
        RunClock: run_clock,
        OpenPreservation: looking.open,
        MovePreservation: looking.move,
        LookPreservation: looking.look,
        LookPreservations: looking.list,
        asks.LookDisclosed: Disclosing(opened).look,
    }


class PreservationAnswers:
    """Answers what people ask about cases."""

    def __init__(self, opened: Opened, office: PreservationOffice, securing: Securing) -> None:
        self._o = opened
        self._office = office
        self._securing = securing

    async def open(self, ask: OpenPreservation) -> PreservationView:
        """See `PreservationOffice.open`."""
        case = await self._office.open(ask)
        return await self.look(LookPreservation(ask.evidence, case))

    async def move(self, ask: MovePreservation) -> PreservationView:
        """See `PreservationOffice.move`."""
        await self._office.move(ask)
        return await self.look(LookPreservation(ask.evidence, ask.case))

    async def look(self, ask: LookPreservation) -> PreservationView:
        """See `LookPreservation`."""
        o = self._o
        who = o.identities.of(ask.evidence)
        case = self._office.seen(ask.case, who)
        return await self._view(who, case)

    async def list(self, ask: LookPreservations) -> Preservations:
        """See `LookPreservations`. Who may see none is refused as policy refuses; a foreign customer is
        `no-such-customer` (absent).
        """
        o = self._o
        who = o.identities.of(ask.evidence)
        decided = o.decisions.decide(who, asked_for(o, READ))
        if not decided.decision.allowed:
            raise refusal_of(decided.decision)
        if ask.customer is not None and o.standing.get("customer", ask.customer, Customer) is None:
            raise absent("no-such-customer")
        found = [
            _line(case)
            for case in kept.every(o)
            if ask.customer in (None, case.customer) and may_see(o, who, case)
        ]
        return Preservations(tuple(sorted(found, key=lambda one: (one.opened_at, one.id), reverse=True)))

    async def _view(self, who: Identified, case: PreservationCase) -> PreservationView:
        o, body = self._o, case.body
        customer = customer_of(o, case)
        done, lost = await rows.every(o, case)
        pending = await self._pending(case, done)
        order, signing = order_in(case), body.proposal or order_in(case)
        moves = self._moves(who, case, customer)
        due = PRESERVATION.due(case)
        told_by = order.told_at if is_hidden(case) else None
        can_sign = body.proposal is not None and any(one.signs and one.open for one in moves)
        return PreservationView(
            id=case.id,
            customer=case.customer,
            state=case.state,
            version=case.version,
            opened_at=to_text(case.opened_at),
            changed_at=to_text(case.changed_at),
            is_hidden=is_hidden(case),
            told_by=_text(told_by),
            told_at=_text(body.told_at),
            order=self._order(order),
            proposal=self._order(body.proposal) if body.proposal is not None else None,
            document=encode(signing),
            document_hash=order_hash(signing),
            moves=moves,
            approvals=tuple(self._approval(customer, signing, one) for one in body.approvals),
            signed=tuple(self._approval(customer, order, one) for one in body.signed),
            to_sign=self._to_sign(who, signing) if can_sign else (),
            timeline=await self._timeline(customer, case),
            preserved=len(done),
            pending=pending,
            missing=body.missing,
            lost=lost + (await rows.lost_pins(o, done) if done else 0),
            why_pending=self._securing.waits.get(case.id, ""),
            verified_at=_text(body.verified_at),
            whole=body.whole,
            bad=body.bad,
            destroyed=body.destroyed,
            outcome=body.outcome,
            until=to_text(due.at) if due else None,
        )

    async def _pending(self, case: PreservationCase, done: Sequence[rows.Preserved]) -> int | None:
        """Versions in scope without a second wrap; None when the scope is done, or not fixed yet."""
        if case.state not in {"ordered", "securing"}:
            return None
        versions = {one.version for one in done}
        pending = 0
        async for page in in_scope(self._o, order_in(case), case.body.scope_at or case.changed_at):
            pending += sum(row.version not in versions for row in page)
            if pending > VERSIONS_MAX:
                break
        return pending

    def _moves(self, who: Identified, case: PreservationCase, customer: Customer) -> tuple[MoveView, ...]:
        """Every verb as it stands for this actor; a move that signs is judged as if he had signed."""
        o, now = self._o, self._o.grants.now()
        keys = signing_keys(o, who, now)
        signer = by_key(o, who, keys[0]) if keys else who
        allowed: set[str] = set()
        closed: dict[str, tuple[WhyView, ...]] = {}
        for action in sorted({str(move.action) for move in PRESERVATION.moves if move.action}):
            signs = any(move.action == action and move.form is Approve for move in PRESERVATION.moves)
            decided = o.decisions.decide(signer if signs else who, asked_for(o, action))
            if decided.decision.allowed:
                allowed.add(action)
            elif decided.question is not None:
                rules = o.standing.get("rules", o.house, RuleSet)
                reasons = explain(decided.decision, decided.question, rules)
                closed[action] = tuple(rule_why(one) for one in reasons)
        step = Step(
            case=case,
            actor=who.actor,
            form=Form(),
            now=now,
            facts=facts_of(o, customer, Form(), is_silent=is_hidden(case)),
            allowed=frozenset(allowed),
        )
        actions = {move.verb: str(move.action) for move in PRESERVATION.moves if case.state in move.sources}
        views = []
        for one in PRESERVATION.open_moves(step):
            why: list[WhyView] = []
            for code in one.reasons:
                rules_why = closed.get(actions.get(one.verb, ""), ())
                why += rules_why if code == "not-allowed" and rules_why else (reason_why(code),)
            views.append(
                MoveView(
                    verb=one.verb,
                    open=one.is_open,
                    form=one.form.__name__,
                    signs=one.form is Approve,
                    why=tuple(why),
                )
            )
        return tuple(views)

    def _order(self, order: Order) -> OrderView:
        o = self._o
        bucket = o.standing.get("bucket", order.bucket, Bucket)
        asker = self._who(order.asker)
        return OrderView(
            act=order.act,
            authority=order.authority,
            instrument=order.instrument,
            reference=order.reference,
            source=order.source,
            reason=order.reason,
            bucket=order.bucket,
            bucket_name=bucket.name if bucket else "",
            prefixes=order.prefixes,
            names=order.names,
            versions=order.versions,
            is_silent=order.is_silent,
            duty=order.duty,
            duty_ends_at=_text(order.duty_ends_at),
            review_by=_text(order.review_by),
            ends_at=to_text(order.ends_at),
            holder=order.holder,
            asked_at=to_text(order.asked_at),
            answer_by=to_text(order.answer_by),
            asker=asker.name or asker.credential,
            asker_organisation=asker.organisation_name,
        )

    def _approval(self, customer: Customer, order: Order, one: Approval) -> ApprovalView:
        reason = approval_reason(order, one, self._o.grants.rules(customer))
        who = Who(credential=one.credential, organisation=one.organisation, person=one.person)
        return ApprovalView(
            self._who(who), to_text(one.approved_at), reason is None, "key-revoked" if reason else ""
        )

    def _who(self, who: Who) -> WhoView:
        o = self._o
        home = o.standing.get("organisation", who.organisation, Organisation)
        person = o.standing.get("person", who.person, Person) if who.person else None
        return WhoView(
            credential=who.credential,
            organisation=who.organisation,
            organisation_name=home.name if home else "",
            person=who.person,
            name=person.name if person else "",
        )

    def _to_sign(self, who: Identified, order: Order) -> tuple[ToSign, ...]:
        now = self._o.grants.now().replace(microsecond=0)
        return tuple(_signing(order, who, key, now) for key in signing_keys(self._o, who, now))

    async def _timeline(self, customer: Customer, case: PreservationCase) -> tuple[StepView, ...]:
        """Withheld entries and shown ones, in the order of time."""
        o, log = self._o, customer.log(EXCEPTIONAL)
        steps = [
            self._step(dict(entry.fields), (to_text(entry.row.at), entry.row.log, entry.row.index))
            for entry in await withheld_of(o, case)
        ]
        stored = await o.read(
            lambda r: [
                (row, r.leaves(log, row.index, row.index + 1)[0], r.page(o.house, row.page))
                for row in r.openings(log, subject=case.id, limit=TIMELINE_MAX, is_oldest_first=True)
            ]
        )
        for row, leaf, page in stored:
            if page is not None:
                fields = dict(o.records.unseal(customer, page, row, leaf).fields)
                steps.append(self._step(fields, (to_text(row.at), row.log, row.index)))
        return tuple(sorted(steps, key=lambda one: one.at))

    def _step(self, fields: dict[str, Any], at: tuple[str, str, int]) -> StepView:
        person = str(fields.get("person") or "") or None
        named = self._o.standing.get("person", person, Person) if person else None
        organisation = str(fields.get("organisation") or "") or None
        return StepView(
            at=at[0],
            move=str(fields.get("move", "")),
            actor=str(fields.get("actor", "")),
            organisation=organisation,
            person=person,
            name=named.name if named else "",
            log=at[1],
            index=at[2],
        )


def _line(case: PreservationCase) -> PreservationLine:
    order, due = order_in(case), PRESERVATION.due(case)
    return PreservationLine(
        id=case.id,
        customer=case.customer,
        state=case.state,
        opened_at=to_text(case.opened_at),
        is_hidden=is_hidden(case),
        authority=order.authority,
        reference=order.reference,
        bucket=order.bucket,
        ends_at=to_text(order.ends_at),
        until=to_text(due.at) if due else None,
        prefixes=order.prefixes,
        names=order.names,
        versions=order.versions,
    )


def _signing(order: Order, who: Identified, key: Credential, at: datetime) -> ToSign:
    blank = Approval(
        grant_hash=order_hash(order),
        person=who.actor.person or "",
        organisation=who.actor.organisation or "",
        credential=key.id,
        key_hash=key_hash(key),
        approved_at=at,
        signature=FileSignature(signature=b""),
    )
    return ToSign(
        credential=key.id,
        kind=key.kind.value,
        organisation=blank.organisation,
        grant_hash=canonical.b64(blank.grant_hash),
        key_hash=canonical.b64(blank.key_hash),
        approved_at=to_text(at),
        digest=approval_digest(blank),
        passkey_id=key.passkey_id,
    )


def _text(at: datetime | None) -> str | None:
    return None if at is None else to_text(at)
