"""Cases moved through the lockbox on a running keyroom: real database, real holder, real signatures."""

import pytest

from custodes.acts.asks.cases import LookCase, LookCases, LookGrants, OpenCase
from custodes.acts.footing.case_head import CaseHead
from custodes.acts.footing.granted import Granted
from custodes.acts.office.office import Office  # noqa: F401 - this suite is its test
from custodes.acts.office.views import CaseAnswers  # noqa: F401
from custodes.desks import grant
from custodes.kernel.refusal import Kind, Refusal
from custodes.store.nouns import cases  # noqa: F401
from fakes.folk import refused
from fakes.office import in_office


def verbs(view):
    return {move.verb: move.open for move in view.moves}


@in_office
async def test_asked_approved_twice_and_the_grant_stands(world):
    case = await world.request()
    assert (case.state, case.version) == ("asked", 1)
    assert case.scope.reason == "The register cannot be opened."
    assert case.scope.resources[0].name == "registry"
    assert case.scope.asker.name == "Erik"
    once = await world.approve(world.anna, case)
    assert (once.state, [one.who.name for one in once.approvals]) == ("asked", ["Anna"])
    assert once.waits_for == (world.trustee.id,)
    world.clock.forward(minutes=5)
    done = await world.approve(world.karl, case)
    assert done.state == "granted"
    assert done.grant.state == "granted"
    assert done.grant.reasons == ()
    assert (done.grant.not_before, done.grant.lapses_at) == ("2026-11-22T08:05:00Z", "2026-11-22T09:05:00Z")
    row = world.keyroom.opened.standing.get("grant", done.grant.id, Granted)
    assert row.document.encode() == done.document
    assert [step.move for step in done.timeline] == ["ask", "approve", "approve"]
    assert [step.name for step in done.timeline] == ["Erik", "Anna", "Karl"]


@in_office
async def test_the_approver_is_shown_exactly_what_he_signs(world):
    case = await world.request()
    view = await world.look(world.anna, case.id)
    document = grant.decode(view.document)
    assert view.document_hash == grant.grant_hash(document)
    assert document.reason == view.scope.reason
    assert document.resources == (grant.WholeKey(key=world.key),)
    (line,) = view.to_sign
    assert (line.kind, line.credential) == ("passkey", world.anna.credential.id)
    assert line.approved_at == "2026-11-22T08:00:00Z"
    assert (await world.look(world.erik, case.id)).to_sign == ()


@in_office
async def test_a_granted_house_comes_up_again_with_its_grant(world):
    case = await world.granted()
    await world.close()
    await world.open()
    again = await world.look(world.karl, case.id)
    assert again.grant == case.grant
    head = world.keyroom.opened.standing.get("case", case.id, CaseHead)
    assert (head.state, head.version) == ("granted", 3)


@in_office
async def test_a_stranger_sees_no_case_and_an_engineer_only_his_own(world):
    case = await world.request()
    eva = await world.signer("Eva", world.supplier, ("engineer",))
    for who in (world.kim, eva):
        with pytest.raises(Refusal) as caught:
            await world.look(who, case.id)
        assert (caught.value.code, caught.value.kind) == ("no-such-thing", Kind.ABSENT)
        with pytest.raises(Refusal) as caught:
            await world.move(who, case, "approve")
        assert caught.value.code == "no-such-thing"
    assert (await world.ask(LookCases(eva.token))).cases == ()
    for who in (world.erik, world.anna, world.olga, world.karl, world.ada):
        assert [row.id for row in (await world.ask(LookCases(who.token))).cases] == [case.id]
    with pytest.raises(Refusal, match="no-such-thing"):
        await world.ask(LookCase(world.karl.token, "cas-" + "0" * 26))


