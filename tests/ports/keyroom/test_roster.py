"""People come and leave by their directory; who leaves leaves nothing that counts, whoever is faster."""

import asyncio

import msgspec
import pytest

from custodes.acts.asks import Session, Token
from custodes.acts.asks.cases import MoveCase
from custodes.acts.asks.identity import (
    DropGroup,
    DropListed,
    LeavePerson,
    LinkPerson,
    LookGroups,
    LookListed,
    MakeDirectoryToken,
    PutGroup,
)
from custodes.acts.asks.keys import LookKeys
from custodes.acts.asks.parties import EndMembership, RevokeCredential, WhoAmI
from custodes.acts.roster import directory, groups, leaving, provisioning  # noqa: F401 - what is tested
from custodes.kernel import canonical
from custodes.kernel.refusal import Kind, Refusal
from custodes.parties.rows import Credential, CredentialState
from fakes.directory import TownDirectory
from fakes.folk import entries, in_folk, refused
from fakes.office import in_office


async def linked(world, town, who):
    """Somebody with a membership and keys, as the directory's own person."""
    ask = LinkPerson(world.olga.token, town.id, f"u-{who.person.name.lower()}", who.person.id)
    await world.keyroom.ask(world.olga.signed(ask, ("issuer", town.id)))
    return await town.put(who.person.name.lower())


def count(standing, person):
    rows = standing.all_of("credential", Credential)
    return sum(row.person == person and row.state is CredentialState.ACTIVE for row in rows)


@in_folk
async def test_a_person_comes_changes_and_leaves_by_the_directory(world):
    town = await TownDirectory(world).open()
    nina = await town.put("nina", mail="nina@town.example")
    assert nina.listed.is_active
    session = Session((await town.sign_in(sub="u-nina")).token)
    me = await world.keyroom.ask(WhoAmI(session))
    assert (me.person, me.roles, me.is_vetted) == (nina.person, ("approver",), False)
    changed = await town.put("nina.neu", nina.person, nina.generation, external="u-nina", name="Nina Neu")
    assert (changed.generation, changed.listed.name) == (nina.generation + 1, "Nina Neu")
    await refused(town.put("nina", nina.person, nina.generation), "listed-changed")
    gone = await town.put("nina.neu", nina.person, external="u-nina", is_active=False)
    assert not gone.listed.is_active
    await refused(world.keyroom.ask(WhoAmI(session)), "not-authenticated")
    await refused(town.sign_in(sub="u-nina"), "not-authenticated")
    assert count(world.keyroom.opened.standing, nina.person) == 0
    # Back again: he may sign in; the old session stays dead.
    await town.put("nina.neu", nina.person, external="u-nina")
    await town.sign_in(sub="u-nina")
    await refused(world.keyroom.ask(WhoAmI(session)), "not-authenticated")
    await world.keyroom.ask(DropListed(town.token, nina.person))
    await refused(town.look(person=nina.person), "no-such-thing")
    assert (await town.look()).total == 0
    await refused(town.sign_in(sub="u-nina"), "not-authenticated")
    again = await town.put("nina")
    assert again.person == nina.person  # the same subject is the same human being
    told = entries(world, world.customer_row.log("exceptional"), "leave.person")
    assert [one.fields["subject"] for one in told] == [nina.person] * 2
    assert "nina" not in str([one.fields for one in told]).lower()


@in_folk
async def test_a_renamed_account_is_followed_and_the_old_name_is_free(world):
    town = await TownDirectory(world).open()
    one = await town.put("eva.alt", external="")
    session = Session((await town.sign_in(sub="eva.alt")).token)
    await town.put("eva.neu", one.person, external="")
    await refused(world.keyroom.ask(WhoAmI(session)), "not-authenticated")
    await refused(town.sign_in(sub="eva.alt"), "not-authenticated")
    assert (await town.sign_in(sub="eva.neu")).person == one.person
    await refused(town.put("EVA.neu", external="u-2"), "account-in-use")


