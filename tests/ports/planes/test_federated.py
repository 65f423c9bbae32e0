"""The console's way in by an issuer, with a provider nobody here wrote, in its own process."""

import asyncio
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.acts.asks import Session
from custodes.acts.asks.identity import LookIssuers
from custodes.acts.asks.parties import WhoAmI
from custodes.acts.federation.reading import REFRESH_S_MIN, STALE_S
from custodes.acts.logkeeper.issuers import IssuerReader
from custodes.acts.logkeeper.signed_doors import SignedDoors
from custodes.adapters.oidc import IssuerFiles, TokenEndpoint
from custodes.adapters.outgoing import Outgoing
from custodes.adapters.system import SystemClock
from custodes.web.console.served.federated import FederatedPages  # noqa: F401 - what is tested
from fakes.folk import in_folk
from fakes.issuer import Town
from fakes.provider import SECRET, Provider
from ports.planes.test_console import Browser

pytestmark = pytest.mark.whole
BACK = "http://localhost/sign-in/returned"


class Way:
    """A town whose issuer is the real provider, read by a real logkeeper's errand."""

    def __init__(self, world, provider):
        self.world, self.provider = world, provider
        self.town = Town(world)
        self.town.url = provider.url
        outgoing = Outgoing((f"localhost:{provider.port}",), loopback_too=True)
        key = Ed25519PrivateKey.from_private_bytes(world.log_keys.ed25519)
        doors = SignedDoors(world.keyroom, world.body.id, key, world.clock)
        self.reader = IssuerReader(doors, IssuerFiles(outgoing), is_demo=True)
        self.browser = Browser(world, codes=TokenEndpoint(outgoing))

    async def set_up(self):
        self.tick()
        await self.town.set_up(secret=SECRET, is_listed=True, scopes=())
        assert await self.reader.round(0) == 1

    def tick(self, seconds=0):
        self.world.clock.at = max(self.world.clock.at, SystemClock().now())
        self.world.clock.forward(seconds=seconds)

    async def out(self, onward="/cases"):
        self.tick()
        left = await self.browser.get(f"/sign-in/by/{self.town.id}?{urlencode({'onward': onward})}")
        return left, left.header("location")

    async def back(self, url):
        self.tick()
        parts = urlsplit(url)
        return await self.browser.get(f"{parts.path}?{parts.query}")

    async def there(self, login="nina:approvers"):
        _, url = await self.out()
        return await asyncio.to_thread(self.provider.sign_in, url, login)

    async def session(self):
        token = self.browser.cookies["session"]
        return await self.world.keyroom.ask(WhoAmI(Session(token + "=" * (-len(token) % 4))))


def through(algorithm="ES256"):
    def wrap(work):
        @in_folk
        async def test(world):
            with Provider(BACK, algorithm) as provider:
                way = Way(world, provider)
                await way.set_up()
                await work(way)

        test.__name__ = work.__name__
        return test

    return wrap


@through()
async def test_in_by_a_real_provider_and_on_to_the_page_that_was_asked_for(way):
    assert "Town&#39;s directory" in (await way.browser.get("/sign-in")).text
    back = await way.back(await way.there())
    assert back.status == 200
    assert '<meta http-equiv="refresh" content="0;url=/cases">' in back.text
    assert "ticket" not in way.browser.cookies
    me = await way.session()
    assert (me.roles, me.organisation_name) == (("approver",), "Town")
    # New keys at the issuer, and the next one gets in with them: they are read while he waits.
    way.provider.rotate()
    way.tick(REFRESH_S_MIN)
    reading = asyncio.create_task(way.reader.round(20_000))
    way.browser.cookies.clear()
    assert (await way.back(await way.there("otto:clerks"))).status == 200
    assert await reading == 1
    assert (await way.session()).roles == ("reader",)


@through("RS256")
async def test_what_a_browser_brings_back_is_used_once_and_by_him_alone(way):
    url = await way.there()
    mine = dict(way.browser.cookies)
    way.browser.cookies = {}
    thief = await way.back(url)  # somebody else with the address
    assert (thief.status, "session" in way.browser.cookies) == (401, False)
    way.browser.cookies = mine
    swapped = parse_qs(urlsplit(url).query)
    bad = urlencode({**{n: v[0] for n, v in swapped.items()}, "iss": "https://evil.example"})
    assert (await way.back(f"{BACK}?{bad}")).status == 401
    assert (await way.back(url)).status == 401  # the ticket is used up
    url = await way.there()
    kept = dict(way.browser.cookies)
    assert (await way.back(url)).status == 200
    way.browser.cookies = kept
    assert (await way.back(url)).status == 401
    _, to = await way.out()
    state = parse_qs(urlsplit(to).query)["state"][0]
    made_up = await way.back(f"{BACK}?{urlencode({'state': state, 'code': 'made up'})}")
    assert made_up.status == 401


@through("RS256")
async def test_what_the_provider_says_no_to_and_when_it_is_gone(way):
    await way.out()
    assert (await way.back(f"{BACK}?error=access_denied&state=x")).status == 403
    assert (await way.back(f"{BACK}?error=%3Cscript%3E")).status == 400
    assert (await way.back(await way.there("eva:strangers"))).status == 403
    url = await way.there()
    way.provider.stop()
    assert (await way.back(url)).status == 503
    way.tick(STALE_S + 1)
    await way.reader.round(0)
    left, _ = await way.out()
    assert left.status == 503  # closed for whoever is new
    assert "antwortet nicht" in (await way.browser.get(f"/sign-in/by/{way.town.id}?lang=de")).text
    shown = await way.world.keyroom.ask(LookIssuers(way.world.olga.token))
    assert msgspec.to_builtins(shown.issuers[0])["trouble"] == "unreachable"
