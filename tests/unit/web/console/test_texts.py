import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from custodes.web.console import texts
from custodes.web.console.pages import TEMPLATES

CONSOLE = Path(texts.__file__).parent
AT = datetime(2026, 11, 22, 8, 0, 5, tzinfo=UTC)


def test_moments_are_local_and_say_their_zone() -> None:
    de, en = texts.Texts("de"), texts.Texts("en")
    assert de.moment(AT) == "22. November 2026, 09:00 MEZ"
    assert en.moment(AT) == "22 November 2026, 09:00 CET"
    assert de.moment(datetime(2026, 7, 1, 8, tzinfo=UTC)) == "1. Juli 2026, 10:00 MESZ"
    assert de.instant(AT) == "22.11.2026 09:00:05"
    assert en.instant(AT) == "22/11/2026 09:00:05"
    assert en.day(datetime(2026, 11, 22, 23, 30, tzinfo=UTC)) == "23 November 2026"
    assert texts.Texts("de", "UTC").day(AT) == "22. November 2026"
    on = AT.date()
    assert (de.calendar(on), de.shortday(on), de.month(on)) == ("22.11.2026", "22.11.", "November 2026")
    assert (en.calendar(on), en.shortday(on), en.month(on)) == ("22 Nov 2026", "22 Nov", "November 2026")


def test_numbers_and_sizes() -> None:
    de, en = texts.Texts("de"), texts.Texts("en")
    assert (de.number(1_234_567), en.number(1_234_567)) == ("1.234.567", "1,234,567")
    assert [en.size(n) for n in (0, 1_023, 1_024, 1_536, 5 * 2**40, 5_000 * 2**40)] == [
        "0 B",
        "1,023 B",
        "1 KiB",
        "1.5 KiB",
        "5 TiB",
        "5,000 TiB",
    ]
    assert de.size(1_536) == "1,5 KiB"
    assert (de.country("FR"), en.country("DE"), en.country("")) == ("Frankreich", "Germany", "")


@pytest.mark.parametrize(
    ("asked", "kept", "accepted", "language"),
    [
        ("de", "en", "en", "de"),
        (None, "de", "en", "de"),
        (None, None, "de-AT,en;q=0.8", "de"),
        (None, None, "fr, en;q=0.5, de;q=0.9", "de"),
        (None, None, "de;q=0, en", "en"),
        (None, None, "", "en"),
        (None, None, "*;;,q=,de;q=x", "en"),
        ("../../etc", "xx", "fr", "en"),
        (None, None, "x" * 10_000 + ",de", "en"),
    ],
)
def test_choice_of_language(asked: str | None, kept: str | None, accepted: str, language: str) -> None:
    assert texts.choose(asked, kept, accepted) == language


def messages() -> set[str | tuple[str, ...]]:
    methods = [("templates/**.html", babel_extract), ("**.py", "python")]
    keywords = {"_": None, "ngettext": (1, 2), "mark": None}
    found = extract_from_dir(CONSOLE, methods, {}, keywords)  # type: ignore[arg-type]
    return {message for _, _, message, _, _ in found}


def test_every_message_has_a_german_text_that_differs() -> None:
    path = texts.LOCALES / "de/LC_MESSAGES/console.po"
    odd = [
        line for line in path.read_text().splitlines() if not re.match(r'$|#|"|msg(id|id_plural|str)\b', line)
    ]
    assert odd == [], "what two people wrote at once was not put together"
    with path.open("rb") as source:
        german = read_po(source, locale="de")
    known = {m.id if isinstance(m.id, str) else tuple(m.id): m for m in german if m.id}
    asked = messages()
    assert len(asked) > 200
    assert set(known) == asked, "missing or left over"
    for key, message in known.items():
        pairs = (
            list(zip(key, message.string, strict=True)) if isinstance(key, tuple) else [(key, message.string)]
        )
        for english, text in pairs:
            assert text, key
            assert text != english, key
            assert sorted(re.findall(r"%\(\w+\)s", text)) == sorted(re.findall(r"%\(\w+\)s", english)), key
            assert not message.fuzzy, key


def test_templates_hold_no_text_outside_of_messages() -> None:
    for path in sorted(TEMPLATES.rglob("*.html")):
        source = path.read_text(encoding="utf-8")
        source = re.sub(r"\{% set ties %\}.*?\{% endset %\}", "", source)  # attributes, no text
        raw = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", source, flags=re.DOTALL)
        attributes = re.findall(r'\b(?:aria-label|alt|title|placeholder|data-label)="([^"]*)"', raw)
        left = re.sub(r"<[^>]*>", " ", raw)
        words = re.findall(r"[A-Za-zÄÖÜäöü]+", " ".join([left, *attributes]))
        assert set(words) <= {"Custodes"}, (path.name, words)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain ä/日本.txt", "plain ä/日本.txt"),
        ("\u202egnp.exe", "⟨U+202E⟩gnp.exe"),
        ("a\tb\n", "a⟨U+0009⟩b⟨U+000A⟩"),
        (" a  b ", "⟨U+0020⟩a⟨U+0020⟩⟨U+0020⟩b⟨U+0020⟩"),
        ("\u200b", "⟨U+200B⟩"),
        ("\u2028", "⟨U+2028⟩"),
        ("", ""),
    ],
)
def test_a_name_is_shown_as_it_is_and_nothing_in_it_hides(given, shown):
    assert texts.named(given) == shown
