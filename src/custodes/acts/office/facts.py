"""What a desk's guards may look at beside the case: looked up here, from what stands and nothing else."""

import hashlib
from datetime import datetime

import msgspec

from custodes.acts.footing.break_glass import BreakGlass
from custodes.acts.footing.case_head import CaseHead
from custodes.acts.footing.customer import EXCEPTIONAL, Customer
from custodes.acts.footing.granted import Granted
from custodes.acts.footing.identities import Identified
from custodes.acts.office.grants import in_use_until
from custodes.acts.opened import Opened
from custodes.acts.signed import SIGNING_KINDS
from custodes.desks.access import ENDED, AccessCase, Facts, Mint
from custodes.desks.forms import Approve, Call, Form
from custodes.desks.grant import BREAK_GLASS, NONCE_BYTES, Who
from custodes.kernel import canonical
from custodes.kernel.clock import from_text, to_text
from custodes.kernel.ids import new_id
from custodes.parties.connections import (
    KEYED,
    Connection,
    ConnectionState,
    beneficiary_of,
    connection_named,
)
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Credential, Organisation, is_live
from custodes.policy.house import house_rules
from custodes.policy.question import Resource, ResourceFact
from custodes.policy.rules import RuleSet


def facts_of(o: Opened, case: AccessCase, customer: Customer, form: Form, now: datetime) -> Facts:
    """Everything a guard of this case may need at this instant."""
    row = granted_of(o, case)
    off = BreakGlass(is_on=False, calls_per_month_max=0)
    glass = o.standing.get("break-glass", customer.id, BreakGlass) or off
    calls, overdue = _glass_cases(o, case, now)
    return Facts(
        customer_organisation=customer.organisation,
        trustee_organisation=o.grants.trustee(),
        rules=o.grants.rules(customer),
        mint=_mint(o, customer) if isinstance(form, Call) else None,
        beneficiary=_beneficiary(o, form, customer, now) if isinstance(form, Call) else None,
        uses_spent=row.uses_spent if row else 0,
        bytes_spent=row.bytes_spent if row else 0,
        in_use_until=in_use_until(row) if row else None,
        is_opted_in=glass.is_on,
        calls_this_month=calls,
        calls_per_month_max=glass.calls_per_month_max,
        reviews_overdue=overdue,
    )


def granted_of(o: Opened, case: AccessCase) -> Granted | None:
    """The grant that stands for this case, if one was ever given."""
    document = case.body.document
    return None if document is None else o.standing.get("grant", document.grant, Granted)


def resource_of(o: Opened, case: AccessCase) -> Resource:
    """The case as policy sees it: desk and, once somebody asked, by whom."""
    facts: dict[str, ResourceFact] = {"desk": case.desk}
    document = case.body.document
    if document is not None and document.asker.person is not None:
        home = o.standing.get("organisation", document.asker.organisation, Organisation)
        facts["asker_credential"] = document.asker.credential
        facts["asker_person"] = document.asker.person
        facts["asker_group"] = home.controlling_group if home else document.asker.organisation
    return Resource(kind="case", id=case.id, customer=case.customer, facts=facts)


def signing_keys(o: Opened, who: Identified, now: datetime) -> tuple[Credential, ...]:
    """The living passkeys and file keys with which this person can sign for his organisation."""
    person = who.actor.person
    if person is None:
        return ()
    found = o.directories.now().credentials.values()
    return tuple(
        one
        for one in found
        if one.person == person
        and one.organisation == who.actor.organisation
        and one.kind in SIGNING_KINDS
        and one.public is not None
        and is_live(one, now)
    )


def as_signer(o: Opened, who: Identified, form: Form, now: datetime) -> Identified:
    """The actor with the `how` of the key he says he signed with; the desk then judges the signature.

    A key that is not a living one of this person changes nothing: policy will say what is missing.
    """
    if not isinstance(form, Approve):
        return who
    key = next((one for one in signing_keys(o, who, now) if one.id == form.credential), None)
    return who if key is None else by_key(o, who, key)


def by_key(o: Opened, who: Identified, key: Credential) -> Identified:
    """The same actor, as one who signs with this key of his, in the roles of his memberships; what makes him
    so joins what the act rests on.
    """
    signer = o.identities.actor_of(key, key.kind.value)
    return msgspec.structs.replace(
        who,
        actor=msgspec.structs.replace(who.actor, how=key.kind.value, roles=signer.actor.roles),
        expects=(*who.expects, *signer.expects),
    )


def is_own(who: Identified, case: AccessCase) -> bool:
    """Whether this person asked, or would get the access."""
    document = case.body.document
    if document is None:
        return False
    own = {document.asker.person, document.beneficiary.person} - {None}
    return who.actor.person in own or who.actor.credential == document.beneficiary.credential


def is_outsider(o: Opened, who: Identified) -> bool:
    """Whether the actor sees only his own cases: everybody but customer, trustee and auditor."""
    home = o.standing.get("organisation", who.actor.organisation or "", Organisation)
    return home is None or home.kind not in {PartyKind.CUSTOMER, PartyKind.TRUSTEE, PartyKind.AUDITOR}


def _mint(o: Opened, customer: Customer) -> Mint:
    rules = o.standing.get("rules", customer.id, RuleSet)
    sets = [msgspec.to_builtins(one, str_keys=True) for one in (house_rules(), rules)]
    return Mint(
        house=o.house,
        grant=new_id("grt", o.dice),
        policy_hash=hashlib.sha256(canonical.encode(sets)).digest(),
        origins=(o.origin, f"{o.origin}/{customer.log(EXCEPTIONAL)}"),
        nonce=o.dice.draw(NONCE_BYTES),
    )


def _beneficiary(o: Opened, form: Call, customer: Customer, now: datetime) -> Who | None:
    """The credential the form names, if it lives and its organisation has to do with this customer."""
    row = o.standing.get("credential", form.beneficiary, Credential)
    if row is None:
        return _connection(o, form.beneficiary, customer)
    home = o.standing.get("organisation", row.organisation, Organisation)
    if home is None or not is_live(row, now):
        return None
    if home.kind is not PartyKind.TRUSTEE and customer.id not in home.customers:
        return None
    return Who(credential=row.id, organisation=row.organisation, person=row.person)


def _connection(o: Opened, beneficiary: str, customer: Customer) -> Who | None:
    """The customer's own connection whose wire knows no credential."""
    row = o.standing.get("connection", connection_named(beneficiary), Connection)
    if row is None or row.customer != customer.id or row.kind in KEYED or row.state is ConnectionState.ENDED:
        return None
    return Who(credential=beneficiary_of(row), organisation=row.organisation)


def _glass_cases(o: Opened, case: AccessCase, now: datetime) -> tuple[int, int]:
    """Calls of this customer this month, and his reviews that are overdue, this case aside."""
    if case.desk != BREAK_GLASS:
        return 0, 0
    others = [
        head
        for head in o.standing.all_of("case", CaseHead, case.customer)
        if head.desk == BREAK_GLASS and head.id != case.id
    ]
    month = to_text(now)[:7]
    calls = [one for one in others if one.opened_at[:7] == month]
    overdue = [
        one
        for one in others
        if one.state in ENDED and one.review_by is not None and from_text(one.review_by) <= now
    ]
    # A review that was given up counts as overdue until the owner signs anew that the glass may be broken.
    glass = o.standing.get("break-glass", case.customer, BreakGlass)
    opted_at = glass.set_at if glass else ""
    overdue += [one for one in others if one.state == "unreviewed" and opted_at <= one.changed_at]
    return len(calls), len(overdue)
