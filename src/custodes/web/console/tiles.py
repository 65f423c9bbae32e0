"""The map of the boundary as a tile map: one square per country, roughly where it lies.

A schematic map claims no borders, weighs small countries as large ones, and fits into 320 px.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import msgspec

from .views.objects import Country

SIDE = 44  # user units of one square
STEP = 48
COLUMNS = 8
GRID: Mapping[str, tuple[int, int]] = MappingProxyType(  # ISO 3166-1 alpha-2 -> column, row
    {
        "IS": (0, 0), "NO": (4, 0), "SE": (5, 0), "FI": (6, 0),
        "EE": (6, 1), "LV": (7, 1),
        "IE": (0, 2), "GB": (1, 2), "NL": (3, 2), "DK": (4, 1), "DE": (4, 2), "PL": (5, 2), "LT": (6, 2),
        "BE": (2, 3), "LU": (3, 3), "CZ": (4, 3), "SK": (5, 3), "UA": (6, 3),
        "FR": (2, 4), "LI": (3, 5), "CH": (3, 4), "AT": (4, 4), "HU": (5, 4), "RO": (6, 4), "MD": (7, 4),
        "PT": (0, 5), "ES": (1, 5), "SI": (4, 5), "HR": (5, 5), "RS": (6, 5), "BG": (7, 5),
        "IT": (3, 6), "BA": (4, 6), "ME": (5, 6), "MK": (6, 6), "TR": (7, 6),
        "MT": (3, 7), "AL": (5, 7), "GR": (6, 7), "CY": (7, 7),
    }
)  # fmt: skip


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """One square in user units, for the template to draw."""

    code: str
    x: int
    y: int
    is_inside: bool
    places: int
    places_outside: int


class TileMap(msgspec.Struct, frozen=True, kw_only=True):
    """The squares, the size of the drawing, and where the row of countries elsewhere begins, if any."""

    tiles: tuple[Tile, ...]
    width: int
    height: int
    elsewhere_y: int | None


def tile_map(countries: Iterable[Country]) -> TileMap:
    """Lay out countries: those of the grid in their place, all others in rows below it."""
    known = sorted(countries, key=lambda country: country.code)
    bottom = max(row for _, row in GRID.values()) + 1
    far = [country for country in known if country.code not in GRID]
    tiles = [_tile(c, *GRID[c.code], 0) for c in known if c.code in GRID]
    gap = 28  # room for the row's heading
    tiles += [_tile(c, at % COLUMNS, bottom + at // COLUMNS, gap) for at, c in enumerate(far)]
    rows = bottom + -(-len(far) // COLUMNS)
    height = rows * STEP + (gap if far else 0)
    elsewhere_y = bottom * STEP + gap - 10 if far else None
    return TileMap(tiles=tuple(tiles), width=COLUMNS * STEP, height=height, elsewhere_y=elsewhere_y)


def _tile(country: Country, column: int, row: int, down: int) -> Tile:
    return Tile(
        code=country.code,
        x=column * STEP + (STEP - SIDE) // 2,
        y=row * STEP + (STEP - SIDE) // 2 + down,
        is_inside=country.is_inside,
        places=country.places,
        places_outside=country.places_outside,
    )
