"""Connected clouds in the console, over a keyroom in process: counted in entries, tried out, switched off."""

import asyncio
from datetime import UTC, datetime

import pytest

from custodes.acts.asks.clouds.connections import LookConnections
from custodes.acts.asks.log import EntryView
from custodes.kernel.refusal import Refusal
from custodes.web.console.served.clouds import folding, pages
from fakes.clouds import CloudWorld
from ports.planes.test_console import Browser, passkey_of


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
    assert "3 uses among the newest" in page
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


def test_folding_counts_messages_and_only_this_connections():
    now = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
    claims = [["aws", "kmsOperation", "Decrypt", "asserted"]]
    entries = [
        entry("key.unwrap", reason="data-key-opened", count=5),
        entry("key.wrap", reason="made-up", at="2026-11-22T06:00:00Z"),
        entry("denial", count=2, claims=claims),
        entry("connection.check"),
        entry("key.unwrap", connection="con-2", reason="data-key-opened"),
    ]
    seen = folding.folded(entries, "con-1", now)
    assert (seen.uses, seen.uses_last_hour, seen.by_reason) == (6, 5, {"data-key-opened": 5, "made-up": 1})
    assert [folding.number(one) for one in seen.denials] == [2]
    assert folding.operation(seen.denials[0]) == "Decrypt"
    assert folding.operation(entries[0]) == ""
    assert seen.checked_at is not None
    bars = folding.bars(seen.by_reason)
    assert [(bar.count, bar.width) for bar in bars] == [(5, 100), (1, 20)]
    assert bars[1].reason.english == "made-up"
    assert pages.FOLD_ENTRIES_MAX == 500
