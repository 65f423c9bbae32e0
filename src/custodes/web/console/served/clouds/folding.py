"""Counting what one connection did, in entries that were opened to the visitor and proven."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from custodes.acts.asks.log import EntryView
from custodes.kernel.clock import from_text
from custodes.law.reasons import UNKNOWN, vocabulary
from custodes.web.console.views.clouds import Bar, Two

HOUR = timedelta(hours=1)
OPERATION = "kmsOperation"


class Folded(msgspec.Struct, frozen=True, kw_only=True):
    """What a connection did, the newest first. A use of several messages counts as so many."""

    uses: int = 0
    uses_last_hour: int = 0
    by_reason: Mapping[str, int] = msgspec.field(default_factory=dict)
    used_at: datetime | None = None
    checked_at: datetime | None = None
    denials: tuple[EntryView, ...] = ()


def folded(entries: Sequence[EntryView], connection: str, now: datetime) -> Folded:
    """Fold entries, newest first, of which only this connection's count."""
    own = [one for one in entries if one.fields.get("connection") == connection]
    uses = [one for one in own if one.act.startswith("key.")]
    reasons: dict[str, int] = {}
    last_hour = 0
    for one in uses:
        count = number(one)
        reason = str(one.fields.get("reason", UNKNOWN))
        reasons[reason] = reasons.get(reason, 0) + count
        last_hour += count if now - from_text(one.at) <= HOUR else 0
    checks = [one for one in own if one.act == "connection.check"]
    return Folded(
        uses=sum(reasons.values()),
        uses_last_hour=last_hour,
        by_reason=reasons,
        used_at=from_text(uses[0].at) if uses else None,
        checked_at=from_text(checks[0].at) if checks else None,
        denials=tuple(one for one in own if one.act == "denial"),
    )


def number(entry: EntryView) -> int:
    """How many messages an entry stands for."""
    count = entry.fields.get("count", 1)
    return count if isinstance(count, int) else 1


def operation(entry: EntryView) -> str:
    """What the other end called it, as it claimed; empty where it said nothing."""
    claims = entry.fields.get("claims")
    for claim in claims if isinstance(claims, list) else []:
        if isinstance(claim, list) and len(claim) == 4 and claim[1] == OPERATION:
            return str(claim[2])
    return ""


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
