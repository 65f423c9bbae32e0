"""Signing in by an issuer: what holds, what a hostile issuer, plane or browser tries, and how it ends."""

import asyncio
import dataclasses

import msgspec
import pytest

from custodes.acts.asks import LogSigned, Session, wire
from custodes.acts.asks.identity import (
    BeginFederated,
    DelegateRole,
    ExchangeCode,
    IssuersDue,
    KeepIssuer,
    LinkPerson,
    LookEntrances,
    LookIssuers,
    MakeDirectoryToken,
    SetIssuer,
    SignInFederated,
    TryToken,
)
from custodes.acts.asks.keys import CreateKey
from custodes.acts.asks.parties import RevokeCredential, SignOut, WhoAmI
from custodes.acts.federation import entering, linking, reading, setting, tickets, trying  # noqa: F401
from custodes.acts.footing import issuers
from custodes.kernel.refusal import Kind
from custodes.parties.rows import Credential, CredentialKind
from fakes.folk import entries, in_folk, refused
from fakes.folk import reading as read_of
from fakes.issuer import Keys, Town, discovery, sign
from fakes.office import fill_in, in_office


async def ready(world, **changes):
    town = Town(world)
    await town.set_up(**changes)
    await town.read()
    return town


@in_folk
async def test_a_session_with_the_roles_of_the_groups(world):
    town = await ready(world)
    assert (town.view.has_secret, town.view.redirect) == (True, "http://localhost/sign-in/returned")
    signed_in = await town.sign_in()
    session = Session(signed_in.token)
    me = await world.keyroom.ask(WhoAmI(session))
    assert (me.name, me.roles, me.organisation) == ("Nina Neu", ("approver",), world.town.id)
    assert (me.is_vetted, me.signing) == (False, ())
    assert [id_ for id_, _ in me.customers] == [world.customer_row.id]
    log = world.customer_row.log("exceptional")
    told = entries(world, log, "sign-in")[-1]
    assert told.fields["reason"] == "federated"
    assert told.fields["claims"] == [[town.id, "role", "approver", "signed"]]
    assert told.fields["person"] == me.person
    assert [one.fields["actor"] for one in entries(world, log, "change.issuer-keys")] == ["logkeeper"]
    assert len(entries(world, log, "change.issuer")) == 1
    # The same subject is the same person, and other groups are other roles.
    again = await town.sign_in(groups=["clerks", "strangers"])
    assert again.person == signed_in.person
    assert (await world.keyroom.ask(WhoAmI(Session(again.token)))).roles == ("reader",)
    other = await town.sign_in(sub="u-18", name=None)
    assert other.person != signed_in.person
    await world.keyroom.ask(SignOut(session))
    await refused(world.keyroom.ask(WhoAmI(session)), "not-authenticated")


@in_folk
async def test_groups_never_sign_and_never_do_what_wants_a_vetted_person(world):
    town = await ready(world, roles=(("approvers", "owner"),))
    session = Session((await town.sign_in()).token)
    assert (await world.keyroom.ask(WhoAmI(session))).roles == ("owner",)
    ask = SetIssuer(**town.form(evidence=session, issuer=town.id, secret=""))
    no = await refused(world.keyroom.ask(ask))
    assert no.kind is Kind.DENIED
    # A role that needs neither signature nor vetting is his: he may create a key.
    await world.keyroom.ask(CreateKey(session, world.customer_row.id, "registry"))


@in_folk
async def test_a_membership_gives_nothing_to_a_session_by_an_issuer(world):
    town = await ready(world, admits_unknown=False)
    ask = LinkPerson(world.olga.token, town.id, "u-anna", world.anna.person.id)
    linked = await world.keyroom.ask(world.olga.signed(ask, ("issuer", town.id)))
    await refused(world.keyroom.ask(world.olga.signed(ask, ("issuer", town.id))), "subject-linked")
    signed_in = await town.sign_in(sub="u-anna", groups=["clerks"])
    assert signed_in.person == world.anna.person.id
    assert (await world.keyroom.ask(WhoAmI(Session(signed_in.token)))).roles == ("reader",)
    await world.keyroom.ask(RevokeCredential(world.olga.token, linked.credential, "left"))
    await refused(world.keyroom.ask(WhoAmI(Session(signed_in.token))), "not-authenticated")
    await refused(town.sign_in(sub="u-anna", groups=["clerks"]), "not-authenticated")
    await refused(town.sign_in(sub="u-new"), "no-role-mapped")


