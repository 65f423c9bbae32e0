"""The desk of legal preservations: somebody demands that exactly this is not erased; nothing is handed out.

Two persons of two organisations sign for each thing that is done. Where the customer may not know, the
second organisation is a counter-signatory enrolled for him; where there is none, the case does not open. A
silence has a recorded source and an end, or is looked at within six months; when that comes and nothing was
prolonged, the customer is told at once. A preservation ends by time, and what is only there because of it is
destroyed.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from custodes.kernel import clock
from custodes.kernel.refusal import Refusal

from .access import who
from .consent import approval_of
from .engine import ROLE_CLOCK, ROLE_HOUSE, Case, Desk, Move, Step, guard
from .forms import Approve, Because, Begun, Counted, Form, Preserve, Propose
from .grant import APPROVAL_FRESH_S, Approval
from .intents import Alarm, Intent, Remind, TellParty
from .preserving import (
    LAW_VERSION,
    LIFT,
    PRESERVE,
    VERIFY,
    WARN_DAYS,
    Facts,
    Order,
    approval_reason,
    order_of,
    order_reason,
    proposed,
)
from .words import WORDS

NAME = "preservation"
RUNNING = frozenset({"ordered", "securing", "preserving", "proposed", "verifying"})
_ASKED, _PROPOSED = frozenset({"asked"}), frozenset({"proposed"})


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a case of preservation holds. `order` is what was last approved, `proposal` what waits for
    signatures, `scope_at` when the scope was fixed. `days` are those on which something of it was withheld.
    """

    order: Order | None = None
    signed: tuple[Approval, ...] = ()
    proposal: Order | None = None
    approvals: tuple[Approval, ...] = ()
    scope_at: datetime | None = None
    key: str = ""
    count: int = 0
    missing: int = 0
    digest: str = ""
    whole: int = 0
    bad: int = 0
    verified_at: datetime | None = None
    ended_at: datetime | None = None
    destroyed: int = 0
    warned_at: datetime | None = None
    told_at: datetime | None = None
    outcome: str = ""
    reason: str = ""
    days: tuple[str, ...] = ()


PreservationCase = Case[Body]
PreservationStep = Step[Body, Any, Facts]


def opening(case_id: str, customer: str, now: datetime) -> PreservationCase:
    """A case nobody has asked for yet; it is stored only after its first move."""
    return Case(
        id=case_id,
        desk=NAME,
        customer=customer,
        state="new",
        version=0,
        law_version=LAW_VERSION,
        opened_at=now,
        changed_at=now,
        body=Body(),
    )


def order_in(case: PreservationCase) -> Order:
    """What the case is about: as approved, or as first asked for."""
    order = case.body.order or case.body.proposal
    if order is None:
        raise ValueError(f"case {case.id} has no order")
    return order


def is_hidden(case: PreservationCase) -> bool:
    """Whether the customer may not know of it now."""
    return order_in(case).is_silent and case.body.told_at is None


def changed(case: PreservationCase, **fields: Any) -> PreservationCase:  # noqa: ANN401 - fields of Body
    """The case with some fields of its body replaced."""
    return msgspec.structs.replace(case, body=msgspec.structs.replace(case.body, **fields))


# --- guards -------------------------------------------------------------------------------------------


@guard("no-counter-signatory", reads_form=True)
def has_second_organisation(step: PreservationStep) -> str | None:
    """Where the customer may not be asked, somebody else must be named who is."""
    form: Preserve = step.form
    return "no-counter-signatory" if form.secrecy == "silent" and not step.facts.counters else None


@guard("no-preservation-holder", "holder-of-others", reads_form=True)
def has_own_holder(step: PreservationStep) -> str | None:
    """The key lies outside every customer's tree, and outside the house's."""
    return step.facts.holder_reason


@guard(
    "bad-request",
    "no-such-bucket",
    "end-not-ahead",
    "silence-unfounded",
    "silence-without-end",
    "review-too-late",
    reads_form=True,
)
def is_valid_order(step: PreservationStep) -> str | None:
    """The form makes an order."""
    if not step.facts.is_bucket_there:
        return "no-such-bucket"
    try:
        order = _asked_for(step)
    except (ValueError, Refusal):
        return "bad-request"
    return order_reason(order, step.now)


