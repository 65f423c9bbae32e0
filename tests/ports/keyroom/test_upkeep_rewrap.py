"""Re-wrap, deletions and shred keys: nothing that lives is lost, nothing that was deleted opens."""

import msgspec
import pytest

from custodes.acts.asks.documents import destruction_document
from custodes.acts.asks.house import Kill, KillScope
from custodes.acts.asks.keys import LookKeys, MoveKey
from custodes.acts.asks.upkeep import RunUpkeep
from custodes.acts.authority import Alteration
from custodes.acts.footing.nouns import Kills
from custodes.acts.footing.standing import Change
from custodes.acts.records import Record
from custodes.acts.upkeep import common, deletions, rewrap, rounds, shred, wrapping  # noqa: F401
from custodes.acts.writing.act import Act, Failed, Write
from custodes.acts.writing.object_rows import UploadRow
from custodes.custody import keys
from custodes.custody.keys import Key
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal
from custodes.store.keeping import due, reads, rekeying  # noqa: F401
from fakes.upkeep import in_upkeep


def versions(world):
    return world.sql('SELECT id, key_version, shred FROM page WHERE "key" = ?', world.key)


@in_upkeep
async def test_after_a_rotation_every_page_moves_and_every_object_stays_readable(world):
    kept = {}
    for _ in range(3):
        kept |= (await world.page(2))[1]
    await world.ask(MoveKey(world.olga.token, world.key, "rotate", "yearly"))
    assert {version for _, version, _ in versions(world)} == {1}
    done = await world.rounds()
    assert done.rewrapped == 3
    assert {version for _, version, _ in versions(world)} == {2}
    for version, data_key in kept.items():
        assert world.open_object(version) == data_key
    await world.again()
    for version, data_key in kept.items():
        assert world.open_object(version) == data_key
    entry = (await world.entries(act="rewrap"))[0]
    assert (entry.fields["key"], entry.fields["count"], entry.fields["key_version"]) == (world.key, 3, 2)
    assert entry.fields["pages"] == [
        min(id_ for id_, *_ in versions(world)),
        max(id_ for id_, *_ in versions(world)),
    ]
    key = world.o.standing.get("key", world.key, Key)
    assert [one.state.value for one in key.versions] == ["retired", "current"]  # tokens still need it


@in_upkeep
async def test_a_round_cut_off_anywhere_goes_on_after_a_restart(world):
    kept = {}
    for _ in range(5):
        kept |= (await world.page(1))[1]
    await world.ask(MoveKey(world.olga.token, world.key, "rotate", "yearly"))
    before = rewrap.BATCH_PAGES
    rewrap.BATCH_PAGES = 2
    try:
        for _ in range(12):
            cut_after_one_act(world)
            with pytest.raises(Cut):
                await world.round()
            await world.again()
            for version, data_key in kept.items():
                assert world.open_object(version) == data_key
            if {version for _, version, _ in versions(world)} == {2}:
                break
        await world.rounds()
    finally:
        rewrap.BATCH_PAGES = before
    assert {version for _, version, _ in versions(world)} == {2}
    assert sum(entry.fields["count"] for entry in await world.entries(act="rewrap")) == 5


class Cut(BaseException):
    """SIGKILL, as far as one process can play it: nothing after it runs."""


def cut_after_one_act(world):
    gate = world.o.gate
    commit, change = gate.commit, gate.change
    seen = []

    def cutting(real):
        async def wrapped(*args):
            outcome = await real(*args)
            seen.append(outcome)
            if len(seen) == 2:
                raise Cut
            return outcome

        return wrapped

    gate.commit, gate.change = cutting(commit), cutting(change)
    world.o.records._commit = gate.commit


@in_upkeep
async def test_a_deleted_object_does_not_open_from_rows_put_back(world):
    _, kept = await world.page(3)
    gone, *rest = kept
    old = world.rows("object_version", "version = ?", gone)[0]
    await world.delete(gone)
    assert world.open_object(gone, row=(old["page"], old["wrapped"])) == kept[gone]  # until upkeep
    assert (await world.round()).rekeyed == 1
    world.put_back("object_version", old)
    with pytest.raises(Refusal, match="wrap-mismatch"):
        world.open_object(gone)
    for version in rest:
        assert world.open_object(version) == kept[version]
    assert (await world.round()).rekeyed == 0


