"""Bringing back what was erased: rows put back, remnants in the files, uses cut off in the middle."""

import pytest

from custodes.acts.footing.tombstone import Fold
from custodes.acts.upkeep import findings, shred
from custodes.acts.upkeep.findings import Finding
from custodes.acts.upkeep.shred import VACUUM_BYTES_MAX
from custodes.kernel.canonical import b64
from custodes.kernel.refusal import Refusal
from fakes.lived import lived, settled
from fakes.office import OfficeWorld
from fakes.upkeep import UpkeepWorld, in_upkeep

NAME = "Maxi Mustermann, born on the ferry"


def row_of(world, place):
    return world.rows("opening", "log = ? AND idx = ?", *place)[0]


@in_upkeep
async def test_the_old_record_row_put_back_shows_nothing_and_is_named(world):
    place = await world.write({"ticket": NAME})
    beside = await world.write({"ticket": "beside"})
    old = row_of(world, place)
    await world.erase(place)
    now = row_of(world, place)
    world.put_back("opening", {**now, "person_sealed": old["person_sealed"], "person_page": old["page"]})
    assert (await world.view(*place)).erased == ("ticket",)
    assert await findings.look(world.o) == (Finding("erased-record-back", f"{place[0]}/{place[1]}"),)
    await world.again()
    assert (await world.view(*place)).erased == ("ticket",)
    world.put_back("opening", old)  # all of it: its act part was wrapped under the page key before
    with pytest.raises(Refusal, match="wrap-mismatch"):
        await world.entries()
    world.put_back("opening", now)
    assert (await world.view(*beside)).fields["ticket"] == "beside"


@in_upkeep
async def test_the_old_page_put_back_as_well_is_refused_and_named(world):
    place = await world.write({"ticket": NAME})
    old_page = world.rows("page", "id = ?", row_of(world, place)["page"])[0]
    old_row = row_of(world, place)
    await world.erase(place)
    for _ in range(2):
        world.put_back("page", old_page)
        world.put_back("opening", old_row)
        with pytest.raises(Refusal, match="page-rolled-back"):
            await world.entries()
        codes = {finding.code for finding in await findings.look(world.o)}
        assert codes == {"erased-record-back", "page-rolled-back"}
        await world.again()


@in_upkeep
async def test_without_its_tombstone_the_house_does_not_start(world):
    place = await world.write({"ticket": NAME})
    await world.erase(place)
    await world.close()
    world.sql("DELETE FROM standing WHERE noun = 'tombstone'")
    with pytest.raises(Refusal, match="standing-rolled-back"):
        await world.open()


@in_upkeep
async def test_with_every_old_row_and_no_tombstone_it_does_not_open_once_the_shred_key_turned(world):
    place = await world.write({"ticket": NAME})
    old_page = world.rows("page", "id = ?", row_of(world, place)["page"])[0]
    old_row = row_of(world, place)
    await world.erase(place)
    world.clock.forward(days=1)
    assert (await world.rounds()).dropped == 1
    world.put_back("page", old_page)
    world.put_back("opening", old_row)
    world.o.records.erased = Fold
    with pytest.raises(Refusal, match="shred-gone"):
        await world.entries()


@in_upkeep
async def test_nothing_of_it_is_left_in_the_files(world):
    await check_files(world)


@in_upkeep
async def test_in_a_large_database_no_key_to_it_is_left(world):
    """Where it is too large to be rewritten whole, dead wraps may lie about; the shred key does not."""
    shred.VACUUM_BYTES_MAX = 0
    try:
        old, before = await erase_and_turn(world)
    finally:
        shred.VACUUM_BYTES_MAX = VACUUM_BYTES_MAX
    assert before["shred"]
    assert not world.is_in_files(old["shred"])


async def check_files(world):
    old, before = await erase_and_turn(world)
    assert before == {"record": True, "person": True, "page": True, "shred": True}
    assert {name: world.is_in_files(raw) for name, raw in old.items()} == dict.fromkeys(old, False)
    assert not world.is_in_files(NAME.encode())
    assert (world.folder / "custodes.db-wal").stat().st_size < 100_000


