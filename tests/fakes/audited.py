"""A house's database under its own auditor, from this process."""

from custodes.acts.audit.house import Audit
from custodes.acts.audit.opening import ground_of
from custodes.store.reads import reading


def audited(world):
    """The auditor's report on everything in a world's database, opened by its holder."""

    def work(reads):
        ground = ground_of(world.body, reads, world.holder, (world.clock, world.dice))
        return Audit(world.body, reads, ground, lambda *_: None).run(None)

    return reading(world.engine, work)
