"""Codes and the words for them: one table per kind of code. A code that is in no table is shown as it is.

`mark` only marks a text for extraction; the words are looked up in the reader's language when a page is made.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from custodes.acts.asks.running.meanings import MEANINGS, NAMES
from custodes.desks import catalogue, forms
from custodes.desks import words as desk_words
from custodes.law.book import shipped
from custodes.policy.words import WORDS as RULE_WORDS

from .clouds import LABELS_OF_CLOUDS, OF_CLOUDS
from .desks import (
    BASES,
    CHOICES,
    DESKS,
    DONE,
    HINTS,
    LABELS,
    LIFTED,
    PUBLIC,
    REASONS,
    ROLES,
    STATES,
    VERBS,
)
from .files import ADOPTING, ADOPTIONS, FIGURES, ITEMS, LACKS
from .house import FINDINGS, HOLDERS, LABELS_OF_STRAYS, LIMITS, STORE_FAULTS, STORE_REMEDIES
from .log import ACTS, EXPLAINED, LOGS, OUTSIDE, SCOPES, WITHHELD
from .onboarding import FAULTS, MEMBERS, NOUNS, PLANNED, VERSIONING, WEAKER, WHO
from .people import (
    CHANNELS,
    MARKS,
    MESSAGES,
    NOTICES,
    STRETCHES,
    TRIED,
    TROUBLES,
)
from .preserving import (
    ACTS_OF_PRESERVING,
    CHOICES_OF_PRESERVING,
    DONE_OF_PRESERVING,
    EXPLAINED_OF_PRESERVING,
    LABELS_OF_PRESERVING,
    MESSAGES_OF_PRESERVING,
    REFUSALS_OF_PRESERVING,
)
from .refusals import KINDS, REFUSALS
from .rules import CHANGERS, CHANGING, CREDENTIALS, PARTIES, PHASES, WEEKDAYS, WHYS
from .telling import (
    CHOICES_OF_TELLING,
    HINTS_OF_TELLING,
    LABELS_OF_TELLING,
    NEEDS,
    TELLING,
    TELLING_OBJECTS,
    TOLD,
    TOLD_OBJECTS,
    UNTOLD,
    UNTOLD_OBJECTS,
)

_OF_DESKS = frozenset({"desk", "state", "verb", "role", "reason", "refusal"})


TABLES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "finding": FINDINGS,
        "noun": NOUNS,
        "planned": PLANNED,
        "who": WHO,
        "weaker": WEAKER,
        "member": MEMBERS,
        "fault": FAULTS,
        "versioning": VERSIONING,
        "meaning": {},  # these two have their words, in both languages, beside their codes
        "mend": {},
        "state": STATES,
        "verb": VERBS,
        "done": MappingProxyType({**DONE, **DONE_OF_PRESERVING}),
        "act": MappingProxyType({**ACTS, **ACTS_OF_PRESERVING}),
        "reason": REASONS,
        "role": ROLES,
        "label": MappingProxyType(
            {**LABELS_OF_TELLING, **LABELS_OF_STRAYS, **LABELS, **LABELS_OF_CLOUDS, **LABELS_OF_PRESERVING}
        ),
        **OF_CLOUDS,
        "hint": MappingProxyType({**HINTS, **HINTS_OF_TELLING}),
        "told": MappingProxyType({**TOLD, **TOLD_OBJECTS}),
        "untold": MappingProxyType({**UNTOLD, **UNTOLD_OBJECTS}),
        "telling": MappingProxyType({**TELLING, **TELLING_OBJECTS}),
        "need": NEEDS,
        "desk": DESKS,
        "basis": BASES,
        "public": PUBLIC,
        "holder": HOLDERS,
        "limit": LIMITS,
        "class": {},  # the law's own table has the words, in both languages
        "choice": MappingProxyType({**CHOICES_OF_TELLING, **CHOICES, **CHOICES_OF_PRESERVING}),
        "explained": MappingProxyType({**EXPLAINED, **EXPLAINED_OF_PRESERVING}),
        "lifted": LIFTED,
        "outside": OUTSIDE,
        "scope": SCOPES,
        "changer": CHANGERS,
        "why": WHYS,
        "phase": PHASES,
        "credential": CREDENTIALS,
        "party": PARTIES,
        "weekday": WEEKDAYS,
        "trouble": TROUBLES,
        "tried": TRIED,
        "mark": MARKS,
        "stretch": STRETCHES,
        "notice": NOTICES,
        "channel": CHANNELS,
        "message": MappingProxyType({**MESSAGES, **MESSAGES_OF_PRESERVING}),
        "changing": CHANGING,
        "log": LOGS,
        "withheld": WITHHELD,
        "lack": LACKS,
        "adoption": ADOPTIONS,
        "adopting": ADOPTING,
        "item": ITEMS,
        "figure": FIGURES,
        "store-fault": STORE_FAULTS,
        "store-remedy": STORE_REMEDIES,
        "refusal": MappingProxyType({**REFUSALS, **REFUSALS_OF_PRESERVING}),
        "kind": KINDS,
    }
)


def word(table: str, code: str, say: Callable[[str], str], language: str) -> str:
    """The words for a code in a language; `say` translates English.

    Codes of desks have theirs in `desks.words`, fields of their forms (`Ask.hours`) in `desks.forms`, beside
    the tables they come from. The code itself where there is none.
    """
    text = TABLES[table].get(code)
    if text is not None:
        return say(text)
    if table == "refusal" and code in RULE_WORDS:
        return RULE_WORDS[code].german if language == "de" else RULE_WORDS[code].english
    if table in _OF_FINDINGS:
        return _OF_FINDINGS[table].get(code, {}).get(language, code)
    if table == "class":
        pair = _OF_CLASSES.get(code)
        return code if pair is None else pair[0 if language == "de" else 1]
    if table in {"label", "hint"}:
        pair = _OF_FORMS.get((table, code))
        return code if pair is None else pair[0 if language == "de" else 1]
    known = desk_words.DESKS.get(code) if table == "desk" else desk_words.WORDS.get(code)
    if known is None or table not in _OF_DESKS:
        return code
    said = known.de if language == "de" else known.en
    return said if table == "role" else said[:1].upper() + said[1:]


def _of_forms() -> dict[tuple[str, str], tuple[str, str]]:
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for desk in (*catalogue.CURRENT.values(), *catalogue.APART.values()):
        for move in desk.moves:
            for field in forms.fields(move.form):
                code = f"{move.form.__name__}.{field.name}"
                found["label", code] = (field.label_de, field.label_en)
                found["hint", code] = (field.hint_de, field.hint_en)
    return found


_OF_CLASSES = MappingProxyType({row.code: (row.german, row.english) for row in shipped().tables.data_classes})
_OF_FORMS = MappingProxyType(_of_forms())
_OF_FINDINGS: Mapping[str, Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "finding": {code: {"en": en, "de": de} for code, (en, de) in NAMES.items()},
        "meaning": {code: {"en": one.en, "de": one.de} for code, one in MEANINGS.items()},
        "mend": {code: {"en": one.mend, "de": one.mend} for code, one in MEANINGS.items()},
    }
)
