"""Files up and down in Chromium against real processes: progress, a lost part, what lies there already."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route
from test_real import Seat

from custodes.acts.asks.buckets.told import PutRule
from custodes.acts.asks.objects import CreateBucket, MoveBucket
from custodes.acts.socket import Client
from custodes.settings import load
from fakes import SeededDice
from fakes.console_house import ConsoleHouse, apart

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MIB = 1_048_576
LOCKING = (
    b'<ObjectLockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    b"<ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>"
)


@pytest.fixture(scope="module", autouse=True)
def bucket(house: ConsoleHouse) -> None:
    async def settle() -> None:
        client = Client(load(house.file).socket)
        try:
            await client.ask(CreateBucket(house.token, "akten"))
            await client.ask(CreateBucket(house.token, "register"))
            await client.ask(MoveBucket(house.token, "register", "versioning-on"))
            await client.ask(PutRule(house.token, "register", "object-lock", LOCKING))
        finally:
            await client.close()

    apart(settle)


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


FOCUS = r"""() => {
  const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
  const told = one.getAttribute("aria-label") || one.labels?.[0]?.textContent;
  const text = told || one.textContent || one.name;
  const seen = box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight;
  const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  const lost = one.tabIndex > 0 || one === document.body;
  return [one.tagName, text.trim().replace(/\s+/g, " "), seen && ring, lost];
}"""


def tab_to(page: Any, wanted: str, most: int = 60) -> None:
    """Press Tab until it is reached; on the way the focus is always seen, and never lost."""
    for _ in range(most):
        page.keyboard.press("Tab")
        tag, text, is_seen, is_lost = page.evaluate(FOCUS)
        assert is_seen, (wanted, tag, text)
        assert not is_lost, (wanted, tag, text)
        if re.search(wanted, text):
            return
    raise AssertionError(wanted)


def press(page: Any, wanted: str, key: str = "Enter", to: str = "") -> None:
    """Go there by Tab and press it; `to`: the heading of the page it leads to."""
    tab_to(page, wanted)
    page.keyboard.press(key)
    if to:
        page.locator("h1", has_text=re.compile(to)).wait_for()


def test_a_town_works_with_its_objects_by_keyboard_alone(
    chromium: Browser, house: ConsoleHouse, tmp_path: Path
) -> None:
    olga = Seat(
        chromium, house, "olga", "de", viewport={"width": 640, "height": 700}, reduced_motion="reduce"
    )
    page = olga.go("/sign-in")
    page.on("filechooser", lambda _: None)  # from now on: one opened at once would be missed
    press(page, "^Mit einem Passkey", to="Drei Fragen")
    press(page, "Zum Inhalt")
    assert page.evaluate("document.activeElement.id") == "content"
    page = olga.go("/objects")
    press(page, "^akten$", to="^akten$")
    given = tmp_path / "brief.txt"
    given.write_bytes(b"plain")
    tab_to(page, "^Datei$")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(given)
    said(page, "Abgelegt", 1)
    press(page, "^Die Liste anzeigen")
    page.locator("tbody a", has_text="brief.txt").wait_for()
    press(page, "^brief.txt$", to="brief.txt")
    press(page, "^Markierungen, Sperre")
    page.locator("#object-tags").wait_for()
    tab_to(page, "^Markierungen")
    page.keyboard.type("amt=meldeamt")
    press(page, "^Setzen: Markierungen")
    page.get_by_role("status").get_by_text("Markierungen dieser Fassung").wait_for()
    for path in (
        "/stores",
        "/usage?bucket=akten",
        "/leases",
        "/objects/akten/care",
        "/objects/akten/adoptions",
    ):
        olga.go(path)
        tab_to(page, "Zum Inhalt")
        tab_to(page, "^(Abmelden|Zustand der Speicher|Alle Speicherbereiche|Objekte)$")
    press(olga.go("/objects/akten/settings"), "^Ändern … Ältere")
    page.locator("#form").wait_for()
    tab_to(page, "^Ältere Versionen")
    page.keyboard.press("ArrowDown")
    press(page, "^Setzen$", "Space")
    page.get_by_role("status").wait_for()
    assert olga.complaints == []
    olga.context.close()


def test_holds_retention_and_downloads_by_keyboard_alone(
    chromium: Browser, house: ConsoleHouse, tmp_path: Path
) -> None:
    given = tmp_path / "brief.txt"
    given.write_bytes(b"plain")
    small: dict[str, Any] = {"viewport": {"width": 640, "height": 700}, "reduced_motion": "reduce"}
    olga = Seat(chromium, house, "olga", "de", **small).sign_in()
    page = olga.go("/objects/register")
    page.locator("#upload-file").set_input_files([given])
    said(page, "Abgelegt", 1)
    olga.go("/objects/register/object?name=brief.txt")
    press(page, "^Markierungen, Sperre", to="brief.txt")
    press(page, "^Löschen sperren$")
    page.get_by_role("button", name="Löschsperre aufheben").wait_for()
    press(page, "^Löschsperre aufheben$")
    page.get_by_role("button", name="Löschen sperren").wait_for()
    tab_to(page, "^Wie streng")
    page.keyboard.press("ArrowDown")
    tab_to(page, "^Bis zum")
    page.keyboard.type("10102035")  # day and month, in whatever order the browser has them
    page.keyboard.press("Tab")
    page.keyboard.type("1030A")
    press(page, "^Setzen: Aufbewahrung$", "Space")
    page.get_by_text("10. Oktober 2035").first.wait_for()
    assert olga.complaints == []
    olga.context.close()

    paul = Seat(chromium, house, "paul", accept_downloads=True, **small)
    paul.sign_in_by_password()
    page = paul.go("/objects/register/object?name=brief.txt")
    tab_to(page, "^Download")
    with page.expect_download() as coming:
        page.keyboard.press("Enter")
    assert Path(coming.value.path()).read_bytes() == b"plain"
    press(page, "^All reads", to="Who read it")  # the focus is still where it was
    press(page, "^Apply filter$")
    page.locator(".cu-rows li").wait_for()
    assert paul.complaints == []
    paul.context.close()
