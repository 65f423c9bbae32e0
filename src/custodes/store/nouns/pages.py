"""Page keys at rest: added before anything refers to them, replaced when re-wrapped or re-keyed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, or_, select
from sqlalchemy import Row as SqlRow

from custodes.acts.writing.ports import WriteRefused
from custodes.custody.hierarchy import Page, Scope
from custodes.store import schema
from custodes.store.engine import Prepared
from custodes.store.keeping import due

_ADD = schema.page.insert()
_REPLACE = (
    schema.page.update()
    .where(
        schema.page.c.id == bindparam("b_id"),
        schema.page.c.generation == bindparam("b_generation"),
        schema.page.c.key_version == bindparam("b_version"),
        schema.page.c.shred == bindparam("b_shred"),
    )
    .values(
        generation=bindparam("generation"),
        key_version=bindparam("key_version"),
        shred=bindparam("shred"),
        wrapped=bindparam("wrapped"),
    )
)
COLUMNS = ("id", "customer", "key", "key_version", "shred", "generation", "wrapped")
_ONE = Prepared(select(*(schema.page.c[name] for name in COLUMNS)).where(schema.page.c.id == bindparam("id")))
_BEHIND = (
    select(schema.page)
    .where(
        schema.page.c.key == bindparam("key"),
        or_(schema.page.c.key_version < bindparam("version"), schema.page.c.shred < bindparam("shred")),
    )
    .order_by(schema.page.c.id)
    .limit(bindparam("limit"))
)
_COUNT = select(func.count()).where(schema.page.c.key == bindparam("key"))
_MOVED = _COUNT.where(
    schema.page.c.key_version >= bindparam("version"), schema.page.c.shred >= bindparam("shred")
)
_BELOW = (
    select(schema.page.c.id)
    .where(
        schema.page.c.customer == bindparam("customer"),
        schema.page.c.shred < bindparam("shred"),
        schema.page.c.key.not_in(bindparam("without", expanding=True)),
    )
    .limit(1)
)
_UNDER = (
    select(schema.page.c.id)
    .where(schema.page.c.key == bindparam("key"), schema.page.c.shred >= bindparam("shred"))
    .limit(1)
)


def add(connection: Connection, page: Page, kind: str) -> None:
    """A fresh page; refused `shred-gone` under a shred key that was dropped meanwhile."""
    if page.shred_generation < due.floor(connection, page.scope.customer):
        raise WriteRefused("shred-gone")
    connection.execute(
        _ADD,
        {
            "id": page.id,
            "customer": page.scope.customer,
            "kind": kind,
            "key": page.scope.key,
            "key_version": page.key_version,
            "shred": page.shred_generation,
            "generation": page.generation,
            "wrapped": page.wrapped,
        },
    )


def replace(connection: Connection, old: Page, new: Page) -> None:
    """The same page re-wrapped or re-keyed; refused when the row is no longer `old`."""
    replaced = connection.execute(
        _REPLACE,
        {
            "b_id": old.id,
            "b_generation": old.generation,
            "b_version": old.key_version,
            "b_shred": old.shred_generation,
            "generation": new.generation,
            "key_version": new.key_version,
            "shred": new.shred_generation,
            "wrapped": new.wrapped,
        },
    )
    if replaced.rowcount != 1:
        raise WriteRefused("page-moved")


def find(connection: Connection, house: str, page_id: str) -> Page | None:
    """A page by id; the house's id is part of its scope."""
    row = _ONE.one(connection, {"id": page_id})
    return None if row is None else page_of(house, row)


def page_of(house: str, row: tuple[Any, ...]) -> Page:
    """The page out of its `COLUMNS`."""
    id_, customer, key, key_version, shred, generation, wrapped = row
    return Page(
        id=id_,
        scope=Scope(house=house, customer=customer, key=key),
        key_version=key_version,
        shred_generation=shred,
        generation=generation,
        wrapped=wrapped,
    )


def behind(connection: Connection, house: str, at: tuple[str, int, int], limit: int) -> Sequence[Page]:
    """Pages of a key under an older version or shred key than `at` = (key, version, shred generation)."""
    asked = {"key": at[0], "version": at[1], "shred": at[2], "limit": limit}
    return [_page(house, row) for row in connection.execute(_BEHIND, asked)]


def progress(connection: Connection, at: tuple[str, int, int]) -> tuple[int, int]:
    """(pages of a key under at least this version and shred key, all its pages)."""
    asked = {"key": at[0], "version": at[1], "shred": at[2]}
    done = connection.execute(_MOVED, asked).scalar_one()
    return done, connection.execute(_COUNT, {"key": at[0]}).scalar_one()


def is_none_below(connection: Connection, customer: str, shred: int, without: tuple[str, ...]) -> bool:
    """Whether no page of a customer lies under an older shred key, those of the keys `without` aside."""
    asked = {"customer": customer, "shred": shred, "without": list(without)}
    return connection.execute(_BELOW, asked).scalar() is None


def is_any_under(connection: Connection, key: str, shred: int) -> bool:
    """Whether a page of this key lies under this shred key, or a newer one."""
    return connection.execute(_UNDER, {"key": key, "shred": shred}).scalar() is not None


def _page(house: str, row: SqlRow[Any]) -> Page:
    return Page(
        id=row.id,
        scope=Scope(house=house, customer=row.customer, key=row.key),
        key_version=row.key_version,
        shred_generation=row.shred,
        generation=row.generation,
        wrapped=row.wrapped,
    )
