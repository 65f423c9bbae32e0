"""What the writer's last groups read and left, good for as long as nobody else has written to the file.

A group asks the same few rows as the one before: generations of what decisions rest on, the page entries are
sealed under, heads and unfinished tiles of its logs. SQLite says in one word whether any other connection has
committed since (`PRAGMA data_version`); asked with the writer's lock held, the answer holds for the group.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, text

from custodes.ledger.merkle import HASH_BYTES, CompactRange
from custodes.ledger.tiles import TILE_WIDTH, TilePut
from custodes.store.engine import Prepared

ROWS_MAX = 65_536
LOGS_MAX = 256
_VERSION = Prepared(text("PRAGMA data_version"))


class Remembered:
    """One writer's memory; `look` at the beginning of each group, `forget` whenever rows may have changed."""

    def __init__(self) -> None:
        self.generations: dict[tuple[str, str], int] = {}  # 0: there is no such row
        self.checks: dict[tuple[object, ...], bool] = {}
        self.heads: dict[str, CompactRange] = {}
        self.tiles: dict[tuple[str, int, int], bytes] = {}
        self._version: int | None = None

    def look(self, connection: Connection) -> None:
        """Forget everything unless this file is as this connection left it; call inside the transaction."""
        row = _VERSION.one(connection, {})
        version = None if row is None else int(row[0])
        if version is None or version != self._version:
            self.forget()
        self._version = version
        if len(self.generations) + len(self.checks) > ROWS_MAX:
            self.forget()

    def forget(self) -> None:
        """Something else may stand in the file now, or what was written never will."""
        self.generations.clear()
        self.checks.clear()
        self.heads.clear()
        self.tiles.clear()

    def advanced(self, log: str, head: CompactRange, tiles: Sequence[TilePut]) -> None:
        """A log has this head and these tiles from now on; finished tiles are never asked for again."""
        if len(self.heads) >= LOGS_MAX:
            self.heads.clear()
            self.tiles.clear()
        self.heads[log] = head
        for tile in tiles:
            if len(tile.hashes) < TILE_WIDTH * HASH_BYTES:
                self.tiles[log, tile.level, tile.n] = tile.hashes
            else:
                self.tiles.pop((log, tile.level, tile.n), None)
