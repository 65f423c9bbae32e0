"""Templates of onboarding files: dated data of this package, filled in by answers.

An answer is put in as one quoted text, so that no answer can become structure. What a template proposes is a
proposal; what the law's tables do not confirm, it does not either.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

from custodes.kernel.refusal import Refusal, absent, malformed

from . import reading

FOLDER = Path(__file__).parent / "templates"
ANSWER_CHARACTERS_MAX = 200
_PLACE = re.compile(r"\$\{([a-z_]+)\}")


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked, in both languages."""

    name: str
    de: str
    en: str


class _Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    de: str
    en: str
    about_de: str
    about_en: str
    example: tuple[str, ...]


class _Index(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: str
    questions: tuple[Question, ...]
    templates: tuple[_Row, ...]


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """One template: its words, its text with places, and an answer to each question by way of example."""

    name: str
    de: str
    en: str
    about_de: str
    about_en: str
    text: str
    example: Mapping[str, str]


def _load(folder: Path) -> tuple[str, tuple[Question, ...], Mapping[str, Template]]:
    """Read once, when the room is imported: later a process may not be allowed to."""
    index = msgspec.convert(reading.read((folder / "index.yaml").read_bytes()).value, _Index)
    names = [one.name for one in index.questions]
    made = {
        row.name: Template(
            name=row.name,
            de=row.de,
            en=row.en,
            about_de=row.about_de,
            about_en=row.about_en,
            text=(folder / f"{row.name}.yaml").read_text(encoding="utf-8"),
            example=MappingProxyType(dict(zip(names, row.example, strict=True))),
        )
        for row in index.templates
    }
    return index.version, index.questions, MappingProxyType(made)


VERSION, QUESTIONS, TEMPLATES = _load(FOLDER)


def fill(name: str, answers: Mapping[str, str]) -> str:
    """The file of a template with these answers; what is not answered is as in the example.

    `no-such-template` (absent), `bad-answer` (malformed; fact `question`).
    """
    template = TEMPLATES.get(name)
    if template is None:
        raise absent("no-such-template")
    given = {**template.example, **answers}
    for question, answer in given.items():
        is_text = answer == answer.strip() and answer.isprintable() and answer != ""
        if question not in template.example or not is_text or len(answer) > ANSWER_CHARACTERS_MAX:
            raise malformed("bad-answer", question=question[:80])
    return _PLACE.sub(lambda place: quoted(given[place[1]]), template.text)


def quoted(text: str) -> str:
    """A text as YAML's double-quoted style, which every JSON string is; plain where that is the same text."""
    if re.fullmatch(r"[A-Za-z][A-Za-z ]*[A-Za-z]", text) and text.lower() not in {"null", "true", "false"}:
        return text
    return json.dumps(text, ensure_ascii=False)


def asked_at(name: str, line: int) -> str:
    """The question whose answer stands on a line of a filled template; empty where none does."""
    template = TEMPLATES.get(name)
    lines = template.text.splitlines() if template else []
    found = _PLACE.search(lines[line - 1]) if 0 < line <= len(lines) else None
    return found[1] if found else ""


__all__ = ["QUESTIONS", "TEMPLATES", "VERSION", "Question", "Refusal", "Template", "asked_at", "fill"]
