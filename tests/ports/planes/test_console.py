"""The console over a keyroom in process: who sees what, cookies, forms that are not ours, signatures."""

import json
import re
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest

from custodes.acts.asks.keys import CreateKey
from custodes.acts.asks.parties import BeginPasskey
from custodes.acts.streams.carrying import Carrying
from custodes.web.console.served import signing
from custodes.web.console.served.app import Console
from custodes.web.console.served.visit import onward
from custodes.web.console.views.shell import House
from custodes.web.kit.forms import csrf_token
from custodes.web.kit.front import Front
from custodes.web.kit.logs import Log
from fakes.asgi import driven
from fakes.folk import in_folk
from fakes.stores import ShelfStores

ORIGIN = "http://localhost"
SAME = [("origin", ORIGIN), ("sec-fetch-site", "same-origin")]
FORM = ("content-type", "application/x-www-form-urlencoded")


def carrier_of(world):
    """What carries files for this world: its stores are a dict, where it has any."""
    stores = ShelfStores(getattr(world, "stored", {}))
    return Carrying(SimpleNamespace(doors=world.keyroom, stores=stores, dice=world.dice))


class Browser:
    """Keeps cookies; sends forms as a page of the console would."""

    def __init__(self, world, origin=ORIGIN, codes=None, zone="Europe/Berlin"):
        console = Console(
            world.keyroom,
            House(name="x", is_demo=True, zone=zone),
            origin,
            (world.clock, world.dice, carrier_of(world)),
            lambda name: None,
            codes=codes,
        )
        self.faults = []
        self.front = Front(console.endpoints(), console.face(Log(self._line, world.clock)))
        self.cookies = {}
        self.world = world

    def _line(self, line):
        if json.loads(line)["log"] == "fault":
            self.faults.append(line)

    async def go(self, method, place, body=b"", headers=()):
        sent = [*headers]
        if self.cookies:
            sent.append(("cookie", "; ".join(f"{n}={v}" for n, v in self.cookies.items())))
        answer = await driven(self.front, method, place, body, sent)
        for name, value in answer.headers:
            if name == "set-cookie":
                cookie, _, flags = value.partition(";")
                key, _, text = cookie.partition("=")
                self.cookies = {**self.cookies, key: text}
                if "Max-Age=0" in flags:
                    del self.cookies[key]
                assert "HttpOnly" in flags
                assert ("SameSite=Lax" if key == "ticket" else "SameSite=Strict") in flags
        assert self.faults == []
        return answer

    async def get(self, place):
        return await self.go("GET", place)

    async def post(self, place, fields, *, is_ours=True):
        visit = self.cookies.get("session") or self.cookies.get("visit") or ""
        token = {"csrf": csrf_token(visit)} if is_ours else {}
        raw = urlencode({**fields, **token}).encode()
        return await self.go("POST", place, raw, [*SAME, FORM])

    async def sign_in(self, signer, place="/"):
        page = await self.get("/sign-in")
        challenge = re.search(r'name="challenge" value="([^"]+)"', page.text)[1]
        fields = {
            "challenge": challenge,
            "onward": place,
            "credential": browser_said(signer, signing.bytes_of(challenge)),
        }
        return await self.post("/sign-in/passkey", fields)


def browser_said(signer, challenge):
    """What passkey.js fills in."""
    made = json.loads(signer.sign_hash(challenge))
    import base64

    def url(text):
        return signing.text_of(base64.b64decode(text))

    return json.dumps(
        {
            "rawId": signer.credential.passkey_id,
            "response": {
                "clientDataJSON": url(made["client_data"]),
                "authenticatorData": url(made["authenticator_data"]),
                "signature": url(made["signature"]),
            },
        }
    )


async def passkey_of(world, signer, name):
    return await world.key_for(
        signer.person,
        signer.organisation,
        signer.token,
        passkey=True,
        passkey_id=signing.text_of(f"device-of-{name}".encode()),
    )


@in_folk
async def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(world):
    browser = Browser(world)
    for place in ("/", "/cases", "/keys", "/objects", "/log?log=machine", "/account", "/kills", "/enrol"):
        answer = await browser.get(place)
        assert answer.status == 303
        assert answer.header("location").startswith("/sign-in?onward=%2F")
    assert (await browser.post("/kill", {"scope": "house", "subject": "", "reason": "x"})).status in {
        401,
        403,
    }


@in_folk
async def test_a_session_begins_with_a_passkey_and_ends_for_good(world):
    anna = await passkey_of(world, world.anna, "anna")
    browser = Browser(world)
    answer = await browser.sign_in(anna, "/cases")
    assert (answer.status, answer.header("location")) == (303, "/cases")
    assert (await browser.get("/")).status == 200
    kept = dict(browser.cookies)
    assert (await browser.post("/sign-out", {})).header("location") == "/sign-in"
    assert "session" not in browser.cookies
    browser.cookies = kept  # a thief's copy of the cookie
    assert (await browser.get("/")).status == 303


