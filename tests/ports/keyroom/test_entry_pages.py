"""Pages of entries: nothing twice and nothing left out, in either direction, whatever the times say."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.acts.answers.logs import entry_pages
from custodes.acts.asks.keys import CreateKey, UseKey
from custodes.acts.asks.log import LookEntries
from custodes.acts.writing.readers import OpeningRow
from custodes.kernel.refusal import Refusal
from fakes.keyrooms import World

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


class Log:
    """The two reads a page needs, over rows in memory."""

    def __init__(self, machine, exceptional):
        self.rows = {
            f"cus/{kind}": [row(kind, index, *one) for index, one in enumerate(of)]
            for kind, of in (("machine", machine), ("exceptional", exceptional))
        }

    def head(self, log):
        return SimpleNamespace(size=len(self.rows[log]))

    def openings(self, log, span, *, subject, code, limit, is_oldest_first):
        found = [
            one
            for one in self.rows[log][slice(*span)]
            if subject in {None, one.subject} and code in {None, one.code}
        ]
        return (found if is_oldest_first else found[::-1])[:limit]

    def index_at(self, log, at, size):
        return sum(one.at.timestamp() * 1_000_000 < at for one in self.rows[log][:size])


def row(kind, index, second, code="key.unwrap", subject="key_1"):
    return OpeningRow(
        log=f"cus/{kind}",
        index=index,
        act=f"act_{index}",
        ordinal=0,
        code=code,
        subject=subject,
        at=NOW + timedelta(seconds=second),
        page="pag_1",
        sealed=b"",
        person_page=None,
        person_sealed=None,
    )


def walked(log, *, oldest_first=False, **asked):
    """Every row page by page, with a guard against walking for ever."""
    customer = SimpleNamespace(log=lambda kind: f"cus/{kind}")
    found, place = [], "0.0" if oldest_first else None
    for _ in range(200):
        way = {"after": place} if oldest_first else {"before": place}
        page = entry_pages.read(log, customer, entry_pages.sought(LookEntries(None, "cus", **way, **asked)))
        found += [(one.log, one.index) for one in page.rows]
        if page.is_last:
            return found, page
        place = page.place
    raise AssertionError("it never ends")


_entries = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(("key.unwrap", "kill")), st.sampled_from(("a", "b"))),
    max_size=12,
)


@given(_entries, _entries, st.integers(1, 5), st.booleans())
def test_nothing_twice_and_nothing_left_out(machine, exceptional, limit, oldest_first):
    log = Log(machine, exceptional)
    every = {(name, one.index) for name, of in log.rows.items() for one in of}
    found, _ = walked(log, oldest_first=oldest_first, limit=limit)
    assert len(found) == len(every)
    assert set(found) == every
    for name in log.rows:  # each log in its own order, though the times are not
        places = [index for one, index in found if one == name]
        assert places == sorted(places, reverse=not oldest_first)


@given(_entries, _entries, st.integers(1, 5), st.booleans())
def test_filters_leave_out_what_they_name_and_nothing_else(machine, exceptional, limit, oldest_first):
    log = Log(machine, exceptional)
    for asked, keep in (
        ({"subject": "a"}, lambda one: one.subject == "a"),
        ({"act": "key.unwrap"}, lambda one: one.code == "key.unwrap"),
        ({"kind": "machine"}, lambda one: one.log == "cus/machine"),
    ):
        every = {(name, one.index) for name, of in log.rows.items() for one in of if keep(one)}
        found, _ = walked(log, oldest_first=oldest_first, limit=limit, **asked)
        assert len(found) == len(every)
        assert set(found) == every


def test_an_act_is_sought_stretch_by_stretch(monkeypatch):
    monkeypatch.setattr(entry_pages, "STRETCH", 4)
    log = Log([(0, "rewrap")] + [(0,)] * 21, [])
    found, last = walked(log, act="rewrap", limit=3)
    assert found == [("cus/machine", 0)]
    assert last.place == "0.0"


def test_an_exceptional_act_is_not_sought_among_machine_uses():
    assert entry_pages.sought(LookEntries(None, "cus", act="kill")).kinds == ("exceptional",)
    assert entry_pages.sought(LookEntries(None, "cus", act="key.unwrap")).kinds == ("machine", "exceptional")


def test_who_followed_to_the_end_goes_on_where_he_stopped():
    log = Log([(0,), (1,)], [(0,)])
    found, last = walked(log, oldest_first=True)
    assert (len(found), last.place) == (3, "2.1")
    log.rows["cus/exceptional"].append(row("exceptional", 1, 5))
    customer = SimpleNamespace(log=lambda kind: f"cus/{kind}")
    page = entry_pages.read(log, customer, entry_pages.sought(LookEntries(None, "cus", after=last.place)))
    assert [one.index for one in page.rows] == [1]
    assert page.place == "2.2"


def test_until_a_time():
    log = Log([(0,), (1,), (2,)], [(1,)])
    found, _ = walked(log, until="2026-11-22T08:00:01Z")
    assert found == [("cus/machine", 0)]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"limit": 0}, "bad-limit"),
        ({"limit": 501}, "bad-limit"),
        ({"kind": "withheld"}, "bad-limit"),
        ({"before": "1"}, "bad-place"),
        ({"before": "1.2.3"}, "bad-place"),
        ({"before": "-1.2"}, "bad-place"),
        ({"before": "01.2"}, "bad-place"),
        ({"before": "1.99999999999999999999"}, "bad-place"),
        ({"before": "1.2", "after": "1.2"}, "bad-place"),
        ({"until": "yesterday"}, "bad-time"),
    ],
)
def test_what_is_not_asked_properly(asked, code):
    with pytest.raises(Refusal) as caught:
        entry_pages.sought(LookEntries(None, "cus", **asked))
    assert caught.value.code == code


def test_a_place_beyond_the_end_is_the_end():
    log = Log([(0,)], [])
    customer = SimpleNamespace(log=lambda kind: f"cus/{kind}")
    for way in ({"before": "9.9"}, {"after": "9.9"}):
        page = entry_pages.read(log, customer, entry_pages.sought(LookEntries(None, "cus", **way)))
        assert (len(page.rows), page.is_last) == (1 if "before" in way else 0, True)


def test_entries_of_the_same_moment_fall_under_no_page_edge(tmp_path):
    asyncio.run(paged(World(tmp_path)))


async def paged(world):
    await world.open()
    await world.settle_in()
    _, owner = await world.enrol_person("Owner", world.town, ("owner", "key-officer"))
    customer = world.customer_row.id
    key = (await world.keyroom.ask(CreateKey(owner, customer, "registry"))).id
    for _ in range(5):
        use = UseKey(
            evidence=world.token,
            key=key,
            verb="wrap",
            message=b"m",
            context=b"",
            purpose="operation",
            reason="test",
        )
        await world.keyroom.ask(use)
    shown, place = [], None
    while True:
        page = await world.keyroom.ask(LookEntries(owner, customer, kind="machine", before=place, limit=2))
        shown += [one.index for one in page.entries]
        place = page.next_before
        if place is None:
            break
    assert shown == [4, 3, 2, 1, 0]
    page = await world.keyroom.ask(LookEntries(owner, customer, after="0.0", limit=500))
    assert [one.index for one in page.entries if one.kind == "machine"] == [0, 1, 2, 3, 4]
    end = page.next_after
    page = await world.keyroom.ask(LookEntries(owner, customer, after=end))
    assert (page.entries, page.next_after) == ((), end)
    await world.close()
