"""How much a log takes on disk by the uses that are written into it, and what a term takes off again.

Every figure was measured in SQLite, tables and their indexes together, on the day named; a test
(`tests/ports/keyroom/test_growth.py`) holds them against a small house. PostgreSQL is not measured.
"""

import msgspec

MEASURED_ON = "2026-11-22"

OPENING_BYTES = 1_210  # what a key use by an application says, sealed, with its two indexes
LEAF_ALONE_BYTES = 96  # in a row of its own: every use was committed alone
LEAF_SHARED_BYTES = 36  # in a row with hundreds: a busy house
TILE_BYTES = 35
EPOCH_BYTES = 250  # the root log's own entry of each epoch, in the database
EPOCH_FILES_BYTES = 75  # and in the folder everybody reads, once its tile is full
HEAD_BYTES, PATH_HASH_BYTES = 384, 32  # of a sub-log at an epoch at which it had grown, and for each level
EPOCH_S = 10  # while something is written; without, an epoch every ten minutes
YEAR_S = 31_557_600
LEVELS_MIN = 4


class Growth(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes: of one year; `kept` of all that is there after some years, with or without a term."""

    entries: int
    openings: int
    leaves: int
    tiles: int
    epochs: int
    kept: int

    @property
    def year(self) -> int:
        """All of one year."""
        return self.openings + self.leaves + self.tiles + self.epochs


def grow(uses_per_s: float, logs: int, *, years: float = 1.0, days: int | None = None) -> Growth:
    """`uses_per_s` over the whole house, spread evenly over `logs` sub-logs that are written to all day.

    Leaves lie alone below fifty uses a second and share rows above: the true value lies between.
    """
    entries = round(uses_per_s * YEAR_S)
    shared = uses_per_s >= 50
    leaf = LEAF_SHARED_BYTES if shared else LEAF_ALONE_BYTES
    epochs_a_year = YEAR_S // EPOCH_S
    levels = max(LEVELS_MIN, (2 * logs).bit_length())
    growing = min(logs * epochs_a_year, entries)
    epochs = epochs_a_year * (EPOCH_BYTES + EPOCH_FILES_BYTES) + growing * (
        HEAD_BYTES + levels * PATH_HASH_BYTES
    )
    kept_years = years if days is None else min(years, (days + 31) / 365.25)
    rest = entries * (leaf + TILE_BYTES) + epochs
    return Growth(
        entries=entries,
        openings=entries * OPENING_BYTES,
        leaves=entries * leaf,
        tiles=entries * TILE_BYTES,
        epochs=epochs,
        kept=round(entries * OPENING_BYTES * kept_years + rest * years),
    )
