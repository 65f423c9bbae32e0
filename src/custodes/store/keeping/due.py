"""What upkeep has still to do: marked in the act that makes it necessary, so that no crash forgets it.

Kinds: `rekey` (a page something was deleted from), `shred` (a customer of whom something was erased), `scrub`
(the house: a shred key was dropped). `floor` is no work: the oldest shred generation a customer still has.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from custodes.store import schema
from custodes.store.books import microseconds
from custodes.store.engine import Prepared

_D = schema.upkeep_due
_ADD = Prepared(schema.upsert(_D).on_conflict_do_nothing(index_elements=["kind", "id"]))
_FLOOR_PUT = schema.upsert(_D)
_FLOOR_PUT = _FLOOR_PUT.on_conflict_do_update(
    index_elements=["kind", "id"], set_={"at": _FLOOR_PUT.excluded.at}
)
_DROP = _D.delete().where(_D.c.kind == bindparam("k"), _D.c.id == bindparam("i"))
_DUE = (
    select(_D.c.id)
    .where(_D.c.kind == bindparam("kind"), _D.c.at < bindparam("before"))
    .order_by(_D.c.at, _D.c.id)
    .limit(bindparam("limit"))
)
_FLOOR = select(_D.c.at).where(_D.c.kind == "floor", _D.c.id == bindparam("customer"))


def due(connection: Connection, kind: str, id_: str, at: datetime) -> None:
    """There is work from now on; the first mark stays."""
    _ADD.do(connection, {"kind": kind, "id": id_, "at": microseconds(at)})


def done(connection: Connection, kind: str, id_: str) -> None:
    """The work is done in this act."""
    connection.execute(_DROP, {"k": kind, "i": id_})


def raise_floor(connection: Connection, customer: str, shred: int) -> None:
    """Shred generations below this one are gone: no page may be added under them."""
    connection.execute(_FLOOR_PUT, {"kind": "floor", "id": customer, "at": shred})


def floor(connection: Connection, customer: str) -> int:
    """The oldest shred generation that a page may lie under."""
    return connection.execute(_FLOOR, {"customer": customer}).scalar() or 0


def waiting(connection: Connection, kind: str, before: datetime, limit: int) -> Sequence[str]:
    """Ids of what is due since before an instant, oldest first."""
    asked = {"kind": kind, "before": microseconds(before), "limit": limit}
    return list(connection.execute(_DUE, asked).scalars())
