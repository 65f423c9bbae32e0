"""Whether a change loosens what protects data. When in doubt it does.

A rule that permits widens, one that forbids narrows; a rule that forbids and is filled in otherwise loosens
unless every place of it is as narrow as before.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

from custodes.boundary.places import Boundary
from custodes.law.book import Book
from custodes.policy.presets import PRESETS

Choice = tuple[str, Mapping[str, Any]]

# Of the places of rules that forbid: whether (old, new) is no looser. A place not named here always is.
_NARROWER: Mapping[str, Callable[[Any, Any], bool]] = MappingProxyType(
    {
        "areas": lambda old, new: set(new) <= set(old),
        "weekdays": lambda old, new: set(new) <= set(old),
        "purposes": lambda old, new: set(new) <= set(old),
        "classes": lambda old, new: set(new) >= set(old),
        "from": lambda old, new: new >= old,
        "to": lambda old, new: new <= old,
    }
)


def of_boundary(old: Boundary | None, new: Boundary, book: Book, on: date) -> tuple[str, ...]:
    """Codes of `steps.WEAKER` with what is added. Unions are compared by their countries of that day."""
    if old is None:  # without a boundary nothing may lie anywhere
        return ()
    found = []
    for code, before, after in (
        ("areas-added", old.areas, new.areas),
        ("jurisdictions-added", old.jurisdictions, new.jurisdictions),
        ("denial-dropped", new.denied_jurisdictions, old.denied_jurisdictions),
    ):
        more = sorted(_countries(after, book, on) - _countries(before, book, on))
        if more:
            found.append(f"{code}:{', '.join(more)}")
    known = {row.code for row in book.tables.data_classes}
    classes = sorted((set(new.data_classes) or known) - (set(old.data_classes) or known))
    if classes:
        found.append(f"classes-added:{', '.join(classes)}")
    return tuple(found)


def of_witnesses(old: str, new: str) -> tuple[str, ...]:
    """Codes of `steps.WEAKER`: whoever asked for witnesses of his own and asks for others may lose some."""
    return ("witnesses-others",) if old and old != new else ()


def of_rules(old: Sequence[Choice], new: Sequence[Choice]) -> tuple[str, ...]:
    """Codes of `steps.WEAKER` with the form's name."""
    gone = [one for one in old if one not in new]
    come = [one for one in new if one not in old]
    found = []
    for name, _filled in come:
        if not forbids(name):
            found.append(f"rule-added:{name}")
    for name, filled in gone:
        if name in PRESETS and not forbids(name):
            continue
        instead = [other for form, other in come if form == name]
        if not instead:
            found.append(f"rule-dropped:{name}")
        elif not any(_is_no_looser(filled, other) for other in instead):
            found.append(f"rule-looser:{name}")
    return tuple(dict.fromkeys(found))


def forbids(name: str) -> bool:
    """Whether rules of this form take away."""
    preset = PRESETS.get(name)
    return preset is not None and preset.text.lstrip().startswith("forbid")


def _is_no_looser(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    if set(old) != set(new):
        return False
    return all(
        old[place] == new[place] or (place in _NARROWER and _NARROWER[place](old[place], new[place]))
        for place in old
    )


def _countries(areas: Sequence[str], book: Book, on: date) -> set[str]:
    """Unions by their members; a code of its own stays itself."""
    return {country for area in areas for country in (book.members(area, on) or {area})}
