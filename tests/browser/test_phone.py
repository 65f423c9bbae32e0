"""Approving on a phone, 320 pixels wide: from the link in a notice with two taps, seeing the exact scope."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser
from test_pages import SHOTS
from test_real import Seat

from custodes.acts.asks.cases import LookCase, OpenCase
from custodes.acts.socket import Client
from custodes.kernel import canonical
from custodes.settings import load
from fakes.console_house import ConsoleHouse, apart

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PHONE = {
    "viewport": {"width": 320, "height": 640},
    "is_mobile": True,
    "has_touch": True,
    "device_scale_factor": 2,
}


def asked(house: ConsoleHouse, ask: Any) -> Any:
    async def once() -> Any:
        client = Client(load(house.file).socket)
        try:
            return await client.ask(ask)
        finally:
            await client.close()

    return apart(once)


@pytest.mark.parametrize("language", ["de", "en"])
def test_two_taps_from_the_notice_to_the_approval(
    chromium: Browser, house: ConsoleHouse, language: str
) -> None:
    erik = house.people["erik"]
    form = {
        "beneficiary": erik.token.token.partition(".")[0],
        "resources": [house.key],
        "actions": ["key:use-unwrap"],
        "purpose": "support",
        "reason": "Find why the register refuses one file.",
        "ticket": "MW-8841",
        "bytes_max": 1_000_000,
    }
    case = asked(house, OpenCase(erik.token, "lockbox", house.customer.id, canonical.encode(form)))
    anna = Seat(chromium, house, "anna", language, **PHONE)
    try:
        anna.go(f"/cases/{case.id}")  # the link of a notice; nobody is signed in on this phone
        assert "/sign-in?onward=" in anna.page.url
        anna.page.get_by_role("button", name=re.compile("with a passkey|Mit einem Passkey")).tap()
        approve = anna.page.get_by_role("button", name=re.compile("Approve with your|Genehmigen mit"))
        approve.wait_for()
        assert anna.page.url.endswith(case.id)
        scope = anna.page.locator("section", has=anna.page.locator("#scope"))
        seen = scope.inner_text()
        for text in ("Erik Holm", "Meldewerk Software GmbH", "meldedaten", "MW-8841", "976"):
            assert text in seen, text
        assert form["reason"] in anna.page.locator("main").inner_text()
        wide = "document.documentElement.scrollWidth <= 320"
        assert anna.page.evaluate(wide), "the page is wider than the phone"
        box, button = scope.bounding_box(), approve.bounding_box()
        assert box
        assert button
        assert box["y"] + box["height"] <= button["y"], "the scope stands before the button"
        assert button["height"] >= 44
        assert button["x"] >= 0
        assert button["x"] + button["width"] <= 320
        if SHOTS:
            anna.page.screenshot(path=f"{SHOTS}/phone-{language}.png", full_page=True)
        approve.tap()
        anna.page.get_by_text(re.compile("Approvals that count|Genehmigungen, die zählen")).wait_for()
    finally:
        anna.context.close()
    assert anna.complaints == []
    view = asked(house, LookCase(house.people["olga"].token, case.id))
    assert [one.who.name for one in view.approvals] == ["Anna Wolf"]
