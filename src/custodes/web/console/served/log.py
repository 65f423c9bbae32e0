"""The log as its customer sees it, receipts to take away, and the public files that check them."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from custodes.acts.asks.log import DestroyedView, LookEntries, MakeReceipt
from custodes.acts.asks.log import EntryView as EntryView_
from custodes.acts.asks.rules import Explain, Explained
from custodes.acts.asks.running.metering import LookMetering
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import Refusal, absent, conflict, malformed
from custodes.policy.words import WORDS
from custodes.web.console.pages import PageQuery
from custodes.web.console.views.log import (
    Checkpoint,
    DestroyedRow,
    EntryRow,
    EntryView,
    GapRow,
    LogFilter,
    LogView,
    LostRow,
    Opened,
    Reasoned,
)
from custodes.web.console.views.shell import Pager
from custodes.web.console.words.log import ACTS
from custodes.web.kit.call import JSON, Call, Reply
from custodes.web.kit.endpoint import Endpoint

from . import facts
from .visit import Desk, Visit, page, seated

ROWS_MAX = 50
KINDS = ("machine", "exceptional")
_IN_HEAD = ("act", "at", "house", "customer", "actor", "actor_kind", "organisation", "person")
_MAIN = (
    "object_name", "bucket", "key", "key_version", "purpose", "reason", "ticket", "decision", "case", "move",
    "grant", "uses", "bytes", "outcome", "subject", "until", "count", "location", "prefix",
)  # fmt: skip
_CODES = {"decision": "choice", "purpose": "choice", "outcome": "choice", "reason": "why", "phase": "phase"}
_IDS = frozenset({"bucket", "key", "location", "source_location", "subject", "actor", "grant"})
_GAP = re.compile(r"epochs (\d+) to (\d+) of \S+, from (\S+) to (\S+); goes on as (\S+)")
LOSSES_MAX = 20
_LOG = re.compile(r"[a-z]{3}-[0-9a-z]{26}")


class LogQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The filter: sub-log, act, subject, days (`YYYY-MM-DD`); `before` is where a further page begins."""

    log: str = ""
    act: str = ""
    subject: str = ""
    since: str = ""
    until: str = ""
    before: str = ""


class MeteringQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`month`: YYYY-MM in UTC."""

    month: str = ""


class ReceiptQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`grade`: `witnessed` or `sequenced`; empty for the best there is."""

    grade: str = ""


