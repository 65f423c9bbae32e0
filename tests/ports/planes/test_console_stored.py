"""Pages of copies, stores and use: they show what was asked for, and only an owner's forms do anything."""

from datetime import date

import pytest

from custodes.acts.asks.buckets.stores import StoreTold, TellStores
from custodes.acts.asks.objects import CloseGet
from custodes.acts.asks.running.counts import CountedDay, CountedDays, ShareCounts
from custodes.kernel.refusal import Refusal
from custodes.web.console.served.facts import Names
from custodes.web.console.served.stored import care, health, readings, sharing, sheets, usage, webhooks
from custodes.web.console.views.stored.usage import DayRow
from fakes.folk import FolkWorld
from fakes.lived import lived
from fakes.object_world import BUCKET, ObjectWorld
from ports.planes.test_console_files import seat

assert all((care, health, sheets, webhooks))
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
    assert "Mount the disk" in page.text
    assert f'href="{AT}/care"' in page.text
    await world.ask(TellStores((StoreTold(location=world.second.id, ms=2),)))
    page = await olga.get("/stores")
    assert "Mount the disk" not in page.text
    assert page.text.count("<code>store-gone</code>") == 1, "that it was so is told"
    await world.ask(TellStores((told,)))
    world.clock.forward(minutes=6)
    assert "not looked at any more" in (await olga.get("/stores")).text
    await world.ask(TellStores((told,)))
    assert "does not answer as it should" in (await olga.get(f"{AT}/care")).text

    for place in ("/usage", f"/usage?bucket={BUCKET}"):
        page = await olga.get(place)
        row = page.text.partition("<tbody>")[2].partition("</tr>")[0]
        assert f"{world.clock.now():%-d %b %Y}" in row
        assert "4.9 KiB" in row
        shares = page.text.partition('id="shares"')[2]
        assert shares.count("<svg") == 2, "what was read and what was written, of the one who did both"
        row = shares.partition("<tbody>")[2].partition("</tr>")[0]
        assert ">1</td>" in row, "the one read, by the one who read"
        assert row.endswith(">4.9 KiB</td>"), "what was written; what was read is said when outcomes are"
        href = shares.partition('href="/usage.csv')[2].partition('"')[0].replace("&amp;", "&")
        taken = await olga.get(f"/usage.csv{href}")
        assert taken.header("content-type") == "text/csv; charset=utf-8"
        (line,) = taken.text.splitlines()[1:]
        assert line.startswith(f"{world.clock.now():%Y-%m-%d},yes,")
        assert line.endswith(",1,5000")
        assert line.split(",")[5:7] == ["1", "0"]
        assert len(line.split(",")) == len(sharing.COLUMNS)
    shown = await olga.get(f"{AT}/object?name=a")
    reads = shown.text.partition(f'href="{AT}/object/reads?')[2].partition('"')[0].replace("&amp;", "&")
    reads = f"{AT}/object/reads?{reads}"
    page = await olga.get(reads)
    assert page.text.count("/log/") == 1, "one read, with its proof"
    assert "berlin" in page.text.partition("cu-rows")[2].partition("</ul>")[0], "where it lay"
    today = f"{world.clock.now():%Y-%m-%d}"
    reader = page.text.partition(">Registry</option>")[0].rpartition('value="')[2].partition('"')[0]
    for narrow, count in (
        (f"&since={today}&until={today}", 1),
        ("&since=2099-01-01", 0),
        ("&until=2020-01-01", 0),
        (f"&who={reader}&place={world.inside.id}", 1),
        (f"&place={world.outside.id}", 0),
        ("&who=anyone", 0),
    ):
        page = await olga.get(reads + narrow)
        assert page.text.count("/log/") == count, narrow
        sheet = (await olga.get((reads + narrow).replace("/reads?", "/reads.csv?"))).text.splitlines()
        assert sheet[0] == ",".join(readings.COLUMNS)
        assert len(sheet) == 1 + count, narrow
    assert (await olga.get(f"{reads}&since=soon")).status == 400
    assert (await olga.get(f"{AT}/object/reads?name=a&version=ver-another")).status == 404
    page = await olga.get("/usage?span=90")
    bars = page.text.partition('id="shares"')[0].count("105v-")
    assert bars in (5, 6), "ninety days, of which one has figures; what was read may be said by now"
    assert (await olga.get("/usage?span=91")).status == 400
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


