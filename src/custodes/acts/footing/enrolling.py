"""What the house itself asks of an enrolment, beside its signature: no widening of anybody's reach.

`parties.enrol` checks who signed; here is checked what the document claims against what stands. A signed
document is still its signer's own words: he may name himself, not the customers of others.
"""

import msgspec

from custodes.acts.footing.customer import Customer
from custodes.acts.footing.standing import Change, Standing
from custodes.kernel.clock import Clock, from_text, to_text
from custodes.kernel.dice import Dice
from custodes.kernel.ids import is_id, new_id
from custodes.kernel.refusal import Refusal
from custodes.parties.enrol import CredentialEnrolment, OrganisationEnrolment
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Application, Credential, CredentialKind, Membership, Organisation

TEXT_CHARACTERS_MAX = 200
CUSTOMERS_MAX = 100
ENROLLED_BY_DOCUMENT = frozenset({CredentialKind.PASSKEY, CredentialKind.FILE_KEY})
OWN_ONLY = frozenset({PartyKind.CUSTOMER, PartyKind.TRUSTEE})  # serve nobody by their own word


def reason_against(
    document: OrganisationEnrolment | CredentialEnrolment, standing: Standing, *, is_demo_house: bool
) -> str | None:
    """None, or why the house does not take it.

    `bad-id`, `bad-text`, `bad-enrolment-time`, `demo-only`, `second-trustee`, `serves-nobody`,
    `unknown-customer`, `too-many-customers`, `foreign-customer`, `needs-no-document`, `passkey-in-use`.
    """
    if isinstance(document, OrganisationEnrolment):
        return _against_organisation(document.organisation, standing, is_demo_house)
    return _against_credential(document.credential, standing, is_demo_house)


def membership_changes(
    document: CredentialEnrolment, standing: Standing, clock: Clock, dice: Dice
) -> tuple[Change, ...]:
    """The roles a person gets with his credential, joined to those he has for that organisation."""
    new = document.credential
    if new.person is None or not document.roles:
        return ()
    now = clock.now()
    running = next(
        (
            row
            for row in standing.all_of("membership", Membership)
            if (row.person, row.organisation) == (new.person, new.organisation)
            and from_text(row.since) <= now
            and (row.until is None or now < from_text(row.until))
        ),
        None,
    )
    if running is None:
        running = Membership(
            id=new_id("mem", dice),
            person=new.person,
            organisation=new.organisation,
            roles=(),
            since=to_text(now),
        )
    roles = tuple(sorted({*running.roles, *document.roles}))
    row = msgspec.structs.replace(running, roles=roles)
    return (Change(noun="membership", id=row.id, customer="", value=row),)


def _against_organisation(mine: Organisation, standing: Standing, is_demo_house: bool) -> str | None:
    texts = (mine.name, mine.controlling_group, mine.country)
    checks = {
        "bad-id": is_id("org", mine.id),
        "bad-text": all(0 < len(t) <= TEXT_CHARACTERS_MAX and t.isprintable() for t in texts),
        "bad-enrolment-time": _is_time(mine.enrolled_at),
        "demo-only": is_demo_house or not mine.is_demo,
        "second-trustee": mine.kind is not PartyKind.TRUSTEE or not _trustees(standing),
        "serves-nobody": mine.kind not in OWN_ONLY or not mine.customers,
        "too-many-customers": len(mine.customers) <= CUSTOMERS_MAX,
        "unknown-customer": all(
            standing.get("customer", id_, Customer) is not None for id_ in mine.customers
        ),
    }
    return next((code for code, holds in checks.items() if not holds), None)


def _against_credential(new: Credential, standing: Standing, is_demo_house: bool) -> str | None:
    home = standing.get("organisation", new.organisation, Organisation)
    application = standing.get("application", new.application or "", Application)
    allowed = {application.customer} if application else set(home.customers if home else ())
    checks = {
        "bad-id": is_id("crd", new.id),
        "bad-text": len(new.label) <= TEXT_CHARACTERS_MAX and new.label.isprintable(),
        "bad-enrolment-time": _is_time(new.created_at)
        and (new.expires_at is None or _is_time(new.expires_at)),
        "needs-no-document": new.kind in ENROLLED_BY_DOCUMENT and new.application is None,
        "passkey-in-use": _is_own_passkey(new, standing),
        "demo-only": is_demo_house or not new.is_demo,
        "foreign-customer": new.customer is None or new.customer in allowed,
    }
    return next((code for code, holds in checks.items() if not holds), None)


def _is_own_passkey(new: Credential, standing: Standing) -> bool:
    """Nobody else's passkey id: who shares one counts as the same human being, and signs in under it."""
    if new.kind is not CredentialKind.PASSKEY:
        return new.passkey_id is None
    return all(row.passkey_id != new.passkey_id for row in standing.all_of("credential", Credential))


def _trustees(standing: Standing) -> list[Organisation]:
    rows = standing.all_of("organisation", Organisation)
    return [row for row in rows if row.kind is PartyKind.TRUSTEE]


def _is_time(text: str) -> bool:
    try:
        from_text(text)
    except Refusal:
        return False
    return True
