"""Pages about one's own people and about those who watch, over a keyroom in process."""

import re
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.acts.asks.cases import LookNotices
from custodes.acts.asks.identity import LookCover, LookIssuers, MakeDirectoryToken
from custodes.acts.asks.keys import CreateKey
from custodes.ledger import cosign
from custodes.ledger.checkpoint import Checkpoint
from custodes.web.console.served import signing
from custodes.web.console.served.people import cover, days, delegating, issuers, notices  # noqa: F401 - what is tested
from custodes.web.console.served.watch import watching, witnesses  # noqa: F401
from fakes.folk import in_folk
from fakes.issuer import Town, sign
from fakes.office import in_office
from ports.planes.test_console import Browser, browser_said, passkey_of


async def signed_in(world, who, **how):
    browser = Browser(world, **how)
    assert (await browser.sign_in(await passkey_of(world, who, who.person.name))).status == 303
    return browser


@in_folk
async def test_a_day_begins_where_the_settings_say(world):
    browser = await signed_in(world, world.olga, zone="Pacific/Auckland")
    old = generation((await browser.get("/cover?lang=en")).text)
    period = {"since": "2027-04-04", "until": "2027-04-04"}  # clocks go back there: a day of 25 hours
    duty = {"kind": "duty", "person": world.olga.person.id, **period}
    assert (await browser.post("/cover/add", {**duty, "generation": old})).status == 303
    (row,) = (await world.keyroom.ask(LookCover(world.olga.token))).duties
    assert (row.since, row.until) == ("2027-04-03T11:00:00Z", "2027-04-04T12:00:00Z")


def hidden(text):
    """What the signing form hands in besides the signature."""
    part = text[text.index("/cover/delegate/sign") :]
    return dict(re.findall(r'<input type="hidden" name="([a-z]+)" value="([^"]+)">', part))


@in_folk
async def test_a_role_is_given_by_a_form_and_a_passkey(world):
    person, token = await world.enrol_person("Tina", world.town, ("reader",))
    tina = await world.key_for(person, world.town, token)
    key = await passkey_of(world, world.anna, "anna")
    browser = Browser(world)
    assert (await browser.sign_in(key)).status == 303
    page = await browser.get("/cover?lang=en")
    assert 'action="/cover/delegate"' in page.text
    today = world.clock.now().date()
    asked = {
        "person": person.id,
        "since": today.isoformat(),
        "until": (today + timedelta(days=7)).isoformat(),
    }
    page = await browser.post("/cover/delegate?lang=en", asked)
    assert (page.status, "Tina" in page.text, "To whom" in page.text) == (200, True, True)
    challenge = re.search(r"&#34;challenge&#34;:&#34;([^&]+)&#34;", page.text)[1]
    fields = {**hidden(page.text), "credential": browser_said(key, signing.bytes_of(challenge))}
    longer = {**fields, "until": (world.clock.now() + timedelta(days=60)).strftime("%Y-%m-%dT00:00:00Z")}
    assert (
        await browser.post("/cover/delegate/sign?lang=en", longer)
    ).status == 403  # another act was signed
    assert (await world.keyroom.ask(LookCover(world.olga.token))).delegations == ()
    assert (await browser.post("/cover/delegate/sign?lang=en", fields)).status == 303
    (given,) = (await world.keyroom.ask(LookCover(world.olga.token))).delegations
    assert (given.giver, given.taker, given.role) == (world.anna.person.id, person.id, "approver")
    assert "role of an approver, given by" in (await browser.get("/cover?lang=en")).text
    # Too long, to oneself, to nobody of one's own, and by who has no such role.
    far = {**asked, "until": (today + timedelta(days=200)).isoformat()}
    page = await browser.post("/cover/delegate?lang=en", far)
    challenge = re.search(r"&#34;challenge&#34;:&#34;([^&]+)&#34;", page.text)[1]
    fields = {**hidden(page.text), "credential": browser_said(key, signing.bytes_of(challenge))}
    page = await browser.post("/cover/delegate/sign?lang=de", fields)
    assert (page.status, "höchstens 90 Tage" in page.text) == (400, True)
    assert (await browser.post("/cover/delegate", {**asked, "person": world.karl.person.id})).status == 404
    assert (await browser.post("/cover/delegate", {**asked, "since": "soon"})).status == 400
    assert tina.person.id == person.id
    olga = await signed_in(world, world.olga)
    assert 'action="/cover/delegate"' not in (await olga.get("/cover?lang=en")).text