def days(*found, behind=0, counted_at="2026-11-06T12:00:00Z"):
    return CountedDays(
        kind="customer",
        id="",
        first_day="2026-11-01",
        last_day="2026-11-30",
        counted_at=counted_at,
        behind=behind,
        days=found,
    )


SPAN, TODAY = (date(2026, 11, 1), date(2026, 11, 30)), date(2026, 11, 6)


def test_a_day_without_a_line_keeps_what_lies_there_and_did_nothing():
    row = DayRow(
        day=date(2026, 11, 3),
        requests=10,
        denials=0,
        bytes_in=1,
        bytes_out=0,
        objects=2,
        bytes_stored=8,
        unsaid=64,
    )
    last = DayRow(
        day=date(2026, 11, 5), requests=1_000, denials=0, bytes_in=0, bytes_out=0, objects=4, bytes_stored=8
    )
    made = {one.name: one for one in usage.charts((row, last), SPAN, TODAY, days())}
    assert [one.height for one in made["objects"].columns][:8] == [0, 0, 50, 50, 100, 100, None, None]
    assert [one.height for one in made["requests"].columns][:8] == [0, 0, 2, 0, 100, 0, None, None]
    assert [one.is_open for one in made["requests"].columns][:4] == [False, False, True, False]
    assert not any(one.is_open for one in made["objects"].columns), "what lies there is not read"
    assert made["denials"].most == 0
    assert len(made["objects"].columns) == 30
    behind = {
        one.name: one
        for one in usage.charts((row, last), SPAN, TODAY, days(behind=3, counted_at="2026-11-05T01:00:00Z"))
    }
    assert [one.is_open for one in behind["requests"].columns][2:6] == [True, False, True, False]


def test_the_rest_of_a_day_is_nobodys_and_a_name_is_no_formula():
    """Days counted before there were shares, and a name somebody chose so that a spreadsheet calculates."""
    found = days(
        CountedDay(
            day="2026-11-03",
            bytes_in=100,
            bytes_out=50,
            shares={
                "crd-a": ShareCounts(reads=2, bytes_out=30),
                "crd-b": ShareCounts(reads=1, bytes_out=20, unsaid=9),
            },
        ),
        CountedDay(day="2026-11-04", bytes_out=7),
    )
    known = Names(people={"app-1": '=HYPERLINK("x"), "y"'}, holders={"crd-a": "app-1", "crd-b": "app-1"})
    shares = sharing.by_day(found, known)
    named, rest = sharing.whole(shares)
    assert (named.reads, named.unsaid, named.bytes_out, named.bytes_in) == (3, 9, 50, 0), "one application"
    assert (rest.who, rest.bytes_in, rest.bytes_out) == ("", 100, 7)
    assert [one.day.day for one in sharing.listed(shares, 2)] == [4, 3]
    drawn = sharing.drawn((named, rest), shares, SPAN, TODAY)
    assert [one.height for one in drawn[1].charts[0].columns][:7] == [0, 0, 0, 14, 0, 0, None], "one scale"
    assert drawn[0].charts[0].columns[2].is_open
    lines = sharing.as_file(found, known, "akten").decode().split("\r\n")
    assert lines[1] == '2026-11-03,yes,akten,"\'=HYPERLINK(""x""), ""y""",crd-a,2,0,30,0,0'
    assert lines[3:] == ["2026-11-03,yes,akten,,,0,0,0,0,100", "2026-11-04,yes,akten,,,0,0,7,0,0", ""]


def test_what_may_be_asked_for():
    span = usage.span_of(usage.UsageQuery(month="2026-02", span="90"), TODAY)
    assert (span.first, span.last) == (date(2025, 12, 1), date(2026, 2, 28))
    now = usage.span_of(usage.UsageQuery(span="90"), TODAY)
    assert (now.first, now.last) == (date(2026, 8, 9), TODAY)
    for wrong in ({"month": "2026-13"}, {"span": "365"}):
        with pytest.raises(Refusal, match=r"bad-(month|days)"):
            usage.span_of(usage.UsageQuery(**wrong), TODAY)
