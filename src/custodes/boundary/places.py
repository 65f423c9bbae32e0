"""Locations and boundaries: the two standing rows of this room.

Country codes are ISO 3166-1 alpha-2; unions are those of the law's table (`EU`, `EEA` ...). An area is one
or the other.
"""

import msgspec

AREAS_MAX = 300
AREAS_DEFAULT = ("EU",)  # of a new customer: machines and whoever controls them in the European Union
CLASSES_MAX = 50


class Location(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place where bytes can lie. Its store's address is elsewhere.

    `country` is where the machines stand; `operator` the organisation that runs them; `jurisdictions` are
    the countries whose law reaches the operator through whoever controls it. None or an empty list means
    *not known*, and what is not known is outside.
    """

    id: str
    name: str
    country: str | None
    operator: str | None
    jurisdictions: tuple[str, ...]
    is_demo: bool = False


class Boundary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a customer allows. Everything must hold at once.

    `areas` are the countries and unions in which machines may stand; `jurisdictions` those that may
    control an operator; `denied_jurisdictions` are refused even where a union would allow them;
    `data_classes` the classes that may be stored here at all (empty: any class the law's table knows).
    An empty `areas` or `jurisdictions` allows nothing.
    """

    id: str
    customer: str
    areas: tuple[str, ...]
    jurisdictions: tuple[str, ...]
    denied_jurisdictions: tuple[str, ...] = ()
    data_classes: tuple[str, ...] = ()
