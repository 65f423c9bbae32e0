"""Sets of indexes of one log as spans: `[first, end)` pairs, rising, with a gap between any two."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from custodes.kernel.canonical import Plain

Span: TypeAlias = tuple[int, int]

FIELD_SPANS_MAX = 100  # of one entry: a field has 4,096 bytes


def of(indexes: Iterable[int]) -> list[Span]:
    """The spans of these indexes, which need not be in order."""
    found: list[Span] = []
    for index in sorted(set(indexes)):
        if found and found[-1][1] == index:
            found[-1] = (found[-1][0], index + 1)
        else:
            found.append((index, index + 1))
    return found


def union(spans: Iterable[Span]) -> list[Span]:
    """Any spans, overlapping or not, as spans."""
    found: list[Span] = []
    for first, end in sorted(spans):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((first, end))
    return found


def count(spans: Iterable[Span]) -> int:
    """How many indexes there are."""
    return sum(end - first for first, end in spans)


def within(spans: Iterable[Span], low: int, high: int) -> list[Span]:
    """The part that lies in [low, high)."""
    cut = ((max(first, low), min(end, high)) for first, end in spans)
    return [(first, end) for first, end in cut if first < end]


def missing(spans: Iterable[Span], low: int, high: int) -> list[Span]:
    """The part of [low, high) that these spans leave out."""
    found, at = [], low
    for first, end in union(within(spans, low, high)):
        if at < first:
            found.append((at, first))
        at = end
    if at < high:
        found.append((at, high))
    return found


def has(spans: Sequence[Span], index: int) -> bool:
    """Whether an index is among them."""
    return any(first <= index < end for first, end in spans)


def field_values(spans: Sequence[Span]) -> Iterator[list[Plain]]:
    """Values of the field `ranges`, each short enough for one entry."""
    for at in range(0, len(spans), FIELD_SPANS_MAX):
        yield [[first, end] for first, end in spans[at : at + FIELD_SPANS_MAX]]


def from_field(value: object) -> list[Span]:
    """Spans out of a field whose form was checked; none out of anything else."""
    rows = value if isinstance(value, list) else []
    return [(row[0], row[1]) for row in rows if isinstance(row, list) and len(row) == 2]