class LogPage:
    """Entries, receipts, pins, checkpoint."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, call: Call, visit: Visit) -> Reply:
        """Newest first."""
        query = call.asked(LogQuery)
        ask = LookEntries(
            visit.evidence,
            visit.customer,
            kind=query.log or None,
            subject=query.subject or None,
            act=query.act or None,
            before=query.before or None,
            until=_until(query),
            limit=ROWS_MAX,
        )
        found = await self._desk.doors.ask(ask)
        known = await self._names(visit)
        since = _midnight(query.since) if query.since else None
        rows = [one for one in found.entries if since is None or facts.moment(one.at) >= since]
        is_last = found.next_before is None or len(rows) < len(found.entries)
        view = LogView(
            filter=LogFilter(
                log=query.log, act=query.act, subject=query.subject, since=query.since, until=query.until
            ),
            acts=tuple(ACTS),
            rows=tuple(_row(one, known) for one in rows),
            destroyed=tuple(_destroyed(one) for one in found.destroyed),
            lost=tuple(row for one in await self._said(visit, "house.lost") for row in _lost(one)),
            gaps=tuple(row for one in await self._said(visit, "house.gap") for row in _gap(one)),
            sizes=tuple((log.rpartition("/")[2], size) for log, size in sorted(found.sizes.items())),
            checkpoint=self._checkpoint(),
            has_pins=self._desk.public("pins.json") is not None,
            pager=Pager(
                first=1 if rows and not query.before else 0,
                last=len(rows) if rows and not query.before else 0,
                next_href=None if is_last else _next(query, found.next_before or ""),
                previous_href=_next(query, "") if query.before else None,
            ),
            command="custodes verify receipt.json --pins pins.json",
        )
        return self._desk.pages.reply(call, view, visit.visitor)

    async def entry(self, call: Call, visit: Visit) -> Reply:
        """One entry: all it says, why if it was a no, and how to check it."""
        log, index = _position(call)
        ask = LookEntries(
            visit.evidence,
            log.partition("/")[0],
            kind=call.path["kind"],
            after=_place(call.path["kind"], index),
            limit=1,
        )
        found = await self._desk.doors.ask(ask)
        gone = next((one for one in found.destroyed if one.log == log and one.first <= index < one.end), None)
        if gone is not None:
            raise conflict("destroyed-under-retention", at=gone.at, by=gone.by, until=gone.until)
        if not found.entries or found.entries[0].index != index:
            raise absent("no-such-entry")
        one, known = found.entries[0], await self._names(visit)
        said = await facts.maybe(self._desk, Explain(visit.evidence, f"{log}:{index}"))
        row = _row(one, known)
        view = EntryView(
            row=row,
            whys=_whys(said),
            command="custodes verify receipt.json --pins pins.json",
            explain=f"custodes explain {log}:{index}",
        )
        return self._desk.pages.reply(call, view, visit.visitor)

    async def _said(self, visit: Visit, act: str) -> tuple[EntryView_, ...]:
        """What the house said of losses, as he can prove it."""
        found = await self._desk.doors.ask(
            LookEntries(visit.evidence, visit.customer, act=act, limit=LOSSES_MAX)
        )
        return found.entries

    async def _names(self, visit: Visit) -> facts.Names:
        known = await facts.names(self._desk, visit, visit.customer)
        return await facts.named_things(self._desk, visit, known)

    async def receipt(self, call: Call, visit: Visit) -> Reply:
        """One entry's receipt as a file: witnessed where an epoch holds it already, else sequenced."""
        log, index = _position(call)
        kind, grade = call.path["kind"], call.asked(ReceiptQuery).grade
        ask = self._desk.doors.ask
        try:
            made = await ask(MakeReceipt(visit.evidence, log, index, grade or "witnessed"))
            name = f"receipt-{kind}-{index}-{grade or 'witnessed'}.json"
        except Refusal as refusal:
            if grade or refusal.code != "not-yet-witnessed":
                raise
            made = await ask(MakeReceipt(visit.evidence, log, index, "sequenced"))
            name = f"receipt-{kind}-{index}-sequenced.json"
        return _file(made.document, name, JSON)

    async def metering(self, call: Call, visit: Visit) -> Reply:
        """What the customer used in a month, as CSV; this month's where none is named."""
        month = call.asked(MeteringQuery).month or to_text(self._desk.clock.now())[:7]
        found = await self._desk.doors.ask(LookMetering(visit.evidence, visit.customer, month))
        return _file(found.csv, f"metering-{month}.csv", "text/csv; charset=utf-8")

    async def pins(self, _call: Call) -> Reply:
        """The house's public keys and policy, to be compared with what was published elsewhere."""
        return self._public("pins.json", JSON)

    async def checkpoint(self, _call: Call) -> Reply:
        """The newest signed head of the root log."""
        return self._public("checkpoint", "text/plain; charset=utf-8")

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        desk = self._desk
        return (
            page("/log", "log", seated(desk, self.show), LogQuery),
            page("/log/metering.csv", "metering", seated(desk, self.metering), MeteringQuery),
            page("/log/pins.json", "pins", self.pins),
            page("/log/checkpoint", "checkpoint", self.checkpoint),
            page("/log/{customer}/{kind}/{index}", "entry", seated(desk, self.entry)),
            page(
                "/log/{customer}/{kind}/{index}/receipt", "receipt", seated(desk, self.receipt), ReceiptQuery
            ),
        )

    def _public(self, name: str, media: str) -> Reply:
        raw = self._desk.public(name)
        if raw is None:
            raise absent("not-yet-published")
        return _file(raw, name, media)

    def _checkpoint(self) -> Checkpoint | None:
        raw = self._desk.public("checkpoint")
        lines = raw.decode("utf-8", "replace").split("\n") if raw else []
        if len(lines) < 3 or not lines[1].isdigit():
            return None
        return Checkpoint(origin=lines[0], size=int(lines[1]), root=lines[2], href="/log/checkpoint")


