"""The only door through which a case of preservation moves.

As the office of the other desks does it: load, policy, the desk's table, one act. But the case is sealed, and
while a duty hides it its entry stands in the house's withheld sub-log and nobody is sent a notice; whoever
may not know of it finds it absent, without a denial on record.
"""

import hashlib
import logging
from datetime import UTC, datetime, timedelta

import msgspec

from custodes.acts.answers.said import said, said_person
from custodes.acts.asks.preserving.cases import MovePreservation, OpenPreservation
from custodes.acts.authority import Alteration, Hidden
from custodes.acts.footing.customer import WITHHELD, Customer
from custodes.acts.footing.decisions import Asked, Decided, refusal_of
from custodes.acts.footing.identities import Identified
from custodes.acts.gate import Receipted
from custodes.acts.office.facts import as_signer
from custodes.acts.office.office import HOUSE, form_of, microseconds
from custodes.acts.opened import Opened
from custodes.acts.permitted import house
from custodes.acts.records import Record
from custodes.acts.upkeep.veils import settle_in, tag_of
from custodes.acts.writing.act import Before, Expect, Write
from custodes.acts.writing.readers import OutboxRow
from custodes.desks.engine import Move, Refused, Step, Taken
from custodes.desks.forms import Form
from custodes.desks.intents import Alarm
from custodes.desks.preservation import PRESERVATION, PreservationCase, changed, is_hidden, opening, order_in
from custodes.desks.preserving import order_hash
from custodes.kernel import canonical
from custodes.kernel.actor import CLOCK
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import absent, conflict, limited
from custodes.ledger.veil import ITEMS_MIN
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Organisation
from custodes.policy.question import Resource

from . import kept
from .facts import counters_of, facts_of

READ = "preservation:read"
# A veil shows its width: with one act more in a day it would be another than on a day without any.
HIDDEN_A_DAY = ITEMS_MIN - 1
HIDDEN_BY_PEOPLE = HIDDEN_A_DAY - 3  # what the house and the clock must do finds room on the same day

_log = logging.getLogger("custodes.preservation")