def generation(text):
    return re.search(r'name="generation" value="(\d+)"', text)[1]


@in_folk
async def test_cover_by_forms_and_a_page_that_was_overtaken(world):
    browser = await signed_in(world, world.olga)
    page = await browser.get("/cover?lang=en")
    assert "Nobody is on call" in page.text
    old = generation(page.text)
    today = world.clock.now().date()
    period = {"since": today.isoformat(), "until": today.replace(year=today.year + 1).isoformat()}
    away = {"kind": "absence", "person": world.anna.person.id, "deputy": world.olga.person.id, **period}
    assert (await browser.post("/cover/add", {**away, "generation": old})).status == 303
    page = await browser.get("/cover?lang=en")
    assert page.text.count("cu-mark--is-away") == 14
    assert page.text.count("cu-mark--stands-in") == 14
    assert "Proof" in page.text
    # Whoever filled in the form before somebody else's change is told so, and changes nothing.
    late = await browser.post(
        "/cover/add", {"kind": "lead", "person": world.olga.person.id, "generation": old}
    )
    assert (late.status, "Somebody changed the cover" in late.text) == (409, True)
    now = generation(page.text)
    himself = await browser.post("/cover/add", {**away, "deputy": world.anna.person.id, "generation": now})
    assert (himself.status, "Nobody is his own deputy" in himself.text) == (400, True)
    for wrong in (
        {"generation": "x"},
        {"kind": "king", "generation": now},
        {"since": "soon", "generation": now},
    ):
        assert (await browser.post("/cover/add", {**away, **wrong})).status in {400, 409}
    key = re.search(r'name="key" value="([^"]+)"', page.text)[1]
    gone = await browser.post("/cover/remove", {"kind": "absence", "key": key, "generation": now})
    assert gone.status == 303
    assert (await world.keyroom.ask(LookCover(world.olga.token))).absences == ()
    # Who may not enrol sees no form, and a form he makes up does nothing.
    anna = await signed_in(world, world.anna)
    page = await anna.get("/cover?lang=en")
    assert "/cover/add" not in page.text
    assert (await anna.post("/cover/add", {**away, "generation": "2"})).status == 403
    assert (await anna.post("/cover/end", {"membership": "mem-none"})).status == 404


@in_folk
async def test_an_issuers_page_a_token_tried_and_a_directory_cut_off(world):
    town = Town(world)
    await town.set_up()
    await town.read()
    ask = MakeDirectoryToken(world.olga.token, town.id, "Entra")
    made = await world.keyroom.ask(world.olga.signed(ask, ("issuer", town.id)))
    browser = await signed_in(world, world.olga)
    page = await browser.get("/issuers?lang=en")
    assert "approvers" in page.text
    assert "Entra" in page.text
    assert made.token.partition(".")[2] not in page.text
    _, sent = await town.begin()
    token = sign(town.keys.ec, town.claims(sent), "ES256")
    tried = await browser.post("/issuers/try", {"issuer": town.id, "token": token})
    assert (tried.status, "A new person would be made of it" in tried.text) == (200, True)
    assert token not in tried.text
    wrong = await browser.post("/issuers/try", {"issuer": town.id, "token": "a.b.c"})
    assert (wrong.status, "This is no ID token" in wrong.text) == (200, True)
    assert (await browser.post("/issuers/try", {"issuer": "iss-none", "token": token})).status == 404
    anna = await signed_in(world, world.anna)
    assert "/issuers/revoke" not in (await anna.get("/issuers?lang=en")).text
    assert (await anna.post("/issuers/revoke", {"token": made.id})).status == 403
    karl = await signed_in(world, world.karl)
    assert "Entra" not in (await karl.get("/issuers?lang=en")).text
    assert (await browser.post("/issuers/revoke", {"token": made.id})).status == 303
    (view,) = (await world.keyroom.ask(LookIssuers(world.olga.token))).issuers
    assert [one.state for one in view.tokens] == ["revoked"]


