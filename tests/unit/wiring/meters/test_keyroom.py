import asyncio
from datetime import timedelta

import pytest

from custodes.acts.asks.house import Kill, KillScope, LookHouse
from custodes.acts.asks.keys import CreateKey, UseKey
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import Refusal
from custodes.wiring.backups.drills import Drilled
from custodes.wiring.meters.keyroom import KeyroomMeters
from fakes.keyrooms import World


def lines(text, name):
    return [line for line in text.decode().split("\n") if line.startswith(name)]


def test_what_a_keyroom_tells_of_itself(tmp_path):
    async def run():
        world = World(tmp_path)
        counts = KeyroomMeters(world.clock)
        world.pace = counts
        keyroom = await world.open()
        counts.watch(keyroom)
        await world.settle_in()
        _, owner = await world.enrol_person("Owner", world.town, ("owner", "key-officer"))
        ask = counts.counted(keyroom.ask)
        await ask(LookHouse())
        key = (await ask(CreateKey(owner, world.customer_row.id, "registry"))).id
        use = UseKey(world.token, key, "wrap", b"m", b"", "operation", "test")
        await asyncio.gather(*(ask(use) for _ in range(5)))
        with pytest.raises(Refusal):
            await ask(UseKey(world.token, "key-nobody", "wrap", b"m", b"", "operation", "test"))
        await counts.look(keyroom)
        text = counts.meters.text()
        assert lines(text, 'custodes_asks_total{ask="use-key",outcome="ok"}')[0].endswith(" 5")
        assert len(lines(text, "custodes_refusals_total{")) == 1
        assert lines(text, "custodes_sealed ") == ["custodes_sealed 0"]
        assert lines(text, "custodes_sequencer_alive ") == ["custodes_sequencer_alive 1"]
        assert lines(text, "custodes_sequencer_queue_acts ") == ["custodes_sequencer_queue_acts 0"]
        assert lines(text, "custodes_outbox_waiting ") == ["custodes_outbox_waiting 0"]
        assert lines(text, "custodes_outbox_lag_seconds ") == ["custodes_outbox_lag_seconds 0"]
        assert int(lines(text, "custodes_commit_group_acts_sum")[0].split()[1]) >= 5
        for name in ("scrub_overdue_buckets", "scrub_checked_bytes", "copies_wanting", "stray_blobs"):
            assert lines(text, f"custodes_{name} ") == [f"custodes_{name} 0"]
        assert not lines(text, "custodes_scrub_age_seconds ")  # no round was ever done
        for name in ("disk_in_need", "kills_standing", "clock_astray", "clock_jumped", "clock_apart_seconds"):
            assert lines(text, f"custodes_{name} ") == [f"custodes_{name} 0"]
        assert not lines(text, "custodes_drill")
        drilled = Drilled(at=to_text(world.clock.now()), backup="b", rows=1, findings=("wrong x",))
        await world.keeper().round()
        world.clock.forward(seconds=30)
        assert lines(counts.meters.text(), "custodes_checkpoint_age_seconds ")[0].endswith(" 30")
        for secret in (key, world.customer_row.id, world.customer_row.name, "registry", "key-nobody"):
            assert secret.encode() not in counts.meters.text()
        kill = Kill(owner, KillScope("customer", world.customer_row.id), "suspicion")
        await ask(kill)
        keyroom.sequencer._is_in_need = True
        assert not lines(text, "custodes_backup")
        made_at = world.clock.now() - timedelta(hours=1)
        await counts.look(keyroom, lambda: drilled, lambda: made_at)
        text = counts.meters.text()
        assert lines(text, "custodes_backup_age_seconds ") == ["custodes_backup_age_seconds 3600"]
        assert lines(text, "custodes_kills_standing ") == ["custodes_kills_standing 1"]
        assert lines(text, "custodes_disk_in_need ") == ["custodes_disk_in_need 1"]
        assert lines(text, "custodes_drill_age_seconds ") == ["custodes_drill_age_seconds 30"]
        assert lines(text, "custodes_drill_findings ") == ["custodes_drill_findings 1"]
        world.clock.jump(seconds=400)
        world.clock.behind_s = lambda: 6.0
        text = counts.meters.text()
        assert lines(text, "custodes_clock_jumped ") == ["custodes_clock_jumped 1"]
        assert lines(text, "custodes_clock_astray ") == ["custodes_clock_astray 1"]
        await world.close()
        await counts.look(keyroom)
        text = counts.meters.text()
        assert lines(text, "custodes_sealed ") == ["custodes_sealed 1"]
        assert not lines(text, "custodes_outbox_waiting ")
        assert not lines(text, "custodes_checkpoint_age_seconds ")
        world.engine.dispose()

    asyncio.run(run())
