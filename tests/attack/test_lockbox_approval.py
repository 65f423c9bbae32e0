"""Attacks on the consent of a lockbox case, on a running keyroom: whoever approves must be another."""

import asyncio

import msgspec
import pytest

from custodes.acts.footing.granted import Granted
from custodes.custody.keys import Key
from custodes.kernel import canonical
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, Refusal
from custodes.parties.rows import Membership
from custodes.store.reads import reading
from fakes.office import fill_in, in_office

APPROVE = "approve"


async def no(doing):
    """(code, reasons) of a refusal."""
    with pytest.raises(Refusal) as caught:
        await doing
    return caught.value.code, tuple(caught.value.facts.get("reasons", ()))


def grants(world):
    return list(world.keyroom.opened.standing.all_of("grant", Granted))


def denials(world, customer):
    """What the customer finds in his log of what was tried."""
    o = world.keyroom.opened
    found = []
    for row in reading(world.engine, lambda r: r.openings(customer.log("machine"), code="denial")):
        page = reading(world.engine, lambda r, row=row: r.page(o.house, row.page))
        leaf = reading(world.engine, lambda r, row=row: r.leaves(row.log, row.index, row.index + 1))[0]
        found.append(o.records.unseal(customer, page, row, leaf).fields)
    return [(said["reason"], said["subject"]) for said in found]


async def enrol_again(world, signer, organisation, roles, **person):
    """A second account of the same human being: another person id, the same verified address."""
    again = await world.signer(f"{signer.person.name} II", organisation, roles)
    for row in (signer.person, again.person):
        await world.change("person", row, mail="same@human.example", is_mail_verified=True, **person)
    return again


@in_office
async def test_nobody_approves_his_own_request(world):
    case = await world.request(world.olga)
    view = await world.look(world.olga, case.id)
    assert view.to_sign == ()
    shown = (await world.look(world.anna, case.id)).to_sign[0]
    form = {**fill_in(world.olga, shown), "credential": world.olga.credential.id}
    assert await no(world.move(world.olga, case, APPROVE, form)) == ("forbidden", ("forbidden",))
    assert ("forbidden", case.id) in denials(world, world.customer_row)
    assert grants(world) == []


@in_office
async def test_nor_with_a_second_account_of_his(world):
    """Two ids, two credentials, one human: policy sees two persons, the desk sees one."""
    second = await enrol_again(world, world.erik, world.town, ("approver",))
    case = await world.request(world.erik)
    view = await world.look(second, case.id)
    assert view.to_sign == ()
    (why,) = next(move for move in view.moves if move.verb == APPROVE).why
    assert (why.code, why.changed_by) == ("own-request", "another-person")
    form = own_form(world, second, case, view)
    assert await no(world.move(second, case, APPROVE, form)) == (
        "move-closed",
        ("own-request", "own-benefit")[:1],
    )
    assert ("own-request", case.id) in denials(world, world.customer_row)
    assert grants(world) == []


@in_office
async def test_nobody_approves_what_somebody_else_asked_for_him(world):
    """Olga asks, for Erik; Erik's second account in the town approves: he would get the access."""
    second = await enrol_again(world, world.erik, world.town, ("approver",))
    case = await world.request(world.olga)
    view = await world.look(second, case.id)
    form = own_form(world, second, case, view)
    assert await no(world.move(second, case, APPROVE, form)) == ("move-closed", ("own-benefit",))
    assert grants(world) == []


@in_office
async def test_two_of_one_organisation_do_not_suffice(world):
    case = await world.request()
    await world.approve(world.anna, case)
    twice = await world.approve(world.olga, case)
    assert twice.state == "asked"
    assert grants(world) == []
    assert (await world.approve(world.karl, case)).state == "granted"


@in_office
async def test_nor_two_of_one_controlling_group(world):
    """The trustee is bought by the town's own holding: from that moment on they are one."""
    case = await world.request()
    await world.approve(world.anna, case)
    await world.change("organisation", world.trustee, controlling_group=world.town.controlling_group)
    both = await world.approve(world.karl, case)
    assert both.state == "asked"
    assert grants(world) == []


