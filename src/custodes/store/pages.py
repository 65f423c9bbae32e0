"""Page keys at rest: added before anything refers to them, replaced when re-wrapped or re-keyed."""

from sqlalchemy import Connection, bindparam, select

from custodes.acts.writing.ports import WriteRefused
from custodes.custody.hierarchy import Page, Scope

from . import schema

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
_ONE = select(schema.page).where(schema.page.c.id == bindparam("id"))


def add(connection: Connection, page: Page, kind: str) -> None:
    """A fresh page."""
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
    row = connection.execute(_ONE, {"id": page_id}).one_or_none()
    if row is None:
        return None
    return Page(
        id=row.id,
        scope=Scope(house=house, customer=row.customer, key=row.key),
        key_version=row.key_version,
        shred_generation=row.shred,
        generation=row.generation,
        wrapped=row.wrapped,
    )
