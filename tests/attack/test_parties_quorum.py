"""One human being, or one controlling group, is one: whatever accounts, tokens, keys and names they bring."""

from custodes.acts.asks.documents import destruction_document, vetting_document
from custodes.acts.asks.house import Kill, KillScope, Lift, LookKills
from custodes.acts.asks.keys import CreateKey, LookKeys, MoveKey
from custodes.acts.asks.parties import EndMembership, RevokeCredential, VetPerson
from custodes.kernel.clock import to_text
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Membership
from fakes.folk import in_folk, refused


async def killed(world):
    made = await world.keyroom.ask(
        Kill(world.olga.token, KillScope("customer", world.customer_row.id), "attack")
    )
    kills = (await world.keyroom.ask(LookKills(world.olga.token, world.customer_row.id))).kills
    return made.kill, next(one.document for one in kills if one.id == made.kill)


def lift(world, who, kill, document, *signers):
    return world.keyroom.ask(Lift(who.token, kill, tuple(one.sign(document) for one in signers)))


@in_folk
async def test_two_keys_of_one_person_are_one(world):
    kill, document = await killed(world)
    second = await world.key_for(world.olga.person, world.town, world.olga.token)
    no = await refused(lift(world, world.olga, kill, document, world.olga, second), "signatures-too-few")
    assert no.facts["reason"] == "too-few-persons"
    again = await refused(lift(world, world.olga, kill, document, world.olga, world.olga))
    assert again.facts["reason"] == "too-few-persons"


@in_folk
async def test_two_accounts_of_one_human_being_are_one(world):
    """Olga comes back under another name for the trustee, with the same verified address."""
    kill, document = await killed(world)
    other = await world.signer("O. Maier", world.trustee, ("key-officer",))
    await lift_would_do(world, kill, document, other)
    for who in (world.olga, other):
        row = world.keyroom.opened.standing.get("person", who.person.id, type(who.person))
        await world.change("person", row, mail="Olga@Town.example", is_mail_verified=True)
    no = await refused(lift(world, world.olga, kill, document, world.olga, other), "signatures-too-few")
    assert no.facts["reason"] == "too-few-persons"


async def lift_would_do(world, kill, document, other):
    """The control: as two human beings the same signatures are enough."""
    directories = world.keyroom.opened.directories
    assert directories.human(other.person.id) != directories.human(world.olga.person.id)
    assert directories.group(other.organisation.id) != directories.group(world.olga.organisation.id)


@in_folk
async def test_two_organisations_of_one_controlling_group_are_one(world):
    kill, document = await killed(world)
    sister = world.organisation("Sister", PartyKind.TRUSTEE, group="  TOWN ")
    await world.put(("organisation", sister.id, "", sister))
    other = await world.signer("Sis", sister, ("key-officer",))
    no = await refused(lift(world, world.olga, kill, document, world.olga, other), "signatures-too-few")
    assert no.facts["reason"] == "too-few-organisations"


@in_folk
async def test_a_lifts_signatures_are_worth_nothing_for_the_next_kill(world):
    kill, document = await killed(world)
    old = (world.olga.sign(document), world.karl.sign(document))
    await world.keyroom.ask(Lift(world.olga.token, kill, old))
    later, _ = await killed(world)
    await refused(world.keyroom.ask(Lift(world.olga.token, later, old)), "signature-refused")
    await refused(world.keyroom.ask(Lift(world.olga.token, kill, old)), "no-such-thing")


