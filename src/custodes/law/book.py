"""Reading the tables, and the questions the other rooms ask of them."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from importlib import resources

import msgspec

from custodes.kernel import canonical

from .rows import Adequacy, Country, DataClass, Reach, Sourced, Tables, Union

FILES = ("countries", "unions", "adequacy", "reaches", "data_classes")
VERSION = "2026-11-22"


class Unconfirmed(msgspec.Struct, frozen=True, kw_only=True):
    """A row that nobody has checked against its source yet; pages mark it and list it."""

    table: str
    row: str
    origin: Sourced


class Book:
    """The tables of one version; an open case keeps the version it began with."""

    def __init__(self, tables: Tables) -> None:
        _check(tables)
        self.tables = tables
        self.version = tables.version
        self.table_hash = _hash(tables)
        self._countries = {row.code: row for row in tables.countries}
        self._unions = {row.code: row for row in tables.unions}
        self._classes = {row.code: row for row in tables.data_classes}

    def country(self, code: str) -> Country | None:
        """The row of a country; None when there is no such code."""
        return self._countries.get(code)

    def union(self, code: str) -> Union | None:
        """The row of a union; None when there is no such code."""
        return self._unions.get(code)

    def data_class(self, code: str) -> DataClass | None:
        """The row of a data class; None when there is no such code."""
        return self._classes.get(code)

    def is_country(self, code: str) -> bool:
        """Whether this is an ISO 3166-1 code we know."""
        return code in self._countries

    def is_area(self, code: str) -> bool:
        """Whether this is a country or a union we know."""
        return code in self._countries or code in self._unions

    def members(self, union: str, on: date) -> frozenset[str]:
        """The countries of a union on a day; empty when there is no such union."""
        row = self._unions.get(union)
        return frozenset(
            member.country
            for member in (row.members if row is not None else ())
            if member.since <= on and (member.until is None or on < member.until)
        )

    def areas_of(self, country: str, on: date) -> tuple[str, ...]:
        """The country and every union it lies in on a day, sorted; empty for an unknown country."""
        if country not in self._countries:
            return ()
        unions = (code for code in self._unions if country in self.members(code, on))
        return (country, *sorted(unions))

    def adequacy(self, country: str, on: date) -> tuple[Adequacy, ...]:
        """The adequacy decisions for a country that apply on a day."""
        return tuple(
            row
            for row in self.tables.adequacy
            if row.country == country
            and row.applies_from <= on
            and (row.applies_until is None or on < row.applies_until)
        )

    def is_adequate(self, country: str, on: date) -> bool:
        """Whether the whole country is covered on a day. A decision for a part does not count, and one that
        nobody has confirmed does not either: an unconfirmed row never loosens a rule.
        """
        return any(row.scope == "whole" and row.origin.confirmed for row in self.adequacy(country, on))

    def reaches_of(self, country: str) -> tuple[Reach, ...]:
        """The laws by which a country reaches beyond its borders, as far as the table knows."""
        return tuple(row for row in self.tables.reaches if row.country == country)

    def allows(self, data_class: str, country: str, on: date) -> bool | None:
        """Whether the law's floor for a class lets its data lie in a country; None for a class it does
        not know.
        """
        row = self._classes.get(data_class)
        if row is None:
            return None
        if not self.is_country(country):
            return False
        if not row.floor:
            return True
        inside = set(self.areas_of(country, on)) & set(row.floor)
        return bool(inside) or (row.adequate_too and self.is_adequate(country, on))

    def unconfirmed(self) -> tuple[Unconfirmed, ...]:
        """Every row that is not confirmed, in the order of the tables."""
        return tuple(
            Unconfirmed(table=table, row=row, origin=origin)
            for table, row, origin in self.origins()
            if not origin.confirmed
        )

    def origins(self) -> Iterator[tuple[str, str, Sourced]]:
        """Table, row and origin of everything the book says."""
        tables = self.tables
        yield "countries", "*", tables.countries_origin
        yield from (("unions", row.code, row.origin) for row in tables.unions)
        yield from (("adequacy", f"{row.country} {row.instrument}", row.origin) for row in tables.adequacy)
        yield from (("reaches", f"{row.country} {row.article}", row.origin) for row in tables.reaches)
        yield from (("data_classes", row.code, row.origin) for row in tables.data_classes)


def read(texts: Mapping[str, str], version: str = VERSION) -> Book:
    """Make a book from the JSON text of each of `FILES`; ValueError for anything but good tables."""
    if set(texts) != set(FILES):
        raise ValueError("the tables are " + ", ".join(FILES))
    parsed = {name: msgspec.json.decode(texts[name]) for name in FILES}
    countries = parsed.pop("countries")
    return Book(
        msgspec.convert(
            {
                "version": version,
                "countries_origin": countries["origin"],
                "countries": countries["rows"],
                **{name: table["rows"] for name, table in parsed.items()},
            },
            Tables,
        )
    )


@cache
def shipped() -> Book:
    """The book of this package, read once: it does not change while a process runs."""
    folder = resources.files(__package__) / "tables"
    return read({name: (folder / f"{name}.json").read_text(encoding="utf-8") for name in FILES})


def _hash(tables: Tables) -> bytes:
    """SHA-256 over the canonical form: what an entry cites, so that nobody changes the law afterwards."""
    return hashlib.sha256(b"custodes/law/v1\n" + canonical.encode(msgspec.to_builtins(tables))).digest()


def _check(tables: Tables) -> None:
    """No code twice, no reference to an unknown code, nothing without a source."""
    countries = [row.code for row in tables.countries]
    unions = [row.code for row in tables.unions]
    classes = [row.code for row in tables.data_classes]
    for codes in (countries, unions, classes, countries + unions):
        if len(set(codes)) != len(codes):
            raise ValueError("a code twice")
    known = set(countries)
    named = [member.country for row in tables.unions for member in row.members]
    named += [row.country for row in tables.adequacy] + [row.country for row in tables.reaches]
    if set(named) - known:
        raise ValueError(f"unknown country {sorted(set(named) - known)[0]}")
    floors = {code for row in tables.data_classes for code in row.floor}
    if floors - known - set(unions):
        raise ValueError(f"unknown area {sorted(floors - known - set(unions))[0]}")
    if any(row.scope not in {"whole", "part"} for row in tables.adequacy):
        raise ValueError("a scope is whole or part")
    origins = [tables.countries_origin, *(row.origin for row in tables.unions)]
    origins += [row.origin for row in tables.adequacy] + [row.origin for row in tables.reaches]
    origins += [row.origin for row in tables.data_classes]
    if any(not origin.source.strip() for origin in origins):
        raise ValueError("a row without a source")
