"""Signing in by an issuer in Chromium: real processes, a real provider, cookies as browsers keep them."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser
from test_pages import SHOTS

from custodes.acts.footing.issuers import Issuer
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.settings import load, to_toml
from fakes.console_house import ConsoleHouse
from fakes.provider import Provider

pytestmark = [pytest.mark.browser, pytest.mark.slow]


class IssuerHouse(ConsoleHouse):
    """The town's people also come by its issuer."""

    issuer_url = ""

    def _other(self) -> None:
        super()._other()
        issuer = Issuer(
            id=new_id("iss", self.dice),
            organisation=self.town.id,
            name="Stadt Lindenau",
            url=self.issuer_url,
            client_id="custodes",
            roles=(("clerks", "reader"),),
            customer=self.customer.id,
            admits_unknown=True,
            is_listed=True,
            created_at=to_text(self.clock.now()),
        )
        self._rows.append(("issuer", issuer.id, "", issuer))


@pytest.fixture
def house(tmp_path: Any) -> Iterator[ConsoleHouse]:
    provider = Provider("", is_public=True)
    IssuerHouse.issuer_url = provider.url
    made = IssuerHouse(tmp_path)
    provider.redirect = f"{made.origin}/sign-in/returned"
    settings = load(made.file)
    hosts = (f"localhost:{provider.port}",)
    made.file.write_text(to_toml(msgspec.structs.replace(settings, outside_hosts=hosts)))
    with provider, made.running("keyroom", "logkeeper", "console"):
        yield made


def test_there_and_back_and_on_to_the_page_that_was_asked_for(chromium: Browser, house: ConsoleHouse) -> None:
    context = chromium.new_context(locale="de-DE")
    page = context.new_page()
    try:
        page.goto(f"{house.origin}/objects")
        assert "/sign-in?onward=" in page.url
        for _ in range(40):  # the logkeeper reads the issuer in its own time
            page.get_by_role("link", name="Anmelden über Stadt Lindenau").click()
            if page.locator('input[name="login"]').count():
                break
            page.wait_for_timeout(250)
        page.locator('input[name="login"]').fill("nina:clerks")
        page.locator('input[name="password"]').fill("x")
        page.locator('button[type="submit"]').click()
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Abmelden").wait_for()
        assert page.url == f"{house.origin}/objects"
        assert page.locator(".cu-visitor__name").inner_text().endswith("nina")
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/issuer.png")
        cookies = {one["name"]: one for one in context.cookies(house.origin)}
        assert cookies["session"]["sameSite"] == "Strict"
        assert "ticket" not in cookies
        page.goto(f"{house.origin}/account")
        assert page.locator("main").inner_text()
        page.get_by_role("button", name="Abmelden").click()
        page.goto(f"{house.origin}/objects")
        assert "/sign-in?onward=" in page.url
    finally:
        context.close()