@in_folk
async def test_what_a_directory_is_not_let_do(world):
    town = await TownDirectory(world).open()
    nina = await town.put()
    me = await world.keyroom.ask(WhoAmI(town.token))
    assert (me.roles, me.person) == (("directory",), None)
    for ask in (
        LookKeys(town.token, world.customer_row.id),
        LeavePerson(town.token, world.karl.person.id, world.trustee.id, "x"),
        LeavePerson(town.token, world.anna.person.id, world.town.id, "x"),
    ):
        assert (await refused(world.keyroom.ask(ask))).kind in {Kind.DENIED, Kind.ABSENT}
    # Nobody's person but its own: not Anna, who was never linked, nor Karl of the trustee.
    for person in (world.anna.person.id, world.karl.person.id, "per-none"):
        await refused(town.put("x", person), "no-such-thing")
        await refused(world.keyroom.ask(DropListed(town.token, person)), "no-such-thing")
        await refused(town.group("clerks", person), "no-such-thing")
    # And nobody else's evidence is a directory's.
    for evidence in (world.olga.token, world.token, world.erik.token):
        await refused(world.keyroom.ask(LookListed(evidence)), "no-such-thing")
        await refused(world.keyroom.ask(DropListed(evidence, nina.person)), "no-such-thing")
    for evidence in (world.anna, world.ada):
        ask = MakeDirectoryToken(evidence.token, town.id, "x")
        await refused(world.keyroom.ask(evidence.signed(ask, ("issuer", town.id))))
    await refused(world.keyroom.ask(MakeDirectoryToken(world.olga.token, town.id, "x")))
    for bad in ({"account": " "}, {"account": "x" * 256}, {"account": "a\x00"}):
        await refused(town.put(**bad), "bad-listed")
    other = await TownDirectory(world).open(name="Second")
    await refused(world.keyroom.ask(LookListed(other.token, person=nina.person)), "no-such-thing")
    await town.set_up(issuer=town.id, secret="", is_off=True)
    await refused(town.look(), "no-such-thing")


@in_folk
async def test_groups_give_roles_and_take_them_at_once(world):
    town = await TownDirectory(world).open()
    nina, otto = await town.put("nina"), await town.put("otto")
    await refused(town.sign_in(sub="u-nina", groups=None), "no-role-mapped")
    clerks = await town.group("clerks", nina.person, otto.person)
    signed_in = {}
    for name in ("nina", "otto"):
        signed_in[name] = Session((await town.sign_in(sub=f"u-{name}", groups=None)).token)
        assert (await world.keyroom.ask(WhoAmI(signed_in[name]))).roles == ("reader",)
    assert (await town.look(person=nina.person)).people[0].groups == ((clerks.group, "clerks"),)
    without = await town.group("clerks", otto.person, group=clerks.group, expects=clerks.generation)
    await refused(world.keyroom.ask(WhoAmI(signed_in["nina"])), "not-authenticated")
    await world.keyroom.ask(WhoAmI(signed_in["otto"]))  # his roles are what they were
    await refused(town.group("clerks", group=clerks.group, expects=clerks.generation), "group-changed")
    await refused(town.group("clerks"), "group-in-use")
    await town.group("choir", nina.person)  # no role, so nobody is asked to sign in again
    await world.keyroom.ask(WhoAmI(signed_in["otto"]))
    await world.keyroom.ask(DropGroup(town.token, clerks.group, without.generation))
    await refused(world.keyroom.ask(WhoAmI(signed_in["otto"])), "not-authenticated")
    found = await world.keyroom.ask(LookGroups(town.token, equal=(("name", "choir"),)))
    assert ([one.name for one in found.groups], found.total) == (["choir"], 1)
    await refused(world.keyroom.ask(DropGroup(town.token, clerks.group)), "no-such-thing")
    await refused(world.keyroom.ask(PutGroup(town.token, " ")), "bad-group")


@in_folk
async def test_pages_and_filters(world):
    town = await TownDirectory(world).open()
    people = [await town.put(f"p{n}", mail=f"P{n}@town.example") for n in range(5)]
    page = await town.look(start=2, count=2)
    assert ([one.person for one in page.people], page.total, page.start) == (
        [one.person for one in sorted(people, key=lambda one: (one.created_at, one.person))][1:3],
        5,
        2,
    )
    assert (await town.look(start=9)).people == ()
    assert (await town.look(count=0)).total == 5
    for pair, total in (
        (("account", "P3"), 1),
        (("mail", "p3@TOWN.example"), 1),
        (("external", "U-p3"), 0),
        (("external", "u-p3"), 1),
        (("person", people[0].person), 1),
        (("is_active", "true"), 5),
    ):
        assert (await town.look(equal=(pair,))).total == total, pair


@in_office
async def test_a_leavers_approval_stops_counting_with_the_entry_that_lets_him_go(world):
    town = await TownDirectory(world).open()
    anna = await linked(world, town, world.anna)
    case = await world.request()
    await world.approve(world.anna, case)
    session = Session((await town.sign_in(sub="u-anna")).token)
    await town.put("anna", anna.person, is_active=False)
    for evidence in (session, world.anna.token):
        await refused(world.keyroom.ask(WhoAmI(evidence)), "not-authenticated")
    view = await world.look(world.olga, case.id)
    assert (view.state, view.approvals) == ("asked", ())
    log = world.customer_row.log("exceptional")
    left, struck = entries(world, log, "leave.person")[-1], entries(world, log, "lockbox.strike")[-1]
    assert (left.fields["count"], struck.fields["case"]) == (1, case.id)
    assert left.fields["standing_root"] == struck.fields["standing_root"]  # one transaction
    after = await world.approve(world.karl, case)
    assert after.state == "asked"  # the trustee's alone is no quorum
    after = await world.approve(world.olga, case)
    assert after.state == "granted"


