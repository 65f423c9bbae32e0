"""Connected clouds in the console, over a keyroom in process: counted in entries, tried out, switched off."""

import asyncio
import html
import re

import pytest

from custodes.acts.asks.clouds.connections import LookConnections
from custodes.acts.asks.log import EntryView
from custodes.kernel.refusal import Refusal
from custodes.parties.connections import SETTINGS, ConnectionKind
from custodes.web.console.served import signing
from custodes.web.console.served.clouds import folding, forms, making, pages, programs
from fakes.clouds import CloudWorld
from ports.planes.test_console import Browser, browser_said, passkey_of


def in_browser(work):
    def test(tmp_path):
        async def run():
            world = CloudWorld(tmp_path)
            await world.open()
            try:
                await world.settle_in()
                browser = Browser(world)
                olga = await passkey_of(world, world.olga, "olga")
                await browser.sign_in(olga)
                await work(world, browser)
            finally:
                await world.close()
                world.engine.dispose()

        asyncio.run(run())

    test.__name__ = work.__name__
    return test


@in_browser
async def test_uses_and_denials_are_counted_in_entries(world, browser):
    sealed = await world.encrypt()
    await world.decrypt(sealed)
    await world.decrypt(sealed)
    listed = (await browser.get("/clouds?lang=en")).text
    assert "AWS Frankfurt" in listed
    page = (await browser.get(f"/clouds/{world.aws.id}?lang=en")).text
    assert "3 uses in all, 3 of them today" in page
    assert "A data key is opened, to read or write data" in page
    assert "aws kms create-custom-key-store" in page
    assert world.aws.path in page
    assert world.pair[0] in page
    assert world.pair[1] not in page
    german = (await browser.get(f"/clouds/{world.aws.id}?lang=de")).text
    assert "Ein Datenschlüssel wird geöffnet" in german
    coverage = (await browser.get("/clouds/coverage?lang=de")).text
    assert "DKE" in coverage
    assert "unbestätigt" in coverage


@in_browser
async def test_where_nothing_can_be_counted_the_pages_stand_and_say_so(world, browser):
    await world.encrypt()
    log = world.customer_row.log("machine")
    with world.engine.connect() as connection:
        connection.exec_driver_sql("DELETE FROM opening WHERE log = ?", (log,))
    for path in ("/keys", f"/keys/{world.key}", "/clouds/programs"):
        found = await browser.get(f"{path}?lang=en")
        assert found.status == 200
        assert "cannot be counted now" in found.text


@in_browser
async def test_the_test_button_and_the_switch(world, browser):
    tried = await browser.post(f"/clouds/{world.aws.id}/try?lang=en", {})
    assert tried.status == 200
    assert "A use would succeed now" in (await browser.post(f"/clouds/{world.aws.id}/try?lang=en", {})).text
    off = await browser.post(f"/clouds/{world.aws.id}/off", {"reason": "suspicion"})
    assert (off.status, off.header("location")) == (303, f"/clouds/{world.aws.id}")
    seen = await world.keyroom.ask(LookConnections(world.olga.token, world.customer_row.id))
    assert seen.connections[0].state == "off"
    with pytest.raises(Refusal, match="connection-off"):
        await world.encrypt()
    foreign = await browser.get("/clouds/con-" + "0" * 26)
    assert foreign.status == 404
    stale = await browser.post(f"/clouds/{world.aws.id}/try", {}, is_ours=False)
    assert stale.status in {400, 403}


def entry(act, **fields):
    at = fields.pop("at", "2026-11-22T08:00:00Z")
    return EntryView("cus/machine", "machine", 1, at, act, b"", {"connection": "con-1", **fields}, ())


def test_denials_are_of_this_connection_and_reasons_become_bars():
    claims = [["aws", "kmsOperation", "Decrypt", "asserted"]]
    entries = [
        entry("denial", count=2, claims=claims),
        entry("denial", connection="con-2", subject="key-1"),
        entry("denial", connection="", subject="key-1"),
        entry("denial", connection="", subject="bkt-1"),
    ]
    (own,) = folding.denied(entries, "con-1")
    assert (folding.number(own), folding.operation(own), folding.operation(entries[1])) == (2, "Decrypt", "")
    assert folding.denied(entries, "") == (entries[2],)
    reasons = folding.together([{"data-key-opened": 4}, {"data-key-opened": 1, "made-up": 1}])
    bars = folding.bars(reasons)
    assert [(bar.count, bar.width) for bar in bars] == [(5, 100), (1, 20)]
    assert bars[1].reason.english == "made-up"
    assert programs.GUIDED_MAX < forms.ROWS_MAX
    assert {"xks"} == making.KEYED
    assert pages.DENIALS_MAX < pages.DENIED_MAX


def challenge_of(page):
    return signing.bytes_of(re.search(r"&#34;challenge&#34;:&#34;([^&]+)&#34;", page.text)[1])


def hidden(page):
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return {name: html.unescape(value) for name, value in found if name not in {"csrf", "credential"}}


