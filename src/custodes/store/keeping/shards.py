"""A log's years: which shard announced which, what the next one began with, and when one was pruned."""

import msgspec
from sqlalchemy import Connection, bindparam, func, select

from custodes.acts.footing.house_body import HouseBody, Shard
from custodes.acts.writing.ports import WriteRefused
from custodes.acts.writing.readers import ShardRow
from custodes.kernel import canonical
from custodes.store import schema

_T = schema.shard
_ALL = select(_T).order_by(_T.c.number)
_OPEN = select(_T.c.number).where(_T.c.number == bindparam("number"))
_TURN = _T.update().where(_T.c.number == bindparam("b_number"), _T.c.turned.is_(None))
_PRUNE = _T.update().where(
    _T.c.number == bindparam("b_number"), _T.c.turned.is_not(None), _T.c.pruned_at.is_(None)
)
_PRUNE = _PRUNE.values(pruned_at=bindparam("b_at"))
_TURN = _TURN.values(turned=bindparam("b_turned"), last_epoch=bindparam("b_last_epoch"))


def announce(connection: Connection, row: ShardRow) -> None:
    """A shard says which follows it, once; `shard-announced` otherwise."""
    if connection.execute(_OPEN, {"number": row.number}).first() is not None:
        raise WriteRefused("shard-announced")
    connection.execute(_T.insert(), msgspec.structs.asdict(row))


def turn(connection: Connection, house: str, old: Shard, new: Shard, turned: tuple[bytes, int]) -> None:
    """The house goes on in the next shard; `turned` are (document, last epoch) of the one that is closed.

    Epochs, the chains of slots and the last published checkpoint stay: the next shard goes on behind them.
    `house-moved`, `shard-turned`: the house is in another shard than the act was decided on.
    """
    raw = connection.execute(select(schema.house.c.body).where(schema.house.c.id == house)).scalar_one()
    body = msgspec.json.decode(raw, type=HouseBody)
    if (body.origin, body.root_log) != (old.origin, old.root_log):
        raise WriteRefused("house-moved")
    document, last_epoch = turned
    done = connection.execute(
        _TURN, {"b_number": old.number, "b_turned": document, "b_last_epoch": last_epoch}
    )
    if done.rowcount != 1:
        raise WriteRefused("shard-turned")
    moved = msgspec.structs.replace(
        body, origin=new.origin, root_log=new.root_log, log_vkeys=new.log_vkeys, policy=new.policy
    )
    after = canonical.encode(msgspec.to_builtins(moved))
    connection.execute(schema.house.update().where(schema.house.c.id == house).values(body=after))


def prune(connection: Connection, number: int, at: int) -> None:
    """Leaves and tiles of a closed shard's root log go; its row, and the log's head, stay.

    `shard-pruned`: there is no such shard, it is open, or this was done before.
    """
    done = connection.execute(_PRUNE, {"b_number": number, "b_at": at})
    if done.rowcount != 1:
        raise WriteRefused("shard-pruned")
    log = connection.execute(select(_T.c.root_log).where(_T.c.number == number)).scalar_one()
    for table in (schema.bundle, schema.tile):
        connection.execute(table.delete().where(table.c.log == log))


def sizes_at(connection: Connection, epoch: int) -> dict[str, int]:
    """How long each sub-log was at an epoch: what it had before belongs to shards that ended by then."""
    heads = schema.epoch_head
    asked = select(heads.c.log, func.max(heads.c.size)).where(heads.c.epoch <= epoch).group_by(heads.c.log)
    return {str(log): int(size) for log, size in connection.execute(asked)}


def read(connection: Connection) -> list[ShardRow]:
    """Every shard that announced its successor, oldest first."""
    return [ShardRow(**row._mapping) for row in connection.execute(_ALL)]
