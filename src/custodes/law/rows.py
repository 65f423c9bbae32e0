"""What a row of each table looks like.

Every row has a `source` and a `read_on` date. `confirmed` is true only where that source was read for
this table; where it is false the row is knowledge that counsel should check, and every page says so. A
rule is never looser because a row is unconfirmed.
"""

from datetime import date

import msgspec


class Sourced(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a row comes from. `read_on` is the day on which it was last looked at."""

    source: str
    read_on: date
    confirmed: bool


class Country(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """ISO 3166-1 alpha-2."""

    code: str
    german: str
    english: str


class Member(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A country in a union from one day until another (exclusive)."""

    country: str
    since: date
    until: date | None = None


class Union(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of countries: EU, EEA, EFTA ..."""

    code: str
    german: str
    english: str
    origin: Sourced
    members: tuple[Member, ...]


class Adequacy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A decision under Art. 45 GDPR, or one that stays in force under Art. 45(9).

    `scope` is `whole` or `part`; a decision for part of a country (certified companies, one sector) never
    makes a *location* adequate by itself. `applies_from` is the day of adoption.
    """

    country: str
    instrument: str
    applies_from: date
    applies_until: date | None = None
    scope: str
    german: str
    english: str
    origin: Sourced


class Reach(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A law by which a country claims data that lies elsewhere, through who controls it."""

    country: str
    name: str
    article: str
    german: str
    english: str
    origin: Sourced


class DataClass(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of data and the places the law allows for it: the *floor* that no boundary may go below.

    `floor` lists countries and unions; `adequate_too` adds countries with a whole adequacy decision; an
    empty floor means that the law names no place. `conditions` are what the law asks besides the place:
    shown to people, not judged by the machine.
    """

    code: str
    german: str
    english: str
    articles: tuple[str, ...]
    floor: tuple[str, ...]
    adequate_too: bool
    conditions_german: tuple[str, ...]
    conditions_english: tuple[str, ...]
    origin: Sourced


class Tables(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All tables of one version."""

    version: str
    countries_origin: Sourced
    countries: tuple[Country, ...]
    unions: tuple[Union, ...]
    adequacy: tuple[Adequacy, ...]
    reaches: tuple[Reach, ...]
    data_classes: tuple[DataClass, ...]