@in_folk
async def test_who_only_stands_beside_does_not_count(world):
    """No counting role, not vetted, revoked, gone, another organisation's credential."""
    kill, document = await killed(world)
    reader = await world.signer("Rita", world.trustee, ("administrator",))
    await refused(lift(world, world.olga, kill, document, world.olga, reader), "signatures-too-few")
    unvetted = await world.signer("Uwe", world.trustee, ("key-officer",))
    await world.change("person", unvetted.person, is_vetted=False)
    no = await refused(lift(world, world.olga, kill, document, world.olga, unvetted))
    assert no.facts["rules"] == ("house/house-vetted-only",)
    gone = await world.signer("Gerd", world.trustee, ("key-officer",))
    await world.keyroom.ask(EndMembership(world.ada.token, gone.person.id, world.trustee.id, "left"))
    await refused(lift(world, world.olga, kill, document, world.olga, gone), "signatures-too-few")
    await world.keyroom.ask(RevokeCredential(world.karl.token, world.karl.credential.id, "lost"))
    await refused(lift(world, world.olga, kill, document, world.olga, world.karl), "signature-refused")
    no = await refused(lift(world, world.olga, kill, document, world.olga, world.erik))
    assert no.code == "signatures-too-few"


@in_folk
async def test_a_membership_that_ends_at_this_very_instant_has_ended(world):
    kill, document = await killed(world)
    now = to_text(world.clock.now())
    rows = world.keyroom.opened.standing.all_of("membership", Membership)
    mine = next(row for row in rows if row.person == world.karl.person.id)
    await world.change("membership", mine, until=now)
    await refused(lift(world, world.olga, kill, document, world.olga, world.karl), "signatures-too-few")


@in_folk
async def test_a_membership_that_ends_between_decision_and_commit_does_not_commit(world):
    """Time raises no generation; the act expects to commit before the end."""
    kill, document = await killed(world)
    rows = world.keyroom.opened.standing.all_of("membership", Membership)
    mine = next(row for row in rows if row.person == world.karl.person.id)
    await world.change("membership", mine, until="2026-11-22T08:00:05Z")
    gate = world.keyroom.opened.gate
    submit = gate._submit

    async def late(ticket):
        world.clock.forward(seconds=6)
        return await submit(ticket)

    gate._submit = late
    await refused(lift(world, world.olga, kill, document, world.olga, world.karl), "signatures-too-few")
    assert world.keyroom.opened.decisions.killed(world.customer_row.id) == "customer-killed"


@in_folk
async def test_a_key_is_not_destroyed_by_one_person_with_two_hats(world):
    ask = world.keyroom.ask
    key = await ask(CreateKey(world.olga.token, world.customer_row.id, "registry"))
    hat = await world.key_for(world.olga.person, world.trustee, world.olga.token)
    view = (await ask(LookKeys(world.olga.token, world.customer_row.id))).keys[0]
    document = destruction_document(world.body.id, (key.id, view.generation), "schedule-destruction", None)
    approvals = (world.olga.sign(document), hat.sign(document))
    move = MoveKey(world.olga.token, key.id, "schedule-destruction", "x", approvals=approvals)
    await refused(ask(move), "signatures-too-few")
    stranger = MoveKey(world.karl.token, key.id, "schedule-destruction", "x", approvals=approvals)
    await refused(ask(stranger), "asker-did-not-sign")


@in_folk
async def test_nobody_is_vetted_by_one_by_himself_or_by_strangers(world):
    ask = world.keyroom.ask
    new = await world.signer("Nina", world.town, ("approver",))
    await world.change("person", new.person, is_vetted=False)
    generation = world.keyroom.opened.standing.expect("person", new.person.id).generation
    document = vetting_document(world.body.id, new.person.id, generation)

    async def attempt(*who):
        return await refused(
            ask(VetPerson(world.ada.token, new.person.id, tuple(one.sign(document) for one in who))),
            "not-vetted-by-two",
        )

    await attempt(world.ada)
    await attempt(world.ada, await world.key_for(world.ada.person, world.trustee, world.ada.token))
    await attempt(world.ada, new)
    await attempt(world.ada, world.erik)
    await attempt(world.ada, world.kim)
    await attempt(world.ada, world.anna)
    await ask(
        VetPerson(world.ada.token, new.person.id, (world.ada.sign(document), world.olga.sign(document)))
    )
    stale = VetPerson(world.ada.token, new.person.id, (world.ada.sign(document), world.olga.sign(document)))
    await refused(ask(stale), "signature-refused")
