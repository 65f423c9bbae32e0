"""A page gets a fresh key: its row and every survivor's wrap change in one transaction, or nothing does.

What was read when the survivors were wrapped anew must be all there is: a row more or less refuses the act.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from custodes.acts.writing.ports import WriteRefused
from custodes.acts.writing.readers import Resealed, Subject
from custodes.custody.hierarchy import Page
from custodes.store import schema
from custodes.store.nouns import pages

from . import due

_O, _V, _U = schema.opening, schema.object_version, schema.upload

_RECORDS = select(func.count()).where(_O.c.page == bindparam("page"))
_RESEAL = (
    _O.update()
    .where(_O.c.log == bindparam("b_log"), _O.c.idx == bindparam("b_idx"), _O.c.page == bindparam("b_page"))
    .values(
        sealed=bindparam("sealed"),
        person_page=bindparam("person_page"),
        person_sealed=bindparam("person_sealed"),
    )
)
_VERSIONS = select(_V.c.version, _V.c.wrapped).where(_V.c.page == bindparam("page"))
_UPLOADS = select(_U.c.id, _U.c.version, _U.c.wrapped).where(
    _U.c.page == bindparam("page"), _U.c.state == "open"
)
_WRAP_VERSION = (
    _V.update()
    .where(_V.c.version == bindparam("b_id"), _V.c.page == bindparam("b_page"))
    .values(wrapped=bindparam("wrapped"))
)
_WRAP_UPLOAD = (
    _U.update()
    .where(_U.c.id == bindparam("b_id"), _U.c.page == bindparam("b_page"), _U.c.state == "open")
    .values(wrapped=bindparam("wrapped"))
)


def records(
    connection: Connection, old: Page, new: Page, rows: Sequence[Resealed], erased_at: datetime
) -> None:
    """A record page; refused `page-moved` unless `rows` are all its records."""
    pages.replace(connection, old, new)
    if count(connection, old.id) != len(rows):
        raise WriteRefused("page-moved")
    reseal(connection, old.id, rows)
    due.due(connection, "shred", old.scope.customer, erased_at)


def count(connection: Connection, page: str) -> int:
    """How many openings lie in a page."""
    return int(connection.execute(_RECORDS, {"page": page}).scalar_one())


def reseal(connection: Connection, page: str, rows: Sequence[Resealed]) -> None:
    """Wraps of a page that was re-keyed; refused `page-moved` when one of them is not there."""
    for row in rows:
        changed = connection.execute(
            _RESEAL,
            {
                "b_log": row.log,
                "b_idx": row.index,
                "b_page": page,
                "sealed": row.sealed,
                "person_page": page if row.person_sealed is not None else None,
                "person_sealed": row.person_sealed,
            },
        )
        if changed.rowcount != 1:
            raise WriteRefused("page-moved")


def objects(
    connection: Connection, old: Page, new: Page, rows: Sequence[Subject], erased_at: datetime
) -> None:
    """A page of object versions and open uploads; refused `page-moved` unless `rows` are all of them."""
    pages.replace(connection, old, new)
    if {(row.kind, row.id) for row in subjects(connection, old.id)} != {(row.kind, row.id) for row in rows}:
        raise WriteRefused("page-moved")
    for row in rows:
        update = _WRAP_VERSION if row.kind == "version" else _WRAP_UPLOAD
        connection.execute(update, {"b_id": row.id, "b_page": old.id, "wrapped": row.wrapped})
    due.done(connection, "rekey", old.id)
    due.due(connection, "shred", old.scope.customer, erased_at)


def subjects(connection: Connection, page: str) -> list[Subject]:
    """Everything that lies in a page of objects."""
    found = [
        Subject(kind="version", id=row.version, version=row.version, wrapped=row.wrapped)
        for row in connection.execute(_VERSIONS, {"page": page})
    ]
    return found + [
        Subject(kind="upload", id=row.id, version=row.version, wrapped=row.wrapped)
        for row in connection.execute(_UPLOADS, {"page": page})
    ]
