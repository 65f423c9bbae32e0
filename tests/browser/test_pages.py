"""Every page in Chromium: axe in both languages, light and dark, wide and at 320 px, script on and off."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import fixtures
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NAMES = [name for name in fixtures.VIEWS if not name.startswith("fault-")] + [
    "fault-denied",
    "fault-unauthenticated",
]
SHOTS = os.environ.get("CUSTODES_SCREENSHOTS")  # a folder to put pictures into, for people to look at
PROBE = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"


class Watched:
    """A context whose pages must not complain: console, exceptions, failed or foreign requests."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.context, self.origin = context, origin
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", lambda message: self.complaints.append(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("request", self._request)
        self.page.on("response", self._response)

    def _failed(self, request: Any) -> None:
        if request.url != self.origin + fixtures.SIGNED_IN.onward:  # a page that leads on is held where it is
            self.complaints.append(f"failed: {request.url}")

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.origin, "data:")):
            self.complaints.append(f"foreign: {request.url}")

    def _response(self, response: Any) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.status}: {response.url}")


COLOURS = "axe.getRules(%s).filter(one => one.tags.includes('cat.color')).map(one => one.ruleId)"


def violations(page: Page, *, colours: bool = False) -> list[str]:
    """What axe finds; evaluated by the debugger, which the pages' CSP does not concern. `colours`: only its
    rules about colours, for another scheme of colours of what was looked at in full.
    """
    if page.evaluate("typeof axe") == "undefined":  # a document is given its judge once
        page.evaluate(_axe())
    rules = COLOURS % json.dumps(RULES) if colours else json.dumps(RULES)
    only = f'{{type: "{"rule" if colours else "tag"}", values: {rules}}}'
    told = "({violations, passes}) => ({violations, passes: passes.length})"
    found = page.evaluate(f"axe.run(document, {{runOnly: {only}, resultTypes: ['violations']}}).then({told})")
    assert found["passes"] > (0 if colours else 10)
    return [
        f"{v['id']}: {n['html'][:200]} {n['failureSummary']}" for v in found["violations"] for n in v["nodes"]
    ]


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8") + "; 0"


@pytest.fixture
def watched(chromium: Browser, site: Any) -> Iterator[Watched]:
    context = chromium.new_context(reduced_motion="reduce")
    yield Watched(context, site.origin)
    context.close()


@pytest.fixture(scope="module")
def scripted(chromium: Browser, site: Any) -> Iterator[Watched]:
    context = chromium.new_context(reduced_motion="reduce")
    yield Watched(context, site.origin)
    context.close()


@pytest.fixture(scope="module")
def scriptless(chromium: Browser, site: Any) -> Iterator[Watched]:
    context = chromium.new_context(
        java_script_enabled=False, locale="de-DE", viewport={"width": 320, "height": 700}
    )
    yield Watched(context, site.origin)
    context.close()


@contextmanager
def cleared(watched: Watched) -> Iterator[Page]:
    """The page of a window that looks at many pages in turn; nothing of the one before is left in it."""
    watched.page.goto("about:blank")
    watched.context.clear_cookies()
    watched.complaints.clear()
    yield watched.page
    assert watched.complaints == []


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_each_page_is_accessible_everywhere(scripted: Watched, site: Any, name: str, language: str) -> None:
    with cleared(scripted) as page:
        page.goto(f"{site.origin}/p/{name}?lang={language}")
        page.set_viewport_size({"width": 640, "height": 900})
        assert page.evaluate(PROBE) <= 640, "scrolls sideways where text is twice its size (1280 px at 200 %)"
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate(PROBE) <= width, "scrolls sideways"
            for scheme in ("light", "dark"):  # a scheme changes colours and nothing else
                page.emulate_media(color_scheme=scheme)
                assert violations(page, colours=scheme == "dark") == []
                if SHOTS:
                    page.screenshot(path=f"{SHOTS}/{name}-{language}-{width}-{scheme}.png", full_page=True)


