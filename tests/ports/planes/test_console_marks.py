"""What one version is told, by the console's forms: tags, hold, retention with its undo, access lists."""

import html
import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from custodes.acts.asks.buckets.told import LookRule, LookState, PutState
from custodes.kernel.refusal import Refusal
from custodes.policy.presets import default_rules, rule
from custodes.policy.rules import RuleSet
from custodes.protocols.s3.configs import locking
from custodes.web.console.served.stored.telling import access, marking, row  # noqa: F401 - tested here
from fakes.folk import FolkWorld
from fakes.lived import lived
from fakes.object_world import BUCKET, ObjectWorld
from ports.planes.test_console_files import seat

pytestmark = pytest.mark.whole
SETTINGS = f"/objects/{BUCKET}/settings"
AT = f"/objects/{BUCKET}/object/told"
NAME = 'akten/ä &?#"%2F<b>.pdf'
HERE = f"{AT}?{urlencode({'name': NAME})}"


class Town(FolkWorld, ObjectWorld):
    """People and a bucket."""

    async def let(self, *presets):
        id_, self.turn = self.customer_row.id, getattr(self, "turn", 1) + 1
        more = tuple(map(rule, presets))
        rules = RuleSet(scope=id_, generation=self.turn, rules=(*default_rules(id_).rules, *more))
        await self.put(("rules", id_, id_, rules))

    async def told(self, kind):
        return (await self.ask(LookState(self.token, BUCKET, NAME, kind))).body


async def tell(browser, part, **fields):
    """Send the form of one part of the page as it is now."""
    page = await browser.get(HERE)
    form = page.text.partition(f'id="{part}"')[2].partition("</section>")[0]
    mark = re.search(r'name="mark" value="(\w+)"', form)
    sent = {"part": part, "name": NAME, "version": "", "mark": mark[1] if mark else "", **fields}
    return await browser.post(AT, sent)


@lived(lambda folder: Town(folder).settle_objects())
async def test_a_version_is_told_by_forms_what_s3_would_tell_it(world):
    olga, anna = await seat(world, "olga"), await seat(world, "anna")
    for setting, sent in (
        ("versioning", {"versioning": "enabled"}),
        ("object-lock", {"lock-mode": "GOVERNANCE", "days": "1"}),
    ):
        mark = re.search(r'name="mark" value="(\w+)"', (await olga.get(f"{SETTINGS}/{setting}")).text)[1]
        assert (await olga.post(f"{SETTINGS}/{setting}", {**sent, "mark": mark})).status == 303
    await world.write(NAME, b"x")
    page = await olga.get(f"/objects/{BUCKET}/object?{urlencode({'name': NAME})}")
    href = html.unescape(re.search(r'href="([^"]+/object/told[^"]+)"', page.text)[1])
    page = await olga.get(href)
    assert (page.status, "<b>" in page.text) == (200, False)
    assert "%2F&lt;b&gt;.pdf" in page.text
    assert (await anna.get(HERE)).status == 403

    done = await tell(olga, "object-tags", tags="office=registry\n\n cost = 4711 ")
    assert (done.status, "changed=object-tags" in done.header("location")) == (303, True)
    assert b"<Key>cost</Key><Value>4711</Value>" in await world.told("tagging")
    assert (await tell(olga, "object-tags", tags="a=1\na=2")).status == 400
    assert (await tell(olga, "object-tags", tags="a=1", mark="0" * 32)).status == 409
    assert (await tell(anna, "object-tags", tags="a=1")).status == 403
    assert (await tell(olga, "object-tags", tags="")).status == 303
    assert b"<Key>" not in await world.told("tagging")

    assert (await tell(olga, "hold", verb="hold-on")).status == 303
    assert locking.read_hold(await world.told("legal-hold"))
    assert "It cannot be deleted while" in (await olga.get(HERE.replace("/told", ""))).text
    assert (await tell(olga, "hold", verb="hold-off")).status == 303
    assert not locking.read_hold(await world.told("legal-hold"))

    await retention(world, olga)
    await lists(world, olga)
    for wrong in ({"part": "x"}, {"part": "hold", "verb": "x"}, {"part": "retention"}):
        sent = {"part": "hold", "name": NAME, "version": "", "mark": "", **wrong}
        assert (await olga.post(AT, sent)).status in (400, 409)
    assert (await olga.get(f"{AT}?name=nothing")).status == 404
    assert (await olga.get(f"/objects/other-town/object/told?name={NAME[:3]}")).status == 404


