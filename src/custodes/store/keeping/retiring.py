"""Openings whose term is over: rows, and the page key they lie under, go in the transaction of their entry.

`destroyed` says where to look for that entry and proves nothing by itself: whoever reads it opens the entry.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, func, select

from custodes.acts.writing.ports import WriteRefused
from custodes.acts.writing.readers import Marked, Retiring
from custodes.custody.hierarchy import Page
from custodes.store import schema
from custodes.store.nouns import pages

from . import due, rekeying

_O, _P, _X, _D = schema.opening, schema.page, schema.destroyed, schema.upkeep_due

_GONE = _O.delete().where(
    _O.c.log == bindparam("b_log"),
    _O.c.idx >= bindparam("b_first"),
    _O.c.idx < bindparam("b_end"),
    _O.c.page == bindparam("b_page"),
)
_PAGE_GONE = _P.delete().where(
    _P.c.id == bindparam("b_id"),
    _P.c.generation == bindparam("b_generation"),
    _P.c.key_version == bindparam("b_version"),
    _P.c.shred == bindparam("b_shred"),
)
_ADD = _X.insert()
_BEFORE = select(func.max(_X.c.first)).where(_X.c.log == bindparam("log"), _X.c.first <= bindparam("low"))
_MARKS = (
    select(_X.c.first, _X.c.end, _X.c.act, _X.c.ordinal)
    .where(_X.c.log == bindparam("log"), _X.c.first >= bindparam("from"), _X.c.first < bindparam("high"))
    .order_by(_X.c.first)
    .limit(bindparam("limit"))
)
_WROTE = select(_O.c.idx).where(
    _O.c.act == bindparam("act"), _O.c.ordinal == bindparam("ordinal"), _O.c.is_sought == 1
)
_COUNT = select(func.coalesce(func.sum(_X.c.end - _X.c.first), 0)).where(
    _X.c.log.in_(bindparam("logs", expanding=True))
)
_DONE = schema.upsert(_D)
_DONE = _DONE.on_conflict_do_update(index_elements=["kind", "id"], set_={"at": _DONE.excluded.at})
_IS_DONE = select(_D.c.at).where(_D.c.kind == "retained", _D.c.id == bindparam("id"))


def destroy(connection: Connection, old: Page, new: Page | None, what: Retiring) -> None:
    """Openings of one page; the page too when nothing is left in it (`new` None).

    Refused `page-moved` when its row is no longer `old`, or when it holds anything else than what is named.
    """
    if new is not None:
        pages.replace(connection, old, new)
    else:
        asked = {
            "b_id": old.id,
            "b_generation": old.generation,
            "b_version": old.key_version,
            "b_shred": old.shred_generation,
        }
        if connection.execute(_PAGE_GONE, asked).rowcount != 1:
            raise WriteRefused("page-moved")
    if rekeying.count(connection, old.id) != len(what.kept) + sum(end - first for _, first, end in what.gone):
        raise WriteRefused("page-moved")
    for log, first, end in what.gone:
        asked = {"b_log": log, "b_first": first, "b_end": end, "b_page": old.id}
        if connection.execute(_GONE, asked).rowcount != end - first:
            raise WriteRefused("page-moved")
    rekeying.reseal(connection, old.id, what.kept)
    due.due(connection, "shred", old.scope.customer, what.at)


def mark(connection: Connection, log: str, spans: Sequence[tuple[int, int]], by: tuple[str, int]) -> None:
    """Where the entry stands that tells of these spans: `by` = (act, ordinal)."""
    rows = [{"log": log, "first": first, "end": end, "act": by[0], "ordinal": by[1]} for first, end in spans]
    connection.execute(_ADD, rows)


def done(connection: Connection, log: str, state: int) -> None:
    """Nothing of this log is over in this state of terms, holds and months."""
    connection.execute(_DONE, {"kind": "retained", "id": log, "at": state})


def is_done(connection: Connection, log: str, state: int) -> bool:
    """Whether `done` was said of this very state."""
    return connection.execute(_IS_DONE, {"id": log}).scalar() == state


def marks(connection: Connection, log: str, low: int, high: int, limit: int) -> list[Marked]:
    """Spans that reach into [low, high), and the index of the entry said to tell of each (None: lost)."""
    before = connection.execute(_BEFORE, {"log": log, "low": low}).scalar()
    asked = {"log": log, "from": low if before is None else before, "high": high, "limit": limit}
    by: dict[tuple[str, int], int | None] = {}
    found = []
    for first, end, act, ordinal in connection.execute(_MARKS, asked):
        if end <= low:
            continue
        if (act, ordinal) not in by:
            by[act, ordinal] = connection.execute(_WROTE, {"act": act, "ordinal": ordinal}).scalar()
        found.append(Marked(first=first, end=end, by=by[act, ordinal]))
    return found


def total(connection: Connection, logs: Sequence[str]) -> int:
    """How many entries of these logs are marked."""
    return int(connection.execute(_COUNT, {"logs": list(logs)}).scalar_one())


def codes_before(connection: Connection, log: str, index: int, most: int) -> Mapping[str, int]:
    """How many of the first `most` openings below an index there are, by act."""
    some = (
        select(_O.c.code).where(_O.c.log == log, _O.c.idx < index).order_by(_O.c.idx).limit(most).subquery()
    )
    rows = connection.execute(select(some.c.code, func.count()).group_by(some.c.code))
    return {str(code): int(count) for code, count in rows}
