"""Files up and down in Chromium against real processes: progress, a lost part, what lies there already."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route
from test_real import Seat

from custodes.acts.asks.objects import CreateBucket
from custodes.acts.socket import Client
from custodes.settings import load
from fakes import SeededDice
from fakes.console_house import ConsoleHouse, apart

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MIB = 1_048_576


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleHouse]:
    made = ConsoleHouse(tmp_path_factory.mktemp("files"))
    with made.running("keyroom", "s3", "console"):

        async def settle() -> None:
            client = Client(load(made.file).socket)
            try:
                await client.ask(CreateBucket(made.token, "akten"))
            finally:
                await client.close()

        apart(settle)
        yield made


def said(page: Any, text: str, count: int) -> None:
    page.wait_for_selector(f".cu-files__list li:nth-child({count})")
    for number in range(1, count + 1):
        page.locator(f".cu-files__list li:nth-child({number})", has_text=text).wait_for()


def test_files_go_up_with_progress_and_come_down_as_they_were(
    chromium: Browser, house: ConsoleHouse, tmp_path: Path
) -> None:
    small, large = tmp_path / "Bescheid 1.txt", tmp_path / "archiv.bin"
    small.write_bytes(b"plain text")
    large.write_bytes(SeededDice(1).draw(20 * MIB))
    olga = Seat(chromium, house, "olga", "de", viewport={"width": 320, "height": 800})
    olga.sign_in()
    page = olga.go("/objects/akten")
    lost: list[str] = []

    def lose_one(route: Route) -> None:
        if "number=2" in route.request.url and not lost:
            lost.append(route.request.url)
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/files?**", lose_one)
    page.locator("#upload-file").set_input_files([small, large])
    said(page, "Abgelegt", 2)
    assert len(lost) == 1, "the second part was lost once, and sent again"
    olga.complaints.clear()  # the lost part
    assert page.evaluate("() => document.documentElement.scrollWidth <= 320")
    page.unroute_all()

    page = olga.go("/objects/akten")
    page.locator("#upload-file").set_input_files([small])
    page.get_by_role("button", name="Ersetzen").click()
    said(page, "Abgelegt", 1)
    assert all("409" in line for line in olga.complaints)
    olga.context.close()

    paul = Seat(chromium, house, "paul", accept_downloads=True)
    paul.sign_in_by_password()
    page = paul.go("/objects/akten")
    assert page.locator("[data-files]").count() == 0
    page.get_by_role("link", name="archiv.bin").click()
    with page.expect_download() as coming:
        page.get_by_role("button", name=re.compile("Download")).first.click()
    assert coming.value.suggested_filename == "archiv.bin"
    assert Path(coming.value.path()).read_bytes() == large.read_bytes()
    assert paul.complaints == []
    paul.context.close()