@guard("not-a-party")
def is_of_a_party(step: PreservationStep) -> str | None:
    """Trustee and counter-signatory; the customer only where he knows of it."""
    return None if step.actor.organisation in step.facts.parties else "not-a-party"


@guard("own-request")
def is_not_own(step: PreservationStep) -> str | None:
    """Promise 3: nobody approves what he asked for."""
    asker = _proposal(step.case).asker.person
    same = asker is not None and step.facts.rules.is_same_person(step.actor.person or "", asker)
    return "own-request" if same else None


@guard("not-your-request")
def is_own(step: PreservationStep) -> str | None:
    """Only who asked takes it back."""
    return None if step.actor.person == _proposal(step.case).asker.person else "not-your-request"


@guard("request-lapsed")
def is_in_time(step: PreservationStep) -> str | None:
    """Also when the clock's own move is late."""
    return None if step.now < _proposal(step.case).answer_by else "request-lapsed"


@guard("approved-before")
def has_not_approved(step: PreservationStep) -> str | None:
    """One person, one approval, whatever account he uses."""
    person, same = step.actor.person or "", step.facts.rules.is_same_person
    return "approved-before" if any(same(person, one.person) for one in _standing(step)) else None


@guard(
    "approval-stale",
    "other-document",
    "approval-out-of-time",
    "own-request",
    "bad-signature",
    reads_form=True,
)
def is_signed(step: PreservationStep) -> str | None:
    """A fresh signature of this person over this very order."""
    try:
        approval = approval_of(step)
    except (ValueError, Refusal):
        return "bad-signature"
    age = step.now - approval.approved_at
    if not timedelta(0) <= age <= timedelta(seconds=APPROVAL_FRESH_S):
        return "approval-stale"
    return approval_reason(_proposal(step.case), approval, step.facts.rules)


# --- effects ------------------------------------------------------------------------------------------


def _ask(step: PreservationStep) -> tuple[PreservationCase, tuple[Intent, ...]]:
    return changed(step.case, proposal=_asked_for(step)), _told(step, "preservation-asked")


def _propose(step: PreservationStep) -> tuple[PreservationCase, tuple[Intent, ...]]:
    case = changed(step.case, proposal=_asked_for(step), approvals=())
    return case, _told(step, "preservation-asked")


def _approve(step: PreservationStep) -> tuple[PreservationCase, tuple[Intent, ...]]:
    """Keep the approvals that still hold; with the one that makes the quorum, what was proposed stands."""
    approvals = (*_standing(step), approval_of(step))
    order = _proposal(step.case)
    if not step.facts.rules.meets_order(approvals, order.asker, step.facts.parties):
        return changed(step.case, approvals=approvals), ()
    case = changed(step.case, order=order, signed=approvals, proposal=None, approvals=())
    if order.act == PRESERVE:
        case, state = changed(case, scope_at=step.now), "ordered"
    elif order.act == VERIFY:
        state = "verifying"
    elif order.act == LIFT:
        case, state = changed(case, outcome="lifted", ended_at=step.now), "ended"
    else:
        case, state = changed(case, warned_at=None), "preserving"
    return _in(case, state), _told(step, "preservation-approved")


def _deny(step: PreservationStep) -> tuple[PreservationCase, tuple[Intent, ...]]:
    return _dropped(changed(step.case, reason=step.form.reason), "denied"), _told(step, "preservation-over")


def _withdraw(step: PreservationStep) -> tuple[PreservationCase, tuple[Intent, ...]]:
    return _dropped(step.case, "withdrawn"), _told(step, "preservation-over")


def _lapse(step: PreservationStep) -> tuple[PreservationCase, tuple[Intent, ...]]:
    return _dropped(step.case, "unanswered"), _told(step, "preservation-over")


def _begin(step: PreservationStep) -> tuple[PreservationCase, tuple[Intent, ...]]:
    return changed(step.case, key=step.form.key), ()