@in_folk
async def test_a_form_that_is_not_ours_changes_nothing(world):
    olga = await passkey_of(world, world.olga, "olga")
    browser = Browser(world)
    await browser.sign_in(olga)
    fields = {"scope": "customer", "subject": "", "reason": "x"}
    assert (await browser.post("/kill", fields, is_ours=False)).status == 403
    raw = urlencode({**fields, "csrf": csrf_token(browser.cookies["session"])}).encode()
    for headers in (
        [],
        [("origin", "http://evil.example")],
        [("origin", ORIGIN), ("sec-fetch-site", "cross-site")],
    ):
        assert (await browser.go("POST", "/kill", raw, [*headers, FORM])).status == 403
    assert "Nothing is stopped." in (await browser.get("/kills")).text


@in_folk
async def test_every_page_answers_each_of_them_and_shows_a_stranger_nothing(world):
    key = await world.keyroom.ask(CreateKey(world.olga.token, world.customer_row.id, "registry"))
    pages = (
        "/", "/cases", "/cases/new/lockbox", "/objects", "/keys", f"/keys/{key.id}",
        f"/keys/{key.id}/disable", "/kill",
        "/kills", "/log", "/account", "/enrol", "/cases/cas-0", "/keys/key-0", "/objects/none",
        f"/log/{world.customer_row.id}/machine/0/receipt", "/log/pins.json", "/nowhere",
    )  # fmt: skip
    for who in (world.olga, world.karl, world.kim, world.erik):
        browser = Browser(world)
        signer = await passkey_of(world, who, who.person.name)
        assert (await browser.sign_in(signer)).status == 303
        for place in pages:
            answer = await browser.get(place)
            assert answer.status in {200, 303, 403, 404, 409}, (who.person.name, place, answer.status)
            if who is world.kim or who is world.erik:
                assert "registry" not in answer.text


@in_folk
async def test_over_tls_only_the_host_cookie_counts(world):
    anna = await passkey_of(world, world.anna, "anna")
    session = Browser(world)
    await session.sign_in(anna)
    tls = Browser(world, "https://trustee.example")
    tls.cookies = dict(session.cookies)
    assert (await tls.get("/")).status == 303
    tls.cookies = {"__Host-session": session.cookies["session"]}
    answer = await tls.get("/")
    assert answer.status == 200
    assert "max-age" in answer.header("strict-transport-security")


@in_folk
async def test_a_lift_takes_two_and_the_first_signature_is_only_a_link(world):
    olga = await passkey_of(world, world.olga, "olga")
    karl = await passkey_of(world, world.karl, "karl")
    browser = Browser(world)
    await browser.sign_in(olga)
    said = {"scope": "customer", "subject": "", "reason": "drill"}
    check = await browser.post("/kill", said)
    assert (check.status, check.header("location")) == (200, None)  # what will be logged comes first
    done = await browser.post("/kill", {**said, "confirmed": "yes"})
    assert done.header("location").startswith("/kills?state=done")
    kill = re.search(r'href="(/kills/[^"]+)"', (await browser.get("/kills")).text)[1]

    async def lift(browser, signer, approval):
        page = await browser.get(kill)
        challenge = re.search(r"&#34;challenge&#34;:&#34;([^&]+)&#34;", page.text)[1]
        said = browser_said(signer, signing.bytes_of(challenge))
        return await browser.post(f"{kill}/lift", {"approval": approval, "credential": said})

    half = await lift(browser, olga, "")
    approval = re.search(r"approval=([A-Za-z0-9_-]+)", half.text)[1]
    again = await lift(browser, olga, approval)  # the same person twice
    assert again.status == 403
    assert kill in (await browser.get("/kills")).text
    other = Browser(world)
    await other.sign_in(karl)
    assert (await lift(other, karl, approval)).header("location") == "/kills"
    assert "Nothing is stopped." in (await other.get("/kills")).text


@pytest.mark.parametrize(
    "place", ["", "//evil.example", "/\\evil", "https://evil.example", "/a b", "/\n", "x"]
)
def test_onward_stays_here(place):
    assert onward(place) == "/"


def test_a_place_here_is_kept():
    assert onward("/kills/kil-1?approval=abc") == "/kills/kil-1?approval=abc"


@in_folk
async def test_what_a_browser_says_is_read_strictly(world):
    anna = await passkey_of(world, world.anna, "anna")
    asked = await world.keyroom.ask(BeginPasskey("sign", world.anna.token, document_hash=bytes(32)))
    assert {key.passkey for key in signing.passkeys_of(asked)} >= {anna.credential.passkey_id}
    browser = Browser(world)
    await browser.get("/sign-in")
    for said in ("", "{}", "[]", '{"rawId":"*","response":{"clientDataJSON":""}}', "x" * 9000):
        answer = await browser.post(
            "/sign-in/passkey", {"challenge": "AAAA", "onward": "/", "credential": said}
        )
        assert answer.status == 400
