import msgspec
import pytest

from custodes.parties.distinct import (
    Approval,
    Asker,
    Quorum,
    Seat,
    Shortfall,
    count,
    group_of,
    meets,
    one_person,
)
from custodes.parties.roles import PartyKind
from custodes.parties.rows import CredentialKind, CredentialState, Person
from fakes.people import AT, credential, member, organisation, people

ANNA, OLGA = (Approval(credential=f"crd-{name}", organisation="org-town") for name in ("anna", "olga"))
TOM = Approval(credential="crd-tom", organisation="org-house")
ERIK = Asker(credentials=("crd-erik",), persons=("per-erik",))
TWO = Quorum(persons=2, organisations=2)


def code(shortfall):
    return None if shortfall is None else shortfall.code


def test_a_town_and_a_trustee_are_two():
    assert meets(TWO, (ANNA, TOM), people(), ERIK, AT) is None
    standing = count((ANNA, TOM), people(), ERIK, AT)
    assert (standing.persons, standing.organisations, standing.dropped) == (2, 2, ())


def test_one_organisation_is_not_two_however_many_people():
    assert meets(TWO, (ANNA, OLGA), people(), ERIK, AT) == Shortfall(
        code="too-few-organisations", need=2, have=1
    )
    assert code(meets(TWO, (ANNA, ANNA, ANNA), people(), ERIK, AT)) == "too-few-persons"


def test_account_token_and_passkey_of_one_person_are_one():
    found = people(
        credential("anna", "town", "-passkey", kind=CredentialKind.PASSKEY),
        credential("anna", "town", "-token", kind=CredentialKind.API_TOKEN, public=None),
    )
    given = (
        ANNA,
        Approval(credential="crd-anna-passkey", organisation="org-town"),
        Approval(credential="crd-anna-token", organisation="org-town"),
    )
    assert count(given, found, ERIK, AT).persons == 1


@pytest.mark.parametrize(
    "same",
    [
        {"mail": "Anna@Town.example", "is_mail_verified": True},
        {"civil_id": "c-1"},
    ],
)
def test_two_accounts_of_one_human_being_are_one(same):
    second = {**same, **({"mail": " anna@town.EXAMPLE"} if "mail" in same else {})}
    found = people(Person(id="per-anna", name="Anna", **same), Person(id="per-tom", name="Tom", **second))
    assert one_person(found)["per-tom"] == "per-anna"
    assert code(meets(TWO, (ANNA, TOM), found, ERIK, AT)) == "too-few-persons"


def test_an_unverified_mail_joins_nobody():
    found = people(
        Person(id="per-anna", name="Anna", mail="a@x.example"),
        Person(id="per-tom", name="Tom", mail="a@x.example", is_mail_verified=True),
    )
    assert meets(TWO, (ANNA, TOM), found, ERIK, AT) is None


def test_a_shared_key_makes_one_person_also_when_it_is_revoked():
    shared = credential("tom", "house", "-old", public="same", state=CredentialState.REVOKED)
    found = people(shared, credential("anna", "town", "-old", public="same"))
    assert code(meets(TWO, (ANNA, TOM), found, ERIK, AT)) == "too-few-persons"


def test_sameness_is_passed_on():
    found = people(
        Person(id="per-anna", name="A", civil_id="c"),
        Person(id="per-olga", name="O", civil_id="c", mail="x@y.example", is_mail_verified=True),
        Person(id="per-tom", name="T", mail="x@y.example", is_mail_verified=True),
    )
    assert set(one_person(found).values()) == {"per-anna", "per-erik"}


def test_a_controlling_group_counts_once_however_it_is_spelled():
    found = people(
        organisation("house", PartyKind.TRUSTEE, group="Stadtwerke  Holding"),
        organisation("town", PartyKind.CUSTOMER, group="stadtwerke holding"),
    )
    assert group_of(found, "org-town") == group_of(found, "org-house")
    assert code(meets(TWO, (ANNA, TOM), found, ERIK, AT)) == "too-few-organisations"


def test_the_asker_and_the_beneficiary_never_count():
    by_person = Asker(persons=("per-anna",))
    by_credential = Asker(credentials=("crd-anna",))
    for asker in (by_person, by_credential):
        standing = count((ANNA, TOM), people(), asker, AT)
        assert standing.persons == 1
        assert [d.code for d in standing.dropped] == ["is-asker"]
    other_account = people(
        Person(id="per-anna", name="Anna", civil_id="c"),
        Person(id="per-tom", name="Tom", civil_id="c"),
    )
    assert count((TOM,), other_account, by_credential, AT).persons == 0