def _secure(step: PreservationStep) -> tuple[PreservationCase, tuple[Intent, ...]]:
    form: Counted = step.form
    case = changed(step.case, count=form.count, missing=form.missing, digest=form.digest)
    return case, _told(step, "preservation-secured")


def _finish(step: PreservationStep) -> tuple[PreservationCase, tuple[Intent, ...]]:
    form: Counted = step.form
    case = changed(step.case, whole=form.count, bad=form.missing, verified_at=step.now)
    more = (Alarm(message="preservation-damaged"),) if form.missing else ()
    return case, (*_told(step, "preservation-verified"), *more)


def _end(step: PreservationStep) -> tuple[PreservationCase, tuple[Intent, ...]]:
    case = changed(step.case, outcome="lapsed", ended_at=step.now, proposal=None, approvals=())
    return case, _told(step, "preservation-over")


def _destroy(step: PreservationStep) -> tuple[PreservationCase, tuple[Intent, ...]]:
    form: Counted = step.form
    case = changed(step.case, destroyed=form.count, digest=form.digest, key="")
    return _in(case, _rest(case)), _told(step, "preservation-destroyed")


def _warn(step: PreservationStep) -> tuple[PreservationCase, tuple[Intent, ...]]:
    told_at = order_in(step.case).told_at or step.now
    waits = Remind(organisation=step.facts.trustee_organisation, verb="propose", until=clock.to_text(told_at))
    return changed(step.case, warned_at=step.now), (waits,)


def _reveal(step: PreservationStep) -> tuple[PreservationCase, tuple[Intent, ...]]:
    case = changed(step.case, told_at=step.now)
    told = TellParty(
        party="customer", message="preservation-revealed", organisation=step.facts.customer_organisation
    )
    return case, (told, *_trustee(step, "preservation-revealed"))


# --- when ---------------------------------------------------------------------------------------------


def _answer_by(case: PreservationCase) -> datetime | None:
    return _proposal(case).answer_by


def _ends(case: PreservationCase) -> datetime | None:
    return order_in(case).ends_at


def _told_by(case: PreservationCase) -> datetime | None:
    return None if case.body.told_at is not None else order_in(case).told_at


def _warned_by(case: PreservationCase) -> datetime | None:
    told_at = _told_by(case)
    return None if told_at is None or case.body.warned_at else told_at - timedelta(days=WARN_DAYS)


# --- parts --------------------------------------------------------------------------------------------


def _asked_for(step: PreservationStep) -> Order:
    facts, asker = step.facts, who(step.actor)
    if isinstance(step.form, Preserve):
        about = (facts.house, step.case.id, step.case.customer)
        return order_of(step.form, about, asker, step.now, facts.nonce)
    return proposed(order_in(step.case), step.form, asker, step.now, facts.nonce)


def _proposal(case: PreservationCase) -> Order:
    if case.body.proposal is None:
        raise ValueError(f"nothing is proposed in case {case.id}")
    return case.body.proposal


def _standing(step: PreservationStep) -> tuple[Approval, ...]:
    """The approvals that still hold: a key revoked since takes its approval with it."""
    order, rules = _proposal(step.case), step.facts.rules
    return tuple(one for one in step.case.body.approvals if approval_reason(order, one, rules) is None)


def _dropped(case: PreservationCase, outcome: str) -> PreservationCase:
    """What was asked for is not done: a preservation goes on as it was, one that never began is over."""
    if case.body.order is not None:
        return _in(changed(case, proposal=None, approvals=()), "preserving")
    case = changed(case, outcome=outcome)
    return _in(case, _rest(case))


def _rest(case: PreservationCase) -> str:
    return "resting" if is_hidden(case) else "closed"


def _in(case: PreservationCase, state: str) -> PreservationCase:
    return msgspec.structs.replace(case, state=state)


def _told(step: PreservationStep, message: str) -> tuple[Intent, ...]:
    """Those who know of it, and the customer if he does."""
    form = step.form
    silent = form.secrecy == "silent" if isinstance(form, Preserve) else is_hidden(step.case)
    to = (
        ()
        if silent
        else (TellParty(party="customer", message=message, organisation=step.facts.customer_organisation),)
    )
    return (*to, *_trustee(step, message))


