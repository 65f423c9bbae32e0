"""A key used under a grant: who could not, can; counted, recorded apart, held to scope and window."""

import pytest

from custodes.acts.answers import granted_uses  # noqa: F401 - this suite is its test
from custodes.acts.footing.granted import Granted
from custodes.acts.office import using  # noqa: F401
from custodes.kernel.refusal import Kind, Refusal
from custodes.policy.presets import default_rules, rule
from custodes.store.reads import reading
from fakes.office import in_office
from fakes.witnesses import Waiting


def row_of(world, case):
    return world.keyroom.opened.standing.get("grant", case.grant.id, Granted)


def entry(world, log, index):
    o = world.keyroom.opened
    row = reading(world.engine, lambda r: r.opening(log, index))
    page = reading(world.engine, lambda r: r.page(o.house, row.page))
    leaf = reading(world.engine, lambda r: r.leaves(log, index, index + 1))[0]
    return o.records.unseal(world.customer_row, page, row, leaf).fields


async def no(doing):
    with pytest.raises(Refusal) as caught:
        await doing
    return caught.value.code, caught.value.kind


@in_office
async def test_refused_then_granted_then_used_once(world):
    assert await no(world.use(world.erik.token)) == ("forbidden", Kind.DENIED)
    case = await world.granted()
    used = await world.use(world.erik.token)
    assert used.message == b"a data key"
    assert used.log == world.customer_row.log("exceptional")
    said = entry(world, used.log, used.index)
    assert said["act"] == "key.unwrap"
    assert (said["grant"], said["case"], said["uses"]) == (case.grant.id, case.id, 1)
    assert said["purpose"] == "support"
    assert row_of(world, case).uses_spent == 1
    assert row_of(world, case).bytes_spent == len(world.message)
    steps = (await world.look(world.anna, case.id)).timeline
    assert [step.move for step in steps] == ["ask", "approve", "approve", "key.unwrap"]
    assert (steps[-1].name, steps[-1].index) == ("Erik", used.index)
    assert await no(world.use(world.erik.token)) == ("no-uses-left", Kind.DENIED)
    assert row_of(world, case).uses_spent == 1


@in_office
async def test_a_denied_use_is_an_entry(world):
    await world.granted()
    await world.use(world.erik.token)
    await no(world.use(world.erik.token))
    log = world.customer_row.log("machine")
    rows = reading(world.engine, lambda r: r.openings(log, code="denial"))
    assert entry(world, log, rows[0].index)["reason"] == "no-uses-left"


@in_office
async def test_as_many_uses_and_bytes_as_granted(world):
    await world.granted(uses=2, bytes_max=len(world.message) + 10)
    await world.use(world.erik.token)
    assert await no(world.use(world.erik.token)) == ("no-bytes-left", Kind.DENIED)


@in_office
async def test_the_grant_is_for_this_credential_key_and_verb(world):
    await world.granted(uses=5)
    eva = await world.signer("Eva", world.supplier, ("engineer",))
    assert (await no(world.use(eva.token)))[1] is Kind.DENIED
    assert (await no(world.use(world.erik.token, "wrap", b"x")))[1] is Kind.DENIED
    _, second = world.api_token(world.supplier.id, person=world.erik.person.id)
    assert (await no(world.use(second)))[1] is Kind.UNAUTHENTICATED
    credential, second = world.api_token(world.supplier.id, person=world.erik.person.id)
    await world.put(("credential", credential.id, "", credential))
    assert (await no(world.use(second)))[1] is Kind.DENIED
    assert (await world.use(world.erik.token)).message == b"a data key"


@in_office
async def test_a_rule_of_the_customer_still_says_no(world):
    await world.granted()
    customer = world.customer_row.id
    weekend = rule("business-hours", {"weekdays": [6], "from": 0, "to": 1440})
    rules = default_rules(customer)
    closed = type(rules)(scope=customer, generation=2, rules=(*rules.rules, weekend))
    await world.put(("rules", customer, customer, closed))
    assert (await no(world.use(world.erik.token))) == ("forbidden", Kind.DENIED)


@in_office
async def test_a_revoked_key_of_an_approver_ends_the_grant(world):
    case = await world.granted(uses=5)
    await world.use(world.erik.token)
    await world.change("credential", world.anna.credential, state="revoked")
    assert await no(world.use(world.erik.token)) == ("grant-not-valid", Kind.DENIED)
    view = await world.look(world.karl, case.id)
    assert view.grant.reasons == ("bad-signature",)
    assert [one.holds for one in view.approvals] == [False, True]
    assert row_of(world, case).uses_spent == 1


@in_office
async def test_an_approver_whose_seat_ends_ends_the_grant_at_that_instant(world):
    await world.granted(uses=5)
    o = world.keyroom.opened
    (seat,) = [one for one in o.directories.now().memberships.values() if one.person == world.karl.person.id]
    await world.change("membership", seat, until="2026-11-22T08:30:00Z")
    world.clock.forward(minutes=29)
    await world.use(world.erik.token)
    world.clock.forward(minutes=1)
    assert await no(world.use(world.erik.token)) == ("grant-not-valid", Kind.DENIED)


@in_office
async def test_what_waits_for_witnesses_is_counted_once(world):
    case = await world.granted(uses=2)
    witnesses = Waiting(world.keyroom.opened, late=2)
    for _ in range(2):
        assert (await no(world.use(world.erik.token)))[0] == "not-witnessed-in-time"
    assert (await world.use(world.erik.token)).message == b"a data key"
    assert row_of(world, case).uses_spent == 1
    assert len(set(witnesses.waited)) == 1


@in_office
async def test_a_grant_revoked_while_the_witnesses_are_asked_releases_nothing(world):
    case = await world.granted(uses=2)
    Waiting(world.keyroom.opened, each=lambda: world.move(world.anna, case, "revoke", {"reason": "Stop."}))
    assert await no(world.use(world.erik.token)) == ("grant-not-valid", Kind.DENIED)
    assert row_of(world, case).state == "revoked"
    assert row_of(world, case).uses_spent == 1