@pytest.mark.parametrize(
    ("approval", "found", "why"),
    [
        (Approval(credential="crd-ghost", organisation="org-town"), people(), "unknown-credential"),
        (
            ANNA,
            people(credential("anna", "town", state=CredentialState.REVOKED)),
            "credential-not-live",
        ),
        (ANNA, people(credential("anna", "town", person=None, application="app-1")), "not-a-person"),
        (ANNA, people(without=("per-anna",)), "not-a-person"),
        (Approval(credential="crd-anna", organisation="org-nowhere"), people(), "unknown-organisation"),
        (Approval(credential="crd-anna", organisation="org-house"), people(), "wrong-organisation"),
        (ANNA, people(member("anna", "town", "reader")), "no-counting-role"),
        (ANNA, people(member("anna", "town", "approver", until="2026-11-22T08:00:00Z")), "no-counting-role"),
        (Approval(credential="crd-erik", organisation="org-maker"), people(), "no-counting-role"),
    ],
)
def test_what_does_not_count(approval, found, why):
    standing = count((approval,), found, Asker(), AT)
    assert (standing.persons, [d.code for d in standing.dropped]) == (0, [why])


def test_who_sits_in_two_organisations_stands_for_one_at_a_time():
    found = people(member("anna", "house", "approver"), credential("anna", "house", "-h"))
    twice = (ANNA, Approval(credential="crd-anna-h", organisation="org-house"))
    assert count(twice, found, ERIK, AT).organisations == 1
    assert code(meets(Quorum(persons=1, organisations=2), twice, found, ERIK, AT)) == "too-few-organisations"
    with_olga = (*twice, OLGA)
    assert meets(TWO, with_olga, found, ERIK, AT) is None


def test_where_trustee_and_operator_are_one_a_second_organisation_is_needed():
    alone = Quorum(persons=1, organisations=1, operator="org-house")
    assert code(meets(alone, (TOM,), people(), ERIK, AT)) == "too-few-organisations"
    assert meets(alone, (TOM, ANNA), people(), ERIK, AT) is None
    centre = organisation("centre", PartyKind.PROVIDER)
    elsewhere = Quorum(persons=1, organisations=1, operator="org-centre")
    assert meets(elsewhere, (TOM,), people(centre), ERIK, AT) is None
    sister = organisation("centre", PartyKind.PROVIDER, group="HOUSE")
    assert code(meets(elsewhere, (TOM,), people(sister), ERIK, AT)) == "too-few-organisations"
    unknown = Quorum(persons=1, organisations=1, operator="org-ghost")
    assert code(meets(unknown, (TOM,), people(), ERIK, AT)) == "too-few-organisations"


def test_a_seat_must_be_filled_by_the_organisation_it_names():
    town = Seat(kind=PartyKind.CUSTOMER, organisation="org-town")
    quorum = Quorum(persons=2, organisations=2, seats=(town, Seat(kind=PartyKind.TRUSTEE)))
    assert meets(quorum, (ANNA, TOM), people(), ERIK, AT) is None
    found = people(
        organisation("village", PartyKind.CUSTOMER),
        member("olga", "village", "owner"),
        credential("olga", "village"),
    )
    village = Approval(credential="crd-olga", organisation="org-village")
    shortfall = meets(quorum, (village, TOM), found, ERIK, AT)
    assert (code(shortfall), shortfall.seat) == ("seat-empty", "org-town")


def test_seats_are_filled_by_different_people():
    found = people(
        member("anna", "house", "approver"), credential("anna", "house", "-h"), without=("mem-tom-house",)
    )
    both = (ANNA, Approval(credential="crd-anna-h", organisation="org-house"), OLGA)
    quorum = Quorum(
        persons=2,
        organisations=2,
        seats=(Seat(kind=PartyKind.CUSTOMER), Seat(kind=PartyKind.TRUSTEE)),
    )
    assert meets(quorum, both, found, ERIK, AT) is None
    assert code(meets(quorum, both[:2], found, ERIK, AT)) == "too-few-persons"


def test_a_quorum_of_nobody_and_a_flood_of_approvals_are_refused():
    assert code(meets(Quorum(persons=0), (ANNA, TOM), people(), ERIK, AT)) == "bad-quorum"
    seats = (Seat(kind=PartyKind.TRUSTEE),) * 5
    assert code(meets(msgspec.structs.replace(TWO, seats=seats), (), people(), ERIK, AT)) == "bad-quorum"
    assert code(meets(TWO, (ANNA,) * 65, people(), ERIK, AT)) == "too-many-approvals"