async def retention(world, olga):
    stands = locking.read_retention(await world.told("retention"))

    def until(days):
        return f"{world.clock.now() + timedelta(days=days):%Y-%m-%dT%H:%M}"

    mode = {"retention-mode": "GOVERNANCE"}
    assert (await tell(olga, "retention", **mode, until=until(9))).status == 303
    assert locking.read_retention(await world.told("retention")).until > stands.until
    assert (await tell(olga, "retention", **mode, until="soon")).status == 400
    assert (await tell(olga, "retention", **mode, until=until(-9))).status == 400
    shorter = {**mode, "until": until(3), "passes-by": "passes-by"}
    refused = await tell(olga, "retention", **shorter)
    assert (refused.status, "may not be made shorter" in refused.text) == (403, True)
    await world.let("owners-bypass-governance", "applications-bypass-governance", "bucket-policies-count")
    assert (await tell(olga, "retention", **{**mode, "until": until(3)})).status == 403, "not wished for"
    assert (await tell(olga, "retention", **shorter)).status == 303
    ended = await tell(olga, "retention", **{**shorter, "retention-mode": "none"})
    assert ended.status == 303
    with pytest.raises(Refusal, match="retention-absent"):
        await world.told("retention")

    for_good = {"retention-mode": "COMPLIANCE", "until": until(3)}
    asked = await tell(olga, "retention", **for_good)
    assert (asked.status, "Nobody can take this back" in asked.text) == (200, True)
    assert (await tell(olga, "retention", **for_good, confirmed="yes")).status == 303
    for less in (shorter, {**shorter, "retention-mode": "none"}):
        assert (await tell(olga, "retention", **less)).status == 403
    none = b"<Retention/>"
    with pytest.raises(Refusal, match="object-locked"):
        await world.ask(PutState(world.olga.token, BUCKET, NAME, "retention", none, None, passes_by=True))


async def lists(world, olga):
    page = await olga.get(HERE)
    part = page.text.partition('id="object-access"')[2].partition("</section>")[0]
    whom = dict(re.findall(r'<option value="([^"]+)"[^>]*>([^<]+)<', part))
    everyone = next(value for value, text in whom.items() if "all your" in text)
    assert (await tell(olga, "object-access", grantee=everyone, permission="READ")).status == 303
    assert b"AuthenticatedUsers" in await world.told("acl")
    assert (await tell(olga, "object-access", grantee="per-nobody", permission="READ")).status == 400
    assert (await tell(olga, "object-access", grantee=everyone, permission="FLY")).status == 400
    assert (await tell(olga, "object-access", which="7")).status == 409
    assert (await tell(olga, "object-access", which="0")).status == 303
    assert b"AuthenticatedUsers" not in await world.told("acl")
    assert b"FULL_CONTROL" in await world.told("acl"), "the owner's own line stays"

    page = await olga.get(f"{SETTINGS}/access")
    mark = re.search(r'name="mark" value="(\w+)"', page.text)[1]
    sent = {"grantee": everyone, "permission": "WRITE", "mark": mark}
    assert (await olga.post(f"{SETTINGS}/access", sent)).status == 303
    page = await olga.get(f"{SETTINGS}/access")
    assert "write and delete objects" in page.text.partition('id="form"')[0]
    assert b"WRITE" in (await world.ask(LookRule(world.token, BUCKET, "acl"))).body
    take = html.unescape(page.text.partition("/take?")[2].partition('"')[0])
    assert (await olga.get(f"{SETTINGS}/access/take?{take}")).status == 200
    gone = {"which": "0", "mark": take.partition("mark=")[2]}
    assert (await olga.post(f"{SETTINGS}/access/take", gone)).status == 303
    await world.let()
    page = await olga.get(f"{SETTINGS}/access")
    assert ("do not count here" in page.text, 'name="permission"' in page.text) == (True, False)
