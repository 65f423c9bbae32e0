"""Epochs of the root log: what each one fixed, the slots' last leaves, the last published checkpoint."""

import msgspec
from sqlalchemy import Connection, bindparam, func, or_, select

from custodes.acts.writing.ports import WriteRefused
from custodes.acts.writing.readers import EpochState
from custodes.store import schema

_ADD = schema.epoch.insert()
_HEAD_ADD = schema.epoch_head.insert()
_STATE = select(schema.slot_state)
_PUT = schema.upsert(schema.slot_state)
_PUT = _PUT.on_conflict_do_update(
    index_elements=["id"], set_={name: _PUT.excluded[name] for name in ("epoch", "leaves", "note")}
)
_NOTE = schema.slot_state.update().values(note=bindparam("note"))
_COVERING = (
    select(schema.epoch_head.c.epoch, schema.epoch_head.c.evidence, schema.epoch.c.root_index)
    .join(schema.epoch, schema.epoch.c.epoch == schema.epoch_head.c.epoch)
    .where(
        schema.epoch_head.c.log == bindparam("log"),
        schema.epoch_head.c.size > bindparam("index"),
    )
    .order_by(schema.epoch_head.c.size, schema.epoch_head.c.epoch)  # as the index lies: sizes only rise
    .limit(1)
)

_COVERED = (
    select(schema.epoch_head.c.log, func.max(schema.epoch_head.c.size))
    .join(schema.epoch, schema.epoch.c.epoch == schema.epoch_head.c.epoch)
    .where(
        schema.epoch_head.c.epoch > bindparam("since"),
        or_(
            schema.epoch.c.root_index < bindparam("root_size"),
            schema.epoch.c.epoch <= select(func.max(schema.shard.c.last_epoch)).scalar_subquery(),
        ),
    )
    .group_by(schema.epoch_head.c.log)
)
_LAST = select(schema.epoch_head.c.size).where(schema.epoch_head.c.log == bindparam("log"))
_LAST = _LAST.order_by(schema.epoch_head.c.epoch.desc()).limit(1)
_AFTER = (
    select(schema.epoch_head.c.epoch, schema.epoch_head.c.evidence)
    .where(schema.epoch_head.c.log == bindparam("log"), schema.epoch_head.c.epoch > bindparam("after"))
    .order_by(schema.epoch_head.c.epoch)
    .limit(bindparam("most"))
)


def add(
    connection: Connection,
    epoch: tuple[int, int, int],
    leaves: bytes,
    heads: tuple[tuple[str, int, bytes], ...],
) -> None:
    """Store one epoch (number, root index, at), all slot leaves, and (log, size, evidence) that changed."""
    state = read(connection)
    number, root_index, at = epoch
    if number != state.epoch + 1:
        raise WriteRefused("epoch-not-next")
    connection.execute(_ADD, {"epoch": number, "root_index": root_index, "at": at})
    if heads:
        connection.execute(
            _HEAD_ADD,
            [{"log": log, "epoch": number, "size": size, "evidence": raw} for log, size, raw in heads],
        )
    connection.execute(_PUT, {"id": 1, "epoch": number, "leaves": leaves, "note": state.note})


def publish(connection: Connection, note: bytes) -> None:
    """Keep the last published checkpoint."""
    connection.execute(_NOTE, {"note": note})


def read(connection: Connection) -> EpochState:
    """The last epoch; epoch 0 before the first."""
    row = connection.execute(_STATE).one_or_none()
    if row is None:
        return EpochState(epoch=0, leaves={}, note=b"")
    leaves = msgspec.msgpack.decode(row.leaves, type=dict[int, bytes])
    return EpochState(epoch=row.epoch, leaves=leaves, note=row.note)


def covered(connection: Connection, since: int, root_size: int) -> dict[str, int]:
    """Size of each log in the newest epoch above `since` under a root of this size that names it."""
    found = connection.execute(_COVERED, {"since": since, "root_size": root_size})
    return {str(log): int(size) for log, size in found}


def last_covered(connection: Connection) -> dict[str, int]:
    """Size of each log in the newest epoch that names it; one look along the primary key for each."""
    logs = connection.execute(select(schema.head.c.log)).scalars().all()
    found = {str(log): connection.execute(_LAST, {"log": log}).scalar() for log in logs}
    return {log: int(size) for log, size in found.items() if size is not None}


def covering(connection: Connection, log: str, index: int) -> tuple[int, int, bytes] | None:
    """(epoch, root index, evidence) of the first epoch whose head of this log holds the entry."""
    row = connection.execute(_COVERING, {"log": log, "index": index}).one_or_none()
    return None if row is None else (row.epoch, row.root_index, row.evidence)


def covering_after(connection: Connection, log: str, index: int, after: int) -> tuple[int, int, bytes] | None:
    """The same, of epochs after one."""
    asked = _COVERING.where(schema.epoch_head.c.epoch > after)
    row = connection.execute(asked, {"log": log, "index": index}).one_or_none()
    return None if row is None else (row.epoch, row.root_index, row.evidence)


def heads_after(connection: Connection, log: str, after: int, limit: int) -> list[tuple[int, bytes]]:
    """(epoch, evidence) of the epochs after one at which this log had changed, oldest first."""
    rows = connection.execute(_AFTER, {"log": log, "after": after, "most": limit})
    return [(row.epoch, row.evidence) for row in rows]