@in_folk
async def test_who_may_be_linked_and_by_whom(world):
    town = await ready(world)
    for person, code in (
        (world.karl.person.id, "no-such-thing"),
        ("per-none", "no-such-thing"),
        (world.olga.person.id, "signs-for-himself"),
    ):
        ask = LinkPerson(world.olga.token, town.id, "u-1", person)
        await refused(world.keyroom.ask(world.olga.signed(ask, ("issuer", town.id))), code)
    ask = LinkPerson(world.ada.token, town.id, "u-1", world.anna.person.id)
    await refused(world.keyroom.ask(world.ada.signed(ask, ("issuer", town.id))), "no-such-thing")
    ask = LinkPerson(world.olga.token, town.id, "\x00", world.anna.person.id)
    await refused(world.keyroom.ask(world.olga.signed(ask, ("issuer", town.id))), "bad-subject")


@in_folk
async def test_hostile_tokens_and_what_they_learn(world):
    town = await ready(world)
    stranger = Keys()
    for changes in (
        {"nonce": "another"},
        {"aud": "another"},
        {"iss": "http://localhost:3002"},
        {"exp": 1},
        {"iat": 4 * 10**9},
        {"sub": None},
        {"key": stranger.ec},
    ):
        no = await refused(town.sign_in(**changes))
        assert (no.code, no.kind, dict(no.facts)) == ("not-authenticated", Kind.UNAUTHENTICATED, {})
    for token in ("", "a.b.c", "x" * 100_000):
        ticket, sent = await town.exchanged()
        await refused(world.keyroom.ask(SignInFederated(ticket, sent["state"], token)), "not-authenticated")
    await refused(town.sign_in(groups=["strangers"]), "no-role-mapped")
    await refused(town.sign_in(groups=None), "no-role-mapped")


@in_folk
async def test_each_step_is_for_one_browser_and_once(world):
    town = await ready(world)
    ask = world.keyroom.ask
    ticket, sent = await town.exchanged()
    token = sign(town.keys.ec, town.claims(sent), "ES256")
    mine = SignInFederated(ticket, sent["state"], token)
    other_ticket, other = await town.exchanged()
    for wrong in (
        SignInFederated(other_ticket, other["state"], token),  # another sign-in's nonce
        SignInFederated("no ticket", sent["state"], token),
    ):
        await refused(ask(wrong), "not-authenticated")
    await ask(mine)
    await refused(ask(mine), "not-authenticated")
    # A wrong state uses the ticket up: nobody tries states.
    ticket, sent = await town.begin()
    await refused(ask(ExchangeCode(ticket, "é" * 43, "a code")), "not-authenticated")
    await refused(ask(ExchangeCode(ticket, sent["state"], "a code")), "not-authenticated")
    ticket, sent = await town.exchanged()
    await refused(ask(ExchangeCode(ticket, sent["state"], "a code")), "not-authenticated")
    # Without the exchange there is no sign-in; after ten minutes there is none either.
    ticket, sent = await town.begin()
    token = sign(town.keys.ec, town.claims(sent), "ES256")
    await refused(ask(SignInFederated(ticket, sent["state"], token)), "not-authenticated")
    ticket, sent = await town.exchanged()
    world.clock.forward(minutes=10)
    token = sign(town.keys.ec, town.claims(sent), "ES256")
    await refused(ask(SignInFederated(ticket, sent["state"], token)), "not-authenticated")


@in_folk
async def test_the_exchange_goes_to_the_issuer_that_was_asked(world):
    town = await ready(world)
    ticket, sent = await town.begin()
    made = await world.keyroom.ask(ExchangeCode(ticket, sent["state"], "a code", iss=town.url))
    assert made.exchange.endpoint == f"{town.url}/token"
    assert made.exchange.authorization.startswith("Basic ")
    assert "secret" not in repr(made) + repr(made.exchange)
    assert wire.messages(wire.frame([(1, made)])[4:])[0][1] == made
    ticket, sent = await town.begin()
    mixed_up = ExchangeCode(ticket, sent["state"], "a code", iss="https://evil.example")
    await refused(world.keyroom.ask(mixed_up), "not-authenticated")


