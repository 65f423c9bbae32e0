"""Credentials: who may make which for whom, shown once, revoked at once."""

from base64 import urlsafe_b64decode

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.acts.answers.credentials import CredentialAnswers  # noqa: F401 - this suite is its test
from custodes.acts.asks import Token
from custodes.acts.asks.parties import (
    BeginPasskey,
    CreateApplication,
    Enrol,
    LookParties,
    MakeCredential,
    RevokeCredential,
    WhoAmI,
)
from custodes.kernel import canonical
from custodes.kernel.refusal import Kind
from custodes.parties.enrol import CredentialEnrolment
from custodes.parties.rows import Credential
from fakes.folk import by_root, entries, in_folk, refused
from fakes.passkey import Passkey, registration


def unb64url(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def of_himself(world, who, kind, **more):
    ask = MakeCredential(who.token, kind, who.person.id, "mine", **more)
    return who.signed(ask, ("credential", ""))


@in_folk
async def test_an_owner_gives_his_application_a_token_and_an_s3_key(world):
    ask = world.keyroom.ask
    made = await ask(CreateApplication(world.olga.token, world.customer_row.id, "Archive"))
    token = await ask(MakeCredential(world.olga.token, "api-token", made.id, "cron", days=30))
    me = await ask(WhoAmI(Token(token.secret)))
    assert (me.name, me.roles, me.kind) == ("Archive", ("application",), "application")
    s3 = await ask(MakeCredential(world.olga.token, "s3-key", made.id, "rclone"))
    o = world.keyroom.opened
    row = o.standing.get("credential", s3.id, Credential)
    assert (len(s3.secret), s3.access_id) == (40, s3.id.replace("-", "").upper())
    assert o.identities.secret_of(row) == s3.secret.encode()
    assert s3.secret not in str(row.secret)
    assert token.secret.partition(".")[2] not in str(
        o.standing.get("credential", token.id, Credential).secret
    )
    world.clock.forward(days=31)
    assert (await refused(ask(WhoAmI(Token(token.secret))))).kind is Kind.UNAUTHENTICATED
    told = entries(world, world.customer_row.log("exceptional"), "enrol.credential")
    assert {one.fields["subject"] for one in told} == {token.id, s3.id}
    assert s3.secret not in str([one.fields for one in told])


@in_folk
async def test_the_trustee_makes_no_credential_for_anybody_elses_people_or_applications(world):
    ask = world.keyroom.ask
    for kind, holder in (
        ("api-token", world.application.id),
        ("s3-key", world.application.id),
        ("api-token", world.olga.person.id),
    ):
        made = MakeCredential(world.ada.token, kind, holder, "x", organisation=world.town.id)
        await refused(ask(made), "officer-of-another")
    made = MakeCredential(world.olga.token, "api-token", world.karl.person.id, "x")
    await refused(ask(made), "no-such-thing")
    there = msgspec.structs.replace(made, organisation=world.trustee.id)
    assert (await refused(ask(there))).kind is Kind.ABSENT
    await refused(
        ask(MakeCredential(world.anna.token, "s3-key", world.application.id, "x")), "officer-of-another"
    )


@in_folk
async def test_a_person_makes_his_own_by_his_signature_only(world):
    ask = world.keyroom.ask
    for kind, more in (("api-token", {}), ("s3-key", {}), ("password", {"secret": "long enough it is"})):
        bare = MakeCredential(world.erik.token, kind, world.erik.person.id, "mine", **more)
        await refused(ask(bare), "sign-first")
        made = await ask(of_himself(world, world.erik, kind, **more))
        row = world.keyroom.opened.standing.get("credential", made.id, Credential)
        assert (row.person, row.organisation) == (world.erik.person.id, world.supplier.id)
    twice = of_himself(world, world.erik, "api-token")
    world.clock.forward(seconds=1)
    once = of_himself(world, world.erik, "api-token")
    await ask(once)
    await refused(ask(once), "signed-before")
    await refused(ask(twice), "signed-before")
    await refused(ask(of_himself(world, world.erik, "password", secret="short")), "password-too-weak")


@in_folk
async def test_a_passkey_is_registered_then_signed_for_then_stands(world):
    ask = world.keyroom.ask
    begun = await ask(BeginPasskey("register", world.olga.token))
    assert (begun.rp_id, begun.user_name) == ("localhost", "Olga")
    key = Passkey(99)
    public = registration(
        key, unb64url(begun.challenge), b"olgas new key", origin=world.body.console, rp_id="localhost"
    )
    made = MakeCredential(
        world.olga.token, "passkey", world.olga.person.id, "laptop", public=public, challenge=begun.challenge
    )
    draft = await ask(made)
    standing = world.keyroom.opened.standing
    assert standing.get("credential", draft.id, Credential) is None
    await refused(ask(made), "registration-refused")
    root = world.roots[world.town.id]
    raw, signature = signed_raw(draft.document, root)
    await ask(Enrol(world.ada.token, raw, signature))
    row = standing.get("credential", draft.id, Credential)
    assert (row.passkey_id, row.public) == ("b2xnYXMgbmV3IGtleQ", canonical.b64(key.cose))
    me = await ask(WhoAmI(world.olga.token))
    assert me.has_passkey
    assert draft.id in me.signing


@in_folk
async def test_a_registration_for_another_origin_person_or_time_is_refused(world):
    ask = world.keyroom.ask

    async def attempt(who, *, origin=world.body.console, rp_id="localhost", wait=0):
        begun = await ask(BeginPasskey("register", world.olga.token))
        world.clock.forward(seconds=wait)
        public = registration(Passkey(5), unb64url(begun.challenge), b"id", origin=origin, rp_id=rp_id)
        made = MakeCredential(
            who.token, "passkey", who.person.id, "x", public=public, challenge=begun.challenge
        )
        return await refused(ask(made), "registration-refused")

    await attempt(world.olga, origin="https://evil.example")
    await attempt(world.olga, rp_id="evil.example")
    await attempt(world.anna)
    await attempt(world.olga, wait=301)
    junk = MakeCredential(world.olga.token, "passkey", world.olga.person.id, "x", public=b"{}", challenge="x")
    await refused(ask(junk), "registration-refused")


@in_folk
async def test_a_file_key_is_drafted_and_stands_when_the_root_key_signed(world):
    ask = world.keyroom.ask
    public = Ed25519PrivateKey.from_private_bytes(b"k" * 32).public_key().public_bytes_raw()
    made = MakeCredential(world.erik.token, "file-key", world.erik.person.id, "laptop", public=public)
    draft = await ask(made)
    raw, signature = signed_raw(draft.document, world.roots[world.supplier.id])
    await ask(Enrol(world.ada.token, raw, signature))
    assert draft.id in (await ask(WhoAmI(world.erik.token))).signing
    no = await refused(ask(Enrol(world.ada.token, raw, signature)))
    assert no.facts["reason"] == "already-enrolled"
    await refused(ask(msgspec.structs.replace(made, public=bytes(32))), "bad-credential")
    await refused(
        ask(msgspec.structs.replace(made, evidence=world.ada.token, organisation=world.supplier.id))
    )


@in_folk
async def test_a_revoked_credential_is_dead_on_the_next_use_and_for_ever(world):
    ask = world.keyroom.ask
    mine = await ask(of_himself(world, world.anna, "api-token"))
    assert (await ask(WhoAmI(Token(mine.secret)))).person == world.anna.person.id
    await ask(RevokeCredential(Token(mine.secret), mine.id, "lost"))
    assert (await refused(ask(WhoAmI(Token(mine.secret))))).kind is Kind.UNAUTHENTICATED
    await refused(ask(RevokeCredential(world.olga.token, mine.id, "lost")), "credential-revoked")
    await ask(RevokeCredential(world.karl.token, world.token_credential.id, "stolen"))
    await refused(ask(WhoAmI(world.token)))
    told = entries(world, world.customer_row.log("exceptional"), "revoke.credential")
    assert [one.fields["reason"] for one in told] == ["lost", "stolen"]
    no = await refused(ask(RevokeCredential(world.olga.token, world.karl.credential.id, "no")))
    assert no.kind is Kind.ABSENT
    await refused(ask(RevokeCredential(world.anna.token, world.olga.credential.id, "no")), "not-permitted")
    parties = (await ask(LookParties(world.olga.token, world.customer_row.id))).parties
    states = {one.id: one.state for row in parties for one in row.credentials}
    assert states[mine.id] == "revoked"


@in_folk
async def test_what_makes_no_sense_is_malformed(world):
    ask = world.keyroom.ask
    for more in (
        {"kind": "tattoo"},
        {"days": 0},
        {"days": 10_000},
        {"label": "x" * 101},
        {"roles": ("owner",)},
    ):
        fields = {"kind": "api-token", "holder": world.application.id, "label": "x", **more}
        await refused(ask(MakeCredential(world.olga.token, **fields)), "bad-credential")
    other = MakeCredential(world.olga.token, "s3-key", world.application.id, "x", customer=world.body.id)
    await refused(ask(other), "bad-credential")
    await refused(ask(RevokeCredential(world.olga.token, "crd-x", "r" * 501)), "reason-too-long")


def signed_raw(raw, root):
    return by_root(msgspec.convert(canonical.decode(raw), CredentialEnrolment), root)