@in_upkeep
async def test_the_shred_key_turns_the_day_after_and_takes_old_pages_with_it(world):
    page, kept = await world.page(3)
    gone = next(iter(kept))
    old_row = world.rows("object_version", "version = ?", gone)[0]
    old_page = world.rows("page", "id = ?", page)[0]
    await world.delete(gone)
    await world.rounds()
    assert world.present.shred == 1
    world.clock.forward(days=1)
    done = await world.rounds()
    assert (done.turned, done.dropped) == (1, 1)
    assert (world.present.shred, set(world.present.shreds)) == (2, {2})
    assert {one for _, _, one in versions(world)} == {2}
    world.put_back("object_version", old_row)
    world.put_back("page", old_page)
    with pytest.raises(Refusal, match="shred-gone"):
        world.open_object(gone)
    await world.again()
    world.sql("DELETE FROM page WHERE id = ?", page)
    codes = [entry.act for entry in await world.entries(kind="exceptional") if entry.act.startswith("shred")]
    assert codes == ["shred.drop", "shred.turn"]
    world.clock.forward(days=1)
    assert (await world.rounds()).turned == 0  # nothing was erased since


@in_upkeep
async def test_records_stay_readable_over_turns_and_restarts(world):
    places = [await world.write({"ticket": f"ticket {n}"}) for n in range(5)]
    for _ in range(3):
        await world.o.gate.commit(_mark(world))
        world.clock.forward(days=1)
        assert (await world.rounds()).dropped == 1
        await world.again()
        places.append(await world.write({"ticket": f"ticket {len(places)}"}))
    for n, place in enumerate(places):
        assert (await world.view(*place)).fields["ticket"] == f"ticket {n}"
    assert world.present.shred == 4


def _mark(world):
    write = Write("keep.due", ("shred", world.customer_row.id, world.clock.now()))
    return Act(id=f"act-mark-{world.clock.now().isoformat()}", writes=(write,))


@in_upkeep
async def test_pages_of_a_destroyed_key_are_left_behind_and_die(world):
    page, kept = await world.page(2)
    version = next(iter(kept))
    row = world.rows("page", "id = ?", page)[0]
    await destroy(world)
    done = await world.rounds()
    assert (done.turned, done.dropped) == (1, 1)
    assert world.rows("page", "id = ?", page)[0] == row  # not re-wrapped
    with pytest.raises(Refusal):
        world.open_object(version)
    assert 1 not in world.present.shreds
    assert (await world.rounds()).turned == 0


async def destroy(world):
    key = world.o.standing.get("key", world.key, Key)
    now = world.clock.now()
    key = keys.move(key, keys.Verb.SCHEDULE_DESTRUCTION, now, waiting_days=7).key
    world.clock.forward(days=8)
    key = keys.move(key, keys.Verb.DESTROY, world.clock.now()).key
    fields = {"actor": "crd-x", "actor_kind": "person", "phase": "single", "key": key.id}
    record = Record(act="key.destroy", subject=key.id, fields=fields)
    change = Change(noun="key", id=key.id, customer=key.customer, value=key)
    await world.o.authority.alter(lambda: Alteration(changes=(change,), records=((world.present, record),)))
    world.o.keyring.drop_key(key.id)


@in_upkeep
async def test_a_suspended_key_is_not_left_behind(world):
    _, kept = await world.page(2)
    await world.o.gate.commit(_mark(world))
    await world.ask(MoveKey(world.olga.token, world.key, "disable", "suspicion"))
    world.clock.forward(days=1)
    assert (await world.rounds()).dropped == 1
    await world.ask(MoveKey(world.olga.token, world.key, "enable", "cleared"))
    for version, data_key in kept.items():
        assert world.open_object(version) == data_key


@in_upkeep
async def test_a_page_under_a_dropped_shred_key_is_not_added(world):
    key = world.o.standing.get("key", world.key, Key)
    late = world.o.keyring.new_page(world.present, key, new_id("pag", world.dice))
    await world.o.gate.commit(_mark(world))
    world.clock.forward(days=1)
    await world.rounds()
    outcome = await world.o.gate.commit(Act(id="act-late", writes=(Write("page.add", (late, "object")),)))
    assert isinstance(outcome, Failed)
    assert outcome.code == "shred-gone"


@in_upkeep
async def test_a_damaged_page_holds_up_the_drop_and_nothing_else(world):
    broken, _ = await world.page(1)
    _, kept = await world.page(1)
    world.sql("UPDATE page SET wrapped = zeroblob(113) WHERE id = ?", broken)
    await world.o.gate.commit(_mark(world))
    world.clock.forward(days=1)
    done = await world.round()
    assert done.turned == 1
    assert (await world.round()).dropped == 0
    assert set(world.present.shreds) == {1, 2}
    for version, data_key in kept.items():
        assert world.open_object(version) == data_key


@in_upkeep
async def test_nobody_else_asks_for_a_round(world):
    with pytest.raises(Refusal, match="not-the-logkeeper"):
        await world.ask(RunUpkeep(world.olga.token))


async def look(world):
    (view,) = (await world.ask(LookKeys(world.olga.token, world.customer_row.id))).keys
    return view


