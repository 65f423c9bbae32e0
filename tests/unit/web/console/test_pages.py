"""Every page in every language, as bytes; what only a browser can tell is in tests/browser."""

import importlib.util
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from custodes.kernel.refusal import Kind, Refusal
from custodes.web.console.pages import PAGES, TEMPLATES, Pages
from custodes.web.console.statics import Statics
from custodes.web.console.texts import LANGUAGES
from custodes.web.console.words.refusals import KINDS
from custodes.web.kit import shield
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Endpoint, table
from custodes.web.kit.forms import csrf_token
from custodes.web.kit.front import Face, Front
from custodes.web.kit.logs import Log
from fakes import SeededDice, SetClock
from fakes.asgi import Answer, drive
from fakes.console_views import HOUSE

_PATH = Path(__file__).parents[3] / "browser" / "fixtures.py"
_SPEC = importlib.util.spec_from_file_location("browser_fixtures", _PATH)
assert _SPEC
assert _SPEC.loader
fixtures: Any = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(fixtures)
VOID = {"meta", "link", "img", "input", "br", "line", "rect", "circle"}


@pytest.fixture(scope="module")
def pages() -> Pages:
    return Pages(HOUSE, Statics(), SeededDice())


class Checker(HTMLParser):
    """Well-formed enough: tags close in order, ids are unique, nothing inline."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.faults: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self.ids += [str(names["id"])] if "id" in names else []
        self.faults += [f"{tag} {name}" for name in names if name == "style" or name.startswith("on")]
        self.faults += [tag] if tag == "style" or (tag == "script" and "src" not in names) else []
        self.faults += [
            str(v) for n, v in attrs if n in {"href", "src", "action"} and str(v).startswith("javascript")
        ]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.faults += [f"{tag} style" for name, _ in attrs if name == "style"]

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")


def test_every_view_has_its_template_and_its_fixture() -> None:
    assert {type(view) for view, _ in fixtures.VIEWS.values()} == set(PAGES)
    assert {name for name, _ in PAGES.values()} == {
        p.relative_to(TEMPLATES).as_posix() for p in (TEMPLATES / "pages").glob("*.html")
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", fixtures.VIEWS)
def test_each_page_is_well_formed_and_has_nothing_inline(pages: Pages, name: str, language: str) -> None:
    view, visitor = fixtures.VIEWS[name]
    html = pages.render(view, language=language, path="/p?a=1", csrf="token", visitor=visitor).decode()
    checker = Checker()
    checker.feed(html)
    assert checker.faults == []
    assert checker.open == []
    assert len(checker.ids) == len(set(checker.ids))
    assert html.count("<h1") == 1
    assert f'<html lang="{language}">' in html
    posts = html.count('method="post"')
    assert html.count('name="csrf" value="token"') == posts
    assert 'href="/p?a=1&amp;lang=de"' in html or language == "de"


def test_what_people_wrote_is_escaped(pages: Pages) -> None:
    view, visitor = fixtures.VIEWS["objects"]
    html = pages.render(view, language="en", path="/", csrf="", visitor=visitor).decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;.csv" in html


@pytest.mark.parametrize("path", ["/a", "/a?lang=en", "/a?x=1&lang=en", "/a?lang=<b>&x=1"])
def test_language_links_come_back_to_the_same_page(pages: Pages, path: str) -> None:
    html = pages.render(fixtures.SIGN_IN, language="en", path=path, csrf="", visitor=None).decode()
    links = re.findall(r'href="([^"]*)" lang="de"', html)
    assert links == ["/a?x=1&amp;lang=de" if "x=1" in path else "/a?lang=de"]


def app(pages: Pages, refusal: Refusal | None = None) -> Front:
    async def does(call: Call) -> Reply:
        if refusal is not None:
            raise refusal
        return pages.reply(call, fixtures.SIGN_IN)

    row = Endpoint(method="GET", path="/x", name="x", action=None, does=does)
    face = Face(
        log=Log(lambda line: None, SetClock()),
        dice=SeededDice(),
        origin="https://trustee.example",
        csp=shield.CONSOLE_CSP,
        refuse=pages.refuse,
    )
    return Front(table([row]), face)


def cookies(answer: Answer) -> list[str]:
    return [value for name, value in answer.headers if name == "set-cookie"]


def test_a_language_asked_for_is_remembered(pages: Pages) -> None:
    asked = drive(app(pages), "GET", "/x?lang=de")
    assert asked.header("content-language") == "de"
    assert [v for v in cookies(asked) if v.startswith("__Host-lang=de; Path=/; ")]
    kept = drive(app(pages), "GET", "/x", headers=[("cookie", "__Host-lang=de")])
    assert kept.header("content-language") == "de"
    other = drive(app(pages), "GET", "/x?lang=tlh")
    assert other.header("content-language") == "en"
    assert not [v for answer in (kept, other) for v in cookies(answer) if "lang=" in v]


def test_a_first_visit_gets_a_cookie_and_forms_bound_to_it(pages: Pages) -> None:
    first = drive(app(pages), "GET", "/x")
    (cookie,) = cookies(first)
    name, _, visit = cookie.partition(";")[0].partition("=")
    assert name == "__Host-visit"
    assert set(re.findall(r'name="csrf" value="([^"]*)"', first.text)) == {csrf_token(visit)}
    again = drive(app(pages), "GET", "/x", headers=[("cookie", f"__Host-visit={visit}")])
    assert cookies(again) == []
    assert set(re.findall(r'name="csrf" value="([^"]*)"', again.text)) == {csrf_token(visit)}
    assert cookies(drive(app(pages), "GET", "/x")) != [cookie]


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_refusal_has_a_page(pages: Pages, kind: Kind) -> None:
    facts = {"allow": ("GET",), "retry_after_s": 2}
    answer: Answer = drive(app(pages, Refusal("some-code", kind, facts)), "GET", "/x")
    assert answer.header("content-type") == "text/html; charset=utf-8"
    assert answer.header("www-authenticate") is None
    assert (answer.header("request-id") or "-") in answer.text
    assert kind.value in KINDS
    assert "default-src 'none'; style-src 'self'" in (answer.header("content-security-policy") or "")


def test_nowhere_is_a_page_too(pages: Pages) -> None:
    answer = drive(app(pages), "GET", "/nowhere", headers=[("accept-language", "de")])
    assert answer.status == 404
    assert '<html lang="de">' in answer.text