@in_office
async def test_lists_and_grants(world):
    case = await world.granted()
    world.clock.forward(minutes=1)
    other = await world.request(ticket="T-2")
    denied = await world.move(world.anna, other, "deny", {"reason": "Not today."})
    assert denied.state == "denied"
    of_town = LookCases(world.anna.token, world.customer_row.id)
    assert [row.id for row in (await world.ask(of_town)).cases] == [case.id]
    everything = LookCases(world.anna.token, world.customer_row.id, open_only=False)
    assert [row.state for row in (await world.ask(everything)).cases] == ["denied", "granted"]
    for who in (world.erik, world.anna):
        found = (await world.ask(LookGrants(who.token, world.customer_row.id))).grants
        assert [one.id for one in found] == [case.grant.id]
    assert (await world.ask(LookGrants(world.anna.token))).grants == ()
    assert [one.id for one in (await world.ask(LookGrants(world.erik.token))).grants] == [case.grant.id]


@in_office
async def test_a_lost_race_shows_the_new_state(world):
    case = await world.request()
    await world.move(world.anna, case, "deny", {"reason": "No."})
    with pytest.raises(Refusal) as caught:
        await world.move(world.karl, case, "deny", {"reason": "No."})
    assert (caught.value.code, caught.value.kind) == ("changed-meanwhile", Kind.CONFLICT)
    assert dict(caught.value.facts) == {"state": "denied", "version": 2}


@in_office
async def test_a_closed_move_says_why_and_who_can_change_it(world):
    case = await world.request()
    view = await world.look(world.erik, case.id)
    closed = {move.verb: move.why for move in view.moves if not move.open}
    why = closed["approve"][0]
    assert (why.rule, why.changed_by) == ("house/house-no-self-approval", "nobody")
    assert why.lifted_by == "another-person"
    assert why.de == "Niemand genehmigt sich selbst. Eine andere Person muss entscheiden."
    assert verbs(view)["withdraw"]
    view = await world.look(world.anna, case.id)
    assert verbs(view)["approve"]
    assert verbs(view)["deny"]
    closed = {move.verb: move.why for move in view.moves if not move.open}
    assert [one.code for one in closed["review"]] == ["wrong-state"]


@in_office
async def test_every_end_of_a_grant_ends_its_row(world):
    for verb, who, form, state in (
        ("return", world.erik, {}, "returned"),
        ("revoke", world.anna, {"reason": "Enough."}, "revoked"),
    ):
        case = await world.granted()
        ended = await world.move(who, case, verb, form)
        assert (ended.state, ended.grant.state) == (state, state)
        assert ended.waits_for == (world.town.id, world.trustee.id)
    done = await world.move(world.olga, ended, "review", {"finding": "as-asked", "reason": "Seen."})
    assert (done.state, done.finding, done.remark) == ("closed", "as-asked", "Seen.")


@in_office
async def test_the_same_retry_id_opens_one_case_and_only_for_the_same_form(world):
    form = world.request_form()

    def opened(evidence=world.erik.token, form=form, retry="form-17"):
        return world.ask(OpenCase(evidence, "lockbox", world.customer_row.id, form, retry))

    first = await opened()
    assert (await opened()).id == first.id
    assert len((await world.ask(LookCases(world.erik.token))).cases) == 1
    await refused(opened(retry="no spaces"), "bad-retry")
    other = await opened(retry="form-18")
    assert (await opened(form=world.request_form(ticket="T-9"))).id != first.id, "another form, another case"
    eva = await world.signer("Eva", world.supplier, ("engineer",))
    hers = await opened(eva.token, world.request_form(beneficiary=eva.token.token.partition(".")[0]))
    assert len({first.id, other.id, hers.id}) == 3, "an id is its asker's own"
    await world.move(world.anna, first, "deny", {"reason": "Not today."})
    again = await opened()
    assert (again.id, again.state) == (first.id, "denied"), "the case as it stands now"
    await world.close()
    await world.open()
    assert (await opened()).id == first.id, "after a restart, too"


@in_office
async def test_a_case_is_the_askers_turn_only_while_his_organisation_is_waited_for(world):
    case = await world.granted()
    rows = (await world.ask(LookCases(world.olga.token))).cases
    assert [(row.id, row.is_mine, row.reason) for row in rows] == [
        (case.id, False, "The register cannot be opened.")
    ]
