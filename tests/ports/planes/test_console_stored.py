"""Pages of copies, stores and use: they show what was asked for, and only an owner's forms do anything."""

from datetime import date

import pytest

from custodes.acts.asks.buckets.stores import StoreTold, TellStores
from custodes.acts.asks.objects import CloseGet
from custodes.web.console.served.stored import care, usage, webhooks  # noqa: F401 - tested here
from fakes.folk import FolkWorld
from fakes.lived import lived
from fakes.object_world import BUCKET, ObjectWorld
from ports.planes.test_console_files import seat

pytestmark = pytest.mark.whole
AT = f"/objects/{BUCKET}"


class Town(FolkWorld, ObjectWorld):
    """People and a bucket."""


@lived(lambda folder: Town(folder).settle_objects())
async def test_pages_of_what_is_stored(world):
    await world.write("a", b"12345" * 1_000)
    opened = await world.open_get("a")
    await world.ask(CloseGet(opened.ticket, "complete", 5_000))
    olga = await seat(world, "olga")
    page = await olga.get(f"{AT}/care")
    assert (page.status, "berlin" in page.text, f'action="{AT}/care/scrub"' in page.text) == (200, True, True)
    assert "ashburn" not in page.text, "what lies outside is no choice"
    done = await olga.post(f"{AT}/care/scrub", {})
    assert (done.status, done.header("location")) == (303, f"{AT}/care")
    page = await olga.get(f"{AT}/care")
    assert "<progress" in page.text
    assert f'action="{AT}/care/scrub"' not in page.text
    told = StoreTold(location=world.inside.id, ms=1, fault="store-gone")
    await world.ask(TellStores((told,)))
    assert "does not answer as it should" in (await olga.get(f"{AT}/object?name=a")).text
    both = {"location": world.second.id, "copies_min": "1"}
    assert (await olga.post(f"{AT}/care/place", both)).status == 303
    page = await olga.get(f"{AT}/care")
    assert "being emptied" in page.text
    for wrong in ({"copies_min": "9"}, {"copies_min": "x"}, {"location": "nowhere"}):
        assert (await olga.post(f"{AT}/care/place", {**both, **wrong})).status == 400
    assert (await olga.post(f"{AT}/care/place", {**both, "location": world.outside.id})).status == 403

    page = await olga.get("/stores")
    assert "not looked at yet" in page.text
    told = StoreTold(location=world.second.id, ms=1_234, fault="store-gone")
    await world.ask(TellStores((told,)))
    page = await olga.get("/stores")
    assert "1,234 ms" in page.text
    assert "<code>store-gone</code>" in page.text
    assert "does not answer as it should" in (await olga.get(f"{AT}/care")).text

    for place in ("/usage", f"/usage?bucket={BUCKET}"):
        page = await olga.get(place)
        row = page.text.partition("<tbody>")[2].partition("</tr>")[0]
        assert f"{world.clock.now():%Y-%m-%d}" in row
        assert "4.9 KiB" in row
        readers = page.text.partition('id="readers"')[2].partition("<tbody>")[2]
        assert ">1</td>" in readers.partition("</tr>")[0], "the one read, by the one who read"
    assert (await olga.get("/usage?bucket=other-town")).status == 404
    assert (await olga.get("/usage?month=2026-13")).status == 400
    assert "Nothing was entered" in (await olga.get("/usage?month=2020-01")).text

    wrong = await olga.post("/webhooks", {"name": "Archive", "url": "ftp://nowhere"})
    assert (wrong.status, 'value="ftp://nowhere"' in wrong.text) == (400, True)
    made = await olga.post("/webhooks", {"name": "Archive", "url": "https://archive.example/events"})
    secret = made.text.partition("<dt>Secret</dt><dd><code")[2].partition(">")[2].partition("<")[0]
    assert (made.status, len(secret) > 40) == (200, True)
    page = await olga.get("/webhooks")
    assert "has heard everything" in page.text
    assert secret not in page.text
    id_ = page.text.partition('name="webhook" value="')[2].partition('"')[0]

    anna = await seat(world, "anna")
    assert "/webhooks/end" not in (await anna.get("/webhooks")).text
    assert (await anna.post("/webhooks", {"name": "x", "url": "https://archive.example/e"})).status == 403
    assert (await anna.post("/webhooks/end", {"webhook": id_})).status == 403
    assert (await olga.post("/webhooks/end", {"webhook": id_})).status == 303
    assert "There are none" in (await olga.get("/webhooks")).text
    assert f'action="{AT}/care' not in (await anna.get(f"{AT}/care")).text
    assert (await anna.post(f"{AT}/care/scrub", {})).status == 403
    assert (await anna.post(f"{AT}/care/place", both)).status == 403


def test_a_day_without_a_line_keeps_what_lies_there_and_did_nothing():
    from custodes.web.console.views.stored.usage import DayRow

    row = DayRow(
        day=date(2026, 11, 3), requests=10, denials=0, bytes_in=1, bytes_out=0, objects=2, bytes_stored=8
    )
    last = DayRow(
        day=date(2026, 11, 5), requests=1_000, denials=0, bytes_in=0, bytes_out=0, objects=4, bytes_stored=8
    )
    made = {one.name: one for one in usage.charts((row, last), date(2026, 11, 1), date(2026, 11, 6))}
    assert [one.height for one in made["objects"].columns][:8] == [None, None, 50, 50, 100, 100, None, None]
    assert [one.height for one in made["requests"].columns][:8] == [0, 0, 2, 0, 100, 0, None, None]
    assert made["denials"].most == 0
    assert len(made["objects"].columns) == 30