async def erase_and_turn(world):
    """The old wraps, and which of them were in the files before."""
    for n in range(150):  # neighbours, so that tables have more than one page and rows were moved about
        await world.write({"ticket": f"neighbour {n}"})
    place = await world.write({"ticket": NAME})
    for n in range(150):
        await world.write({"ticket": f"neighbour {n}"})
    row = row_of(world, place)
    page = world.rows("page", "id = ?", row["page"])[0]
    old = {
        "record": row["sealed"][33:97],
        "person": row["person_sealed"][33:97],
        "page": page["wrapped"][33:97],
        "shred": b64(world.present.shreds[1])[44:108].encode(),
    }
    before = {name: world.is_in_files(raw) for name, raw in old.items()}
    assert not world.is_in_files(NAME.encode())  # it is only ever there sealed
    assert world.is_in_files(row["subject"].encode())  # the search finds what is there in clear
    await world.erase(place)
    world.clock.forward(days=1)
    done = await world.rounds()
    assert (done.turned, done.dropped, done.scrubbed) == (1, 1, True)
    return old, before


@in_upkeep
async def test_cut_off_right_after_its_commit_an_erasure_stands_and_before_it_nothing_happened(world):
    place = await world.write({"ticket": NAME})
    order = world.order([place], (world.olga, world.karl))
    change = world.o.gate.change

    async def before(*_):
        raise Cut

    async def after(*args):
        await change(*args)
        raise Cut

    for cut, shown in ((before, NAME), (after, None)):
        world.o.gate.change = cut
        with pytest.raises(Cut):
            await world.ask(order)
        await world.again()
        change = world.o.gate.change
        assert (await world.view(*place)).fields.get("ticket") == shown
    with pytest.raises(Refusal, match="case-used"):
        await world.ask(order)
    assert await findings.look(world.o) == ()


class Cut(BaseException):
    """SIGKILL, as far as one process can play it: nothing after it runs."""


@in_upkeep
async def test_a_damaged_record_does_not_hold_up_an_erasure(world):
    place, damaged = await world.write({"ticket": NAME}), await world.write({"ticket": "x"})
    row = row_of(world, damaged)
    world.put_back("opening", {**row, "sealed": bytes(len(row["sealed"]))})
    await world.erase(place)
    assert row_of(world, place)["person_sealed"] is None
    with pytest.raises(Refusal, match="wrap-mismatch"):
        await world.entries()


@in_upkeep
async def test_a_row_moved_into_the_page_meanwhile_makes_it_decide_again(world):
    """Somebody points another record at the page between reading and commit: nothing is lost by it."""
    place, other = await world.write({"ticket": NAME}), await world.write({"ticket": "other"})
    world.o.records.forget()
    third = await world.write({"ticket": "third"})
    change, seen = world.o.gate.change, []

    def point(page):
        changed = {**row_of(world, third), "page": page, "person_page": page}
        world.put_back("opening", changed)

    async def moving(*args):
        if not seen:
            seen.append(row_of(world, third)["page"])
            world.sql(
                "UPDATE opening SET page = ? WHERE log = ? AND idx = ?", row_of(world, place)["page"], *third
            )
        return await change(*args)

    world.o.gate.change = moving
    await world.erase(place)
    world.o.gate.change = change
    world.sql(
        "UPDATE opening SET page = ?, person_page = ? WHERE log = ? AND idx = ?", seen[0], seen[0], *third
    )
    assert (await world.view(*other)).fields["ticket"] == "other"
    assert (await world.view(*third)).fields["ticket"] == "third"


class InBothRooms(OfficeWorld, UpkeepWorld):
    """Erasures beside the desks' cases."""


@lived(lambda folder: settled(InBothRooms(folder)))
async def test_a_case_that_was_opened_for_something_else_allows_no_erasure(world):
    """Everybody signs who has to, under the number of a case that a desk decided about a look at one key."""
    place = await world.write({"ticket": NAME})
    case = await world.request(world.olga, resources=[world.key])
    with pytest.raises(Refusal, match="case-of-a-desk"):
        await world.erase(place, case=case.id)
    await world.approve(world.anna, case)
    await world.approve(world.karl, case)  # granted: it allows what it says, and nothing besides
    with pytest.raises(Refusal, match="case-of-a-desk"):
        await world.erase(place, case=case.id)
    assert (await world.view(*place)).fields["ticket"] == NAME
    await world.erase(place)
    assert (await world.view(*place)).erased == ("ticket",)
