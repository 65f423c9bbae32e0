"""An adoption from its count to its way back, each step by the console's pages, signed by a passkey."""

import html
import re

import pytest

from custodes.acts.asks.buckets.care import ScrubBucket
from custodes.web.console.served import signing
from custodes.web.console.served.stored import adoptions  # noqa: F401 - tested here
from fakes.lived import lived
from ports.keyroom.test_adopting import FILES, NEW, AdoptingWorld
from ports.planes.test_console import Browser, browser_said, passkey_of

pytestmark = pytest.mark.whole
AT = f"/objects/{NEW}/adoptions"


async def signed(browser, signer, page, one, verb):
    """Sign what the page before a signature shows."""
    assert page.status == 200
    options = html.unescape(re.search(r'data-options="([^"]+)"', page.text)[1])
    challenge = re.search(r'"challenge":"([^"]+)"', options)[1]
    given = {
        "verb": verb,
        "at": re.search(r'name="at" value="([^"]+)"', page.text)[1],
        "credential": browser_said(signer, signing.bytes_of(challenge)),
    }
    return await browser.post(f"{AT}/{one}/sign", given)


async def stepped(world, browser, signer, verb):
    one = (await world.adoption()).id
    page = await browser.post(f"{AT}/{one}/move", {"verb": verb})
    done = await signed(browser, signer, page, one, verb)
    assert (done.status, done.header("location")) == (303, AT)
    return await world.worked()


@lived(lambda folder: AdoptingWorld(folder).settle())
async def test_a_bucket_is_taken_over_by_pages_alone(world):
    olga = await passkey_of(world, world.olga, "olga")
    world.anna_key = await passkey_of(world, world.anna, "anna")
    browser = Browser(world)
    await browser.sign_in(olga)
    page = await browser.get(AT)
    assert "Nothing is being taken over" in page.text
    wrong = await browser.post(AT, {"source": "loc-nowhere", "prefix": ""})
    assert (wrong.status, "This place is not possible" in wrong.text) == (400, True)
    begun = await browser.post(AT, {"source": world.plain.id, "prefix": ""})
    assert (begun.status, begun.header("location")) == (303, AT)
    again = await browser.post(AT, {"source": world.plain.id, "prefix": ""})
    assert (again.status, "still open" in again.text) == (409, True)
    counted = await world.worked()
    page = await browser.get(f"{AT}?mb_per_s=0%2C001&price_per_gb=1000&price_per_1000=")
    assert "5 · 2.2 MiB" in page.text
    assert "0:38:24" in page.text
    assert "2.30" in page.text
    assert (await browser.get(f"{AT}?mb_per_s=NaN")).status == 400
    names = await browser.get(f"{AT}/{counted.id}/objects?state=found")
    assert "umläut 1%2F.txt" in names.text

    anna = Browser(world)
    await anna.sign_in(world.anna_key)
    assert (await anna.get(AT)).status == 403
    for verb in ("run", "end"):
        assert (await anna.post(f"{AT}/{counted.id}/move", {"verb": verb})).status == 403
    assert (await world.adoption()).state == "counted"

    done = await stepped(world, browser, olga, "run")
    assert done.state == "done"
    one = done.id
    stale = await browser.post(f"{AT}/{one}/sign", {"verb": "clear", "at": "x", "credential": "{}"})
    assert stale.status == 400
    await world.ask(ScrubBucket(world.olga.token, NEW))
    await world.worked()
    cleared = await stepped(world, browser, olga, "clear")
    assert (cleared.state, world.left()) == ("cleared", [])
    back = await stepped(world, browser, olga, "back")
    assert (back.state, world.left()) == ("returned", sorted(FILES))
    ended = await browser.post(f"{AT}/{one}/move", {"verb": "end"})
    assert ended.status == 303
    page = await browser.get(AT)
    assert "closed" in page.text
    assert f'action="{AT}"' in page.text, "another may begin"
    assert (await browser.post(f"{AT}/ado-{'0' * 26}/move", {"verb": "end"})).status == 404
    assert (await browser.post(f"{AT}/{one}/move", {"verb": "burn"})).status == 400