@in_upkeep
async def test_progress_is_shown_with_the_key(world):
    for _ in range(3):
        await world.page(1)
    assert (await look(world)).rewrap_done == 3
    await world.ask(MoveKey(world.olga.token, world.key, "rotate", "yearly"))
    view = await look(world)
    assert (view.rewrap_done, view.rewrap_total) == (0, 3)
    await world.rounds()
    view = await look(world)
    assert (view.rewrap_done, view.rewrap_total) == (3, 3)


@in_upkeep
async def test_destruction_turns_the_shred_key_in_its_own_act(world):
    _, kept = await world.page(1)

    async def move(verb, days):
        generation = (await look(world)).generation
        document = destruction_document(world.body.id, (world.key, generation), verb, days)
        signed = tuple(who.sign(document) for who in (world.olga, world.karl))
        await world.ask(MoveKey(world.olga.token, world.key, verb, "exit", days, signed))

    await move("schedule-destruction", 7)
    world.clock.forward(days=8)
    await move("destroy", None)
    assert world.present.shred == 2
    acts = [entry.act for entry in await world.entries(kind="exceptional", limit=2)]
    assert acts == ["shred.turn", "key.destroy"]
    assert (await world.rounds()).dropped == 1
    assert set(world.present.shreds) == {2}
    with pytest.raises(Refusal):
        world.open_object(next(iter(kept)))


@in_upkeep
async def test_a_killed_customer_is_left_alone_but_for_his_veil(world):
    _, kept = await world.page(2)
    await world.delete(next(iter(kept)))
    await world.ask(MoveKey(world.olga.token, world.key, "rotate", "yearly"))
    await world.ask(Kill(world.olga.token, KillScope("customer", world.customer_row.id), "suspicion"))
    world.clock.forward(days=1)
    done = await world.rounds()
    assert (done.veils, done.rewrapped, done.rekeyed) == (2, 0, 0)
    kills = world.o.standing.get("kills", world.customer_row.id, Kills).kills
    await world.put(("kills", world.customer_row.id, world.customer_row.id, lifted(kills, world)))
    done = await world.rounds()
    assert done.rekeyed == 1  # and with it the page came under the newest version
    assert {version for _, version, _ in versions(world)} == {2}


def lifted(kills, world):
    return Kills(kills=tuple(msgspec.structs.replace(one, lifted_at=world.clock.now()) for one in kills))


@in_upkeep
async def test_the_page_of_an_ended_upload_gets_a_fresh_key(world):
    page, kept = await world.page(2)
    (wrapped,) = world.sql("SELECT wrapped FROM object_version WHERE version = ?", next(iter(kept)))[0]
    upload = UploadRow(
        id="upl-x",
        bucket="bkt-x",
        name="n",
        version=next(iter(kept)),
        at=world.clock.now(),
        state="open",
        page=page,
        wrapped=wrapped,
        sealed=b"s",
        body=b"{}",
    )
    await world.o.gate.commit(Act(id="act-upload", writes=(Write("upload.add", (upload,)),)))
    assert (await world.round()).rekeyed == 0
    ended = Write("upload.end", (("bkt-x", "upl-x"), ("completed", b"{}"), frozenset(), world.clock.now()))
    await world.o.gate.commit(Act(id="act-ended", writes=(ended,)))
    assert (await world.round()).rekeyed == 1
    for version, data_key in kept.items():
        assert world.open_object(version) == data_key
    with pytest.raises(Refusal, match="wrap-mismatch"):
        world.open_object(upload.version, row=(page, wrapped))


@in_upkeep
async def test_an_open_upload_survives_a_fresh_key(world):
    page, kept = await world.page(2)
    gone, stays = kept
    (wrapped,) = world.sql("SELECT wrapped FROM object_version WHERE version = ?", stays)[0]
    row = {"id": "upl-x", "bucket": "bkt-x", "name": b"n", "version": stays, "at": 1, "state": "open"}
    world.put_back("upload", {**row, "page": page, "wrapped": wrapped, "sealed": b"", "body": b"{}"})
    await world.delete(gone)
    assert (await world.round()).rekeyed == 1
    (again,) = world.sql("SELECT wrapped FROM upload")[0]
    assert again != wrapped
    assert world.open_object(stays, row=(page, again)) == kept[stays]


@in_upkeep
async def test_a_shred_key_opened_again_by_a_late_reader_is_of_no_use(world):
    """A read that began before the drop opens the old key once more; a page put back finds it shut."""
    page, kept = await world.page(1)
    version = next(iter(kept))
    old_page, late = world.rows("page", "id = ?", page)[0], world.present
    await world.o.gate.commit(_mark(world))
    world.clock.forward(days=1)
    await world.rounds()
    key = world.o.standing.get("key", world.key, Key)
    assert world.o.keyring.kek(late, key, 1, 1)
    world.o.keyring._pages.clear()
    world.put_back("page", old_page)
    with pytest.raises(Refusal, match="shred-gone"):
        world.open_object(version)
