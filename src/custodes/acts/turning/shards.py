"""Which shard an epoch is of, and under which of its heads it is proven."""

from custodes.acts.footing.house_body import Shard
from custodes.acts.opened import Opened
from custodes.acts.writing.act import Act, Entry, Row, Write
from custodes.acts.writing.ports import Reads
from custodes.acts.writing.readers import ShardRow
from custodes.kernel.refusal import conflict
from custodes.ledger.shards import turn
from custodes.ledger.shards.turn import Announced


def head_over(reads: Reads, present: Shard, epoch: int) -> tuple[str, str, int]:
    """(root log's id, checkpoint with its lines, its size) under which an epoch is shown.

    Of a shard that was turned it is the last head, which the next one's first entry binds; of the present one
    the last that was published; size 0 before the first.
    """
    for row in reads.upkeep.shards():
        if row.turned is not None and row.last_epoch is not None and epoch <= row.last_epoch:
            if row.pruned_at is not None:
                raise conflict("shard-pruned", origin=row.origin)
            last = turn.parse_turned(row.turned).last
            return row.root_log, last, size_of(last)
    note = reads.epoch_state().note.decode()
    if not note.startswith(f"{present.origin}\n"):
        return present.root_log, "", 0  # the last head published is still the one before's
    return present.root_log, note, size_of(note)


def covering(reads: Reads, log: str, index: int) -> tuple[int, int, bytes] | None:
    """The first epoch that holds an entry and whose shard still stands: (epoch, root index, evidence)."""
    pruned = pruned_to(reads)
    found = reads.covering(log, index)
    if found is None or found[0] > pruned:
        return found
    later = reads.covering_after(log, index, pruned)
    if later is None:
        raise conflict("shard-pruned")
    return later


def pruned_to(reads: Reads) -> int:
    """The newest epoch of a shard that was pruned; 0 where none was."""
    gone = [row.last_epoch or 0 for row in reads.upkeep.shards() if row.pruned_at is not None]
    return max(gone, default=0)


def size_of(note: str) -> int:
    """The size a checkpoint says."""
    return int(note.split("\n", 2)[1])


def announcing(o: Opened, document: Announced, size: int) -> Act:
    """The act by which the present shard, of `size` entries, says which follows it."""
    shard = o.shard
    row = ShardRow(
        number=shard.number,
        year=shard.year,
        origin=shard.origin,
        root_log=shard.root_log,
        announced=document.encode(),
        announced_index=size,
    )
    return Act(
        id=f"act-next-{shard.number}",
        expects=(o.standing.expect("shard", o.house), Row("log.size", (shard.root_log, size))),
        entries=(entry_of(shard.root_log, document.leaf(), ("next", document.opens), o),),
        writes=(Write("shard.announce", (row,)),),
        is_named=True,
    )


def entry_of(log: str, leaf: bytes, what: tuple[str, str], o: Opened) -> Entry:
    """An entry of a root log; `what` are its code and whom it names."""
    code, subject = what
    return Entry(log=log, leaf=leaf, act_code=code, subject=subject, at=o.clock.now(), page="", sealed=b"")
