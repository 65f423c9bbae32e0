"""A customer's rules, chosen as forms and signed; and why a decision is or was as it is."""

from typing import Any

import msgspec

from custodes.acts import signed
from custodes.acts.asks.parties import Enrolled
from custodes.acts.asks.rules import (
    Explain,
    Explained,
    LookPolicy,
    PolicyView,
    ResetPolicy,
    SetPolicy,
)
from custodes.acts.authority import Alteration
from custodes.acts.footing.decisions import Asked, Decided
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.standing import Change
from custodes.acts.opened import Opened
from custodes.acts.permitted import alter, customer, may_read, permit
from custodes.custody.keys import Key
from custodes.kernel import canonical
from custodes.kernel.canonical import Plain
from custodes.kernel.refusal import Refusal, absent, malformed
from custodes.policy import presets, rules
from custodes.policy.actions import ACTIONS
from custodes.policy.explain import explain
from custodes.policy.question import RESOURCE_KINDS, Decision, Question, Reason, Resource
from custodes.policy.rules import RuleSet
from custodes.policy.unsatisfied import unsatisfied

from .parties import PartyAnswers
from .said import changed

CHOICES_MAX = 100
CHOICES_BYTES_MAX = 65_536


class RuleAnswers:
    """Answers `SetPolicy`, `ResetPolicy`, `LookPolicy`, `Explain`."""

    def __init__(self, opened: Opened, parties: PartyAnswers) -> None:
        self._o = opened
        self._parties = parties

    async def set_policy(self, ask: SetPolicy) -> Enrolled:
        """`bad-choices`, `rules-refused` (malformed, with codes of `policy.rules`), policy's own no."""
        made = chosen(ask.choices)
        done = await self._put(ask, "policy:change", made)
        names = unsatisfied((str(rule.form), rule.fields) for rule in made)
        warnings = tuple(f"demands-the-impossible:{name}" for name in names)
        return msgspec.structs.replace(done, warnings=warnings)

    async def reset_policy(self, ask: ResetPolicy) -> Enrolled:
        """The presets again; his own rules are not asked, so he cannot lock himself out."""
        return await self._put(ask, "policy:reset", presets.default_rules(ask.customer).rules)

    async def look_policy(self, ask: LookPolicy) -> PolicyView:
        """`no-such-customer` (absent)."""
        o = self._o
        who = o.identities.of(ask.evidence)
        owner = customer(o, ask.customer)
        await may_read(o, who, "policy:read", Resource(kind="policy", id=owner.id, customer=owner.id))
        row = o.standing.get("rules", owner.id, RuleSet)
        choices: list[Plain] = [
            {"preset": rule.form, "filled": msgspec.to_builtins(rule.fields)}
            for rule in (row.rules if row else ())
        ]
        return PolicyView(
            customer=owner.id,
            generation=o.standing.expect("rules", owner.id).generation,
            choices=canonical.encode(choices),
        )

    async def explain(self, ask: Explain) -> Explained:
        """`bad-question` (malformed), `no-such-entry` (absent), what `log:read` refuses."""
        who = self._o.identities.of(ask.evidence)
        kind, _, rest = ask.what.partition(":")
        if kind == "may":
            return self._explain_now(who, rest, ask.customer)
        return await self._explain_entry(who, ask.what)

    async def _put(self, ask: SetPolicy | ResetPolicy, action: str, made: tuple[rules.Rule, ...]) -> Enrolled:
        o = self._o
        problems = rules.validate(made, ask.customer)
        if problems:
            raise malformed("rules-refused", problems=tuple(problem.code for problem in problems))

        def decide() -> Alteration:
            who = signed.of(o, ask, ask.evidence, ("rules", ask.customer))
            owner = customer(o, ask.customer)
            resource = Resource(kind="policy", id=owner.id, customer=owner.id)
            decided = permit(o, who, action, resource)
            old = o.standing.get("rules", owner.id, RuleSet)
            row = RuleSet(scope=owner.id, generation=(old.generation if old else 0) + 1, rules=made)
            rules.parse(row)  # what cannot be asked must not stand
            record = changed("change.policy", who, owner.id, row, reason=action)
            return Alteration(
                changes=(Change(noun="rules", id=owner.id, customer=owner.id, value=row),),
                records=((owner, record),),
                expects=decided.expects,
            )

        receipted = await alter(o, decide, ask, ask.evidence)
        return self._parties.enrolled("rules", ask.customer, receipted)

    def _explain_now(self, who: Identified, rest: str, owner: str) -> Explained:
        """May the asker himself do this now? Facts of the resource are those that stand."""
        o = self._o
        action, _, rest = rest.rpartition(":")
        action, _, kind = action.rpartition(":")
        row = ACTIONS.get(action)
        if row is None or kind not in RESOURCE_KINDS or row.resource != kind:
            raise malformed("bad-question")
        key = o.standing.get("key", rest, Key) if kind == "key" else None
        facts: dict[str, Any] = {"state": key.state.value} if key else {}
        resource = Resource(
            kind=kind, id=rest, customer=owner or (key.customer if key else None), facts=facts
        )
        asked = Asked(action=action, resource=resource, purpose="administration")
        decided = o.decisions.decide(who, asked)
        return self._explained(asked_of(decided), decided.decision)

    async def _explain_entry(self, who: Identified, what: str) -> Explained:
        o = self._o
        log, _, number = what.rpartition(":")
        owner = customer(o, log.partition("/")[0])
        looked = await may_read(o, who, "log:read", Resource(kind="log", id=log, customer=owner.id))
        if not number.isdecimal() or len(number) > 15:
            raise malformed("bad-question")
        index = int(number)
        row, leaves = await o.read(
            lambda reads: (reads.opening(log, index), reads.leaves(log, index, index + 1))
        )
        if row is None or not leaves:
            raise absent("no-such-entry")
        page = await o.read(lambda reads: reads.page(o.house, row.page))
        if page is None:
            raise absent("no-such-entry")
        fields = o.records.unseal(owner, page, row, leaves[0]).fields
        decision = decision_of(fields)
        about = Resource(kind="log", id=str(fields.get("subject", "")), customer=owner.id)
        question = msgspec.structs.replace(asked_of(looked), action=decision.action, resource=about)
        return self._explained(question, decision)

    def _explained(self, question: Question, decision: Decision) -> Explained:
        own = self._o.standing.get("rules", question.resource.customer or "", RuleSet)
        document = {
            "allowed": decision.allowed,
            "rules": list(decision.rules),
            "reasons": [msgspec.to_builtins(one) for one in explain(decision, question, own)],
        }
        return Explained(canonical.encode(document))


