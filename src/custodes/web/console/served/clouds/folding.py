"""Counts of connections and programs as pages show them, and the denials behind them."""

from collections.abc import Mapping, Sequence

from custodes.acts.asks.log import EntryView
from custodes.law.reasons import vocabulary
from custodes.web.console.views.clouds import Bar, Two

OPERATIONS = frozenset({"kmsOperation", "operation"})  # what the wires call the claim


def denied(entries: Sequence[EntryView], connection: str) -> tuple[EntryView, ...]:
    """Of denials, newest first, those of a connection; for an empty one, of keys that no connection used."""
    return tuple(one for one in entries if _is_of(one, connection))


def number(entry: EntryView) -> int:
    """How many messages an entry stands for."""
    count = entry.fields.get("count", 1)
    return count if isinstance(count, int) else 1


def operation(entry: EntryView) -> str:
    """What the other end called it, as it claimed; empty where it said nothing."""
    claims = entry.fields.get("claims")
    for claim in claims if isinstance(claims, list) else []:
        if isinstance(claim, list) and len(claim) == 4 and claim[1] in OPERATIONS:
            return str(claim[2])
    return ""


def together(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Several counts by reason as one."""
    found: dict[str, int] = {}
    for one in counts:
        for reason, count in one.items():
            found[reason] = found.get(reason, 0) + count
    return found


def bars(by_reason: Mapping[str, int]) -> tuple[Bar, ...]:
    """One bar for each reason, the most first."""
    known = vocabulary()
    most = max(by_reason.values(), default=1)
    found = []
    for code, count in sorted(by_reason.items(), key=lambda item: (-item[1], item[0])):
        row = known.reason(code)
        said = Two(german=row.german, english=row.english) if row else Two(german=code, english=code)
        found.append(Bar(reason=said, count=count, width=max(1, count * 100 // most)))
    return tuple(found)


def _is_of(entry: EntryView, connection: str) -> bool:
    if entry.fields.get("connection", "") != connection:
        return False
    return bool(connection) or str(entry.fields.get("subject", "")).startswith("key-")
