"""What belongs to nothing, by pages: seen by who runs the house, removed by him and a custodian alone."""

import html
import json
import re
from base64 import urlsafe_b64encode
from urllib.parse import parse_qs, urlsplit

import pytest

from attack.test_strays import StrayWorld
from custodes.kernel.ids import new_id
from custodes.web.console.served import signing
from custodes.web.console.served.stored import strays  # noqa: F401 - tested here
from fakes.lived import lived
from ports.planes.test_console import Browser, browser_said, passkey_of

pytestmark = pytest.mark.whole


async def sit(world, name):
    browser = Browser(world)
    browser.signer = await passkey_of(world, getattr(world, name), name)
    await browser.sign_in(browser.signer)
    return browser


async def signed(browser, place, page):
    """Sign what a page asks a passkey for, with the form's own fields."""
    options = html.unescape(re.search(r'data-options="([^"]+)"', page.text)[1])
    form = page.text.partition("data-passkey")[2].partition("</form>")[0]
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    hidden["credential"] = browser_said(browser.signer, signing.bytes_of(json.loads(options)["challenge"]))
    return await browser.post(place, {k: html.unescape(v) for k, v in hidden.items() if k != "csrf"})


def address(page):
    link = html.unescape(re.search(r'<pre class="cu-command" tabindex="0">(http[^<]+)<', page.text)[1])
    return urlsplit(link)._replace(scheme="", netloc="").geturl()


@lived(lambda folder: StrayWorld(folder).settle())
async def test_two_organisations_remove_by_pages_what_belongs_to_nothing(world):
    karl, kim, olga = [await sit(world, name) for name in ("karl", "kim", "olga")]
    at = f"/strays/{world.place.id}"
    for place in ("/strays", at, f"{at}/removal"):
        assert (await olga.get(place)).status == 403
        assert (await kim.get(place)).status == 403
    assert "/strays" not in (await olga.get("/stores")).text
    stores = await karl.get(f"/stores?customer={world.customer_row.id}")
    assert f'href="{at}"' in stores.text
    page = await karl.get("/strays")
    assert "5 blobs" in page.text
    page = await karl.get(at)
    assert all(blob in page.text for blob in world.lost)
    page = await karl.get(f"{at}/removal?days=300")
    assert "Nothing here was found so long ago" in page.text
    assert (await karl.get(f"{at}/removal?days=13")).status == 400
    page = await karl.get(f"{at}/removal?days=30")
    assert "data-passkey" not in page.text, "who runs the house is not first"
    asked = address(page)

    page = await kim.get(asked)
    assert "35 B" in page.text
    await nobody_signs_what_he_was_not_shown(world, kim, asked)
    back = address(await signed(kim, urlsplit(asked).path, page))
    forged = re.sub(r"approval=[^&]+", "approval=%21%21", back)
    refused = await signed(karl, f"{at}/removal", await karl.get(forged))
    assert (refused.status, "does not hold" in refused.text) == (403, True)
    page = await karl.get(re.sub(r"digest=[^&]+", "digest=other", back))
    assert ("has changed since" in page.text, "data-passkey" in page.text) == (True, False)
    page = await karl.get(back)
    assert await world.swept() == [True] * 5
    done = await signed(karl, f"{at}/removal", page)
    assert (done.status, done.header("location")) == (303, f"{at}?gone=5")
    assert "is being removed" in (await karl.get(f"{at}?gone=5")).text
    assert await world.swept() == [False] * 5
    assert "Nothing was found here" in (await karl.get(at)).text


async def nobody_signs_what_he_was_not_shown(world, kim, asked):
    raw = signing.bytes_of(parse_qs(urlsplit(asked).query)["document"][0])
    elsewhere = f"/strays/{new_id('loc', world.dice)}/approval"
    for wrong in (
        raw + b" ",
        raw.replace(b'"count":5', b'"count":"5"'),
        raw.replace(b"{", b'{"a":1,', 1),
        raw.replace(world.body.id.encode(), new_id("cus", world.dice).encode()),
        raw.replace(b"strays/v1", b"lift/v1"),
        b"[]",
        b"",
    ):
        text = urlsafe_b64encode(wrong).rstrip(b"=").decode()
        assert (await kim.get(f"{urlsplit(asked).path}?document={text}")).status == 400, wrong
    assert (await kim.get(f"{elsewhere}?{urlsplit(asked).query}")).status == 400
