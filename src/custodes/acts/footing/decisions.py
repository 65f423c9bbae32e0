"""May this actor do this? Gathers verified facts from what stands, asks both rule sets, names its footing.

The footing is every standing row the answer rested on, as expects: the sequencer lets the act commit only
if none of them has changed by then.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from custodes.acts.footing.customer import Customer
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.nouns import KILLS_OF_HOUSE, Kills
from custodes.acts.footing.standing import Standing
from custodes.acts.writing.act import Before, Expect, Generation
from custodes.custody.kill import Kill, stands
from custodes.kernel.actor import Actor, ActorKind
from custodes.kernel.clock import Clock
from custodes.kernel.refusal import Kind, Refusal, locked
from custodes.law.book import shipped
from custodes.parties.rows import Credential, Organisation, Person
from custodes.policy.decide import decide
from custodes.policy.explain import changed_by, message
from custodes.policy.house import STOPPED_BY_KILL, parsed_house_rules
from custodes.policy.memo import Memo
from custodes.policy.question import (
    TIMED_HOLDS_S,
    Circumstance,
    CloudFact,
    Decision,
    GrantFact,
    Moment,
    Party,
    Place,
    Question,
    Resource,
)
from custodes.policy.rules import Parsed, RuleSet, parse


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be decided about an identified actor."""

    action: str
    resource: Resource
    purpose: str
    grant: GrantFact | None = None
    place: Place | None = None
    cloud: CloudFact | None = None
    providers: tuple[str, ...] = ()


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """A decision with its footing, and the question it answers (None: a desk said it, not a rule)."""

    decision: Decision
    expects: tuple[Expect, ...]
    question: Question | None = None


KEPT_MAX = 65_536
_LASTING = (ActorKind.APPLICATION, ActorKind.ANYONE)


