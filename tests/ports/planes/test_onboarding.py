"""Onboarding in the console over a keyroom in process: the whole way without script, and each way astray."""

import html
import re
from urllib.parse import quote

import pytest

from custodes.acts.asks.parties import CreatePerson, LookOrganisations
from custodes.acts.plans import templates
from custodes.policy.presets import default_rules
from custodes.web.console.served.onboarding.pages import PAGES, OnboardingPages  # noqa: F401 - tested here
from custodes.web.console.served.onboarding.showing import plan_view  # noqa: F401 - tested here
from fakes.folk import in_folk
from ports.planes.test_console import Browser, passkey_of

pytestmark = pytest.mark.slow

ANSWERS = {
    "organisation": 'Village "Nord" <b>',
    "customer": "Village",
    "country": "DE",
    "group": "Village",
    "owner_name": "Vera Voss",
    "owner_mail": "vera@village.example",
    "approver_name": "Adam Arp",
    "approver_mail": "adam@village.example",
    "application": "Registry: old & new",
    "bucket": "registry",
}


async def signed_in(world):
    own = world.body.id
    await world.put(("rules", own, own, default_rules(own)))
    browser = Browser(world)
    await browser.sign_in(await passkey_of(world, world.ada, "ada"))
    return browser


def hidden(answer, name):
    found = re.search(rf'type="hidden" name="{name}" value="([^"]*)"', answer.text)
    return html.unescape(found[1]) if found else None


async def answered(browser, answers=None, template="town"):
    """All pages of questions; the last answer."""
    answers = {**ANSWERS, **(answers or {})}
    names, at = list(ANSWERS), 0
    for number, count in enumerate(PAGES, 1):
        at += count
        fields = {"template": template, "page": str(number), **{name: answers[name] for name in names[:at]}}
        answer = await browser.post("/onboarding/answers", fields)
        if answer.status != 200:
            break
    return answer


def test_the_pages_ask_every_question():
    assert sum(PAGES) == len(templates.QUESTIONS)
    assert list(ANSWERS) == [one.name for one in templates.QUESTIONS]


@in_folk
async def test_from_a_template_to_what_waits_for_whom(world):
    browser = await signed_in(world)
    begun = await browser.get("/onboarding")
    for name in templates.TEMPLATES:
        assert f"/onboarding/questions?template={name}" in begun.text
    first = await browser.get("/onboarding/questions?template=town&lang=de")
    assert "Seite 1 von 3" in first.text
    plan = await answered(browser)
    assert plan.status == 200
    assert "Village &#34;Nord&#34; &lt;b&gt;" in plan.text
    assert "<b>" not in plan.text
    fields = {"file": hidden(plan, "file"), "digest": hidden(plan, "digest")}
    done = await browser.post("/onboarding/do", fields)
    assert done.status == 200
    assert "vera@village.example" in done.text
    assert "custodes party organisation --name" in done.text
    found = await world.keyroom.ask(LookOrganisations(world.ada.token))
    assert {one.mail for one in found.nobodys} == {"vera@village.example", "adam@village.example"}
    again = await browser.post("/onboarding/plan", {"file": fields["file"]})
    assert hidden(again, "digest") is not None  # the customer waits for his organisation
    assert "/onboarding/do" in again.text


@in_folk
async def test_a_house_that_changed_between_plan_and_confirmation_is_planned_again(world):
    browser = await signed_in(world)
    plan = await answered(browser)
    await world.keyroom.ask(CreatePerson(world.ada.token, "Vera Voss", "vera@village.example", "DE"))
    fields = {"file": hidden(plan, "file"), "digest": hidden(plan, "digest")}
    again = await browser.post("/onboarding/do", fields)
    assert again.status == 409
    assert hidden(again, "digest") not in (None, fields["digest"])
    found = await world.keyroom.ask(LookOrganisations(world.ada.token))
    assert {one.mail for one in found.nobodys} == {"vera@village.example"}  # nothing else was done


@in_folk
async def test_a_wrong_answer_is_told_at_its_question(world):
    browser = await signed_in(world)
    for name, answer in (
        ("country", "Germany"),
        ("country", "XX"),
        ("organisation", "  "),
        ("owner_mail", "vera"),
        ("bucket", "Registry!"),
        ("customer", "x" * 201),
        ("group", "a\x07b"),
    ):
        page = await answered(browser, {name: answer})
        assert page.status == 400, (name, answer)
        assert f'id="question-{name}-error"' in page.text, (name, answer)


@in_folk
async def test_a_bomb_comes_back_with_its_line(world):
    browser = await signed_in(world)
    for file, why in (
        ("a: &a [*a]\n", "anchor"),
        ("[" * 5_000, "deep"),
        ("a: !!python/object:os.system x\n", "tag"),
        ("x: 1\nx: 2\n", "twice"),
    ):
        for place, more in (("plan", {}), ("do", {"digest": "0" * 64})):
            answer = await browser.post(f"/onboarding/{place}", {"file": file, **more})
            assert answer.status == 400
            assert 'id="file-error"' in answer.text, why


@in_folk
async def test_to_everybody_else_there_are_no_such_pages(world):
    browser = Browser(world)
    for who in (world.olga, world.erik, world.kim):
        browser.cookies = {}
        await browser.sign_in(await passkey_of(world, who, who.person.name))
        assert "/onboarding" not in (await browser.get("/account")).text
        assert (await browser.get("/onboarding")).status == 404
        assert (await browser.get("/onboarding/questions?template=town")).status == 404
        for place in ("answers", "plan", "do"):
            answer = await browser.post(f"/onboarding/{place}", {"file": "a: 1"})
            assert answer.status == 404
    browser.cookies = {}
    assert (await browser.get("/onboarding")).status == 303
    await browser.sign_in(await passkey_of(world, world.ada, "ada"))
    plan = await browser.post("/onboarding/plan", {"file": "a: 1"}, is_ours=False)
    assert plan.status == 403


@in_folk
async def test_an_unknown_template_is_not_there(world):
    browser = await signed_in(world)
    for template in ("castle", "../town", quote("town\x01")):
        assert (await browser.get(f"/onboarding/questions?template={template}")).status in {400, 404}
