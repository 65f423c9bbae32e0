import hashlib
import json
from datetime import date
from importlib import resources

import msgspec
import pytest

from custodes.kernel import canonical
from custodes.law.book import FILES, VERSION, read, shipped

TODAY = date(2026, 11, 22)
BOOK = shipped()


def texts():
    folder = resources.files("custodes.law") / "tables"
    return {name: (folder / f"{name}.json").read_text(encoding="utf-8") for name in FILES}


def changed(table, change):
    all_texts = texts()
    rows = json.loads(all_texts[table])
    change(rows)
    return {**all_texts, table: json.dumps(rows)}


def test_every_row_has_a_source_and_a_day():
    origins = list(BOOK.origins())
    assert len(origins) > 35
    for table, row, origin in origins:
        assert len(origin.source) >= len("From general knowledge"), (table, row)
        assert date(2026, 1, 1) <= origin.read_on <= TODAY, (table, row)


def test_what_is_not_confirmed_is_listed_and_says_so_in_its_source():
    unconfirmed = BOOK.unconfirmed()
    assert unconfirmed
    words = ("not read", "general knowledge", "not confirmed", "must confirm", "cautious reading")
    for one in unconfirmed:
        assert any(word in one.origin.source for word in words), one.row
    confirmed = {(table, row) for table, row, origin in BOOK.origins() if origin.confirmed}
    assert not confirmed & {(one.table, one.row) for one in unconfirmed}
    assert {("unions", "EU"), ("data_classes", "health"), ("reaches", "US 18 U.S.C. § 2713")} <= confirmed


def test_general_knowledge_is_never_called_confirmed():
    for table, row, origin in BOOK.origins():
        if origin.source.startswith("From general knowledge"):
            assert not origin.confirmed, (table, row)


def test_an_unconfirmed_decision_loosens_nothing():
    assert BOOK.adequacy("GB", TODAY)
    assert not BOOK.is_adequate("GB", TODAY)
    assert BOOK.is_adequate("CH", TODAY)


def test_a_decision_for_a_part_makes_no_country_adequate():
    for country in ("US", "CA", "JP", "KR", "IL"):
        assert BOOK.adequacy(country, TODAY)
        assert not BOOK.is_adequate(country, TODAY)


def test_decisions_begin_and_end():
    assert BOOK.adequacy("BR", date(2026, 1, 25)) == ()
    assert BOOK.is_adequate("BR", date(2026, 1, 26))
    assert BOOK.adequacy("GB", date(2021, 6, 27)) == ()
    assert BOOK.is_adequate("GB", date(2024, 1, 1))
    assert [row.applies_until for row in BOOK.adequacy("GB", date(2025, 12, 27))] == [
        date(2025, 12, 28),
        date(2031, 12, 28),
    ]
    assert BOOK.adequacy("GB", date(2031, 12, 28)) == ()


def test_countries_are_the_249_in_two_languages():
    assert len(BOOK.tables.countries) == 249
    assert (BOOK.country("DE").german, BOOK.country("DE").english) == ("Deutschland", "Germany")
    for code in ("EU", "XK", "UK", "de", "", "ZZ"):
        assert not BOOK.is_country(code)
    assert BOOK.country("XX") is None


def test_unions_have_their_members_of_the_day():
    assert len(BOOK.members("EU", TODAY)) == 27
    assert len(BOOK.members("EEA", TODAY)) == 30
    assert BOOK.members("EFTA", TODAY) == {"CH", "IS", "LI", "NO"}
    assert BOOK.members("EU", TODAY) < BOOK.members("EEA", TODAY)
    assert "GB" in BOOK.members("EU", date(2020, 1, 31))
    assert "GB" not in BOOK.members("EU", date(2020, 2, 1))
    assert "HR" not in BOOK.members("EU", date(2013, 6, 30))
    assert BOOK.members("NATO", TODAY) == frozenset()
    assert BOOK.areas_of("DE", TODAY) == ("DE", "EEA", "EU")
    assert BOOK.areas_of("XX", TODAY) == ()
    assert BOOK.is_area("EU")
    assert not BOOK.is_area("XX")
    assert BOOK.union("EU").english == "European Union"
    assert BOOK.union("XX") is None


@pytest.mark.parametrize(
    ("data_class", "country", "allowed"),
    [
        ("health", "DE", True),
        ("health", "NO", True),
        ("health", "CH", True),
        ("health", "NZ", True),
        ("health", "US", False),
        ("health", "GB", False),
        ("social", "FR", True),
        ("social", "IN", False),
        ("tax-books", "FR", True),
        ("tax-books", "CH", False),
        ("tax-secrecy", "FR", False),
        ("tax-secrecy", "DE", True),
        ("professional-secrecy", "AT", True),
        ("professional-secrecy", "CH", False),
        ("classified-restricted", "AT", False),
        ("personal", "US", False),
        ("personal", "IS", True),
        ("open", "US", True),
        ("open", "XX", False),
        ("no-such-class", "DE", None),
    ],
)
def test_the_floor_of_a_class(data_class, country, allowed):
    assert BOOK.allows(data_class, country, TODAY) is allowed


def test_every_class_names_its_articles_and_conditions_in_both_languages():
    for row in BOOK.tables.data_classes:
        assert row.articles
        assert len(row.conditions_german) == len(row.conditions_english)
        assert row.german != row.english
    assert BOOK.data_class("health").articles[0].startswith("§ 393")
    assert BOOK.data_class("none") is None


def test_a_law_that_reaches_is_known_for_its_country():
    assert BOOK.reaches_of("US")[0].article == "18 U.S.C. § 2713"
    assert BOOK.reaches_of("LU") == ()


def test_the_hash_changes_with_every_word():
    assert BOOK.version == VERSION
    plain = canonical.encode(msgspec.to_builtins(BOOK.tables))
    assert BOOK.table_hash == hashlib.sha256(b"custodes/law/v1\n" + plain).digest()

    def confirm(rows):
        rows["rows"][0]["origin"]["confirmed"] = not rows["rows"][0]["origin"]["confirmed"]

    assert read(changed("reaches", confirm)).table_hash != BOOK.table_hash
    assert read(texts(), version="other").table_hash != BOOK.table_hash
    assert read(texts()).table_hash == BOOK.table_hash


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("unions", lambda d: d["rows"][0]["members"].append({"country": "XX", "since": "2020-01-01"})),
        ("unions", lambda d: d["rows"].append(d["rows"][0])),
        ("adequacy", lambda d: d["rows"][0].update(country="XX")),
        ("adequacy", lambda d: d["rows"][0].update(scope="mostly")),
        ("adequacy", lambda d: d["rows"][0].update(applies_from="2020-13-01")),
        ("reaches", lambda d: d["rows"][0].update(country="XX")),
        ("reaches", lambda d: d["rows"][0]["origin"].update(source=" ")),
        ("reaches", lambda d: d["rows"][0].pop("origin")),
        ("data_classes", lambda d: d["rows"][0]["floor"].append("XX")),
        ("data_classes", lambda d: d["rows"][0].update(surprise=1)),
        ("countries", lambda d: d["rows"].append({"code": "EU", "german": "a", "english": "b"})),
        ("countries", lambda d: d["origin"].update(source="")),
    ],
)
def test_bad_tables_are_refused(table, change):
    with pytest.raises((ValueError, msgspec.ValidationError)):
        read(changed(table, change))


def test_a_missing_table_is_refused():
    with pytest.raises(ValueError, match="the tables are"):
        read({name: text for name, text in texts().items() if name != "unions"})