class _Moving(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one move is decided on."""

    who: Identified
    case: PreservationCase
    customer: Customer
    verb: str
    form: Form
    decided: Decided | None = None


class PreservationOffice:
    """Takes moves of one unsealed house."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened

    async def open(self, ask: OpenPreservation) -> str:
        """A new case by its first move; gives its id. `no-such-customer` (absent) also to whoever is not of
        the trustee; `bad-form` (malformed), `move-closed` (conflict), `veil-full` (limited), what policy
        refuses.
        """
        o = self._o
        await settle_in(o)
        case_id = new_id("cas", o.dice)
        first = next(move for move in PRESERVATION.moves if PRESERVATION.initial in move.sources)
        form = form_of(first, ask.form)

        async def decide() -> Alteration:
            who = o.identities.of(ask.evidence)
            customer = o.standing.get("customer", ask.customer, Customer)
            if customer is None or customer.id == o.house or not is_of_trustee(o, who):
                raise absent("no-such-customer")
            case = opening(case_id, customer.id, o.grants.now())
            decided = self._decided(who, first)
            return await self._alteration(
                _Moving(who=who, case=case, customer=customer, verb=first.verb, form=form, decided=decided)
            )

        await o.authority.alter(decide)
        return case_id

    async def move(self, ask: MovePreservation) -> None:
        """One move of a person. `no-such-case` (absent), `changed-meanwhile`, `move-closed` (conflict),
        `bad-form` (malformed), `veil-full` (limited), what policy refuses.
        """
        o = self._o

        async def decide() -> Alteration:
            who = o.identities.of(ask.evidence)
            case = self.seen(ask.case, who)
            if case.version != ask.version:
                raise conflict("changed-meanwhile", state=case.state, version=case.version)
            move = _move(case.state, ask.verb)
            form = form_of(move, ask.form)
            signer = as_signer(o, who, form, o.grants.now())
            decided = self._decided(signer, move)
            return await self._alteration(
                _Moving(
                    who=signer,
                    case=case,
                    customer=customer_of(o, case),
                    verb=ask.verb,
                    form=form,
                    decided=decided,
                )
            )

        await o.authority.alter(decide)

    async def take(self, case_id: str, verb: str | None, form: Form | None = None) -> Receipted:
        """One move by time (`verb` None: whichever is due) or by the house. `move-closed` (conflict)."""
        o = self._o

        async def decide() -> Alteration:
            case = kept.load(o, case_id)
            due = None if verb is not None else PRESERVATION.due(case)
            if verb is None and (due is None or due.at > o.grants.now()):
                raise conflict("move-closed", reasons=("not-due",))
            who = Identified(actor=CLOCK if verb is None else HOUSE, expects=())
            return await self._alteration(
                _Moving(
                    who=who,
                    case=case,
                    customer=customer_of(o, case),
                    verb=verb or (due.verb if due else ""),
                    form=form or Form(),
                )
            )

        return await o.authority.alter(decide, is_urgent=True)

    def seen(self, case_id: str, who: Identified) -> PreservationCase:
        """A case this actor may read, else `no-such-case` (absent)."""
        case = kept.load(self._o, case_id)
        if not may_see(self._o, who, case):
            raise absent("no-such-case")
        return case

    def _decided(self, who: Identified, move: Move) -> Decided:
        """A denial leaves no entry: it would stand where others look, and say that there is something."""
        o = self._o
        if move.action is None:
            raise conflict("move-closed", reasons=("wrong-role",))
        decided = o.decisions.decide(who, asked_for(o, move.action))
        if not decided.decision.allowed:
            raise refusal_of(decided.decision)
        return decided

    async def _alteration(self, moving: _Moving) -> Alteration:
        o, case = self._o, moving.case
        now = o.grants.now()
        silent = case.version > 0 and is_hidden(case)
        silent = silent or getattr(moving.form, "secrecy", "") == "silent"
        step = Step(
            case=case,
            actor=moving.who.actor,
            form=moving.form,
            now=now,
            facts=facts_of(o, moving.customer, moving.form, is_silent=silent),
            allowed=frozenset({moving.decided.decision.action} if moving.decided else set()),
        )
        taken = PRESERVATION.take(step, moving.verb)
        if isinstance(taken, Refused):
            raise conflict("move-closed", reasons=taken.reasons, state=case.state)
        if is_hidden(taken.case):
            return await self._hidden(moving, taken, now)
        return self._shown(moving, taken, now)

    async def _hidden(self, moving: _Moving, taken: Taken, now: datetime) -> Alteration:
        """In the withheld sub-log, on a day that has room for it; nobody is sent anything."""
        o, customer = self._o, moving.customer
        at = now.astimezone(UTC)
        day = at.date().isoformat()
        tag = tag_of(o, customer.id, day)
        log = house(o).log(WITHHELD)
        count = len(await o.read(lambda reads: reads.openings(log, subject=tag, limit=ITEMS_MIN)))
        if count >= (HIDDEN_BY_PEOPLE if moving.decided is not None else HIDDEN_A_DAY):
            raise limited("veil-full")
        case = changed(taken.case, days=tuple(dict.fromkeys((*taken.case.body.days, day))))
        midnight = datetime(at.year, at.month, at.day, tzinfo=UTC) + timedelta(days=1)
        record = _record(moving, case)
        record = msgspec.structs.replace(record, fields={**record.fields, "customer": customer.id})
        expects: tuple[Expect, ...] = (Before(midnight), *_expects(moving))
        self._alarm(taken)
        return Alteration(
            changes=(kept.change_of(o, case),),
            records=(),
            hidden=(Hidden(house=house(o), record=record, tag=tag),),
            expects=expects,
        )

    def _shown(self, moving: _Moving, taken: Taken, now: datetime) -> Alteration:
        o, case = self._o, taken.case
        rows = [
            _outbox_row(o, case, intent, now) for intent in taken.intents if not isinstance(intent, Alarm)
        ]
        self._alarm(taken)
        return Alteration(
            changes=(kept.change_of(o, case),),
            records=((moving.customer, _record(moving, case)),),
            expects=_expects(moving),
            writes=tuple(Write("outbox.add", (row,)) for row in rows),
        )

    def _alarm(self, taken: Taken) -> None:
        for intent in taken.intents:
            if isinstance(intent, Alarm):
                _log.error("alarm: %s, case %s", intent.message, taken.case.id)


def asked_for(o: Opened, action: str) -> Asked:
    """The question about preservations: they are the house's, and no customer's rules are asked."""
    return Asked(action=action, resource=Resource(kind="house", id=o.house), purpose="order")


def may_see(o: Opened, who: Identified, case: PreservationCase) -> bool:
    """Whether the case is there for this actor: trustee, the customer's counter-signatories, and the
    customer's own people once they may know.
    """
    home = o.standing.get("organisation", who.actor.organisation or "", Organisation)
    if home is None or who.actor.person is None:
        return False
    customer = customer_of(o, case)
    sees = (
        home.id == o.grants.trustee()
        or home.id in counters_of(o, customer)
        or (home.id == customer.organisation and not is_hidden(case))
    )
    return sees and o.decisions.decide(who, asked_for(o, READ)).decision.allowed


def is_of_trustee(o: Opened, who: Identified) -> bool:
    """Whether he acts for the organisation that runs the house."""
    home = o.standing.get("organisation", who.actor.organisation or "", Organisation)
    return home is not None and home.kind is PartyKind.TRUSTEE and home.id == o.grants.trustee()


def customer_of(o: Opened, case: PreservationCase) -> Customer:
    """The case's customer; `no-such-customer`."""
    row = o.standing.get("customer", case.customer, Customer)
    if row is None:
        raise absent("no-such-customer")
    return row


def _move(state: str, verb: str) -> Move:
    rows = [move for move in PRESERVATION.moves if move.verb == verb]
    here = next((move for move in rows if state in move.sources), None)
    if here is None:
        raise conflict("move-closed", reasons=("wrong-state" if rows else "unknown-verb",), state=state)
    return here


def _expects(moving: _Moving) -> tuple[Expect, ...]:
    return moving.decided.expects if moving.decided else moving.who.expects


def _record(moving: _Moving, case: PreservationCase) -> Record:
    order = order_in(case)
    fields: dict[str, Plain] = {
        **said(moving.who),
        "phase": "single",
        "case": case.id,
        "move": moving.verb,
        "purpose": "order",
        "bucket": order.bucket,
        "subject_hash": canonical.b64(order_hash(case.body.proposal or order)),
        "until": to_text(order.ends_at),
    }
    if moving.verb in {"secure", "finish", "destroy"}:
        form = msgspec.to_builtins(moving.form)
        fields["count"] = form["count"]
        if form["digest"]:
            fields["note_hash"] = form["digest"]
    if moving.decided is not None:
        policies: list[Plain] = list(moving.decided.decision.rules)
        fields |= {"decision": "allow", "policies": policies}
    form_bytes = canonical.encode(msgspec.to_builtins(moving.form))
    person: dict[str, Plain] = {
        **said_person(moving.who),
        "form": canonical.b64(hashlib.sha256(form_bytes).digest()),
        "ticket": order.reference,
    }
    return Record(act=f"preservation.{moving.verb}", subject=case.id, fields=fields, person=person)


def _outbox_row(o: Opened, case: PreservationCase, intent: object, now: datetime) -> OutboxRow:
    plain = msgspec.to_builtins(intent)
    kind = plain.pop("type")
    body = {"case": case.id, "desk": case.desk, "customer": case.customer, **plain}
    return OutboxRow(id=new_id("out", o.dice), at=microseconds(now), kind=kind, body=canonical.encode(body))