@in_office
async def test_a_group_formed_after_the_grant_ends_it(world):
    await world.granted(uses=5)
    await world.use(world.erik.token)
    await world.change("organisation", world.trustee, controlling_group=world.town.controlling_group)
    assert await no(world.use(world.erik.token)) == ("grant-not-valid", ("grant-not-valid",))


@in_office
async def test_one_human_with_a_seat_in_both_organisations_is_one(world):
    case = await world.request()
    o = world.keyroom.opened
    seat = Membership(
        id=new_id("mem", o.dice),
        person=world.anna.person.id,
        organisation=world.trustee.id,
        roles=("approver",),
        since="2026-11-22T08:00:00Z",
    )
    await world.put(("membership", seat.id, "", seat))
    _, token = world.api_token(world.trustee.id, person=world.anna.person.id)
    await world.put(("credential", _.id, "", _))
    there = await world.key_for(world.anna.person, world.trustee, token)
    await world.approve(world.anna, case)
    view = await world.look(there, case.id)
    assert not next(move for move in view.moves if move.verb == APPROVE).open
    form = own_form(world, there, case, view)
    assert await no(world.move(there, view, APPROVE, form)) == ("move-closed", ("approved-before",))
    assert grants(world) == []


@in_office
async def test_a_token_alone_approves_nothing(world):
    case = await world.request()
    shown = (await world.look(world.karl, case.id)).to_sign[0]
    form = {**fill_in(world.karl, shown), "credential": "crd-" + "0" * 26}
    assert (await no(world.move(world.karl, case, APPROVE, form)))[0] == "forbidden"
    assert grants(world) == []


@in_office
async def test_a_forged_or_moved_signature_is_refused_and_recorded(world):
    case, other = await world.request(), await world.request(ticket="T-2")
    good = await world.approval(world.karl, case)
    foreign = await world.approval(world.karl, other)
    forged = canonical.b64(bytes(64))
    flipped = bytearray(canonical.unb64(good["signature"]))
    flipped[10] ^= 1
    for changes, reasons in (
        ({"signature": forged}, ("bad-signature",)),
        ({"signature": canonical.b64(bytes(flipped))}, ("bad-signature",)),
        ({"signature": foreign["signature"]}, ("bad-signature",)),
        ({"key_hash": canonical.b64(bytes(32))}, ("bad-signature",)),
        ({"approved_at": "2026-11-22T07:59:59Z"}, ("approval-out-of-time",)),
        ({"approved_at": "2026-11-22T07:50:00Z"}, ("approval-stale",)),
        ({"approved_at": "2026-11-22T08:00:01Z"}, ("approval-stale",)),
        (dict(foreign), ("other-document",)),
        ({"grant_hash": foreign["grant_hash"]}, ("other-document",)),
    ):
        form = {**good, **changes}
        assert await no(world.move(world.karl, case, APPROVE, form)) == ("move-closed", reasons), changes
    tried = {reason for reason, subject in denials(world, world.customer_row) if subject == case.id}
    assert tried == {"bad-signature", "other-document"}
    assert grants(world) == []
    assert (await world.move(world.karl, case, APPROVE, good)).version == 2


@in_office
async def test_somebody_elses_signature_is_not_mine(world):
    """Karl's form handed in by Ada of the same trustee, and by Anna of the town."""
    case = await world.request()
    karls = await world.approval(world.karl, case)
    tom = await world.signer("Tom", world.trustee, ("approver",))
    for who in (tom, world.anna):
        assert (await no(world.move(who, case, APPROVE, karls)))[0] == "forbidden"
    mixed = {**karls, "credential": tom.credential.id}
    assert await no(world.move(tom, case, APPROVE, mixed)) == ("move-closed", ("bad-signature",))
    assert grants(world) == []


@in_office
async def test_an_approval_replayed_from_another_case_or_twice(world):
    case = await world.request()
    await world.approve(world.anna, case)
    signed = await world.approval(world.karl, case)
    other = await world.request(ticket="T-2")
    assert await no(world.move(world.karl, other, APPROVE, signed)) == ("move-closed", ("other-document",))
    view = await world.look(world.karl, case.id)
    await world.move(world.karl, view, APPROVE, signed)
    view = await world.look(world.karl, case.id)
    assert await no(world.move(world.karl, view, APPROVE, signed)) == ("move-closed", ("wrong-state",))


