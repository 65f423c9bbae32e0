"""The verdict over locations: inside or outside, with every reason.

One place outside makes the whole answer *outside*: a replica is no less a copy. The law's floor for a
class of data is under every boundary.
"""

from collections.abc import Iterable
from datetime import date
from typing import Protocol

import msgspec

from .places import AREAS_MAX, CLASSES_MAX, Boundary, Location

LOCATIONS_MAX = 100


class LawBook(Protocol):
    """What this room asks of the law's tables."""

    version: str

    def is_country(self, code: str) -> bool:
        """Whether there is such a country."""
        ...

    def is_area(self, code: str) -> bool:
        """Whether there is such a country or union."""
        ...

    def areas_of(self, country: str, on: date) -> tuple[str, ...]:
        """The country and the unions it lies in on a day; empty for an unknown country."""
        ...

    def allows(self, data_class: str, country: str, on: date) -> bool | None:
        """Whether the law's floor lets this class lie there; None for an unknown class."""
        ...


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """One reason. Codes: `country-unknown`, `country-not-allowed`, `jurisdiction-unknown`,
    `jurisdiction-not-allowed`, `jurisdiction-denied`, `operator-unknown`, `below-legal-floor`,
    `class-unknown`, `class-not-allowed`, `no-location`, `too-many`, `demo-location`, `area-unknown`.
    """

    code: str
    location: str | None = None
    what: str | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether everything lies inside, why not, under which version of the law's tables, and the areas all
    locations have in common (what policy sees of the place).
    """

    is_inside: bool
    reasons: tuple[Outside, ...]
    areas: tuple[str, ...]
    law: str


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """A copy from one location to another, as it is recorded: which areas it leaves and enters."""

    source: str
    target: str
    leaves: tuple[str, ...]
    enters: tuple[str, ...]
    verdict: Verdict


def judge(
    boundary: Boundary,
    locations: Iterable[Location],
    data_class: str,
    law: LawBook,
    *,
    on: date,
    is_demo_house: bool = False,
) -> Verdict:
    """Judge every location that bytes of this class lie at or would lie at, on a day."""
    places = list(locations)
    reasons: list[Outside] = []
    if not places:
        reasons.append(Outside(code="no-location"))
    if len(places) > LOCATIONS_MAX:
        reasons.append(Outside(code="too-many", what=str(LOCATIONS_MAX)))
        places = places[:LOCATIONS_MAX]
    if boundary.data_classes and data_class not in boundary.data_classes:
        reasons.append(Outside(code="class-not-allowed", what=data_class))
    for place in places:
        if place.is_demo and not is_demo_house:
            reasons.append(Outside(code="demo-location", location=place.id))
        reasons += _judge_country(boundary, place, data_class, law, on)
        reasons += _judge_control(boundary, place, law, on)
    seen = tuple(dict.fromkeys(reasons))
    return Verdict(is_inside=not seen, reasons=seen, areas=_common_areas(places, law, on), law=law.version)


def judge_transfer(
    boundary: Boundary,
    pair: tuple[Location, Location],
    data_class: str,
    law: LawBook,
    *,
    on: date,
    is_demo_house: bool = False,
) -> Transfer:
    """Judge a copy from the first location of `pair` to the second. Only the target must be inside: data
    may always come home.
    """
    source, target = pair
    before, after = _areas(source, law, on), _areas(target, law, on)
    return Transfer(
        source=source.id,
        target=target.id,
        leaves=tuple(area for area in before if area not in after),
        enters=tuple(area for area in after if area not in before),
        verdict=judge(boundary, (target,), data_class, law, on=on, is_demo_house=is_demo_house),
    )


def problems(boundary: Boundary, law: LawBook, on: date) -> tuple[Outside, ...]:
    """What stands against saving a boundary: areas or classes the law's tables do not know, or too many.

    An area that is both allowed and denied is not an error: denied wins.
    """
    listed = (boundary.areas, boundary.jurisdictions, boundary.denied_jurisdictions)
    found = [
        Outside(code="area-unknown", what=area)
        for areas in listed
        for area in areas[:AREAS_MAX]
        if not law.is_area(area)
    ]
    found += [
        Outside(code="class-unknown", what=name)
        for name in boundary.data_classes[:CLASSES_MAX]
        if law.allows(name, "DE", on) is None
    ]
    if any(len(areas) > AREAS_MAX for areas in listed) or len(boundary.data_classes) > CLASSES_MAX:
        found.append(Outside(code="too-many"))
    return tuple(dict.fromkeys(found))


def _judge_country(
    boundary: Boundary, place: Location, data_class: str, law: LawBook, on: date
) -> list[Outside]:
    if place.country is None or not law.is_country(place.country):
        return [Outside(code="country-unknown", location=place.id, what=place.country)]
    reasons = []
    if not set(law.areas_of(place.country, on)) & set(boundary.areas):
        reasons.append(Outside(code="country-not-allowed", location=place.id, what=place.country))
    allowed = law.allows(data_class, place.country, on)
    if allowed is None:
        reasons.append(Outside(code="class-unknown", what=data_class))
    elif not allowed:
        reasons.append(Outside(code="below-legal-floor", location=place.id, what=data_class))
    return reasons


def _judge_control(boundary: Boundary, place: Location, law: LawBook, on: date) -> list[Outside]:
    """Every jurisdiction that reaches the operator must be known and allowed, and none denied."""
    reasons = []
    if not place.operator:
        reasons.append(Outside(code="operator-unknown", location=place.id))
    if not place.jurisdictions:
        reasons.append(Outside(code="jurisdiction-unknown", location=place.id))
    for country in place.jurisdictions:
        areas = set(law.areas_of(country, on))
        if not law.is_country(country):
            code = "jurisdiction-unknown"
        elif areas & set(boundary.denied_jurisdictions):
            code = "jurisdiction-denied"
        elif not areas & set(boundary.jurisdictions):
            code = "jurisdiction-not-allowed"
        else:
            continue
        reasons.append(Outside(code=code, location=place.id, what=country))
    return reasons


def _areas(place: Location, law: LawBook, on: date) -> tuple[str, ...]:
    return law.areas_of(place.country, on) if place.country is not None else ()


def _common_areas(places: list[Location], law: LawBook, on: date) -> tuple[str, ...]:
    sets = [set(_areas(place, law, on)) for place in places]
    return tuple(sorted(set.intersection(*sets))) if sets else ()
