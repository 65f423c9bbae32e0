"""A file as people write it, read strictly: YAML or JSON, to plain values and the line of each.

The YAML is the part of YAML 1.2.2 that says no more than JSON with comments: one document, no anchors, no
aliases, no tags, no merge keys, every name once, and only `true`, `false`, `null` and numbers are no text.
So `NO` is Norway, and nothing in a file can grow or become an object. Format: docs/reference/onboarding.md.
"""

import re
import unicodedata
from collections.abc import Iterator
from types import MappingProxyType
from typing import TypeAlias

import msgspec
import yaml

from custodes.kernel.refusal import Refusal, malformed

Value: TypeAlias = None | bool | int | str | list["Value"] | dict[str, "Value"]

FILE_BYTES_MAX = 131_072
DEPTH_MAX = 12
VALUES_MAX = 10_000
TEXT_CHARACTERS_MAX = 4_096
NUMBER_DIGITS_MAX = 15
SHOWN_CHARACTERS_MAX = 200
ROOT = "$"

_WORDS = MappingProxyType({"": None, "~": None, "null": None, "true": True, "false": False})
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_NUMBER_LIKE = re.compile(r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0[xob][0-9a-fA-F_]+")


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """The file as plain values, and where each stands: path (`$.customers[0].name`) to line, from 1."""

    value: Value
    lines: dict[str, int]

    def line(self, path: str) -> int:
        """The line of a path, or of the nearest thing around it that stands in the file."""
        while path not in self.lines and path != ROOT:
            path = path[: max(path.rfind("."), path.rfind("["))]
        return self.lines.get(path, 1)


def fault(why: str, line: int, path: str = ROOT, what: str = "") -> Refusal:
    """`file-refused` (malformed): where, which rule (a code of docs/reference/onboarding.md), and what."""
    return malformed("file-refused", line=line, path=_shown(path), why=why, what=_shown(what))


def read(raw: bytes) -> Text:
    """Read one file; `file-refused` (malformed) with the first thing that is wrong."""
    if len(raw) > FILE_BYTES_MAX:
        raise fault("too-long", 1, what=f"{len(raw)} bytes, {FILE_BYTES_MAX} at most")
    try:
        text = raw.decode("utf-8-sig", "strict")
    except UnicodeDecodeError as error:
        raise fault("not-utf8", raw[: error.start].count(b"\n") + 1) from error
    if text.lstrip().startswith("{"):  # JSON: a raw tab is white space between its tokens, never inside them
        text = text.replace("\t", " ")
    try:
        return _Builder().build(yaml.parse(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        line = getattr(error.problem_mark or error.context_mark, "line", 0)
        raise fault("not-yaml", line + 1, what=error.problem or "") from error
    except yaml.YAMLError as error:  # a character YAML does not have
        position = getattr(error, "position", 0)
        raise fault(
            "not-yaml", text[: position if isinstance(position, int) else 0].count("\n") + 1
        ) from error


def _shown(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text[:SHOWN_CHARACTERS_MAX])


class _Open(msgspec.Struct):
    """A list or a map that is being filled."""

    path: str
    value: list[Value] | dict[str, Value]
    name: str | None = None  # of a map: the name whose value comes next


class _Builder:
    """Builds values out of the parser's events one by one, and stops at the first that is not allowed."""

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._lines: dict[str, int] = {}
        self._value: Value = None
        self._documents = 0
        self._count = 0

    def build(self, events: Iterator[yaml.Event]) -> Text:
        """The one document; `file-refused`."""
        for event in events:
            line = getattr(event.start_mark, "line", 0) + 1
            if isinstance(event, yaml.DocumentStartEvent):
                self._document(event, line)
            elif isinstance(event, yaml.AliasEvent):
                raise fault("alias", line, self._path(), str(event.anchor))
            elif isinstance(event, yaml.NodeEvent):
                self._node(event, line)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._open.pop()
        if not self._lines:
            raise fault("empty", 1)
        return Text(value=self._value, lines=self._lines)

    def _document(self, event: yaml.DocumentStartEvent, line: int) -> None:
        self._documents += 1
        if self._documents > 1:
            raise fault("two-documents", line)
        if event.tags or event.version not in {None, (1, 1), (1, 2)}:
            raise fault("directive", line)

    def _node(self, event: yaml.NodeEvent, line: int) -> None:
        self._count += 1
        if self._count > VALUES_MAX:
            raise fault("too-many", line, self._path(), str(VALUES_MAX))
        if event.anchor is not None:
            raise fault("anchor", line, self._path(), str(event.anchor))
        if getattr(event, "tag", None) is not None:
            raise fault("tag", line, self._path(), str(getattr(event, "tag", "")))
        inside = self._open[-1] if self._open else None
        if inside is not None and isinstance(inside.value, dict) and inside.name is None:
            inside.name = self._named(event, line, inside)
            self._lines[f"{inside.path}.{inside.name}"] = line
            return
        path = self._path()
        self._lines.setdefault(path, line)  # of a member: where its name stands
        if isinstance(event, yaml.ScalarEvent):
            self._put(_scalar(event, line, path))
            return
        if len(self._open) >= DEPTH_MAX:
            raise fault("too-deep", line, path, str(DEPTH_MAX))
        made: list[Value] | dict[str, Value] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._put(made)
        self._open.append(_Open(path, made))

    def _named(self, event: yaml.NodeEvent, line: int, inside: _Open) -> str:
        """The name of the next member."""
        name = _scalar(event, line, inside.path) if isinstance(event, yaml.ScalarEvent) else None
        if not isinstance(name, str):
            raise fault("name-not-text", line, inside.path)
        if name == "<<":
            raise fault("merge-key", line, inside.path)
        if name in inside.value:
            raise fault("twice", line, inside.path, name)
        return name

    def _path(self) -> str:
        """Where the next value goes."""
        if not self._open:
            return ROOT
        inside = self._open[-1]
        if isinstance(inside.value, list):
            return f"{inside.path}[{len(inside.value)}]"
        return inside.path if inside.name is None else f"{inside.path}.{inside.name}"

    def _put(self, value: Value) -> None:
        if not self._open:
            self._value = value
            return
        inside = self._open[-1]
        if isinstance(inside.value, list):
            inside.value.append(value)
        elif inside.name is not None:
            inside.value[inside.name] = value
            inside.name = None


def _scalar(event: yaml.ScalarEvent, line: int, path: str) -> Value:
    """A value of YAML's core schema (section 10.3.2), narrowed: what could be read in two ways is refused."""
    text: str = event.value
    if len(text) > TEXT_CHARACTERS_MAX:
        raise fault("text-too-long", line, path, f"{len(text)} characters, {TEXT_CHARACTERS_MAX} at most")
    if event.style is not None:
        return _text(text, line, path)
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text) and len(text) <= NUMBER_DIGITS_MAX:
        return int(text)
    if _NUMBER_LIKE.fullmatch(text) or text.lower() in {"null", "true", "false"}:
        raise fault("unclear", line, path, text)
    return _text(text, line, path)


def _text(text: str, line: int, path: str) -> str:
    try:  # JSON writes what is beyond U+FFFF as two escapes
        whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "strict")
    except UnicodeDecodeError as error:
        raise fault("not-text", line, path) from error
    if not whole.isprintable() or whole != whole.strip() or not unicodedata.is_normalized("NFC", whole):
        raise fault("not-text", line, path, whole)
    return whole