@in_folk
async def test_an_issuer_that_changes_ends_its_sessions(world):
    town = await ready(world, is_listed=True)
    session = Session((await town.sign_in()).token)
    await world.keyroom.ask(WhoAmI(session))
    under_way = await town.exchanged()
    shown = await world.keyroom.ask(LookEntrances())
    assert [(one.issuer, one.name) for one in shown.entrances] == [(town.id, "Town's directory")]
    off = {"issuer": town.id, "secret": "", "is_off": True, "is_listed": True}
    await town.set_up(**off)
    assert (await world.keyroom.ask(LookEntrances())).entrances == ()
    await refused(world.keyroom.ask(WhoAmI(session)), "not-authenticated")
    token = sign(town.keys.ec, town.claims(under_way[1]), "ES256")
    done = SignInFederated(under_way[0], under_way[1]["state"], token)
    await refused(world.keyroom.ask(done), "not-authenticated")
    await refused(world.keyroom.ask(BeginFederated(town.id)), "no-such-thing")
    await refused(town.set_up(issuer=town.id, secret="", url="http://localhost:9"), "issuer-fixed")
    await refused(town.set_up(issuer=town.id, secret="", subject_claim="mail"), "issuer-fixed")


@in_folk
async def test_only_the_logkeeper_says_which_keys_an_issuer_has(world):
    town = Town(world)
    await town.set_up()
    planted = Keys()
    for evidence in (LogSigned("2026-11-22T08:00:00Z", bytes(64)), world.olga.token, world.ada.token):
        ask = KeepIssuer(evidence, town.id, discovery(town.url), planted.published())
        await refused(world.keyroom.ask(ask), "logkeeper-only")
        await refused(world.keyroom.ask(IssuersDue(evidence)), "logkeeper-only")
    due = await town.logkeeper(IssuersDue(LogSigned("", b"")))
    assert [(one.issuer, one.url) for one in due.issuers] == [(town.id, town.url)]
    await town.read()
    assert (await town.logkeeper(IssuersDue(LogSigned("", b"")))).issuers == ()
    await refused(town.sign_in(key=planted.ec), "not-authenticated")


@in_folk
async def test_keys_are_believed_only_while_they_are_confirmed(world):
    town = Town(world)
    await town.set_up()
    await refused(town.begin(), "issuer-unread")
    await town.read(trouble="unreachable", discovery=b"", key_set=b"")
    assert (await world.keyroom.ask(LookIssuers(world.olga.token))).issuers[0].trouble == "unreachable"
    await refused(town.begin(), "issuer-unread")
    await refused(town.read(discovery=discovery("http://localhost:9")), "bad-discovery")
    await refused(town.read(key_set=b'{"keys": []}'), "bad-key-set")
    await refused(town.begin(), "issuer-unread")
    assert (await town.read()).is_changed
    assert not (await town.read()).is_changed
    session = Session((await town.sign_in()).token)
    # Unreachable for longer: nobody new gets in, who is in stays in.
    world.clock.forward(seconds=reading.STALE_S)
    await town.begin()
    world.clock.forward(seconds=1)
    await refused(town.begin(), "issuer-unread")
    await world.keyroom.ask(WhoAmI(session))
    # After a restart they are confirmed anew, and the session of the old run is over.
    await town.read()
    await world.close()
    await world.open()
    await refused(town.begin(), "issuer-unread")
    await refused(world.keyroom.ask(WhoAmI(session)), "not-authenticated")
    assert not (await town.read()).is_changed
    await town.sign_in()


@in_folk
async def test_a_key_that_is_new_is_fetched_and_an_old_one_is_gone(world):
    town = await ready(world)
    old = town.keys
    town.keys = Keys()
    town.keys.ec = type(old.ec).generate_key("P-256", {"kid": "ec-2"})
    world.clock.forward(seconds=reading.REFRESH_S_MIN)
    asked = asyncio.create_task(town.sign_in())
    due = await town.logkeeper(IssuersDue(LogSigned("", b""), wait_ms=5_000))
    assert [one.issuer for one in due.issuers] == [town.id]
    assert (await town.read()).is_changed
    await asked
    await refused(town.sign_in(key=old.ec), "not-authenticated")
    log = world.customer_row.log("exceptional")
    assert len(entries(world, log, "change.issuer-keys")) == 2