class Decisions:
    """Asks the house's and the customer's rules. Sets are parsed once per generation."""

    def __init__(
        self,
        standing: Standing,
        clock: Clock,
        *,
        is_demo: bool,
        refuse_if_lapsed: Callable[[], None] = lambda: None,
    ) -> None:
        """`refuse_if_lapsed` raises where this keyroom may have missed a kill (it shares its database)."""
        self._refuse_if_lapsed = refuse_if_lapsed
        self._standing = standing
        self._clock = clock
        self._is_demo = is_demo
        self._law = shipped()
        self._house = parsed_house_rules()
        self._parsed: dict[str, tuple[int, Parsed]] = {}
        self._memo = Memo()
        self._kept: dict[tuple[object, ...], Decided] = {}
        self._kept_seq = -1

    def decide(self, who: Identified, asked: Asked) -> Decided:
        """Decide; a "no" is returned. What stands still through a kill is refused (`locked`).

        An application's decision follows from what stands alone, so it is kept, footing and all, for as long
        as nothing at all has changed.
        """
        key = _key(who, asked)
        if key is None:
            return self._decide(who, asked)
        if self._kept_seq != self._standing.seq or len(self._kept) >= KEPT_MAX:
            self._kept.clear()
            self._kept_seq = self._standing.seq
        kept = self._kept.get(key)
        if kept is None:
            kept = self._decide(who, asked)
            if not kept.decision.is_timed and not kept.decision.is_alarm:
                self._kept[key] = kept
        return kept

    def is_lasting(self, decided: Decided) -> bool:
        """Whether an application's decision follows from what stands alone: it holds until that changes."""
        asked, decision = decided.question, decided.decision
        if asked is None or asked.actor.kind not in _LASTING or asked.context.grant is not None:
            return False
        is_of_rows = all(isinstance(expect, Generation) for expect in decided.expects)
        return is_of_rows and not decision.is_timed and not decision.is_alarm

    def _decide(self, who: Identified, asked: Asked) -> Decided:
        expects: list[Expect] = list(who.expects)
        now = self._clock.now()
        party, party_expects = self._party(who.actor, now)
        expects.extend(party_expects)
        owner = asked.resource.customer
        customer_rules: Parsed | None = None
        is_sealed = False
        if owner is not None:
            expects.append(self._standing.expect("rules", owner))
            expects.append(self._standing.expect("customer", owner))
            customer_rules = self._rules_of(owner)
            row = self._standing.get("customer", owner, Customer)
            is_sealed = row is not None and row.sealed
        killed, kill_expects = self._kills(owner, asked.providers)
        expects.extend(kill_expects)
        question = Question(
            actor=who.actor,
            party=party,
            action=asked.action,
            resource=asked.resource,
            context=Circumstance(
                purpose=asked.purpose,
                moment=moment_of(now),
                grant=asked.grant,
                place=asked.place,
                cloud=asked.cloud,
                is_killed=killed is not None,
                is_sealed=is_sealed,
                is_demo=self._is_demo,
            ),
        )
        footing = tuple(expect.generation for expect in expects if isinstance(expect, Generation))
        decision = self._memo.find(question, footing)
        if decision is None:
            decision = decide(question, self._house, customer_rules)
            self._memo.keep(question, footing, decision)
        if decision.is_timed:
            expects.append(Before(now + timedelta(seconds=TIMED_HOLDS_S)))
        # Only a denial turns into "locked": a stranger must not learn that what he cannot see was killed.
        if decision.kind is Kind.DENIED and killed is not None and asked.action in STOPPED_BY_KILL:
            decision = msgspec.structs.replace(decision, kind=Kind.LOCKED)
        return Decided(decision=decision, expects=tuple(dict.fromkeys(expects)), question=question)

    def is_stranger(self, who: Identified, customer: str) -> bool:
        """Whether a customer and what is his does not exist for this actor (promise 10)."""
        resource = Resource(kind="customer", id=customer, customer=customer)
        asked = Asked(action="customer:read", resource=resource, purpose="audit")
        return self.decide(who, asked).decision.kind is Kind.ABSENT

    def killed(self, customer: str | None, providers: Iterable[str] = ()) -> str | None:
        """The widest kill that stands for this customer now, or None."""
        return self._killed((KILLS_OF_HOUSE, *((customer,) if customer else ()), *providers), customer)

    def refuse_if_killed(self, customer: str, providers: Iterable[str] = ()) -> None:
        """Just before a key is used or bytes go out: `house-killed`, `customer-killed`, ... (locked)."""
        self._refuse_if_lapsed()
        killed = self.killed(customer, providers)
        if killed is not None:
            raise locked(killed)
        row = self._standing.get("customer", customer, Customer)
        if row is None or row.sealed:
            raise locked("customer-sealed")

    def _kills(self, customer: str | None, providers: tuple[str, ...]) -> tuple[str | None, list[Expect]]:
        subjects = [KILLS_OF_HOUSE, *([customer] if customer else []), *providers]
        expects: list[Expect] = [self._standing.expect("kills", subject) for subject in subjects]
        return self._killed(subjects, customer), expects

    def _killed(self, subjects: Sequence[str], customer: str | None) -> str | None:
        kills: list[Kill] = []
        for subject in subjects:
            row = self._standing.get("kills", subject, Kills)
            if row is not None:
                kills.extend(row.kills)
        if not kills:
            return None
        providers = subjects[2 if customer else 1 :]
        reasons = [stands(kills, customer or "", provider) for provider in (*providers, None)]
        return next((reason for reason in reasons if reason), None)

    def _party(self, actor: Actor, now: datetime) -> tuple[Party, list[Expect]]:
        if actor.organisation is None:
            return Party(), []
        row = self._standing.get("organisation", actor.organisation, Organisation)
        if row is None:
            return Party(), []
        person = self._standing.get("person", actor.person, Person) if actor.person else None
        credential_application = None
        if actor.kind is ActorKind.APPLICATION:
            credential_application = self._application_of(actor.credential)
        party = Party(
            kind=row.kind.value,
            controlling_group=row.controlling_group,
            customers=row.customers,
            areas=self._law.areas_of(person.country, now.date()) if person and person.country else (),
            application=credential_application,
            is_vetted=bool(person and person.is_vetted),
            is_demo=row.is_demo,
        )
        return party, [self._standing.expect("organisation", row.id)]

    def _application_of(self, credential: str) -> str | None:
        row = self._standing.get("credential", credential, Credential)
        return row.application if row else None

    def _rules_of(self, customer: str) -> Parsed | None:
        row = self._standing.get("rules", customer, RuleSet)
        if row is None:
            return None
        kept = self._parsed.get(customer)
        if kept is None or kept[0] != row.generation:
            kept = self._parsed[customer] = (row.generation, parse(row))
        return kept[1]


def _key(who: Identified, asked: Asked) -> tuple[object, ...] | None:
    """What an application's decision follows from besides what stands; None for everybody else."""
    if who.actor.kind not in _LASTING or asked.grant is not None:
        return None
    if not all(isinstance(expect, Generation) for expect in who.expects):
        return None  # his credential ends one day: time is part of it
    resource = asked.resource
    facts = tuple(sorted(resource.facts.items()))
    about = (resource.kind, resource.id, resource.customer, facts)
    return (who.actor, asked.action, about, asked.purpose, asked.place, asked.cloud, asked.providers)


def moment_of(now: datetime) -> Moment:
    """The instant as rules see it, in UTC."""
    at = now.astimezone(UTC)
    return Moment(now_s=int(at.timestamp()), weekday=at.isoweekday(), minute=at.hour * 60 + at.minute)


def refusal_of(decision: Decision) -> Refusal:
    """The refusal a "no" becomes; its facts name reasons, rules and who can change each, never data."""
    reason = decision.reasons[0] if decision.reasons else None
    kind = decision.kind or Kind.DENIED
    facts: dict[str, str | int | bool | None | tuple[str, ...]] = {
        "reasons": tuple(r.code for r in decision.reasons),
        "rules": tuple(f"{r.scope}/{r.rule}" for r in decision.reasons if r.rule),
        "why": tuple(message(r) for r in decision.reasons),
        "changed_by": tuple(changed_by(r) for r in decision.reasons),
    }
    return Refusal(reason.code if reason else "denied", kind, {} if kind is Kind.ABSENT else facts)
