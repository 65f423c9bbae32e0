"""Why a key is used, in one vocabulary: what each wire's own word for it means here.

A reason is what the other end says, so it is recorded as its claim; its *purpose* is what policy judges by.
An exceptional purpose (support, incident, order) never touches data without a grant, whoever says so.
"""

from functools import cache
from importlib import resources

import msgspec

from .rows import Sourced

UNKNOWN = "unknown"


class Reason(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reason; `purpose` is one of the policy's purposes."""

    code: str
    purpose: str
    german: str
    english: str


class Word(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one protocol calls a reason."""

    protocol: str
    word: str
    reason: str
    origin: Sourced


class Reasons(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table."""

    rows: tuple[Reason, ...]
    words: tuple[Word, ...]


class Vocabulary:
    """The table, asked by protocol and word."""

    def __init__(self, table: Reasons) -> None:
        self.table = table
        self._reasons = {row.code: row for row in table.rows}
        self._words = {(row.protocol, row.word): self._reasons[row.reason] for row in table.words}
        if len(self._reasons) != len(table.rows) or len(self._words) != len(table.words):
            raise ValueError("a code or a word twice")

    def of(self, protocol: str, word: str) -> Reason:
        """What this word means; `unknown` for one that the table does not have."""
        return self._words.get((protocol, word)) or self._reasons[UNKNOWN]

    def reason(self, code: str) -> Reason | None:
        """The row of a code."""
        return self._reasons.get(code)


@cache
def vocabulary() -> Vocabulary:
    """The table of this package."""
    raw = (resources.files(__package__) / "tables" / "reasons.json").read_bytes()
    return Vocabulary(msgspec.json.decode(raw, type=Reasons))
