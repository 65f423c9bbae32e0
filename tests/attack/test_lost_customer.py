"""A customer who came after the backup of a lost machine: his log goes on, his keys are gone, all say so."""

import asyncio
import shutil

import pytest

from custodes.acts.asks.parties import LookCustomer
from custodes.acts.footing.customer import LostCustomer
from custodes.acts.logkeeper import streaming
from custodes.kernel.refusal import Refusal
from custodes.ledger import slots
from custodes.ledger.loss.stream import Part, file_path
from custodes.store.reads import reading
from custodes.wiring.backups import kept, making, restoring
from fakes.audited import audited
from fakes.folk import entries
from fakes.keyrooms import ORIGIN
from fakes.lost import LostHouse, heads


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """Backed up; then a village is taken on and works, and the machine is lost."""
    made = LostHouse(tmp_path_factory.mktemp("village"))

    async def run():
        await made.live()
        await made.go_on(1)
        made.village, made.vera = await made.world.newcomer()
        await made.go_on(2)
        made.heads = heads(made.world)
        await made.lose()

    asyncio.run(run())
    made.mirror = made.mirrored()
    return made


@pytest.fixture
def lost(once, tmp_path):
    return once.afresh(tmp_path)


def test_his_log_goes_on_and_he_can_be_enrolled_anew(lost):
    village = lost.village
    own = f"{village.id}/exceptional"
    done = lost.restore(lost.mirror)
    (row,) = done.caught_up.lost_customers
    assert (row.id, row.slots) == (village.id, village.slots)
    spans = {one.log: (one.first, one.end) for one in done.caught_up.lost}
    assert spans[own] == (0, lost.heads[own].size)

    async def run():
        again = await lost.opened()
        assert heads(again)[own] == lost.heads[own]
        assert await again.logkeeper.round()  # witnesses who know the village's places cosign what follows
        report = audited(again)
        assert report.findings == ()
        assert report.counted["customers of whom only the log is left"] == 1
        with pytest.raises(Refusal, match="not-authenticated"):
            await again.keyroom.ask(LookCustomer(lost.vera, village.id))
        (told,) = entries(again, again.house_customer.log("exceptional"), "house.lost")
        assert [own, 0, lost.heads[own].size] in told.fields["lost"]
        _, again.ada.token = await again.enrol_person("Ada", again.trustee, ("administrator",))
        newer, _ = await again.newcomer()
        assert newer.id != village.id
        assert not set(newer.slots.values()) & set(village.slots.values())
        await again.epoch()
        # the places of the lost sub-logs go on: whoever pinned them follows the chain as before
        state = reading(again.engine, lambda reads: reads.epoch_state())
        assert set(village.slots.values()) <= set(state.leaves)
        assert heads(again)[own] == lost.heads[own]
        assert audited(again).findings == ()
        await again.logkeeper.close()
        await again.close()
        again.engine.dispose()

    asyncio.run(run())


def test_a_second_loss_knows_him_still(lost, tmp_path):
    """Restored, backed up, lived on, lost again: what is left of the village is carried through."""
    lost.restore(lost.mirror)

    async def run():
        again = await lost.opened()
        await again.epoch()
        await again.logkeeper.close()
        await again.close()
        again.engine.dispose()
        return again

    asyncio.run(run())
    backups = tmp_path / "again"
    backups.mkdir()
    lost.backup, lost.old = making.make(lost.new, b"", backups).path, lost.new
    later = lost.afresh(tmp_path / "later")
    later.backup = lost.backup
    log = lost.new.keyroom / "log"  # where the fake logkeeper of the restored house publishes
    shutil.copytree(log, later.mirror, dirs_exist_ok=True)
    restoring.restore(later.new, later.backup, lost.old.keyroom / kept.KEYS_FILE, b"", later.mirror)

    async def look():
        third = await later.opened()
        rows = list(third.keyroom.opened.standing.all_of("lost-customer", LostCustomer))
        assert [row.id for row in rows] == [lost.village.id]
        assert audited(third).findings == ()
        await third.logkeeper.close()
        await third.close()
        third.engine.dispose()

    asyncio.run(look())


def test_an_operator_who_says_nothing_of_him_is_found_out(lost, monkeypatch):
    async def silent(*_):
        return ()

    monkeypatch.setattr("custodes.wiring.backups.restoring.tell_lost", silent)
    lost.restore(lost.mirror)

    async def run():
        again = await lost.opened()
        said = {one.where.partition(":")[0] for one in audited(again).findings}
        assert f"{lost.village.id}/exceptional" in said
        await again.logkeeper.close()
        await again.close()
        again.engine.dispose()

    asyncio.run(run())


def rewritten(lost, epoch, change):
    named = (ORIGIN, lost.world.log_keys)
    path = lost.mirror / file_path(epoch)
    parts = streaming.opened([path.read_bytes()], named, epoch)
    (raw,) = streaming.sealed([change(one) for one in parts], named, epoch, lost.world.dice)
    path.write_bytes(raw)


def renamed(lost, to):
    """Somebody with the log's keys says that the entries are another's."""
    old = lost.village.id

    def change(one):
        return Part(log=one.log.replace(old, to), first=one.first, leaves=one.leaves)

    for epoch in range(3, 6):
        rewritten(lost, epoch, change)


@pytest.mark.parametrize("to", ["cus-" + "7" * 26, "nobody", "cus-../../x"])
def test_nobody_is_invented_out_of_a_stream(lost, to):
    renamed(lost, to)
    with pytest.raises(Refusal, match="leaves-differ"):
        lost.restore(lost.mirror)
    assert not lost.new.database.exists()


def test_the_places_are_found_by_the_logs_own_keys_only(lost):
    """What is taken for his place is his head under his blind: two of the row's leaves, never a dummy."""
    keys = lost.world.log_keys
    tree = slots.decode_row(5, (lost.mirror / "slots/005").read_bytes())
    own = set(lost.village.slots.values())
    others = set(range(len(tree.rows[0]))) - own - {0, 1, 2, 3}
    made = slots.build(5, {}, keys.dummies).rows[0]
    assert all(tree.rows[0][slot] == made[slot] for slot in others)
    assert not any(tree.rows[0][slot] == made[slot] for slot in own)
