"""The house's one row: readable while sealed, written when the house is founded."""

import msgspec
from sqlalchemy import Connection, Engine, bindparam, select

from custodes.acts.footing.house_body import HouseBody
from custodes.acts.writing.ports import WriteRefused
from custodes.kernel import canonical
from custodes.kernel.refusal import conflict, unavailable

from . import schema

_BODY = schema.house.update().where(schema.house.c.body == bindparam("b_old")).values(body=bindparam("b_new"))
_STATE = schema.upsert(schema.slot_state)
_STATE = _STATE.on_conflict_do_update(
    index_elements=["id"], set_={name: _STATE.excluded[name] for name in ("epoch", "leaves", "note")}
)


def save(engine: Engine, body: HouseBody) -> None:
    """Write the house's row; `already-founded` (conflict)."""
    with engine.connect() as connection:
        if connection.execute(select(schema.house.c.id)).first() is not None:
            raise conflict("already-founded")
        raw = canonical.encode(msgspec.to_builtins(body))
        connection.execute(schema.house.insert(), {"id": body.id, "body": raw})


def follow(connection: Connection, old: bytes, new: bytes, last_epoch: int) -> None:
    """The house goes on with another root log, in which epochs begin behind the last one of the closed."""
    done = connection.execute(_BODY, {"b_old": old, "b_new": new})
    if done.rowcount != 1:
        raise WriteRefused("house-moved")
    for table in (schema.epoch_head, schema.epoch):
        connection.execute(table.delete())
    raw = msgspec.msgpack.encode({})
    connection.execute(_STATE, {"id": 1, "epoch": last_epoch, "leaves": raw, "note": b""})


def load(engine: Engine) -> HouseBody:
    """The house's row; `not-founded` (unavailable)."""
    with engine.connect() as connection:
        raw = connection.execute(select(schema.house.c.body)).scalar_one_or_none()
    if raw is None:
        raise unavailable("not-founded")
    return msgspec.json.decode(raw, type=HouseBody)


def move(connection: Connection, id_: str, old: str, new: str, house_keys: bytes) -> None:
    """Another holder keeps the house's keys from now on; refused where the row names a third one."""
    raw = connection.execute(select(schema.house.c.body).where(schema.house.c.id == id_)).scalar_one()
    body = msgspec.json.decode(raw, type=HouseBody)
    if body.holder != old:
        raise WriteRefused("house-moved")
    keys = msgspec.msgpack.decode(house_keys, type=dict[str, bytes])
    moved = msgspec.structs.replace(body, holder=new, house_keys=keys)
    after = canonical.encode(msgspec.to_builtins(moved))
    connection.execute(schema.house.update().where(schema.house.c.id == id_).values(body=after))