async def sign(browser, signer, page, **more):
    fields = {**hidden(page), "credential": browser_said(signer, challenge_of(page)), **more}
    return await browser.post("/clouds/sign?lang=en", fields)


async def olga_in(world, browser):
    olga = await passkey_of(world, world.olga, "olga again")
    await browser.sign_in(olga)
    return olga


@in_browser
async def test_a_connection_is_made_given_a_credential_changed_and_ended(world, browser):
    olga = await olga_in(world, browser)
    form = await browser.get("/clouds/new?kind=xks&lang=en")
    assert "Name under which AWS reaches this installation" in form.text
    filled = {
        **hidden(form), "name": "AWS Wien", "for.0": "unwrap", "name.0": "kassen",
        "set.host": "xks.town.example", "set.regions": "eu-central-1\neu-south-1", "set.client-names": "",
        "set.uses-per-second": "50", "set.intents": "", "set.minimum-grade": "",
    }  # fmt: skip
    bad = await browser.post("/clouds/check?lang=en", {**filled, "set.uses-per-second": "many"})
    assert "The form is not in order" in bad.text
    made = await sign(browser, olga, await browser.post("/clouds/check?lang=en", filled))
    assert made.status == 303, made.text
    place = made.header("location")
    page = (await browser.get(f"{place}?lang=en")).text
    assert "AWS Wien" in page
    assert "opening" in page
    assert f"--xks-proxy-uri-path /{place.rpartition('/')[2]}/kms/xks/v1" in page
    asked = await browser.post(f"{place}/move?lang=en", {"what": "credential", "text": "for Vienna"})
    once = await sign(browser, olga, asked)
    assert "The credential, once" in once.text
    access, secret = re.findall(r"<dd><code>([^<]+)</code></dd>", once.text)
    assert once.header("cache-control") == "no-store"
    pair = (access, html.unescape(secret))
    row = next(
        one
        for one in (
            await world.keyroom.ask(LookConnections(world.olga.token, world.customer_row.id))
        ).connections
        if f"/clouds/{one.id}" == place
    )
    sealed = await world.encrypt()
    assert await world.decrypt(sealed, key="kassen", connection=row, pair=pair) == b"a data key"
    after = (await browser.get(f"{place}?lang=en")).text
    assert secret not in after
    assert access in after
    change = await browser.get(f"{place}/change?lang=en")
    assert 'value="AWS Wien"' in change.text
    again = await browser.post("/clouds/check?lang=en", {**filled, **hidden(change), "name": "AWS Graz"})
    assert "<del>AWS Wien</del>" in again.text
    assert (await sign(browser, olga, again)).status == 303
    assert "AWS Graz" in (await browser.get("/clouds?lang=en")).text


@in_browser
async def test_nothing_is_signed_but_what_the_page_showed(world, browser):
    olga = await olga_in(world, browser)
    form = await browser.get("/clouds/new?kind=xks&lang=en")
    filled = {**hidden(form), "name": "AWS Wien", "for.0": "unwrap", "name.0": "kassen"}
    filled |= {f"set.{one.name}": "" for one in SETTINGS[ConnectionKind.XKS]}
    checked = await browser.post("/clouds/check?lang=en", filled)
    draft = hidden(checked)["draft"]
    other = draft.replace('"unwrap"', '"wrap","unwrap"')  # a page in between was changed
    refused = await sign(browser, olga, checked, draft=other)
    assert refused.status in {400, 403}
    assert (await sign(browser, olga, checked, draft="{}")).status == 400
    assert (await sign(browser, olga, checked, what="drop")).status == 400
    seen = await world.keyroom.ask(LookConnections(world.olga.token, world.customer_row.id))
    assert [one.name for one in seen.connections] == ["AWS Frankfurt"]
    aws = f"/clouds/{world.aws.id}"
    on = await browser.post(f"{aws}/move?lang=en", {"what": "credential", "text": "x"})
    stolen = await sign(browser, olga, on, what="end")  # the signature is for another act
    assert stolen.status in {400, 403}
    left = await browser.post(
        f"{aws}/drop", {"credential": (seen.connections[0].credentials[0].id), "reason": "x"}
    )
    assert left.status == 303
    with pytest.raises(Refusal, match="not-authenticated"):
        await world.encrypt()
    gone = await sign(
        browser, olga, await browser.post(f"{aws}/move?lang=en", {"what": "end", "text": "moved"})
    )
    assert (gone.status, gone.header("location")) == (303, aws)
    assert "Ended" in (await browser.get(f"{aws}?lang=en")).text


@in_browser
async def test_programs_are_shown_with_what_they_did(world, browser):
    page = (await browser.get("/clouds/programs?lang=en")).text
    assert "hc_vault_transit_uri" in page
    assert "EncryptionConfiguration" in page
    assert "0 uses in all" in page
    german = (await browser.get("/clouds/programs?lang=de")).text
    assert "Programme und Cluster" in german