@in_office
async def test_notices_of_ones_own_organisation(world):
    case = await world.request()
    anna, erik = await signed_in(world, world.anna), await signed_in(world, world.erik)
    page = await anna.get("/notices?lang=en")
    assert case.id in page.text
    assert "Nobody is told of anything" in page.text  # no channel is set up in this world
    assert "T-4711" not in page.text
    waiting = (await world.ask(LookNotices(world.anna.token))).waiting
    assert f"{waiting} notices wait" in page.text
    assert (await erik.get("/notices?lang=en")).status == 200


@in_folk
async def test_witnesses_asked_for_and_how_to_watch(world):
    key = await world.keyroom.ask(CreateKey(world.olga.token, world.customer_row.id, "registry"))
    browser = await signed_in(world, world.olga)
    page = await browser.get("/witnesses?lang=en")
    assert "asks for nobody" in page.text  # a demo house
    assert "None, as far as the log opened to you says." in page.text
    assert "What Town asks for" not in page.text
    page = await browser.get("/watch?lang=en")
    assert f"--customer {world.customer_row.id}" in page.text
    assert "registry" in page.text
    page = await browser.get(f"/watch?lang=en&key={key.id}")
    assert "1 exceptional entry names this key" in page.text  # that it was made
    page = await browser.get(f"/watch?lang=en&key={key.id}&since=2020-01-01&until=2020-01-02")
    assert "No exceptional entry opened to you names this key" in page.text
    for query in ("key=x", f"key={key.id}&since=soon"):
        assert (await browser.get(f"/watch?{query}")).status == 400


def test_a_quorum_is_counted_on_the_checkpoint_and_grows_old():
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    log = cosign.LogSigner("log.example/x", Ed25519PrivateKey.generate())
    keys = [cosign.Ed25519Cosigner(f"w{n}.example", Ed25519PrivateKey.generate()) for n in range(3)]
    lines = [f"log {log.vkey.text()}"]
    for n, key in enumerate(keys):
        lines += [f"witness w{n} {key.vkey.text()} https://w{n}.example/", f"#: party w{n} org{n}"]
    text = "\n".join([*lines, "group q 2 w0 w1 w2", "quorum q", ""])
    head = Checkpoint(origin="log.example/x", size=7, root=bytes(32))
    note = cosign.publish(head, (log, keys[0], keys[1]), now - timedelta(minutes=3)).encode()
    shown = witnesses.policy_row("house", text, note, "log.example/x", now)
    assert (shown.is_met, shown.is_fresh, shown.organisations, shown.quorum) == (
        True, True, ("org0", "org1"), "2 / w0, w1, w2",
    )  # fmt: skip
    assert [one.cosigned_at is not None for one in shown.witnesses] == [True, True, False]
    later = witnesses.policy_row("house", text, note, "log.example/x", now + timedelta(minutes=15))
    assert (later.is_met, later.is_fresh) == (True, False)
    alone = cosign.publish(head, (log, keys[0]), now).encode()
    assert witnesses.policy_row("house", text, alone, "log.example/x", now).is_met is False
    for nothing in (None, b"", note.replace(b"\n7\n", b"\n8\n"), b"another\n"):
        row = witnesses.policy_row("house", text, nothing, "log.example/x", now)
        assert (row.is_met, row.met_since, row.organisations) == (False, None, ())
    none = witnesses.policy_row("house", f"log {log.vkey.text()}\nquorum none\n", note, "log.example/x", now)
    assert none.is_none
