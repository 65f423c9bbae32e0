"""A token plus a signature over the very act counts as the signature; nothing else does."""

import pytest

from custodes.acts import signed
from custodes.acts.asks import Signed
from custodes.acts.asks.documents import act_document, hash_of
from custodes.acts.asks.rules import ResetPolicy
from custodes.acts.footing.directory import Directories
from custodes.acts.footing.nouns import StoreAt
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import Kind, Refusal
from custodes.parties.distinct import Quorum
from fakes.folk import in_folk


def reset(world, who):
    return ResetPolicy(who.token, world.customer_row.id)


def row(world):
    return "rules", world.customer_row.id


@in_folk
async def test_a_signature_raises_a_token_to_a_key(world):
    o = world.keyroom.opened
    for who, how in ((world.olga, "file-key"), (world.anna, "passkey")):
        ask = who.signed(reset(world, who), row(world))
        found = signed.of(o, ask, ask.evidence, row(world))
        assert (found.actor.how, found.actor.person) == (how, who.person.id)
        assert o.standing.expect("credential", who.credential.id) in found.expects
        assert o.standing.expect(*row(world)) in found.expects
        assert o.identities.of(ask.evidence).actor.how == "token"


@in_folk
async def test_without_a_signature_it_stays_a_token(world):
    o = world.keyroom.opened
    assert signed.of(o, reset(world, world.olga), world.olga.token, row(world)).actor.how == "token"


@in_folk
async def test_a_signature_of_another_act_state_time_or_person_is_refused(world):
    o = world.keyroom.opened
    good = world.olga.signed(reset(world, world.olga), row(world))

    def refused(ask, evidence=None, where=None):
        with pytest.raises(Refusal) as caught:
            signed.of(o, ask, evidence or ask.evidence, where or row(world))
        assert caught.value.kind is Kind.DENIED
        return caught.value.code

    other = ResetPolicy(good.evidence, world.house_customer.id)
    assert refused(other) == "signature-refused"
    assert refused(good, where=("boundary", world.customer_row.id)) == "signature-refused"
    later = Signed(world.olga.token, "2026-11-22T08:00:09Z", good.evidence.signature)
    assert refused(good, later) == "signature-refused"
    stolen = Signed(world.anna.token, good.evidence.at, good.evidence.signature)
    assert refused(good, stolen) == "signature-refused"
    world.clock.forward(seconds=301)
    assert refused(good) == "signature-stale"


@in_folk
async def test_a_signature_from_the_future_is_refused(world):
    o = world.keyroom.opened
    at = to_text(o.clock.now())
    ask = world.olga.signed(reset(world, world.olga), row(world), at=at[:11] + "23:59:59Z")
    with pytest.raises(Refusal, match="signature-stale"):
        signed.of(o, ask, ask.evidence, row(world))


@in_folk
async def test_a_key_of_the_same_person_for_another_organisation_does_not_count(world):
    """Who sits in two organisations signs for one of them at a time."""
    o = world.keyroom.opened
    elsewhere = await world.key_for(world.olga.person, world.supplier, world.olga.token)
    ask = elsewhere.signed(reset(world, elsewhere), row(world))
    with pytest.raises(Refusal, match="signature-refused"):
        signed.of(o, ask, ask.evidence, row(world))


@in_folk
async def test_what_is_no_signature_is_malformed(world):
    o = world.keyroom.opened
    who = o.identities.of(world.olga.token)
    for raw in (b"", b"{}", b"[]", b"x" * 30_000, b'{"kind":"root","signature":"AA=="}'):
        with pytest.raises(Refusal) as caught:
            signed.vouched(o, who, raw, bytes(32))
        assert caught.value.code == "bad-signature-form"
    with pytest.raises(Refusal, match="too-many-signatures"):
        signed.signers(o, [b"{}"] * 17, bytes(32))


@in_folk
async def test_signers_are_counted_as_people_of_groups(world):
    o = world.keyroom.opened
    digest = hash_of(act_document(reset(world, world.olga), o.house, 1, "2026-11-22T08:00:00Z"))
    both = signed.signers(o, [world.olga.sign_hash(digest), world.karl.sign_hash(digest)], digest)
    assert signed.shortfall(o, both, Quorum()) is None
    town = signed.signers(o, [world.olga.sign_hash(digest), world.anna.sign_hash(digest)], digest)
    short = signed.shortfall(o, town, Quorum())
    assert short is not None
    assert short.code == "too-few-organisations"
    assert signed.relying_party(world.body).id == "localhost"


@in_folk
async def test_the_directory_is_made_again_only_when_a_party_changed(world):
    directories: Directories = world.keyroom.opened.directories
    before = directories.now()
    await world.put(("store", "loc-x", "", StoreAt(location="loc-x", uri="file:///nowhere")))
    assert directories.now() is before
    await world.change("person", world.olga.person, name="Olga Maier")
    assert directories.now().persons[world.olga.person.id].name == "Olga Maier"
    assert directories.group(world.town.id) == "town"
    assert directories.group("org-unknown") == ""
    assert directories.human("per-unknown") == "per-unknown"
