"""Signing in by password, passkey and file key; sessions that end; guessing that is limited."""

from base64 import urlsafe_b64decode

import msgspec
import pytest

from custodes.acts.answers.sign_in import ACCOUNT_TRIES, PEER_TRIES, SignInAnswers  # noqa: F401
from custodes.acts.asks import Session
from custodes.acts.asks.documents import hash_of
from custodes.acts.asks.parties import BeginPasskey, MakeCredential, RevokeCredential, SignIn, SignOut, WhoAmI
from custodes.acts.entrance import challenges, passwords, tries
from custodes.kernel import canonical
from custodes.kernel.refusal import Kind, Refusal
from custodes.parties.signature import RelyingParty
from fakes import SeededDice, SetClock
from fakes.folk import entries, in_folk, refused

PASSWORD = "correct horse battery"


def unb64url(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


async def by_key(world, who, **more):
    begun = await world.keyroom.ask(BeginPasskey("sign-in"))
    signature = who.sign_hash(unb64url(begun.challenge))
    fields = {"signature": signature, "challenge": begun.challenge, **more}
    return SignIn(**fields), begun


async def with_password(world):
    await world.change("person", world.olga.person, mail="olga@town.example")
    ask = MakeCredential(world.olga.token, "password", world.olga.person.id, "console", secret=PASSWORD)
    await world.keyroom.ask(world.olga.signed(ask, ("credential", "")))


@in_folk
async def test_a_session_by_password_passkey_and_file_key(world):
    ask = world.keyroom.ask
    await with_password(world)
    by_password = await ask(SignIn(mail="Olga@Town.example", password=PASSWORD))
    me = await ask(WhoAmI(Session(by_password.token)))
    assert (me.person, by_password.name) == (world.olga.person.id, "Olga")
    for who in (world.anna, world.karl):
        signing, begun = await by_key(world, who)
        assert hash_of(begun.document) == unb64url(begun.challenge)
        session = await ask(signing)
        assert (await ask(WhoAmI(Session(session.token)))).person == who.person.id
        assert world.keyroom.opened.identities.of(Session(session.token)).actor.how == "session"
    told = entries(world, world.customer_row.log("exceptional"), "sign-in")
    assert [one.fields["reason"] for one in told] == ["password", "passkey"]
    house = entries(world, f"{world.body.id}/exceptional", "sign-in")
    assert [one.fields["actor"] for one in house] == [world.karl.credential.id]


@in_folk
async def test_a_browser_names_its_passkey_by_its_own_id(world):
    signing, _ = await by_key(world, world.anna)
    plain = canonical.decode(signing.signature)
    plain["credential"] = world.anna.credential.passkey_id
    await world.keyroom.ask(msgspec.structs.replace(signing, signature=canonical.encode(plain)))


@in_folk
async def test_every_wrong_answer_is_the_same_answer(world):
    await with_password(world)
    signing, _ = await by_key(world, world.karl)
    wrong = [
        SignIn(mail="olga@town.example", password="wrong password"),
        SignIn(mail="nobody@town.example", password=PASSWORD),
        SignIn(),
        SignIn(mail="olga@town.example", password="x" * 100_000),
        msgspec.structs.replace(signing, challenge="AAAA"),
        msgspec.structs.replace(signing, challenge="not base64 ä"),
    ]
    for ask in wrong:
        no = await refused(world.keyroom.ask(ask))
        assert (no.code, no.kind, dict(no.facts)) == ("not-authenticated", Kind.UNAUTHENTICATED, {})


@in_folk
async def test_a_session_ends_when_signed_out_when_it_is_over_and_when_its_credential_dies(world):
    ask = world.keyroom.ask

    async def session(who):
        signing, _ = await by_key(world, who)
        return Session((await ask(signing)).token)

    mine = await session(world.karl)
    await ask(SignOut(mine))
    await refused(ask(WhoAmI(mine)), "not-authenticated")
    assert len(entries(world, f"{world.body.id}/exceptional", "revoke.session")) == 1
    late = await session(world.karl)
    world.clock.forward(hours=8)
    await refused(ask(WhoAmI(late)), "not-authenticated")
    dead = await session(world.anna)
    await ask(RevokeCredential(world.olga.token, world.anna.credential.id, "lost"))
    await refused(ask(WhoAmI(dead)), "not-authenticated")
    signing, _ = await by_key(world, world.anna)
    await refused(ask(signing), "not-authenticated")


@in_folk
async def test_a_challenge_to_sign_a_document_is_its_hash(world):
    ask = world.keyroom.ask
    begun = await ask(BeginPasskey("sign", world.anna.token, b"h" * 32))
    assert unb64url(begun.challenge) == b"h" * 32
    assert begun.credentials == (world.anna.credential.id,)
    assert begun.allowed == (world.anna.credential.passkey_id,)
    assert [key.kind for key in begun.keys] == ["passkey"]
    for bad in (
        BeginPasskey("sign", world.anna.token, b"short"),
        BeginPasskey("sign"),
        BeginPasskey("other", world.anna.token),
        BeginPasskey("register", world.token),
    ):
        await refused(ask(bad), "bad-purpose")


@in_folk
async def test_peers_are_limited_too(world):
    for _ in range(PEER_TRIES):
        await world.keyroom.ask(BeginPasskey("sign-in", peer="192.0.2.7"))
    await refused(world.keyroom.ask(BeginPasskey("sign-in", peer="192.0.2.7")), "too-many-tries")
    await refused(world.keyroom.ask(SignIn(peer="192.0.2.7")), "too-many-tries")
    await world.keyroom.ask(BeginPasskey("sign-in", peer="192.0.2.8"))


def test_tries_are_counted_in_windows_and_never_forgotten_early(monkeypatch):
    clock = SetClock()
    counted = tries.Tries(clock, tries_max=2, window_s=60)
    counted.take("a")
    counted.take("a")
    with pytest.raises(Refusal) as caught:
        counted.take("a")
    assert caught.value.facts["retry_after_s"] == 60
    counted.forgive("a")
    counted.take("a")
    counted.take("a")
    clock.forward(seconds=60)
    counted.take("a")
    monkeypatch.setattr(tries, "NAMES_MAX", 2)
    counted.take("b")
    with pytest.raises(Refusal):
        counted.take("c")


def test_a_password_fits_only_itself():
    kept = passwords.make(PASSWORD, b"s" * 16)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert passwords.fits(PASSWORD, kept)
    assert not passwords.fits(PASSWORD + " ", kept)
    assert not passwords.fits("", kept)
    assert not passwords.fits(PASSWORD, None)
    with pytest.raises(Refusal):
        passwords.make("x" * 201, b"s" * 16)


def test_the_oldest_challenge_goes_when_there_are_too_many(monkeypatch):
    monkeypatch.setattr(challenges, "KEPT_MAX", 2)
    relying = RelyingParty(id="localhost", origins=("http://localhost",))
    kept = challenges.Challenges("hse-1", relying, SetClock(), SeededDice(3))
    texts = [challenges.b64url(kept.for_sign_in()[0]) for _ in range(3)]
    assert [kept.take(text, "sign-in") is None for text in texts] == [True, False, False]
    assert kept.take(texts[2], "sign-in") is None
    assert ACCOUNT_TRIES == 5
