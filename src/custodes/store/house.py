"""The house's one row: readable while sealed, written when the house is founded."""

import msgspec
from sqlalchemy import Engine, select

from custodes.acts.footing.house_body import HouseBody
from custodes.kernel import canonical
from custodes.kernel.refusal import conflict, unavailable

from . import schema


def save(engine: Engine, body: HouseBody) -> None:
    """Write the house's row; `already-founded` (conflict)."""
    with engine.connect() as connection:
        if connection.execute(select(schema.house.c.id)).first() is not None:
            raise conflict("already-founded")
        raw = canonical.encode(msgspec.to_builtins(body))
        connection.execute(schema.house.insert(), {"id": body.id, "body": raw})


def load(engine: Engine) -> HouseBody:
    """The house's row; `not-founded` (unavailable)."""
    with engine.connect() as connection:
        raw = connection.execute(select(schema.house.c.body)).scalar_one_or_none()
    if raw is None:
        raise unavailable("not-founded")
    return msgspec.json.decode(raw, type=HouseBody)
