"""XML, as little of it as S3 needs: a strict bounded reader and a writer that escapes everything.

The reader takes elements and text only. A document type, an entity, a processing instruction, mixed
content, more depth or more elements than allowed: `xml-malformed`. Namespaces are read and dropped.
"""

import re
from xml.parsers import expat

import msgspec

from custodes.kernel.refusal import malformed

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
DEPTH_MAX = 8
ELEMENTS_MAX = 100_000
TEXT_CHARS_MAX = 8_192

_ESCAPED = re.compile('[&<>"\x00-\x08\x0b-\x1f\ufffe\uffff\r]')
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


class Element(msgspec.Struct, frozen=True, kw_only=True):
    """An element: its children, or its text."""

    name: str
    text: str = ""
    children: tuple["Element", ...] = ()

    def child(self, name: str) -> "Element | None":
        """The one child of this name; two are `xml-malformed`."""
        found = [each for each in self.children if each.name == name]
        if len(found) > 1:
            raise malformed("xml-malformed")
        return found[0] if found else None

    def value(self, name: str) -> str | None:
        """The text of the one child of this name."""
        found = self.child(name)
        if found is None:
            return None
        if found.children:
            raise malformed("xml-malformed")
        return found.text


def parse(raw: bytes, root: str) -> Element:
    """Read a document whose root element has this name (`xml-malformed`)."""
    builder = _Builder()
    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = builder.refuse
    parser.EntityDeclHandler = builder.refuse
    parser.ProcessingInstructionHandler = builder.refuse
    try:
        raw.decode("utf-8", "strict")
        parser.Parse(raw, True)
    except (expat.ExpatError, UnicodeDecodeError) as error:
        raise malformed("xml-malformed") from error
    found = builder.root
    if found is None or found.name != root:
        raise malformed("xml-malformed")
    return found


def element(name: str, value: str | int | bool) -> str:
    """One element with text."""
    if isinstance(value, bool):
        return f"<{name}>{'true' if value else 'false'}</{name}>"
    return f"<{name}>{escape(value) if isinstance(value, str) else value}</{name}>"


def wrap(name: str, *inner: str) -> str:
    """One element around others that are XML already."""
    return f"<{name}>{''.join(inner)}</{name}>"


def document(root: str, *inner: str, namespace: str | None = NAMESPACE) -> bytes:
    """A whole document; `inner` is XML already."""
    xmlns = f' xmlns="{namespace}"' if namespace else ""
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}{xmlns}>{"".join(inner)}</{root}>'
    return text.encode("utf-8")


def escape(text: str) -> str:
    """Text as XML; control characters as numeric references, as S3 writes them (not XML 1.0)."""
    if _ESCAPED.search(text) is None:
        return text
    return _ESCAPED.sub(lambda match: _NAMED.get(match[0]) or f"&#x{ord(match[0]):X};", text)


class _Builder:
    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[tuple[str, list[str], list[Element]]] = []
        self._elements = 0

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        self._elements += 1
        if len(self._open) >= DEPTH_MAX or self._elements > ELEMENTS_MAX:
            raise malformed("xml-malformed")
        if self._open:
            texts = self._open[-1][1]
            if "".join(texts).strip():
                raise malformed("xml-malformed")
            texts.clear()
        self._open.append((name.rpartition(" ")[2], [], []))

    def end(self, _name: str) -> None:
        name, texts, children = self._open.pop()
        made = Element(name=name, text="".join(texts), children=tuple(children))
        if self._open:
            self._open[-1][2].append(made)
        else:
            self.root = made

    def text(self, piece: str) -> None:
        _, texts, children = self._open[-1]
        if children:
            if piece.strip():
                raise malformed("xml-malformed")
            return
        texts.append(piece)
        if sum(map(len, texts)) > TEXT_CHARS_MAX:
            raise malformed("xml-malformed")

    def refuse(self, *_: object) -> None:
        raise malformed("xml-malformed")
