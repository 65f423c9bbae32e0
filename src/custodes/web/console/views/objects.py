"""Buckets and objects, where each lies, and the map of the boundary."""

from datetime import datetime

from .questions import Place
from .shell import Pager, View


class Country(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One tile of the map: `places` counts locations there that hold data, `places_outside`
    those of them that the boundary excludes (an operator controlled from elsewhere)."""

    code: str
    is_inside: bool
    places: int = 0
    places_outside: int = 0


class BoundaryView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The boundary: its name and rule in words of its maker, countries, and the places with data."""

    name: str
    rule: str
    generation: int
    countries: tuple[Country, ...]
    places: tuple[Place, ...]


class BucketRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One bucket; `data_class` is a code of `words.CLASSES`."""

    name: str
    href: str
    data_class: str
    place: str
    country: str
    is_inside: bool
    objects: int
    size_bytes: int


class BucketsView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All buckets of a customer, with the boundary they lie in."""

    customer: str
    rows: tuple[BucketRow, ...]
    boundary: BoundaryView


class ObjectRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One object or one common prefix (`is_prefix`, then only name and href count)."""

    name: str
    href: str | None = None
    is_prefix: bool = False
    version: str = ""
    size_bytes: int = 0
    written_at: datetime | None = None
    place: str = ""
    country: str = ""
    is_inside: bool = True


class ObjectsView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One bucket below `prefix`; the contents themselves are never shown here."""

    bucket: str
    prefix: str
    rows: tuple[ObjectRow, ...]
    pager: Pager