def chosen(raw: bytes) -> tuple[rules.Rule, ...]:
    """Rules from chosen forms; `bad-choices`, and what `policy.presets.rule` refuses (malformed)."""
    try:
        choices = canonical.decode(raw) if len(raw) <= CHOICES_BYTES_MAX else None
    except Refusal as refusal:
        raise malformed("bad-choices") from refusal
    if not isinstance(choices, list) or not 0 < len(choices) <= CHOICES_MAX:
        raise malformed("bad-choices")
    made: list[rules.Rule] = []
    seen: dict[str, int] = {}
    for choice in choices:
        if not isinstance(choice, dict) or set(choice) != {"preset", "filled"}:
            raise malformed("bad-choices")
        name, filled = choice["preset"], choice["filled"]
        if not isinstance(name, str) or not isinstance(filled, dict):
            raise malformed("bad-choices")
        seen[name] = seen.get(name, 0) + 1
        made.append(presets.rule(name, filled, seen[name]))
    return tuple(made)


def asked_of(decided: Decided) -> Question:
    """The question a decision of policy answers."""
    if decided.question is None:
        raise malformed("bad-question")
    return decided.question


def decision_of(fields: dict[str, Plain]) -> Decision:
    """The decision an entry tells of, as far as it tells."""
    policies = fields.get("policies")
    named = [str(one).partition("/") for one in policies] if isinstance(policies, list) else []
    allowed = fields.get("decision") != "deny"
    every = fields.get("reasons")
    parts = [str(one).split("/", 2) for one in every] if isinstance(every, list) else []
    reasons = tuple(
        Reason(code=code, scope=scope, rule=next(iter(rule), None)) for scope, code, *rule in parts
    )
    if not allowed and not reasons:  # an entry from before all reasons were kept
        reasons = tuple(Reason(code="forbidden", scope=scope, rule=rule) for scope, _, rule in named)
    if not allowed and not reasons:
        reasons = (Reason(code=str(fields.get("reason", "denied")), scope="house"),)
    return Decision(
        allowed=allowed,
        action=str(fields.get("act", "")),
        purpose=str(fields.get("purpose", "")),
        rules=tuple("/".join((scope, rule)) for scope, _, rule in named),
        reasons=() if allowed else reasons,
    )