@pytest.mark.parametrize("first", ["leaves", "approves"])
def test_leaving_and_approving_at_once(first, tmp_path):
    """Whoever is first, there is never a grant on the word of somebody who has left."""

    @in_office
    async def play(world):
        town = await TownDirectory(world).open()
        anna = await linked(world, town, world.anna)
        case = await world.request()
        await world.approve(world.karl, case)
        form = await world.approval(world.anna, case)
        view = await world.look(world.anna, case.id)
        approving = world.ask(
            MoveCase(world.anna.token, case.id, "approve", view.version, canonical.encode(form))
        )
        going = town.put("anna", anna.person, is_active=False)
        both = [going, approving] if first == "leaves" else [approving, going]
        done = await asyncio.gather(*both, return_exceptions=True)
        has_left, approved = done if first == "leaves" else done[::-1]
        assert not isinstance(has_left, Exception)
        seen = await world.look(world.olga, case.id)
        if isinstance(approved, Exception):
            assert isinstance(approved, Refusal)
            assert (seen.state, len(seen.approvals)) == ("asked", 1)
        else:
            assert seen.state == "granted"
        assert (first == "leaves") == isinstance(approved, Exception)

    play(tmp_path)


@in_office
async def test_many_at_once_leave_one_truth(world):
    town = await TownDirectory(world).open()
    anna = await linked(world, town, world.anna)
    asks = [town.put("anna", anna.person, is_active=n % 2 == 0) for n in range(6)]
    asks += [world.keyroom.ask(DropListed(town.token, anna.person)), town.put("anna", external="u-anna")]
    done = await asyncio.gather(*asks, return_exceptions=True)
    assert all(isinstance(one, msgspec.Struct | Refusal) for one in done)
    found = (await town.look()).people
    standing = world.keyroom.opened.standing
    active = bool(found) and found[0].listed.is_active
    assert count(standing, anna.person) == (1 if active else 0)
    await refused(world.keyroom.ask(WhoAmI(world.anna.token)), "not-authenticated")


@in_office
async def test_an_officer_lets_somebody_go(world):
    case = await world.request()
    await world.approve(world.anna, case)
    ask = LeavePerson(world.olga.token, world.anna.person.id, world.town.id, "retired")
    await refused(world.keyroom.ask(msgspec.structs.replace(ask, evidence=world.erik.token)))
    await refused(world.keyroom.ask(msgspec.structs.replace(ask, person="per-none")), "no-such-thing")
    await refused(
        world.keyroom.ask(msgspec.structs.replace(ask, person=world.karl.person.id)), "no-such-thing"
    )
    await refused(world.keyroom.ask(msgspec.structs.replace(ask, reason="x" * 501)), "reason-too-long")
    await world.keyroom.ask(ask)
    assert (await world.look(world.olga, case.id)).approvals == ()
    await refused(world.keyroom.ask(WhoAmI(Token(world.anna.token.token))), "not-authenticated")


@pytest.mark.parametrize("how", ["leaves", "loses his role", "loses his key"])
def test_a_grant_falls_with_its_approver(how, tmp_path):
    """No act on the grant: it is verified at each use, and the signature counts no more."""

    @in_office
    async def play(world):
        anna = world.anna
        case = await world.granted(uses=5)
        assert (await world.use(world.erik.token)).message == b"a data key"
        ask, lost_by, reason = {
            "leaves": (
                LeavePerson(world.olga.token, anna.person.id, world.town.id, "x"), "left", "bad-signature",
            ),
            "loses his role": (
                EndMembership(world.olga.token, anna.person.id, world.town.id, "x"), "left", "quorum-not-met",
            ),
            "loses his key": (
                RevokeCredential(world.olga.token, anna.credential.id, "x"), "key-revoked", "bad-signature",
            ),
        }[how]  # fmt: skip
        await world.ask(ask)
        no = await refused(world.use(world.erik.token))
        assert no.kind is Kind.DENIED
        view = await world.look(world.olga, case.id)
        assert (view.state, view.grant.uses_spent, view.grant.reasons) == ("granted", 1, (reason,))
        assert {one.who.name: one.lost_by for one in view.approvals} == {"Anna": lost_by, "Karl": ""}
        # A new key of the same person does not revive it.
        await world.key_for(anna.person, world.town, anna.token, passkey=True)
        await refused(world.use(world.erik.token))
        # It ends as every grant does, and somebody looks at it afterwards.
        ended = await world.move(world.olga, view, "revoke", {"reason": "left"})
        assert ended.state == "revoked"

    play(tmp_path)
