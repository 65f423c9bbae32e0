"""At the entrance: forged and kept sessions, guessed passwords, challenges used twice, foreign officers."""

import asyncio
from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec
import pytest

from custodes.acts.answers.sign_in import ACCOUNT_TRIES
from custodes.acts.asks import Local, Session, SigV4, Token
from custodes.acts.asks.documents import hash_of
from custodes.acts.asks.keys import CreateKey, UseKey
from custodes.acts.asks.parties import (
    BeginPasskey,
    CreatePerson,
    Enrol,
    MakeCredential,
    RevokeCredential,
    SignIn,
    SignOut,
    WhoAmI,
)
from custodes.acts.footing.enrolling import reason_against
from custodes.kernel import canonical
from custodes.kernel.refusal import Kind, Refusal
from custodes.parties.enrol import document_bytes
from custodes.parties.roles import PartyKind
from custodes.parties.rows import CredentialKind, Membership, Organisation
from custodes.protocols.s3.messages import Claim
from fakes.folk import by_root, credential_document, in_folk, organisation_document, refused
from fakes.passkey import Passkey


def unb64url(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


async def session_of(world, who):
    begun = await world.keyroom.ask(BeginPasskey("sign-in"))
    signing = SignIn(signature=who.sign_hash(unb64url(begun.challenge)), challenge=begun.challenge)
    return signing, Session((await world.keyroom.ask(signing)).token)


async def nobody(world, evidence):
    no = await refused(world.keyroom.ask(WhoAmI(evidence)), "not-authenticated")
    assert no.kind is Kind.UNAUTHENTICATED


@in_folk
async def test_a_session_is_not_forged(world):
    _, mine = await session_of(world, world.erik)
    raw = urlsafe_b64decode(mine.token)
    body, tag = canonical.decode(raw[:-32]), raw[-32:]
    for n, value in ((1, world.karl.credential.id), (2, "2036-11-22T08:00:00Z")):
        other = [*body[:n], value, *body[n + 1 :]]
        await nobody(world, Session(urlsafe_b64encode(canonical.encode(other) + tag).decode()))
    for token in ("", "x", mine.token[:-8], mine.token[4:], "ä", mine.token + mine.token):
        await nobody(world, Session(token))
    await nobody(world, Local(""))


@in_folk
async def test_a_session_ends_with_the_keyrooms_run(world):
    _, mine = await session_of(world, world.karl)
    await world.keyroom.ask(WhoAmI(mine))
    await world.close()
    await world.open()
    await nobody(world, mine)


@in_folk
async def test_a_signed_out_session_does_not_live_on_in_another_spelling(world):
    """base64 readers skip what they do not know: the same session under a token that looks new."""
    _, mine = await session_of(world, world.karl)
    await world.keyroom.ask(SignOut(mine))
    for spelled in (mine.token, mine.token + "\n", "!" + mine.token, mine.token[:7] + " " + mine.token[7:]):
        await nobody(world, Session(spelled))


@in_folk
async def test_guessing_a_password_is_limited_also_when_it_is_right_at_last(world):
    ask = world.keyroom.ask
    await world.change("person", world.olga.person, mail="olga@town.example")
    password = "the right password"
    made = MakeCredential(world.olga.token, "password", world.olga.person.id, "x", secret=password)
    await ask(world.olga.signed(made, ("credential", "")))
    for n in range(ACCOUNT_TRIES):
        mail = "olga@town.example" if n % 2 else " OLGA@town.example"
        await refused(ask(SignIn(mail=mail, password=f"guess number {n}", peer=f"p{n}")), "not-authenticated")
    right = SignIn(mail="olga@town.example", password=password, peer="new peer")
    no = await refused(ask(right), "too-many-tries")
    assert (no.kind, no.facts["retry_after_s"]) == (Kind.LIMITED, 900)
    await session_of(world, world.olga)  # her key is no guess
    world.clock.forward(seconds=900)
    await ask(right)


@in_folk
async def test_guesses_at_once_are_counted_before_they_are_compared(world):
    guesses = [SignIn(mail="olga@town.example", password=f"guess {n}") for n in range(ACCOUNT_TRIES + 3)]
    ends = await asyncio.gather(*(world.keyroom.ask(one) for one in guesses), return_exceptions=True)
    codes = [end.code for end in ends if isinstance(end, Refusal)]
    assert sorted(codes) == ["not-authenticated"] * ACCOUNT_TRIES + ["too-many-tries"] * 3


@in_folk
async def test_a_challenge_is_good_for_one_purpose_once_and_five_minutes(world):
    ask = world.keyroom.ask
    signing, _ = await session_of(world, world.karl)
    await refused(ask(signing), "not-authenticated")
    begun = await ask(BeginPasskey("sign-in"))
    kept = SignIn(signature=world.karl.sign_hash(unb64url(begun.challenge)), challenge=begun.challenge)
    world.clock.forward(seconds=300)
    await refused(ask(kept), "not-authenticated")
    registering = await ask(BeginPasskey("register", world.karl.token))
    wrong = SignIn(
        signature=world.karl.sign_hash(unb64url(registering.challenge)), challenge=registering.challenge
    )
    await refused(ask(wrong), "not-authenticated")
    document = b'{"v":"something else"}'
    signed = await ask(BeginPasskey("sign", world.karl.token, hash_of(document)))
    wrong = SignIn(signature=world.karl.sign(document), challenge=signed.challenge)
    await refused(ask(wrong), "not-authenticated")


@in_folk
async def test_a_wrong_answer_uses_the_challenge_up(world):
    ask = world.keyroom.ask
    begun = await ask(BeginPasskey("sign-in"))
    await refused(ask(SignIn(signature=world.karl.sign_hash(bytes(32)), challenge=begun.challenge)))
    right = SignIn(signature=world.karl.sign_hash(unb64url(begun.challenge)), challenge=begun.challenge)
    await refused(ask(right), "not-authenticated")


@in_folk
async def test_an_officer_enrols_nobody_for_another_organisation(world):
    """Ada, the trustee's administrator, signs a key with the role of owner for the town."""
    ask = world.keyroom.ask
    new = await ask(CreatePerson(world.ada.token, "Mallory"))
    document, _ = credential_document(
        world,
        new.id,
        world.town.id,
        roles=("owner",),
        customer=world.customer_row.id,
        signer=world.ada.credential.id,
    )
    signature = world.ada.sign(document_bytes(document))
    no = await refused(ask(Enrol(world.ada.token, document_bytes(document), signature)))
    assert no.facts["reason"] == "not-an-officer"
    root = msgspec.structs.replace(document, signer="root")
    no = await refused(ask(Enrol(world.ada.token, *by_root(root, world.roots[world.trustee.id]))))
    assert no.facts["reason"] == "bad-signature"
    no = await refused(ask(Enrol(world.ada.token, document_bytes(root), signature)))
    assert no.facts["reason"] == "wrong-signer"


@in_folk
async def test_nobody_gives_himself_a_second_key_or_a_further_role(world):
    document, _ = credential_document(
        world,
        world.olga.person.id,
        world.town.id,
        roles=("approver",),
        customer=world.customer_row.id,
        signer=world.olga.credential.id,
    )
    signature = world.olga.sign(document_bytes(document))
    no = await refused(world.keyroom.ask(Enrol(world.olga.token, document_bytes(document), signature)))
    assert no.facts["reason"] == "signs-for-himself"


@in_folk
async def test_no_credential_reaches_a_customer_its_organisation_does_not_serve(world):
    document, root = organisation_document(world, "Stranger", PartyKind.SUPPLIER)
    ask = world.keyroom.ask
    await ask(Enrol(world.ada.token, *by_root(document, root)))
    person = await ask(CreatePerson(world.ada.token, "Mallory"))
    reaching, _ = credential_document(
        world, person.id, document.organisation.id, roles=("engineer",), customer=world.customer_row.id
    )
    no = await refused(ask(Enrol(world.ada.token, *by_root(reaching, root))))
    assert no.facts["reason"] in {"unknown-customer", "foreign-customer"}


@in_folk
async def test_a_demo_organisation_or_key_does_not_enter_a_real_house(world):
    o = world.keyroom.opened
    document, root = organisation_document(world, "Demo", PartyKind.SUPPLIER)
    real = msgspec.structs.replace(document.organisation, is_demo=False)
    assert reason_against(document, o.standing, is_demo_house=False) == "demo-only"
    assert reason_against(document, o.standing, is_demo_house=True) is None
    honest = msgspec.structs.replace(document, organisation=real)
    assert reason_against(honest, o.standing, is_demo_house=False) is None
    key, _ = credential_document(world, world.erik.person.id, world.supplier.id)
    assert reason_against(key, o.standing, is_demo_house=False) == "demo-only"
    relabelled = canonical.encode(msgspec.to_builtins(honest))
    no = await refused(world.keyroom.ask(Enrol(world.ada.token, relabelled, by_root(document, root)[1])))
    assert no.facts["reason"] == "bad-signature"


@in_folk
async def test_a_revoked_credential_loses_the_race_against_its_own_use(world):
    """Decided before the revocation, committed after it: the use does not happen."""
    ask = world.keyroom.ask
    key = (await ask(CreateKey(world.olga.token, world.customer_row.id, "registry"))).id
    gate = world.keyroom.opened.gate
    commit = gate.commit
    revoked = []

    async def raced(act):
        if not revoked and any(entry.act_code == "key.wrap" for entry in act.entries):
            revoked.append(True)
            await ask(RevokeCredential(world.karl.token, world.token_credential.id, "stolen"))
        return await commit(act)

    gate.commit = raced
    use = UseKey(world.token, key, "wrap", b"m", b"c", "operation", "race")
    await refused(ask(use), "not-authenticated")
    assert revoked


@in_folk
async def test_a_role_taken_away_loses_no_race(world):
    ask = world.keyroom.ask
    rows = world.keyroom.opened.standing.all_of("membership", Membership)
    mine = next(row for row in rows if row.person == world.olga.person.id)
    await world.change("membership", mine, roles=("reader",))
    await refused(ask(CreateKey(world.olga.token, world.customer_row.id, "x")), "not-permitted")


@in_folk
async def test_the_trustee_cannot_speak_as_the_towns_application(world):
    """Neither by a token made for it, nor by an organisation row of his own that claims the town."""
    ask = world.keyroom.ask
    made = MakeCredential(world.ada.token, "s3-key", world.application.id, "x", organisation=world.trustee.id)
    await refused(ask(made), "no-such-thing")
    document, root = organisation_document(
        world, "Shadow town", PartyKind.CUSTOMER, customers=(world.customer_row.id,)
    )
    no = await refused(ask(Enrol(world.ada.token, *by_root(document, root))))
    assert no.facts["reason"] == "serves-nobody"
    assert world.keyroom.opened.standing.get("organisation", document.organisation.id, Organisation) is None


@pytest.mark.parametrize("token", ["", ".", "crd-x.", "crd-" + "0" * 26 + "." + "0" * 64])
def test_a_made_up_token_is_nobodys(tmp_path, token):
    @in_folk
    async def work(world):
        await nobody(world, Token(token))
        await nobody(world, Token(world.karl.credential.id + "." + "x"))

    work(tmp_path)


@in_folk
async def test_a_passkey_id_is_not_taken_over(world):
    """Who shares a passkey id counts as the same human being: a supplier could make Anna his own."""
    document, _ = credential_document(
        world,
        world.erik.person.id,
        world.supplier.id,
        kind=CredentialKind.PASSKEY,
        public=canonical.b64(Passkey(77).cose),
        passkey_id=world.anna.credential.passkey_id,
    )
    ask = world.keyroom.ask
    no = await refused(ask(Enrol(world.ada.token, *by_root(document, world.roots[world.supplier.id]))))
    assert no.facts["reason"] == "passkey-in-use"
    key, _ = credential_document(
        world, world.erik.person.id, world.supplier.id, passkey_id=world.anna.credential.passkey_id
    )
    no = await refused(ask(Enrol(world.ada.token, *by_root(key, world.roots[world.supplier.id]))))
    assert no.facts["reason"] == "passkey-in-use"
    assert world.keyroom.opened.directories.human(world.erik.person.id) == world.erik.person.id


@in_folk
async def test_a_signed_s3_request_is_no_evidence_for_anything_else(world):
    """A plane that kept one would administer with it, or unwrap keys with it."""
    claim = Claim(
        access_key_id="AKIA",
        date="20261122",
        region="eu",
        service="s3",
        amz_date="20261122T080000Z",
        signed_headers=("host",),
        canonical_request=b"GET",
        signature="0" * 64,
        mode="header",
        payload="UNSIGNED-PAYLOAD",
    )
    asked = [
        UseKey(SigV4(claim), "key-x", "unwrap", b"", b"", "operation", "x"),
        WhoAmI(SigV4(claim)),
        CreateKey(SigV4(claim), world.customer_row.id, "x"),
    ]
    for ask in asked:
        await refused(world.keyroom.ask(ask), "evidence-for-objects")


@in_folk
async def test_a_stolen_token_of_an_officer_makes_no_tokens_for_his_people(world):
    bare = MakeCredential(world.olga.token, "api-token", world.anna.person.id, "for Anna")
    await refused(world.keyroom.ask(bare), "sign-first")
    made = await world.keyroom.ask(world.olga.signed(bare, ("credential", "")))
    assert (await world.keyroom.ask(WhoAmI(Token(made.secret)))).person == world.anna.person.id


@in_folk
async def test_no_secret_is_in_what_a_log_would_print(world):
    signing, session = await session_of(world, world.karl)
    for thing in (world.karl.token, session, signing, SignIn(mail="m", password="p4ssw0rd"), Local("l0cal")):
        text = repr(thing)
        assert not any(part in text for part in ("p4ssw0rd", "l0cal", world.karl.token.token, session.token))
    made = MakeCredential(world.karl.token, "password", "per-x", "l", secret="p4ssw0rd")
    assert "p4ssw0rd" not in repr(made)
    assert world.karl.token.token not in repr(made)