@in_folk
async def test_tokens_with_keys_nobody_has_do_not_make_us_ask_all_day(world):
    town = await ready(world)
    strange = type(town.keys.ec).generate_key("P-256", {"kid": "strange"})
    for _ in range(3):
        await refused(town.sign_in(key=strange), "not-authenticated")
    assert (await town.logkeeper(IssuersDue(LogSigned("", b"")))).issuers == ()
    world.clock.forward(seconds=reading.REFRESH_S_MIN)
    assert len((await town.logkeeper(IssuersDue(LogSigned("", b"")))).issuers) == 1


@in_folk
async def test_who_sets_up_an_issuer_and_what_is_wrong_with_it(world):
    town = Town(world)
    await refused(world.keyroom.ask(SetIssuer(**town.form())))  # not signed
    ask = SetIssuer(**town.form(evidence=world.anna.token))
    assert (await refused(world.keyroom.ask(world.anna.signed(ask, ("issuer", ""))))).kind is Kind.DENIED
    ask = SetIssuer(**town.form(evidence=world.ada.token))  # the trustee says nothing of the town's people
    await refused(world.keyroom.ask(world.ada.signed(ask, ("issuer", ""))), "no-such-thing")
    for member, changes in (
        ("url", {"url": "http://login.town.example"}),
        ("url", {"url": "https://u@login.town.example"}),
        ("roles", {"roles": (("g", "administrator"),)}),
        ("roles", {"roles": (("g", "application"),)}),
        ("roles", {"roles": (("", "owner"),)}),
        ("auth", {"auth": "mtls"}),
        ("secret", {"secret": ""}),
        ("secret", {"auth": "none"}),
        ("scopes", {"scopes": ("a b",)}),
        ("session_minutes", {"session_minutes": 481}),
        ("ca", {"ca": "-----BEGIN"}),
        ("customer", {"customer": "cus-other"}),
        ("name", {"name": " "}),
        ("subject_claim", {"subject_claim": ""}),
    ):
        no = await refused(town.set_up(**changes), "bad-issuer")
        assert no.facts["member"] == member
    await refused(town.set_up(issuer="iss-none"), "no-such-thing")
    await town.set_up()
    assert await world.keyroom.ask(LookIssuers(world.anna.token)) != ()
    assert (await world.keyroom.ask(LookIssuers(world.erik.token))).issuers == ()


@in_folk
async def test_a_link_that_was_put_into_the_rows_is_refused(world):
    """A federated credential is nobody without an issuer's word, whatever evidence names it."""
    town = await ready(world)
    await town.sign_in()
    rows = world.keyroom.opened.standing.all_of("credential", Credential)
    federated = next(row for row in rows if row.kind is CredentialKind.FEDERATED)
    with pytest.raises(Exception, match="not-authenticated"):
        world.keyroom.opened.identities.actor_of(federated, "session")
    token, _ = world.keyroom.opened.identities.open_session(federated)
    await refused(world.keyroom.ask(WhoAmI(Session(token))), "not-authenticated")


def test_a_links_id_tells_no_subject():
    first = issuers.link_id(b"k" * 32, "iss-1", "u-1")
    assert first == issuers.link_id(b"k" * 32, "iss-1", "u-1")
    assert (
        len({first, issuers.link_id(b"l" * 32, "iss-1", "u-1"), issuers.link_id(b"k" * 32, "iss-2", "u-1")})
        == 3
    )
    row = msgspec.json.decode(
        b'{"id":"i","organisation":"o","name":"n","url":"u","client_id":"c","created_at":"t","roles":[["a","r"],["b","q"],["a","q"]]}',
        type=issuers.Issuer,
    )
    assert issuers.roles_for(row, ("a", "x")) == ("q", "r")
    assert "secret" not in repr(row)


@in_folk
async def test_what_is_signed_is_signed_in_an_enrolled_role_and_not_in_a_groups(world):
    """Somebody at the issuer makes an approver with a passkey an owner: he signs as the approver he is."""
    town = await ready(world, roles=(("bosses", "owner"), ("nobodies", "reader")))
    ask = LinkPerson(world.olga.token, town.id, "u-anna", world.anna.person.id)
    await world.keyroom.ask(world.olga.signed(ask, ("issuer", town.id)))
    session = Session((await town.sign_in(sub="u-anna", groups=["bosses"])).token)
    assert (await world.keyroom.ask(WhoAmI(session))).roles == ("owner",)
    anna = dataclasses.replace(world.anna, token=session)
    ask = SetIssuer(**town.form(evidence=session, issuer=town.id, secret=""))
    no = await refused(world.keyroom.ask(anna.signed(ask, ("issuer", town.id))))
    assert no.kind is Kind.DENIED
    # The other way round it helps: in a reader's session he signs as the approver he is.
    session = Session((await town.sign_in(sub="u-anna", groups=["nobodies"])).token)
    given = DelegateRole(session, world.olga.person.id, "2026-11-22T09:00:00Z", "2026-11-23T09:00:00Z")
    anna = dataclasses.replace(world.anna, token=session)
    await world.keyroom.ask(anna.signed(given, ("person", world.olga.person.id)))


