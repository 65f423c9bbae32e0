"""Pages of a customer's entries: both sub-logs in one order of time, each kept in its own order.

A *place* is how many entries of each sub-log lie before it, `<machine>.<exceptional>`. A page is read along
the primary key of each log, so its cost does not grow with the log; a filter by act reads a bounded stretch
of it, and the page may then be short without being the last.
"""

import re
from collections.abc import Mapping, Sequence

import msgspec

from custodes.acts.asks.log import LookEntries
from custodes.acts.footing.customer import EXCEPTIONAL, SHOWN, Customer
from custodes.acts.writing.ports import Reads
from custodes.acts.writing.readers import OpeningRow
from custodes.kernel.clock import from_text
from custodes.kernel.refusal import malformed
from custodes.ledger.vocabulary import SubLog, act_code

LIMIT_MAX = 500
STRETCH = 100_000  # entries of one log that a page without a subject looks through for an act

_PLACE = re.compile(r"(0|[1-9][0-9]{0,15})\.(0|[1-9][0-9]{0,15})")


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """A checked ask: `places` by kind of log, `until` in microseconds."""

    kinds: tuple[str, ...]
    subject: str | None
    act: str | None
    places: Mapping[str, int] | None
    is_oldest_first: bool
    until: int | None
    limit: int


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Rows in their order, the size of each log by its id, and the place to go on from.

    `covered`: the stretches (log, start, end) that this page stands for, of which no other page tells.
    """

    rows: tuple[OpeningRow, ...]
    sizes: dict[str, int]
    place: str
    is_last: bool
    covered: tuple[tuple[str, int, int], ...] = ()


def sought(ask: LookEntries) -> Sought:
    """`bad-limit`, `bad-place`, `bad-time` (malformed)."""
    if not 1 <= ask.limit <= LIMIT_MAX or ask.kind not in {None, *SHOWN}:
        raise malformed("bad-limit")
    if ask.before is not None and ask.after is not None:
        raise malformed("bad-place")
    place = ask.after if ask.before is None else ask.before
    return Sought(
        kinds=_kinds(ask.kind, ask.act),
        subject=ask.subject,
        act=ask.act,
        places=None if place is None else _parsed(place),
        is_oldest_first=ask.after is not None,
        until=None if ask.until is None else int(from_text(ask.until).timestamp() * 1_000_000),
        limit=ask.limit,
    )


def read(reads: Reads, customer: Customer, asked: Sought) -> Found:
    """One page from one snapshot."""
    logs = {kind: customer.log(kind) for kind in SHOWN}
    sizes = {kind: reads.head(log).size for kind, log in logs.items()}
    spans = {kind: _span(reads, logs[kind], sizes[kind], (asked, kind)) for kind in asked.kinds}
    rows = {
        kind: reads.openings(
            logs[kind],
            span,
            subject=asked.subject,
            code=asked.act,
            limit=asked.limit,
            is_oldest_first=asked.is_oldest_first,
        )
        for kind, span in spans.items()
    }
    taken = _merged(rows, asked)
    ends = dict(asked.places or (dict.fromkeys(SHOWN, 0) if asked.is_oldest_first else sizes))
    for kind, span in spans.items():
        ends[kind] = _reached(span, rows[kind], taken[kind], asked)
    is_last = all(ends[kind] >= sizes[kind] if asked.is_oldest_first else ends[kind] == 0 for kind in spans)
    return Found(
        rows=tuple(_in_order({kind: rows[kind][: taken[kind]] for kind in rows}, asked.is_oldest_first)),
        sizes={logs[kind]: sizes[kind] for kind in SHOWN},
        place=".".join(str(ends[kind]) for kind in SHOWN),
        is_last=is_last,
        covered=tuple((logs[kind], *_covered(span, ends[kind], asked)) for kind, span in spans.items()),
    )


def _covered(span: tuple[int, int], reached: int, asked: Sought) -> tuple[int, int]:
    return (span[0], reached) if asked.is_oldest_first else (reached, span[1])


def _kinds(kind: str | None, act: str | None) -> tuple[str, ...]:
    """The logs to look into: an exceptional act never stands among the machine uses."""
    code = None if act is None else act_code(act)
    if kind is None and code is not None and code.sub_log is SubLog.EXCEPTIONAL:
        return (EXCEPTIONAL,)
    return SHOWN if kind is None else (kind,)


def _parsed(place: str) -> dict[str, int]:
    found = _PLACE.fullmatch(place)
    if found is None:
        raise malformed("bad-place")
    return dict(zip(SHOWN, map(int, found.groups()), strict=True))


def _span(reads: Reads, log: str, size: int, of: tuple[Sought, str]) -> tuple[int, int]:
    asked, kind = of
    start, end = 0, size
    if asked.places is not None and asked.is_oldest_first:
        start = min(asked.places[kind], size)
    elif asked.places is not None:
        end = min(asked.places[kind], size)
    if asked.until is not None:
        end = max(start, min(end, reads.index_at(log, asked.until, size)))
    if asked.act is not None and asked.subject is None:
        if asked.is_oldest_first:
            end = min(end, start + STRETCH)
        else:
            start = max(start, end - STRETCH)
    return start, end


def _merged(rows: Mapping[str, Sequence[OpeningRow]], asked: Sought) -> dict[str, int]:
    """How many rows of each log the page takes."""
    taken = dict.fromkeys(rows, 0)
    for row in _in_order(rows, asked.is_oldest_first)[: asked.limit]:
        taken[row.log.rpartition("/")[2]] += 1
    return taken


def _in_order(rows: Mapping[str, Sequence[OpeningRow]], is_oldest_first: bool) -> list[OpeningRow]:
    """By time, each log kept in its own order whatever its times say."""
    queues = [list(reversed(of)) for of in rows.values()]
    ordered = []
    while any(queues):
        pick = min if is_oldest_first else max
        queue = pick((one for one in queues if one), key=lambda one: one[-1].at)
        ordered.append(queue.pop())
    return ordered


def _reached(span: tuple[int, int], rows: Sequence[OpeningRow], taken: int, asked: Sought) -> int:
    """Where this log is read up to: past the last row taken, or to the end of the span when none is left."""
    start, end = span
    if taken == len(rows) < asked.limit:
        return end if asked.is_oldest_first else start
    if not taken:
        return start if asked.is_oldest_first else end
    last = rows[taken - 1].index
    return last + 1 if asked.is_oldest_first else last
