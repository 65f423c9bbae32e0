"""Cases of the desks: put conditionally on the version before, listed for pages, found when due."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, select

from custodes.acts.writing.ports import WriteRefused
from custodes.acts.writing.readers import CaseRow
from custodes.store import schema
from custodes.store.books import blob

_TABLE = schema.case
_ADD = _TABLE.insert()
_MOVE = (
    _TABLE.update()
    .where(_TABLE.c.id == bindparam("b_id"), _TABLE.c.version == bindparam("b_version"))
    .values(
        state=bindparam("state"),
        version=bindparam("version"),
        due_at=bindparam("due_at"),
        body=bindparam("body"),
    )
)
_ONE = select(_TABLE).where(_TABLE.c.id == bindparam("id"))
_DUE = (
    select(_TABLE.c.id)
    .where(_TABLE.c.due_at.is_not(None), _TABLE.c.due_at <= bindparam("now"))
    .order_by(_TABLE.c.due_at, _TABLE.c.id)
    .limit(bindparam("most"))
)
_NAMES = select(
    schema.object_version.c.version, schema.object_version.c.bucket, schema.object_version.c.name
).where(schema.object_version.c.version.in_(bindparam("versions", expanding=True)))


def put(connection: Connection, row: CaseRow) -> None:
    """A new case (version 1), or the next version of one; refused when another move was first."""
    moving = {"state": row.state, "version": row.version, "due_at": row.due_at, "body": row.body}
    if row.version == 1:
        fixed = {
            "id": row.id,
            "desk": row.desk,
            "customer": row.customer,
            "opened_at": row.opened_at,
            "asker": row.asker,
            "beneficiary": row.beneficiary,
        }
        connection.execute(_ADD, {**fixed, **moving})
        return
    moved = connection.execute(_MOVE, {"b_id": row.id, "b_version": row.version - 1, **moving})
    if moved.rowcount != 1:
        raise WriteRefused("case-moved")


def find(connection: Connection, case: str) -> CaseRow | None:
    """One case."""
    row = connection.execute(_ONE, {"id": case}).one_or_none()
    return None if row is None else _row(row)


def due(connection: Connection, now: int, most: int) -> Sequence[str]:
    """Ids of cases in which the clock has a move at or before `now`, the longest due first."""
    return [str(id_) for (id_,) in connection.execute(_DUE, {"now": now, "most": most})]


def names(connection: Connection, versions: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """(bucket, name) of each object version that there is."""
    found = connection.execute(_NAMES, {"versions": list(versions)})
    return {str(version): (str(bucket), blob(name).decode()) for version, bucket, name in found}


def listed(
    connection: Connection,
    *,
    customers: Sequence[str] | None,
    of: Sequence[str] | None,
    without: Sequence[str],
    before: int | None,
    limit: int,
) -> Sequence[CaseRow]:
    """Cases, newest first: of some customers (None: of all), asked by or for one of `of` (None: whoever)."""
    asked = select(_TABLE)
    if customers is not None:
        asked = asked.where(_TABLE.c.customer.in_(customers))
    if of is not None:
        asked = asked.where(_TABLE.c.asker.in_(of) | _TABLE.c.beneficiary.in_(of))
    if without:
        asked = asked.where(_TABLE.c.state.not_in(without))
    if before is not None:
        asked = asked.where(_TABLE.c.opened_at < before)
    asked = asked.order_by(_TABLE.c.opened_at.desc(), _TABLE.c.id).limit(limit)
    return [_row(row) for row in connection.execute(asked)]


def _row(row: object) -> CaseRow:
    get = row.__getattribute__
    return CaseRow(
        id=get("id"),
        desk=get("desk"),
        customer=get("customer"),
        state=get("state"),
        version=get("version"),
        opened_at=get("opened_at"),
        asker=get("asker"),
        beneficiary=get("beneficiary"),
        due_at=get("due_at"),
        body=blob(get("body")),
    )
