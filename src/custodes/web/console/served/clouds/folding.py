"""Counting what one connection did, in entries that were opened to the visitor and proven."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from custodes.acts.asks.log import EntryView
from custodes.kernel.clock import from_text
from custodes.law.reasons import UNKNOWN, vocabulary
from custodes.web.console.views.clouds import Bar, Two

HOUR = timedelta(hours=1)
OPERATIONS = frozenset({"kmsOperation", "operation"})  # what the wires call the claim
USES = frozenset({"key.wrap", "key.unwrap", "key.rewrap", "key.sign", "key.verify"})


class Folded(msgspec.Struct, frozen=True, kw_only=True):
    """What a connection did, the newest first. A use of several messages counts as so many."""

    uses: int = 0
    uses_last_hour: int = 0
    by_reason: Mapping[str, int] = msgspec.field(default_factory=dict)
    used_at: datetime | None = None
    checked_at: datetime | None = None
    denials: tuple[EntryView, ...] = ()


def folded(entries: Sequence[EntryView], connection: str, now: datetime) -> Folded:
    """Fold entries, newest first, of which only this connection's count; for `connection` empty, those of
    keys that no connection used.
    """
    own = [one for one in entries if _is_of(one, connection)]
    uses = [one for one in own if one.act in USES]
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


def by_actor(entries: Sequence[EntryView]) -> Mapping[str, tuple[int, datetime]]:
    """Uses of keys that came through no connection: how many by which credential, and when last."""
    found: dict[str, tuple[int, datetime]] = {}
    for one in entries:
        if one.act not in USES or not _is_of(one, ""):
            continue
        actor = str(one.fields.get("actor", ""))
        count, at = found.get(actor, (0, from_text(one.at)))
        found[actor] = (count + number(one), at)
    return found


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
    about_a_key = entry.act in USES or str(entry.fields.get("subject", "")).startswith("key-")
    return bool(connection) or about_a_key