@in_office
async def test_a_signature_kept_back_is_stale(world):
    case = await world.request()
    signed = await world.approval(world.karl, case)
    world.clock.forward(minutes=6)
    assert await no(world.move(world.karl, case, APPROVE, signed)) == ("move-closed", ("approval-stale",))


@in_office
async def test_approving_after_the_request_lapsed(world):
    case = await world.request()
    await world.approve(world.anna, case)
    view = await world.look(world.karl, case.id)
    world.clock.forward(days=4, minutes=1)  # the clock's own move is late
    late = await world.look(world.karl, case.id)
    assert late.to_sign == ()
    form = own_form(world, world.karl, case, view)
    assert await no(world.move(world.karl, view, APPROVE, form)) == ("move-closed", ("request-lapsed",))
    assert grants(world) == []


@in_office
async def test_two_approvers_race_and_one_is_shown_the_new_state(world):
    case = await world.request()
    anna, karl = await world.approval(world.anna, case), await world.approval(world.karl, case)
    done = await asyncio.gather(
        world.move(world.anna, case, APPROVE, anna),
        world.move(world.karl, case, APPROVE, karl),
        return_exceptions=True,
    )
    lost = [one for one in done if isinstance(one, Refusal)]
    assert [(one.code, one.kind, dict(one.facts)) for one in lost] == [
        ("changed-meanwhile", Kind.CONFLICT, {"state": "asked", "version": 2})
    ]
    assert grants(world) == []
    view = await world.look(world.karl, case.id)
    assert len(view.approvals) == 1


@in_office
async def test_approving_and_denying_at_once_leaves_one_of_them(world):
    case = await world.request()
    await world.approve(world.anna, case)
    view = await world.look(world.karl, case.id)
    karl = await world.approval(world.karl, case)
    done = await asyncio.gather(
        world.move(world.olga, view, "deny", {"reason": "No."}),
        world.move(world.karl, view, APPROVE, karl),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Refusal) for one in done) == 1
    state = (await world.look(world.anna, case.id)).state
    assert len(grants(world)) == (1 if state == "granted" else 0)


@in_office
async def test_nobody_asks_for_what_is_not_this_customers(world):
    """A key of another customer, one that does not exist, a version without a bucket of his: all absent."""
    other = world.customer("Other", new_id("cus", world.dice), world.town.id, (4, 5))
    o = world.keyroom.opened
    ours = o.standing.get("key", world.key, Key)
    await world.put(("customer", other.id, other.id, other))
    foreign = msgspec.structs.replace(ours, id=new_id("key", world.dice), customer=other.id)
    await world.put(("key", foreign.id, other.id, foreign))
    nowhere = f"{new_id('bkt', world.dice)}/{new_id('ver', world.dice)}"
    for thing in (foreign.id, new_id("key", world.dice), other.records.id, nowhere):
        assert (await no(world.request(resources=[world.key, thing])))[0] == "no-such-thing"


def own_form(world, who, case, view):
    """A true signature of `who` over the document, made without the case page's help."""
    from datetime import UTC, datetime

    from custodes.desks import grant
    from custodes.desks.rules import key_hash

    blank = grant.Approval(
        grant_hash=view.document_hash,
        person=who.person.id,
        organisation=who.organisation.id,
        credential=who.credential.id,
        key_hash=key_hash(who.credential),
        approved_at=world.clock.now().replace(microsecond=0).astimezone(UTC),
        signature=grant.FileSignature(signature=b""),
    )
    assert isinstance(blank.approved_at, datetime)
    line = type(
        "Line",
        (),
        {
            "credential": who.credential.id,
            "digest": grant.approval_digest(blank),
            "grant_hash": canonical.b64(view.document_hash),
            "key_hash": canonical.b64(blank.key_hash),
            "approved_at": blank.approved_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
    )
    return fill_in(who, line)
