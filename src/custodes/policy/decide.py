"""`decide()`: both sets apart, both must allow, any doubt is a no.

Cedar skips a policy that fails to evaluate, so an erroring `forbid` beside a `permit` would let the
request through. Here any error in the diagnostics is a no of kind `unavailable` and an alarm, whatever
Cedar decided.
"""

import cedarpy
import msgspec

from custodes.kernel.actor import ActorKind
from custodes.kernel.refusal import Kind, Refusal

from .actions import ACTIONS, PURPOSES
from .question import Decision, Question, Reason, check
from .rules import HOUSE, Parsed
from .schema import entities, request


def decide(question: Question, house: Parsed, customer: Parsed | None) -> Decision:
    """Answer a question; never raises for anything in the question or in the rules.

    `house` is the house's parsed set, `customer` that of `question.resource.customer` (None for what is
    the house's own, or for an action that does not ask him). Reason codes: `bad-question`,
    `unknown-action`, `unknown-purpose`, `wrong-resource`, `policy-missing`, `policy-mismatch`,
    `policy-error`, `forbidden`, `not-permitted`, `stranger`. A no carries the reasons of both sets.
    """
    early = _before_rules(question, house, customer)
    if early is not None:
        return early
    both = (house,) if customer is None else (house, customer)
    is_timed = any(question.action in rules.timed for rules in both)
    try:
        asked = request(question, with_time=is_timed)
        about = entities(question)
    except (ValueError, TypeError, UnicodeError):
        return _no(question, Reason(code="bad-question", scope="-"), Kind.MALFORMED)
    first = _ask(question, house, asked, about)
    if not first.allowed:
        first = _with_missing_role(question, first)
    if first.is_alarm or customer is None or not ACTIONS[question.action].asks_customer:
        return first
    second = _ask(question, customer, asked, about)
    if not first.allowed:
        return first if second.allowed else _both(first, second)
    if not second.allowed:
        return second
    return Decision(
        allowed=True,
        action=question.action,
        purpose=question.context.purpose,
        rules=first.rules + second.rules,
        is_timed=is_timed,
    )


def is_stranger(question: Question) -> bool:
    """Whether the resource is not the actor's to know of (promise 10: absent, not denied).

    Anyone is no stranger: what he asks about was shown to the world, or he is refused before this.
    """
    owner, party = question.resource.customer, question.party
    if owner is None or question.actor.customer == owner or question.actor.kind is ActorKind.ANYONE:
        return False
    return party.kind != "trustee" and owner not in party.customers


def _before_rules(question: Question, house: Parsed, customer: Parsed | None) -> Decision | None:
    action = ACTIONS.get(question.action) if type(question.action) is str else None
    if action is None:
        return _no(question, Reason(code="unknown-action", scope="-"), Kind.MALFORMED)
    try:
        check(question)
    except Refusal as refusal:
        return _no(question, Reason(code=refusal.code, scope="-"), Kind.MALFORMED)
    if question.resource.kind != action.resource:
        return _no(question, Reason(code="wrong-resource", scope="-"), Kind.MALFORMED)
    if is_stranger(question):
        return _no(question, Reason(code="stranger", scope=HOUSE), Kind.ABSENT)
    if question.context.purpose not in PURPOSES:
        return _no(question, Reason(code="unknown-purpose", scope="-"), Kind.DENIED)
    owner = question.resource.customer
    if house.scope != HOUSE or (customer is not None and customer.scope not in {owner} - {HOUSE}):
        return _broken_sets(question, "policy-mismatch")
    if action.asks_customer and owner is not None and customer is None:
        return _broken_sets(question, "policy-missing")
    return None


def _ask(question: Question, rules: Parsed, asked: dict[str, object], about: cedarpy.Entities) -> Decision:
    scope = "house" if rules.scope == HOUSE else "customer"
    is_timed = question.action in rules.timed
    try:
        slices = rules.open_slices if question.actor.kind is ActorKind.ANYONE else rules.slices
        answer = cedarpy.is_authorized(asked, slices[question.action], about)
        errors, deciding = tuple(answer.diagnostics.errors), sorted(answer.diagnostics.reasons)
        allowed = answer.decision is cedarpy.Decision.Allow
    except (ValueError, TypeError, KeyError) as error:
        errors, deciding, allowed = (type(error).__name__,), [], False
    if errors:
        return Decision(
            allowed=False,
            action=question.action,
            purpose=question.context.purpose,
            rules=(),
            reasons=(Reason(code="policy-error", scope=scope),),
            kind=Kind.UNAVAILABLE,
            errors=tuple(error[:300] for error in errors),
            is_alarm=True,
            is_timed=is_timed,
        )
    if allowed:
        reasons: tuple[Reason, ...] = ()
    elif deciding:
        reasons = tuple(Reason(code="forbidden", scope=scope, rule=rule) for rule in deciding)
    else:
        reasons = (Reason(code="not-permitted", scope=scope),)
    return Decision(
        allowed=allowed,
        action=question.action,
        purpose=question.context.purpose,
        rules=tuple(f"{scope}/{rule}" for rule in deciding),
        reasons=reasons,
        kind=None if allowed else Kind.DENIED,
        is_timed=is_timed,
    )


def _both(first: Decision, second: Decision) -> Decision:
    """Two sets said no: every reason, the house's first; who asks is told all that stands in his way."""
    return msgspec.structs.replace(
        first,
        rules=first.rules + second.rules,
        reasons=first.reasons + second.reasons,
        errors=second.errors,
        is_alarm=second.is_alarm,
        is_timed=first.is_timed or second.is_timed,
    )


def _with_missing_role(question: Question, said_no: Decision) -> Decision:
    """A forbid hides from Cedar's answer that no permit held either; the table of roles still knows."""
    kind = question.party.kind
    enough = ACTIONS[question.action].roles.get(kind, ()) if kind is not None else ()
    missing = Reason(code="not-permitted", scope="house")
    if said_no.is_alarm or missing in said_no.reasons or set(enough) & set(question.actor.roles):
        return said_no
    return msgspec.structs.replace(said_no, reasons=(*said_no.reasons, missing))


def _broken_sets(question: Question, code: str) -> Decision:
    return Decision(
        allowed=False,
        action=question.action,
        purpose=question.context.purpose,
        rules=(),
        reasons=(Reason(code=code, scope="-"),),
        kind=Kind.UNAVAILABLE,
        is_alarm=True,
    )


def _no(question: Question, reason: Reason, kind: Kind) -> Decision:
    return Decision(
        allowed=False,
        action=str(question.action)[:80],
        purpose=str(question.context.purpose)[:80],
        rules=(),
        reasons=(reason,),
        kind=kind,
    )
