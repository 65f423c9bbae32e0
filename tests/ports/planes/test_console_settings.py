"""What a bucket is set to, by its pages: each form is what an S3 client's call would be, and no more."""

import html
import re

import pytest

from custodes.acts.asks.buckets.told import LookRule
from custodes.web.console.served.stored.telling import pages, table  # noqa: F401 - tested here
from fakes.folk import FolkWorld
from fakes.lived import lived
from fakes.object_world import BUCKET, ObjectWorld
from ports.planes.test_console_files import seat

pytestmark = pytest.mark.whole
AT = f"/objects/{BUCKET}/settings"
RULE = {"below": "logs/", "noncurrent_days": "", "noncurrent_kept": "", "upload_days": ""}


class Town(FolkWorld, ObjectWorld):
    """People and a bucket."""


@lived(lambda folder: Town(folder).settle_objects())
async def test_settings_are_set_seen_and_taken_away(world):
    olga, anna = await seat(world, "olga"), await seat(world, "anna")
    page = await olga.get(AT)
    assert (page.status, page.text.count("Change …")) == (200, len(table.TABLE))
    page = await olga.get(f"{AT}/lifecycle")
    sent = {**RULE, "rule-id": "old", "days": "90", "mark": mark_of(page)}
    wrong = await olga.post(f"{AT}/lifecycle", {**sent, "days": "0"})
    assert (wrong.status, 'value="logs/"' in wrong.text) == (400, True), "what was typed is not lost"
    assert (await olga.post(f"{AT}/lifecycle", {**sent, "mark": "0" * 32})).status == 409
    assert (await anna.post(f"{AT}/lifecycle", sent)).status == 403
    done = await olga.post(f"{AT}/lifecycle", sent)
    assert (done.status, done.header("location")) == (303, f"{AT}/lifecycle?changed=yes")
    assert (await olga.post(f"{AT}/lifecycle", {**sent, "rule-id": "b"})).status == 409, (
        "made for another state"
    )
    assert b"<Days>90</Days>" in (await world.ask(LookRule(world.token, BUCKET, "lifecycle"))).body
    page = await olga.get(f"{AT}/lifecycle?changed=yes")
    take = html.unescape(page.text.partition("/take?")[2].partition('"')[0])
    assert (await olga.get(f"{AT}/lifecycle/take?{take}")).status == 200
    gone = {"which": "0", "mark": take.partition("mark=")[2]}
    assert (await anna.post(f"{AT}/lifecycle/take", gone)).status == 403
    assert (await olga.post(f"{AT}/lifecycle/take", gone)).status == 303
    assert (await olga.get(f"{AT}/lifecycle/take?{take}")).status == 409, "it is gone already"
    assert (await anna.get(f"{AT}/no-such")).status == 404
    assert (await olga.get("/objects/other-town/settings")).status == 404

    page = await olga.get(f"{AT}/versioning")
    assert (
        await olga.post(f"{AT}/versioning", {"versioning": "enabled", "mark": mark_of(page)})
    ).status == 303
    await olga.post("/webhooks", {"name": "Archive", "url": "https://archive.example/events"})
    page = await olga.get(f"{AT}/notification")
    sent = {"webhook": arn_of(page), "event": "ObjectCreated:*", "below": "in/", "ending": ".pdf"}
    assert (await olga.post(f"{AT}/notification", {**sent, "mark": mark_of(page)})).status == 303
    page = await olga.get(f"{AT}/notification")
    again = await olga.post(f"{AT}/notification", {**sent, "mark": mark_of(page)})
    assert (again.status, "tells of the same already" in again.text) == (400, True)

    page = await olga.get(f"{AT}/inventory")
    sent = {
        "report-id": "daily",
        "destination": BUCKET,
        "destination-below": "reports",
        "frequency": "Daily",
        "versions-listed": "All",
        "below": "",
        "columns": "Size",
    }
    assert (await olga.post(f"{AT}/inventory", {**sent, "mark": mark_of(page)})).status == 303
    page = await olga.get(f"{AT}/inventory")
    assert "all, with delete markers" in page.text.partition('id="form"')[0]
    for which in ("1", "-1", "x"):
        assert (
            await olga.post(f"{AT}/inventory/take", {"which": which, "mark": mark_of(page)})
        ).status == 404
    assert (await olga.post(f"{AT}/inventory/take", {"which": "0", "mark": mark_of(page)})).status == 303
    assert "No reports" in (await olga.get(f"{AT}/inventory")).text


def mark_of(page):
    return re.search(r'name="mark" value="([0-9a-f]{32})"', page.text)[1]


def arn_of(page):
    return re.search(r'<option value="(arn:[^"]+)"', page.text)[1]
