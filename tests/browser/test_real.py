"""The console in Chromium against real processes, with passkeys in a virtual authenticator."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from test_pages import PROBE, SHOTS, violations

from custodes.acts.asks.keys import UseKey
from custodes.acts.socket import Client
from custodes.kernel.refusal import Refusal
from custodes.settings import load
from fakes.console_house import PASSWORD, ConsoleHouse, apart

pytestmark = [pytest.mark.browser, pytest.mark.slow]


class Seat:
    """One person in front of a browser of his own; complaints of the page fail the test."""

    def __init__(
        self,
        chromium: Browser,
        house: ConsoleHouse,
        name: str,
        language: str = "en",
        **device: Any,
    ) -> None:
        self.house, self.someone = house, house.people[name]
        locale = f"{language}-{'DE' if language == 'de' else 'GB'}"
        self.context = chromium.new_context(locale=locale, **device)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: self.complaints.append(said.text))
        self.page.on("response", self._answered)
        self.device = self._authenticator()

    def _authenticator(self) -> str:
        client = self.context.new_cdp_session(self.page)
        client.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        device = client.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
        if self.someone.passkey:
            client.send(
                "WebAuthn.addCredential", {"authenticatorId": device, "credential": self.someone.virtual()}
            )
        return str(device)

    def _answered(self, response: Any) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.status} {response.url}")

    def go(self, path: str) -> Page:
        self.page.goto(self.house.origin + path)
        return self.page

    def sign_in(self) -> "Seat":
        self.go("/sign-in")
        self.page.get_by_role("button", name=re.compile("with a passkey|Mit einem Passkey")).click()
        self.page.get_by_role("button", name=re.compile("Sign out|Abmelden")).wait_for()
        return self

    def sign_in_by_password(self) -> "Seat":
        self.go("/sign-in")
        self.page.locator("summary").click()
        self.page.locator("#account").fill(self.someone.mail)
        self.page.locator("#password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in with a password").click()
        self.page.wait_for_url(self.house.origin + "/")
        return self


@pytest.fixture
def seat(chromium: Browser, house: ConsoleHouse) -> Iterator[Any]:
    seats: list[Seat] = []

    def take(name: str, language: str = "en") -> Seat:
        seats.append(Seat(chromium, house, name, language))
        return seats[-1]

    yield take
    for one in seats:
        one.context.close()
    assert [line for one in seats for line in one.complaints] == []


def use(house: ConsoleHouse, verb: str, message: bytes, who: Any = None, purpose: str = "operation") -> bytes:
    """One use of the town's key, by its application or by `who`, over the keyroom's socket."""

    async def ask() -> bytes:
        client = Client(load(house.file).socket)
        try:
            asked = UseKey(who or house.token, house.key, verb, message, b"", purpose, "")
            return (await client.ask(asked)).message
        finally:
            await client.close()

    return apart(ask)


def test_the_three_questions_are_behind_a_passkey(house: ConsoleHouse, seat: Any) -> None:
    olga = seat("olga").sign_in()
    assert olga.page.locator("h1").inner_text() == "Three questions, three answers"
    assert olga.page.get_by_role("link", name="Your account: Olga Brandt").is_visible()
    assert {one.inner_text() for one in olga.page.locator("section h2").all()} >= {
        "Where is my data?",
        "Who can read it, and who did?",
        "What happens in a crisis?",
    }
    olga.page.get_by_role("button", name="Sign out").click()
    olga.go("/")
    assert "/sign-in?onward=" in olga.page.url


def test_a_request_is_approved_by_two_of_two_organisations(house: ConsoleHouse, seat: Any) -> None:
    wrapped = use(house, "wrap", b"0123456789abcdef")
    assert use(house, "unwrap", wrapped) == b"0123456789abcdef"
    erik = seat("erik").sign_in()
    erik.go("/cases/new/lockbox")
    erik.page.get_by_label("Who is to have access (credential)").fill(
        erik.someone.token.token.partition(".")[0]
    )
    erik.page.get_by_label("What (object versions or keys)").fill(house.key)
    erik.page.get_by_label("Unwrap with a key").check()
    erik.page.get_by_label("Reason").fill("Find why the register refuses one file.")
    erik.page.get_by_label("Ticket").fill("MW-8841")
    erik.page.get_by_label("At most so many bytes").fill("1000000")
    erik.page.get_by_label("Purpose").select_option("support")
    erik.page.get_by_role("button", name="Ask").click()
    erik.page.wait_for_url("**/cases/cas-*")
    case = erik.page.url
    for name, state in (("anna", "Asked"), ("karl", "Granted")):
        approver = seat(name).sign_in()
        approver.page.goto(case)
        approver.page.get_by_role("button", name="Approve with your passkey").click()
        approver.page.get_by_text(
            "Approvals that count"
        ).wait_for()  # stood there for the second before he signed
        approver.page.locator(".cu-title .cu-tag", has_text=state).wait_for()
    erik.page.goto(case)
    assert erik.page.locator(".cu-title .cu-tag").inner_text() == "Granted"
    assert erik.page.get_by_text("Uses so far").is_visible()
    assert use(house, "unwrap", wrapped, erik.someone.token, "support") == b"0123456789abcdef"
    olga = seat("olga").sign_in()
    done = olga.page.locator("section", has=olga.page.get_by_role("heading", name="Who can read it")).last
    assert "by exception" in done.inner_text()
    assert "Nobody." not in done.inner_text(), "a read under a grant is an exception"
    assert "Erik" in done.inner_text()
    olga.page.goto(case)
    assert "key.unwrap" not in olga.page.locator(".cu-timeline").inner_text()


def test_a_kill_stops_uses_until_two_lift_it(house: ConsoleHouse, seat: Any) -> None:
    wrapped = use(house, "wrap", b"0123456789abcdef")
    olga = seat("olga").sign_in()
    olga.go("/keys")
    olga.page.get_by_role("link", name="Check and stop all keys …").click()
    assert olga.page.get_by_text("Meldeverfahren").is_visible()
    olga.page.get_by_label("Reason").fill("A credential lies open.")
    olga.page.get_by_role("button", name="Next: check what will be logged").click()
    assert olga.page.locator(".cu-logged pre").inner_text() == "A credential lies open."
    assert olga.page.get_by_role("button", name="Next: check").count() == 0
    olga.page.get_by_role("button", name="Kill now").click()
    olga.page.get_by_role("link", name="Lift …").wait_for()
    with pytest.raises(Refusal) as refused:
        use(house, "unwrap", wrapped)
    assert refused.value.code == "forbidden"
    olga.page.get_by_role("link", name="Lift …").click()
    olga.page.get_by_role("button", name="Sign with your passkey").click()
    link = olga.page.locator("pre.cu-command").inner_text()
    karl = seat("karl").sign_in()
    karl.page.goto(link)
    karl.page.get_by_role("button", name="Sign with your passkey").click()
    karl.page.get_by_text("Nothing is stopped.").wait_for()
    assert use(house, "unwrap", wrapped) == b"0123456789abcdef"


def test_a_kill_of_the_house_is_lifted_only_with_a_custodian(house: ConsoleHouse, seat: Any) -> None:
    wrapped = use(house, "wrap", b"0123456789abcdef")
    karl = seat("karl").sign_in()
    karl.go("/keys")
    karl.page.get_by_role("link", name="Check and stop the whole installation …").click()
    karl.page.get_by_label("Reason").fill("The building is on fire.")
    karl.page.get_by_role("button", name="Next: check what will be logged").click()
    karl.page.get_by_role("button", name="Kill now").click()
    karl.page.get_by_role("link", name="Lift …").wait_for()
    assert "Karl Petersen" in karl.page.locator("main").inner_text()
    with pytest.raises(Refusal):
        use(house, "unwrap", wrapped)
    karl.page.get_by_role("link", name="Lift …").click()
    karl.page.get_by_role("button", name="Sign with your passkey").click()
    link = karl.page.locator("pre.cu-command").inner_text()
    kim = seat("kim").sign_in()
    kim.page.goto(link)
    kim.page.get_by_role("button", name="Sign with your passkey").click()
    kim.page.get_by_text("Nothing is stopped.").wait_for()
    assert use(house, "unwrap", wrapped) == b"0123456789abcdef"


def test_an_owner_changes_rules_and_boundary_by_form_and_signature(house: ConsoleHouse, seat: Any) -> None:
    olga = seat("olga").sign_in()
    olga.go("/rules")
    olga.page.get_by_label("Even our own people read only under a grant").check()
    olga.page.get_by_role("button", name="Next: check what changes").click()
    assert "Even our own people" in olga.page.locator("#added + ul").inner_text()
    olga.page.get_by_role("button", name="Sign with your passkey").click()
    olga.page.wait_for_url("**/rules")
    assert olga.page.get_by_label("Even our own people read only under a grant").is_checked()
    assert olga.page.get_by_text("Version 2.").is_visible()
    olga.page.get_by_role("button", name="Check the preset rules …").click()
    assert "Even our own people" in olga.page.locator("#removed + ul").inner_text()
    olga.page.get_by_role("button", name="Sign with your passkey").click()
    olga.page.wait_for_url("**/rules")
    olga.go("/boundary")
    olga.page.get_by_label("Machines stand in").fill("fr, at")
    olga.page.get_by_role("button", name="Next: check what would stand outside").click()
    assert "FR, AT" in olga.page.locator("main").inner_text()
    olga.go("/boundary")
    assert olga.page.get_by_label("Machines stand in").input_value() == "EU", "looking changes nothing"
    olga.page.get_by_label("Machines stand in").fill("EU, CH")
    olga.page.get_by_role("button", name="Next: check what would stand outside").click()
    olga.page.get_by_role("button", name="Sign with your passkey").click()
    olga.page.wait_for_url("**/boundary")
    assert olga.page.get_by_label("Machines stand in").input_value() == "EU, CH"
    paul = seat("paul").sign_in_by_password()
    paul.go("/rules")
    assert paul.page.get_by_text("Only owners change rules").is_visible()


def test_a_new_passkey_stands_once_an_officer_has_signed_it(house: ConsoleHouse, seat: Any) -> None:
    paul = seat("paul").sign_in_by_password()
    paul.go("/account")
    assert paul.page.get_by_text("You have none here yet.").is_visible()
    paul.page.get_by_label("Name of the device").fill("Laptop")
    paul.page.get_by_label("Who enrols it").select_option(house.people["olga"].credential)
    paul.page.get_by_role("button", name="Make a passkey").click()
    link = paul.page.locator("pre.cu-command").inner_text()
    paul.page.get_by_role("button", name="Sign out").click()
    paul.page.get_by_role("button", name="Sign in with a passkey").click()
    paul.page.get_by_text("Account, password or passkey do not match.").wait_for()
    assert [line for line in paul.complaints if "401" not in line] == []
    paul.complaints.clear()
    olga = seat("olga").sign_in()
    olga.page.goto(link)
    assert olga.page.locator("main").get_by_text("Paul Ernst").is_visible()
    olga.page.get_by_role("button", name="Sign with your passkey").click()
    olga.page.get_by_text("From now on it stands:").wait_for()
    paul.sign_in()
    assert paul.page.get_by_role("link", name="Your account: Paul Ernst").is_visible()


PAGES = (
    "/",
    "/cases",
    "/cases?all=true",
    "/cases/new/lockbox",
    "/cases/new/break-glass",
    "/objects",
    "/keys",
    "/keys/{key}",
    "/keys/{key}/rotate",
    "/keys/{key}/schedule-destruction",
    "/kill?scope=customer",
    "/kills",
    "/rules",
    "/boundary",
    "/people",
    "/log/{customer}/exceptional/0",
    "/log",
    "/log?log=exceptional&since=2020-01-01&until=2099-12-31",
    "/account",
    "/enrol",
)


@pytest.mark.parametrize(("name", "language"), [("olga", "de"), ("karl", "en")])  # fixtures have the rest
def test_every_page_is_there_and_accessible(house: ConsoleHouse, seat: Any, name: str, language: str) -> None:
    use(house, "wrap", b"0123456789abcdef")
    one = seat(name, language).sign_in()
    one.go(f"/?customer={house.customer.id}")
    problems = []
    for path in PAGES:
        page = one.go(path.replace("{key}", house.key).replace("{customer}", house.customer.id))
        assert page.locator("html").get_attribute("lang") == language
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 900})
            problems += [f"{path} at {width}: {line}" for line in violations(page)]
            if page.evaluate(PROBE) > width:
                problems.append(f"{path} scrolls sideways at {width}")
        if SHOTS:
            page.set_viewport_size({"width": 1280, "height": 900})
            shot = re.sub("[^a-z-]+", "-", path.replace("{key}", "key")).strip("-") or "questions"
            page.screenshot(path=f"{SHOTS}/real-{name}-{shot}-{language}.png", full_page=True)
    assert problems == []


def test_a_receipt_and_the_pins_can_be_taken_away(house: ConsoleHouse, seat: Any) -> None:
    use(house, "wrap", b"0123456789abcdef")
    olga = seat("olga").sign_in()
    olga.go("/log?log=machine")
    with olga.page.expect_download() as taken:
        olga.page.get_by_role("link", name="Receipt").first.click()
    receipt = json.loads(Path(taken.value.path()).read_bytes())
    assert receipt["log"].endswith(f"{house.customer.id}/machine")
    with olga.page.expect_download() as taken:
        olga.page.get_by_role("link", name="pins").click()
    assert json.loads(Path(taken.value.path()).read_bytes())["house"] == house.body.id


def test_other_peoples_pages_are_not_there(house: ConsoleHouse, seat: Any) -> None:
    erik = seat("erik").sign_in()
    for path, status in ((f"/keys/{house.key}", (403, 404)), (f"/?customer={house.body.id}", (404,))):
        answer = erik.page.goto(house.origin + path)
        assert answer
        assert answer.status in status
        assert "Stadt Lindenau" not in erik.page.locator("main").inner_text()
    erik.complaints.clear()


def test_a_wrong_password_is_told_and_too_many_are_stopped(house: ConsoleHouse, seat: Any) -> None:
    nobody = seat("ada")
    nobody.go("/sign-in")
    for _ in range(8):
        if not nobody.page.locator("#account").is_visible():
            nobody.page.locator("summary").click()
        nobody.page.locator("#account").fill("ada@example.org")
        nobody.page.locator("#password").fill("not the password")
        nobody.page.get_by_role("button", name="Sign in with a password").click()
        nobody.page.get_by_role("alert").wait_for()
    assert nobody.page.get_by_text("Too many attempts.").is_visible()
    nobody.complaints.clear()