@in_office
async def test_an_approval_wants_an_enrolled_role_whatever_the_group(world):
    town = await ready(world, roles=(("bosses", "approver"),))
    rita = await world.signer("Rita", world.town, ("reader",))
    ask = LinkPerson(world.olga.token, town.id, "u-rita", rita.person.id)
    await world.keyroom.ask(world.olga.signed(ask, ("issuer", town.id)))
    session = Session((await town.sign_in(sub="u-rita", groups=["bosses"])).token)
    case = await world.request()
    await world.approve(world.karl, case)
    by_group = dataclasses.replace(rita, token=session)
    view = await world.look(by_group, case.id)
    assert view.to_sign == ()
    form = fill_in(by_group, (await world.look(world.olga, case.id)).to_sign[0])
    no = await refused(world.move(by_group, view, "approve", form))
    assert no.kind in {Kind.DENIED, Kind.CONFLICT}
    assert (await world.look(world.olga, case.id)).state == "asked"


def acts_of(world, log):
    rows = read_of(world.engine, lambda reads: reads.openings(log, limit=500))
    return [row.code for row in sorted(rows, key=lambda row: row.index)]


@in_folk
async def test_a_token_tried_out_is_a_look_and_nothing_else(world):
    town = await ready(world)
    _, sent = await town.begin()
    good = sign(town.keys.ec, town.claims(sent), "ES256")
    log = world.customer_row.log("exceptional")
    written = len(acts_of(world, log))
    tried = await world.keyroom.ask(TryToken(world.anna.token, town.id, good))
    assert (tried.roles, tried.ends_in, tried.person, tried.reason) == (("approver",), "newcomer", "", "")
    assert tried.mapped == (("approvers", "approver"),)
    person = (await town.sign_in()).person
    again = await world.keyroom.ask(TryToken(world.anna.token, town.id, good))
    assert (again.ends_in, again.person) == ("session", person)
    nobody = sign(town.keys.ec, town.claims(sent, groups=["others"]), "ES256")
    assert (await world.keyroom.ask(TryToken(world.anna.token, town.id, nobody))).ends_in == "no-role-mapped"
    for token, reason in (
        (sign(town.keys.ec, town.claims(sent, aud="another"), "ES256"), "wrong-audience"),
        (sign(town.keys.ec, town.claims(sent, nonce=None), "ES256"), "wrong-nonce"),
        (sign(Keys().ec, town.claims(sent), "ES256"), "bad-signature"),
        ("nonsense", "token-not-understood"),
    ):
        tried = await world.keyroom.ask(TryToken(world.anna.token, town.id, token))
        assert (tried.reason, tried.subject, tried.roles, tried.ends_in) == (reason, "", (), "")
    await refused(world.keyroom.ask(TryToken(world.karl.token, town.id, good)), "no-such-thing")
    await refused(world.keyroom.ask(TryToken(world.token, town.id, good)), "no-such-thing")
    await refused(world.keyroom.ask(TryToken(world.anna.token, town.id, "x" * 40_000)), "token-too-long")
    acts = acts_of(world, log)[written:]
    assert set(acts) <= {"enrol.person", "enrol.credential", "sign-in"}  # the sign-in above, no try
    assert good not in repr(TryToken(world.anna.token, town.id, good))


@in_folk
async def test_a_directorys_tokens_are_listed_without_their_secret(world):
    town = await ready(world)
    ask = MakeDirectoryToken(world.olga.token, town.id, "Entra")
    made = await world.keyroom.ask(world.olga.signed(ask, ("issuer", town.id)))
    (view,) = (await world.keyroom.ask(LookIssuers(world.olga.token))).issuers
    assert [(one.id, one.label, one.state) for one in view.tokens] == [(made.id, "Entra", "active")]
    assert made.token.partition(".")[2] not in repr(view)