@pytest.mark.parametrize("name", NAMES)
def test_each_page_works_with_script_off(scriptless: Watched, site: Any, name: str) -> None:
    with cleared(scriptless) as page:
        page.goto(f"{site.origin}/p/{name}")
        assert page.locator("html").get_attribute("lang") == "de"
        assert page.locator("main h1").is_visible()
        for button in page.locator("main form button, main form select").all():
            assert button.is_visible() or button.locator("xpath=ancestor::details[not(@open)]").count()


def test_the_passkey_says_that_it_needs_script(chromium: Browser, site: Any) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto(f"{site.origin}/p/sign-in")
    assert page.get_by_text("A passkey needs script in this browser.").is_visible()
    page.locator("summary").click()
    page.locator("#account").fill("a.brandt")
    page.locator("#password").fill("geheim")
    page.get_by_role("button", name="Sign in with a password").click()
    assert page.locator("body").inner_text() == "taken"
    path, fields = site.sent[-1]
    assert path == "/sign-in"
    assert fields == {"onward": ("/cases/LB-2026-0147",), "account": ("a.brandt",), "password": ("geheim",)}
    context.close()


def test_keyboard_reaches_content_first_and_then_everything(watched: Watched, site: Any) -> None:
    page = watched.page
    page.goto(f"{site.origin}/p/case?lang=en")
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.inner_text() == "Skip to content"
    assert skip.bounding_box()["y"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.textContent.trim()"))
    assert {"Approve with your passkey", "Deny", "Sign with a key file instead"} <= seen


def test_paper_shows_the_page_and_not_the_menu(watched: Watched, site: Any) -> None:
    page = watched.page
    page.goto(f"{site.origin}/p/log?lang=en")
    page.emulate_media(media="print")
    assert not page.locator(".cu-menu").is_visible()
    assert not [form for form in page.locator(".cu-filter").all() if form.is_visible()]
    assert page.locator(".cu-entry").first.is_visible()


def authenticator(page: Page) -> Any:
    client = page.context.new_cdp_session(page)
    client.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    added = client.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return client, added["authenticatorId"]


KEY = (  # a P-256 key in PKCS#8 that exists for this test only
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg8_zMDQDYAxlU-Q"
    "hk1Dwkf0v18GZca1DMF3SaJ9HPdmShRANCAASNYX5lyVCOZLzFZzrIKmeZ2jwU"
    "RmgsJYxGP__fWN_S-j5sN4tT15XEpN_7QZnt14YvI6uvAgO0uJEboFaZlOEB"
)


def test_a_passkey_signs_in(watched: Watched, site: Any) -> None:
    page = watched.page
    page.goto(f"{site.origin}/p/sign-in?lang=en")
    client, device = authenticator(page)
    private = KEY.replace("-", "+").replace("_", "/")
    credential = {
        "credentialId": "AQIDBAUGBwgJCgsMDQ4PEA==",
        "isResidentCredential": True,
        "rpId": "localhost",
        "privateKey": private + "=" * (-len(private) % 4),
        "userHandle": "YWJj",
        "signCount": 1,
    }
    client.send("WebAuthn.addCredential", {"authenticatorId": device, "credential": credential})
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/sign-in/passkey")
    path, fields = site.sent[-1]
    assert path == "/sign-in/passkey"
    given = json.loads(fields["credential"][0])
    assert given["id"] == "AQIDBAUGBwgJCgsMDQ4PEA"
    assert {"clientDataJSON", "authenticatorData", "signature", "userHandle"} <= set(given["response"])
    assert fields["onward"] == ("/cases/LB-2026-0147",)
    assert watched.complaints == []


def test_without_a_passkey_nothing_is_sent_and_it_says_so(watched: Watched, site: Any) -> None:
    page = watched.page
    page.goto(f"{site.origin}/p/sign-in?lang=de")
    client, device = authenticator(page)
    client.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    before = len(site.sent)
    page.get_by_role("button", name="Mit einem Passkey anmelden").click()
    page.get_by_text("Der Passkey wurde nicht benutzt.").wait_for()
    assert len(site.sent) == before