def _row(one: EntryView_, known: facts.Names) -> EntryRow:
    fields = one.fields
    opened = {
        name: _opened(name, value, known)
        for name, value in fields.items()
        if name not in _IN_HEAD and value != ""
    }
    main = [name for name in _MAIN if name in opened]
    case = str(fields.get("case", ""))
    return EntryRow(
        log=one.kind,
        entry=one.index,
        at=facts.moment(one.at),
        act=one.act,
        who=known.who(str(fields.get("actor", "")), str(fields.get("person", ""))),
        organisation=known.organisation(str(fields.get("organisation", ""))),
        fields=(
            *(opened[name] for name in main),
            *(Opened(name=name, value=None, why="erased") for name in one.erased),
        ),
        more=tuple(value for name, value in opened.items() if name not in main),
        receipt_href=facts.receipt(one.log, one.index),
        case_href=f"/cases/{case}" if case.startswith("cas-") else None,
        href=f"/log/{one.log}/{one.index}",
        is_of_house=fields.get("actor_kind") in {"process", "clock"},
    )


def _lost(one: EntryView_) -> Iterator[LostRow]:
    """Each span that an entry says is lost."""
    spans = one.fields.get("lost")
    for log, first, end in spans if isinstance(spans, list | tuple) else ():
        kind = str(log).rpartition("/")[2]
        yield LostRow(log=kind, first=first, last=end - 1, at=facts.moment(one.at), href=_of_house(one))


def _gap(one: EntryView_) -> Iterator[GapRow]:
    """What an entry says of a gap; nothing for words of another version."""
    said = _GAP.fullmatch(str(one.fields.get("reason", "")))
    kept = one.fields.get("kept")
    if said is None or not isinstance(kept, list | tuple):
        return
    yield GapRow(
        first=int(said[1]),
        last=int(said[2]),
        since=facts.moment(said[3]),
        until=facts.moment(said[4]),
        opens=said[5],
        kept=tuple((str(log).rpartition("/")[2], end) for log, _, end in kept),
        href=_of_house(one),
    )


def _of_house(one: EntryView_) -> str:
    return f"/log/{one.log}/{one.index}"


def _destroyed(one: DestroyedView) -> DestroyedRow:
    customer = one.log.partition("/")[0]
    return DestroyedRow(
        log=one.kind,
        first=one.first,
        last=one.end - 1,
        at=facts.moment(one.at),
        href=f"/log/{customer}/exceptional/{one.by}",
    )


def _place(kind: str, index: int) -> str:
    """The place right before an entry, as `LookEntries` reads it."""
    return f"{index}.0" if kind == "machine" else f"0.{index}"


def _until(query: LogQuery) -> str | None:
    """The end of the last day to be shown."""
    return to_text(_midnight(query.until) + timedelta(days=1)) if query.until else None


def _opened(name: str, value: object, known: facts.Names) -> Opened:
    """A field as it is shown: a name for an id where there is one, words for a code."""
    text = facts.text_of(value)
    if name == "bytes" and isinstance(value, int):
        return Opened(name=name, value=text, table="bytes")
    if name in _CODES:
        return Opened(name=name, value=text, table=_CODES[name])
    shown = ", ".join(known.thing(part) for part in text.split(",")) if name in _IDS else text
    return Opened(name=name, value=shown, id=text if shown != text else "")


def _whys(said: Explained | None) -> tuple[Reasoned, ...]:
    document = canonical.decode(said.document) if said is not None else None
    reasons = document.get("reasons") if isinstance(document, dict) else None
    found = []
    for one in reasons if isinstance(reasons, list) else []:
        if isinstance(one, dict):
            text = WORDS.get(str(one.get("message", "")))
            lifted = one.get("lifted_by")
            found.append(
                Reasoned(
                    de=text.german if text else str(one.get("message", "")),
                    en=text.english if text else str(one.get("message", "")),
                    changed_by=str(one.get("changed_by", "")),
                    lifted_by=str(lifted) if lifted else None,
                )
            )
    return tuple(found)


def _position(call: Call) -> tuple[str, int]:
    """Sub-log and index out of the path (`no-such-path`)."""
    customer, kind, index = (call.path[name] for name in ("customer", "kind", "index"))
    if not _LOG.fullmatch(customer) or kind not in KINDS or not re.fullmatch(r"[0-9]{1,15}", index):
        raise absent("no-such-path")
    return f"{customer}/{kind}", int(index)


def _midnight(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError as error:
        raise malformed("malformed-query", path="$.since") from error


def _next(query: LogQuery, before: str) -> str:
    pairs = [(name, getattr(query, name)) for name in ("log", "act", "subject", "since", "until")]
    pairs.append(("before", before))
    return "/log?" + "&".join(f"{name}={value}" for name, value in pairs if value)


def _file(raw: bytes, name: str, media: str) -> Reply:
    return Reply(raw=raw, media=media, headers=(("content-disposition", f'attachment; filename="{name}"'),))
