"""Reading the log: heads, tiles, leaves and sealed openings."""

from sqlalchemy import Connection, bindparam, select

from custodes.acts.writing.readers import OpeningRow
from custodes.ledger.merkle import CompactRange
from custodes.ledger.tiles import TILE_WIDTH, decode_bundle
from custodes.store import schema
from custodes.store.books import instant
from custodes.store.engine import Prepared

_HEADS = select(schema.head)
_HEAD = select(schema.head).where(schema.head.c.log == bindparam("log"))
_TILE = select(schema.tile.c.hashes).where(
    schema.tile.c.log == bindparam("log"),
    schema.tile.c.level == bindparam("level"),
    schema.tile.c.n == bindparam("n"),
)
_BUNDLES = Prepared(
    select(schema.bundle.c.first, schema.bundle.c.count, schema.bundle.c.leaves)
    .where(
        schema.bundle.c.log == bindparam("log"),
        schema.bundle.c.first > bindparam("floor"),  # no bundle is longer: else all before would be read
        schema.bundle.c.first < bindparam("end"),
        schema.bundle.c.first + schema.bundle.c.count > bindparam("start"),
    )
    .order_by(schema.bundle.c.first)
)
_OPENING = select(schema.opening).where(
    schema.opening.c.log == bindparam("log"), schema.opening.c.idx == bindparam("idx")
)
_AT = (  # of the next that is there: openings whose term was over are not
    select(schema.opening.c.at)
    .where(
        schema.opening.c.log == bindparam("log"),
        schema.opening.c.idx >= bindparam("idx"),
        schema.opening.c.idx < bindparam("end"),
    )
    .order_by(schema.opening.c.idx)
    .limit(1)
)
_ACTS = (
    select(schema.opening.c.act)
    .where(
        schema.opening.c.log == bindparam("log"),
        schema.opening.c.idx >= bindparam("idx"),
        schema.opening.c.idx < bindparam("end"),
    )
    .order_by(schema.opening.c.idx)
)
_OF_PAGE = (
    select(schema.opening)
    .where(schema.opening.c.page == bindparam("page"))
    .order_by(schema.opening.c.log, schema.opening.c.idx)
)


def heads(connection: Connection) -> dict[str, CompactRange]:
    """The head of every log that has entries."""
    return {row.log: CompactRange.decode(row.size, row.stack) for row in connection.execute(_HEADS)}


def head(connection: Connection, log: str) -> CompactRange:
    """The head of one log."""
    row = connection.execute(_HEAD, {"log": log}).one_or_none()
    return CompactRange.decode(row.size, row.stack) if row else CompactRange.decode(0, b"")


def tile(connection: Connection, log: str, level: int, n: int) -> bytes | None:
    """Hashes of one tile, as wide as it is now."""
    hashes: bytes | None = connection.execute(_TILE, {"log": log, "level": level, "n": n}).scalar()
    return hashes


def leaves(connection: Connection, log: str, start: int, end: int) -> list[bytes]:
    """Leaves [start, end) of a log."""
    found: list[bytes] = []
    span = {"log": log, "floor": start - TILE_WIDTH, "start": start, "end": end}
    for first, count, raw in _BUNDLES.all(connection, span):
        bundle = decode_bundle(raw, count)
        found.extend(bundle[max(start - first, 0) : end - first])
    return found


def opening(connection: Connection, log: str, index: int) -> OpeningRow | None:
    """The sealed opening of one entry."""
    row = connection.execute(_OPENING, {"log": log, "idx": index}).one_or_none()
    return None if row is None else _row(row)


def openings(
    connection: Connection,
    log: str,
    span: tuple[int, int] | None = None,
    *,
    subject: str | None = None,
    code: str | None = None,
    limit: int = 50,
    is_oldest_first: bool = False,
) -> list[OpeningRow]:
    """Openings of one log, of entries [start, end) where a span is given, newest first unless told."""
    table = schema.opening
    asked = select(table).where(table.c.log == log)
    if span is not None:
        asked = asked.where(table.c.idx >= span[0], table.c.idx < span[1])
    if subject is not None:
        asked = asked.where(table.c.subject == subject)
    if code is not None:
        asked = asked.where(table.c.code == code)
    asked = asked.order_by(table.c.idx if is_oldest_first else table.c.idx.desc()).limit(limit)
    return [_row(row) for row in connection.execute(asked)]


def index_at(connection: Connection, log: str, at: int, size: int) -> int:
    """How many of a log's first `size` entries are older than an instant (microseconds).

    Entries lie in the order of their times but for the moments an act waited its turn, so halving finds it.
    """
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        found = connection.execute(_AT, {"log": log, "idx": middle, "end": high}).scalar()
        if found is not None and found < at:
            low = middle + 1
        else:
            high = middle
    return low


def acts_from(connection: Connection, log: str, span: tuple[int, int]) -> list[str]:
    """Ids of the acts behind the entries [start, end) of a log."""
    return list(connection.execute(_ACTS, {"log": log, "idx": span[0], "end": span[1]}).scalars())


def of_page(connection: Connection, page: str) -> list[OpeningRow]:
    """Every sealed opening that lies in one page."""
    return [_row(row) for row in connection.execute(_OF_PAGE, {"page": page})]


def is_size(connection: Connection, log: str, size: int) -> bool:
    """Whether a log has exactly so many entries."""
    return head(connection, log).size == size


def _row(row: object) -> OpeningRow:
    get = row.__getattribute__
    return OpeningRow(
        log=get("log"),
        index=get("idx"),
        act=get("act"),
        ordinal=get("ordinal"),
        code=get("code"),
        subject=get("subject"),
        at=instant(get("at")),
        page=get("page"),
        sealed=get("sealed"),
        person_page=get("person_page"),
        person_sealed=get("person_sealed"),
    )
