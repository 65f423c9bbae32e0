"""Languages: which one a reader gets, and his texts, dates and numbers.

English stands in the templates; `locale/<language>/LC_MESSAGES/console.po` holds the others and is read at
start, without a build step.
"""

import gettext
import io
from collections.abc import Iterable
from datetime import date, datetime, tzinfo
from pathlib import Path

from babel import Locale
from babel.core import parse_locale
from babel.dates import format_date, format_datetime, get_timezone
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from custodes.kernel.actor import ANYONE

from .words.marking import mark

LOCALES = Path(__file__).parent / "locale"
LANGUAGES = {"de": "Deutsch", "en": "English"}
ANYONE_SAID = mark("anyone (nobody knows who)")
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


class Texts:
    """The texts of one language, and times in one zone."""

    def __init__(self, language: str, zone: str = "Europe/Berlin") -> None:
        self.language = language
        self.catalog = catalog(language)
        self._locale = Locale.parse("en_GB" if language == "en" else language)
        self._zone: tzinfo = get_timezone(zone)

    def moment(self, at: datetime) -> str:
        """`22. November 2026, 09:00 MEZ`: date and minute with the zone's name."""
        pattern = "d. MMMM y, HH:mm z" if self.language == "de" else "d MMMM y, HH:mm z"
        return format_datetime(at, pattern, tzinfo=self._zone, locale=self._locale)

    def instant(self, at: datetime) -> str:
        """Numbers only, for tables: `22.11.2026 09:00:00`."""
        pattern = "dd.MM.y HH:mm:ss" if self.language == "de" else "dd/MM/y HH:mm:ss"
        return format_datetime(at, pattern, tzinfo=self._zone, locale=self._locale)

    def day(self, at: datetime) -> str:
        """`22. November 2026`."""
        return format_date(at.astimezone(self._zone), "long", locale=self._locale)

    def weekday(self, at: date) -> str:
        """`Mo. 23.11.`, for the columns of a calendar."""
        return format_date(at, "EEE d.M." if self.language == "de" else "EEE d MMM", locale=self._locale)

    def calendar(self, on: date) -> str:
        """A day that belongs to no zone, for tables: `23.11.2026`, `23 Nov 2026`."""
        return format_date(on, "medium", locale=self._locale)

    def shortday(self, on: date) -> str:
        """Without its year, under a drawing: `1.11.`, `1 Nov`."""
        return format_date(on, "d.M." if self.language == "de" else "d MMM", locale=self._locale)

    def month(self, on: date) -> str:
        """`November 2026`."""
        return format_date(on, "LLLL y", locale=self._locale)

    def number(self, value: int) -> str:
        """With the language's grouping."""
        return format_decimal(value, locale=self._locale)

    def size(self, size_bytes: int) -> str:
        """Bytes in the largest binary unit that leaves a number of at least 1."""
        value, unit = float(size_bytes), _UNITS[0]
        for unit in _UNITS:
            if value < 1024 or unit == _UNITS[-1]:
                break
            value /= 1024
        pattern = "#,##0.#" if unit != "B" else "#,##0"
        return f"{format_decimal(value, format=pattern, locale=self._locale)} {unit}"

    def country(self, code: str) -> str:
        """A country's name (CLDR); the code itself where CLDR has none, empty for the unknown."""
        name: str = self._locale.territories.get(code, code)
        return name

    def known(self, who: str) -> str:
        """Who acted, by name; `anyone` is said in words: nobody knows who it was."""
        return self.catalog.gettext(ANYONE_SAID) if who == ANYONE.credential else who


def named(text: str) -> str:
    """A name somebody gave, so that what is shown is what it is: characters that cannot be seen or turn the
    direction of writing, and spaces at an end or side by side, are spelled out (`⟨U+202E⟩`).
    """
    if text.isprintable() and text.strip() == text and "  " not in text:
        return text
    last = len(text) - 1
    return "".join(
        f"⟨U+{ord(one):04X}⟩"
        if not one.isprintable() or (one == " " and (n in (0, last) or " " in (text[n - 1], text[n + 1])))
        else one
        for n, one in enumerate(text)
    )


def catalog(language: str, locales: Path = LOCALES) -> gettext.NullTranslations:
    """The translations of one language, compiled in memory; none for English."""
    path = locales / language / "LC_MESSAGES" / "console.po"
    if language == "en":
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def choose(asked: str | None, kept: str | None, accepted: str, known: Iterable[str] = LANGUAGES) -> str:
    """`?lang=`, then the cookie, then Accept-Language (RFC 9110 section 12.5.4), then English."""
    languages = tuple(known)
    for wish in (asked, kept, *_accepted(accepted)):
        if wish in languages:
            return wish
    return "en"


def _accepted(header: str) -> list[str]:
    wishes: list[tuple[float, int, str]] = []
    for place, part in enumerate(header[:500].split(",")):
        tag, _, quality = part.strip().partition(";q=")
        try:
            language = parse_locale(tag.strip(), sep="-")[0]
            weight = float(quality or 1)
        except ValueError:
            continue
        if 0 < weight <= 1:
            wishes.append((-weight, place, language))
    return [language for _, _, language in sorted(wishes)]