def _trustee(step: PreservationStep, message: str) -> tuple[Intent, ...]:
    return (
        TellParty(party="trustee", message=message, organisation=step.facts.trustee_organisation),
        *(
            TellParty(party="counter-signatory", message=message, organisation=one)
            for one in sorted(step.facts.counters)
        ),
    )


def _clock(verb: str, sources: frozenset[str], targets: tuple[str, ...], effect: Any, due: Any) -> Move:  # noqa: ANN401
    return Move(
        verb=verb, sources=sources, targets=targets, form=Form, role=ROLE_CLOCK, effect=effect, due=due
    )


def _house(verb: str, source: str, targets: tuple[str, ...], form: type[Form], effect: Any) -> Move:  # noqa: ANN401
    return Move(
        verb=verb, sources=frozenset({source}), targets=targets, form=form, role=ROLE_HOUSE, effect=effect
    )


def _person(
    verb: str, sources: frozenset[str], targets: tuple[str, ...], form: type[Form], more: dict[str, Any]
) -> Move:
    return Move(verb=verb, sources=sources, targets=targets, form=form, **more)


_OVER = ("resting", "closed")
_REQUEST = {"role": "asker", "action": "preservation:request"}
_APPROVER = {"role": "approver", "action": "preservation:approve"}
_SIGNING = (is_in_time, is_of_a_party, is_not_own, has_not_approved, is_signed)

PRESERVATION = Desk(
    name=NAME,
    initial="new",
    states=frozenset({"new", "asked", "ended", "resting", "closed", *RUNNING}),
    final=frozenset({"closed"}),
    words=WORDS,
    moves=(
        _person(
            "preserve",
            frozenset({"new"}),
            ("asked",),
            Preserve,
            {
                **_REQUEST,
                "guards": (has_second_organisation, has_own_holder, is_valid_order),
                "effect": _ask,
            },
        ),
        _person(
            "approve",
            _ASKED,
            ("asked", "ordered"),
            Approve,
            {**_APPROVER, "guards": _SIGNING, "effect": _approve},
        ),
        _person(
            "approve",
            _PROPOSED,
            ("proposed", "preserving", "verifying", "ended"),
            Approve,
            {**_APPROVER, "guards": _SIGNING, "effect": _approve},
        ),
        _person("deny", _ASKED, _OVER, Because, {**_APPROVER, "guards": (is_of_a_party,), "effect": _deny}),
        _person(
            "deny",
            _PROPOSED,
            ("preserving",),
            Because,
            {**_APPROVER, "guards": (is_of_a_party,), "effect": _deny},
        ),
        _person("withdraw", _ASKED, _OVER, Form, {**_REQUEST, "guards": (is_own,), "effect": _withdraw}),
        _person(
            "withdraw",
            _PROPOSED,
            ("preserving",),
            Form,
            {**_REQUEST, "guards": (is_own,), "effect": _withdraw},
        ),
        _person(
            "propose",
            frozenset({"preserving"}),
            ("proposed",),
            Propose,
            {**_REQUEST, "guards": (is_valid_order,), "effect": _propose},
        ),
        _house("begin", "ordered", ("securing",), Begun, _begin),
        _house("secure", "securing", ("preserving",), Counted, _secure),
        _house("finish", "verifying", ("preserving",), Counted, _finish),
        _house("destroy", "ended", _OVER, Counted, _destroy),
        _clock("lapse", _ASKED, _OVER, _lapse, _answer_by),
        _clock("lapse", _PROPOSED, ("preserving",), _lapse, _answer_by),
        _clock("end", RUNNING, ("ended",), _end, _ends),
        _clock("warn", RUNNING, (), _warn, _warned_by),
        _clock("reveal", frozenset({"asked", "ended", *RUNNING}), (), _reveal, _told_by),
        _clock("reveal", frozenset({"resting"}), ("closed",), _reveal, _told_by),
    ),
)
