"""Whose cosignatures are asked for: a tlog-policy, checked against what the house knows of organisations.

A customer's policy counts beside the house's: his keys under a grant wait for both, his machine uses need
both to be young. It can only add. The house's own policy changes by two people of two controlling groups.
"""

from custodes.acts import signed
from custodes.acts.answers.kills import quorum as two_groups
from custodes.acts.answers.said import single
from custodes.acts.asks.documents import hash_of, witness_policy_document
from custodes.acts.asks.rules import LookWitnessPolicy, SetWitnessPolicy, WitnessPolicySet
from custodes.acts.authority import Alteration
from custodes.acts.footing.nouns import WitnessPolicy
from custodes.acts.footing.standing import Change
from custodes.acts.founding import digest_text
from custodes.acts.opened import Opened
from custodes.acts.permitted import alter, customer, may_read, permit
from custodes.acts.writing.act import Expect
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import malformed
from custodes.ledger import quorum
from custodes.ledger.note import Line
from custodes.ledger.quorum import Policy
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Organisation
from custodes.policy.question import Resource

NOUN = "witness-policy"
POLICY_BYTES_MAX = 16_384


class WitnessPolicies:
    """Answers `SetWitnessPolicy`, `LookWitnessPolicy`."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened

    async def set(self, ask: SetWitnessPolicy) -> WitnessPolicySet:
        """A customer's owner by his signature, or for the house two people of two controlling groups.

        Refusals: `bad-policy`, `witness-policy-refused` (malformed, with `why`), `no-such-customer` (absent),
        `asker-did-not-sign`, `signatures-too-few`, `signature-refused` (denied), what policy refuses.
        """
        o = self._o
        is_house = ask.customer == o.house
        if ask.policy or is_house:
            self._check(ask.policy)
        row = WitnessPolicy(policy=ask.policy, set_at=to_text(o.clock.now()))

        def decide() -> Alteration:
            owner = customer(o, ask.customer)
            expects: list[Expect] = []
            if is_house:
                who = o.identities.of(ask.evidence)
                seen = two_groups(o, who, ask.approvals, hash_of(self._document(ask)))
                who = seen[0]
                resource = Resource(kind="house", id=o.house)
                each = [permit(o, one, "witnesses:change", resource) for one in seen]
                decided, expects = each[0], [expect for one in each for expect in one.expects]
            else:
                who = signed.of(o, ask, ask.evidence, (NOUN, owner.id))
                resource = Resource(kind="policy", id=owner.id, customer=owner.id)
                decided = permit(o, who, "policy:change", resource)
            record = single(
                "change.policy",
                who,
                owner.id,
                subject=f"{NOUN}/{owner.id}",
                subject_hash=digest_text(row),
                reason=NOUN,
            )
            change = Change(noun=NOUN, id=owner.id, customer=owner.id, value=row)
            return Alteration(
                changes=(change,), records=((owner, record),), expects=(*decided.expects, *expects)
            )

        await alter(o, decide, ask, ask.evidence)
        return self._stands(ask.customer)

    async def look(self, ask: LookWitnessPolicy) -> WitnessPolicySet:
        """What stands, to whoever reads the customer's rules; `no-such-customer` (absent)."""
        o = self._o
        who = o.identities.of(ask.evidence)
        owner = customer(o, ask.customer)
        await may_read(o, who, "policy:read", Resource(kind="policy", id=owner.id, customer=owner.id))
        return self._stands(owner.id)

    def _stands(self, owner: str) -> WitnessPolicySet:
        o = self._o
        found = o.policies.all()
        own = found.get(owner)
        return WitnessPolicySet(
            customer=owner,
            generation=o.standing.expect(NOUN, owner).generation,
            policy="" if own is None else own[0],
            house_policy=found[o.house][0] if o.house in found else "",
        )

    def _document(self, ask: SetWitnessPolicy) -> bytes:
        generation = self._o.standing.expect(NOUN, ask.customer).generation
        return witness_policy_document(self._o.house, ask.customer, ask.policy, generation)

    def _check(self, text: str) -> None:
        o = self._o
        if len(text.encode()) > POLICY_BYTES_MAX:
            raise malformed("bad-policy", line=0)
        policy = quorum.parse(text.encode())
        organisations = {row.id: row for row in o.standing.all_of("organisation", Organisation)}
        why = why_not(policy, o.body.log_vkeys, organisations, is_demo=o.is_demo)
        if why is not None:
            raise malformed("witness-policy-refused", why=why)


def why_not(
    policy: Policy,
    log_vkeys: tuple[str, ...],
    organisations: "dict[str, Organisation]",
    *,
    is_demo: bool,
) -> str | None:
    """Why a policy cannot stand here, or None.

    `other-log`, `no-log`, `quorum-none`, `party-missing`, `url-missing`, `url-bad`, `group-differs` (the
    house knows another controlling group of this organisation), `not-independent` (the trustee's own
    witness, without `embedded`), `out-of-reach` (nobody could ever meet it).
    """
    if policy.is_none:
        return None if is_demo else "quorum-none"
    if not policy.logs:
        return "no-log"
    if any(vkey.text() not in log_vkeys for vkey, _ in policy.logs):
        return "other-log"
    for one in policy.witnesses.values():
        why = _why_not_one(one, organisations)
        if why is not None:
            return why
    everybody = [
        Line(name=one.vkey.name, key_id=one.vkey.key_id.hex(), is_checked=True)
        for one in policy.witnesses.values()
    ]
    return None if quorum.evaluate(policy, everybody).is_met else "out-of-reach"


def _why_not_one(one: quorum.Witness, organisations: "dict[str, Organisation]") -> str | None:
    if one.organisation == one.name:
        return "party-missing"
    known = organisations.get(one.organisation)
    if known is not None and one.counts_as != known.controlling_group:
        return "group-differs"
    trustees = [row for row in organisations.values() if row.kind is PartyKind.TRUSTEE]
    own = {row.controlling_group for row in trustees} | {row.id for row in trustees}
    if not one.is_embedded and {one.organisation, one.counts_as} & own:
        return "not-independent"
    if one.is_embedded:
        return None
    if one.url is None:
        return "url-missing"
    return None if one.url.startswith(("https://", "http://")) else "url-bad"
