"""What the process that reaches the stores writes next of a report, and the lines it writes.

What is handed out is in this run's memory only; whatever nobody closes is handed out again. Each step decides
anew under the rights of whoever configured the report; where they do not hold, an entry says so and the
report waits. Its lines come page by page, each a decision of its own, so a kill stops it within a page.
"""

from datetime import timedelta

import msgspec

from custodes.acts.asks import Token
from custodes.acts.asks.buckets.inventory import CloseReport, Lines, LookLines, ReportOpened, TakeReport
from custodes.acts.asks.objects import ClosePut, Content, PutClosed
from custodes.acts.objects.ground import Ground, Stand
from custodes.acts.objects.outcomes import COMPLETE
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Failed, Write
from custodes.acts.writing.object_rows import InventoryRow
from custodes.kernel.canonical import Plain
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, Refusal, conflict, malformed
from custodes.objects.bucket import Bucket
from custodes.objects.conditions import NONE
from custodes.objects.rules.inventory import File, Inventory, data_name

from .jobs import CLOSING, Job, begun, ended, filed, job_of, job_row, next_file
from .lining import page_of
from .rights import permitted
from .writing import ReportPuts, ReportTicket, as_report, rule_of

HELD_MS = 900_000
DUE_MAX = 64
FILE_LINES = 100_000
MD5_LETTERS = 32
AGAIN = timedelta(hours=1)
DATA, TOLD = "application/gzip", "application/json"
_PASSING = (Kind.UNAVAILABLE, Kind.LIMITED, Kind.BROKEN)
_OVERTAKEN = frozenset({"changed-meanwhile", "not-now", "ticket-unknown"})


class InventoryWork:
    """Answers `TakeReport`, `LookLines` and `CloseReport`."""

    def __init__(self, ground: Ground) -> None:
        self._g = ground
        self._o = ground.o
        self._out: dict[tuple[str, str], int] = {}

    async def take(self, ask: TakeReport) -> ReportOpened:  # noqa: ARG002 - an ask without arguments
        """See `TakeReport`."""
        o, now_ms = self._o, self._o.clock.boot_ms()
        self._out = {at: until for at, until in self._out.items() if now_ms < until}
        for row in await o.read(lambda r: r.objects.inventories_due(o.clock.now(), DUE_MAX)):
            at = (row.bucket, row.inventory)
            if at in self._out:
                continue
            self._out[at] = now_ms + HELD_MS
            opened = None
            try:
                opened = await self._opened(row)
            finally:
                if opened is None:
                    self._out.pop(at, None)
            if opened is not None:
                return opened
        return ReportOpened()

    async def lines(self, ask: LookLines) -> Lines:
        """See `LookLines`."""
        g = self._g
        ticket = g.tickets.look(ask.ticket, ReportTicket)
        if not ticket.is_data:
            raise conflict("ticket-unknown")
        stand = g.stand_by_id(ticket.source)
        rule = rule_of(g, stand.bucket, ticket.inventory)
        if rule is None or rule != job_of(ticket.before).rule:
            raise conflict("not-now")
        await permitted(g, stand, rule)
        return await page_of(self._o, stand.bucket, rule, (ask.name, ask.seq))

    async def close(self, ask: CloseReport) -> PutClosed:
        """See `CloseReport`."""
        ticket = self._g.tickets.look(ask.ticket, ReportTicket)
        at = (ticket.source, ticket.inventory)
        try:
            if ask.outcome == COMPLETE:
                ticket.also = (self._moved(ticket, ask),)
            kind = Content(content_type=DATA if ticket.is_data else TOLD)
            done = ClosePut(_evidence(*at), ask.ticket, ask.outcome, ask.stored, kind)
            return await ReportPuts(self._g, *at).close_as(done, ReportTicket)
        finally:
            self._out.pop(at, None)

    def _moved(self, ticket: ReportTicket, ask: CloseReport) -> Write:
        """How far the report is with this file."""
        job, row = job_of(ticket.before), ticket.before
        if not ticket.is_data:
            job = msgspec.structs.replace(job, closing=job.closing + 1, problem="")
        else:
            is_bad = ask.stored is None or len(ask.md5) != MD5_LETTERS or not 0 <= ask.lines <= FILE_LINES
            if is_bad or ask.stored is None or (ask.lines == 0 and not ask.is_end):
                raise malformed("bad-stored")
            file = File(name=ticket.name, size=ask.stored.plain_bytes, md5=ask.md5, lines=ask.lines)
            job = filed(job, file, (ask.name, ask.seq), is_end=ask.is_end)
        after = job_row(row.bucket, row.inventory, self._o.clock.now(), job)
        return Write("inventory.move", (row, after))

    async def _opened(self, row: InventoryRow) -> ReportOpened | None:
        """The next file of a due report, opened; None where nothing is to be done now."""
        bucket = self._o.standing.get("bucket", row.bucket, Bucket)
        rule = rule_of(self._g, bucket, row.inventory) if bucket is not None else None
        if bucket is None or bucket.state != "open" or rule is None:
            await self._wrote(Write("inventory.drop", (row.bucket, row.inventory)))
            return None
        try:
            stand = self._g.stand_by_id(bucket.id)
            return await self._g.o.gate.until_committed(lambda: self._next(row, stand, rule))
        except Refusal as refusal:
            if refusal.kind in _PASSING:
                raise
            if refusal.code not in _OVERTAKEN:
                job = msgspec.structs.replace(job_of(row), problem=refusal.code)
                later = job_row(row.bucket, row.inventory, self._o.clock.now() + AGAIN, job)
                await self._wrote(Write("inventory.move", (row, later)))
            return None

    async def _next(self, row: InventoryRow, stand: Stand, rule: Inventory) -> ReportOpened | Failed | None:
        """One step: a report begins, its next file is opened, or it ends."""
        found = await permitted(self._g, stand, rule)
        job = job_of(row)
        if not job.begun_at or job.rule != rule:
            job = begun(job, rule, self._o.clock.now())
            fresh = job_row(row.bucket, row.inventory, self._o.clock.now(), job)
            failed = await self._said(stand, (row, fresh), "begun", 0)
            if failed is not None:
                return failed
            row = fresh
        if job.is_listed and job.closing == len(CLOSING):
            done, at = ended(job, rule)
            after = job_row(row.bucket, row.inventory, at, done)
            return await self._said(stand, (row, after), "done", done.lines)
        name, body = self._file(job, rule, stand.bucket.name)
        evidence = _evidence(row.bucket, row.inventory)
        puts = ReportPuts(self._g, row.bucket, row.inventory)
        what = (name, None if body is None else len(body), NONE, "operation")
        opening = await puts.begin(found.who, found.target, what, evidence)
        opening = as_report(opening, row.bucket, row, is_data=body is None)
        if opening.is_long:
            outcome = await puts.commit(opening)
            if isinstance(outcome, Failed):
                return outcome
            self._o.gate.still_fresh(outcome)
        return ReportOpened(
            put=puts.opened(opening),
            rule=rule,
            source=stand.bucket.name,
            body=body,
            name=job.name,
            seq=job.seq,
            lines_max=FILE_LINES,
        )

    def _file(self, job: Job, rule: Inventory, source: str) -> tuple[str, bytes | None]:
        """Name of the next file, and its content unless it is one of lines."""
        closing = next_file(job, source) if job.is_listed else None
        return closing or (data_name(rule, source, self._o.dice.draw(16).hex()), None)

    async def _said(
        self, stand: Stand, rows: tuple[InventoryRow, InventoryRow], reason: str, count: int
    ) -> Failed | None:
        """A report begins or ends: its entry, and its row."""
        o = self._o
        fields: dict[str, Plain] = {
            "actor": "keyroom",
            "actor_kind": "process",
            "phase": "single",
            "bucket": stand.bucket.id,
            "subject": rows[0].inventory,
            "reason": reason,
            "count": count,
        }
        act_id = new_id("act", o.dice)
        await o.records.ready(stand.customer)
        said = Record(act="bucket.inventory", subject=stand.bucket.id, fields=fields)
        entry = o.records.seal(stand.customer, act_id, 0, said)
        outcome = await o.gate.commit(
            Act(
                id=act_id,
                expects=(
                    o.standing.expect("bucket", stand.bucket.id),
                    o.standing.expect("bucket-rules", stand.bucket.id),
                ),
                entries=(entry,),
                writes=(Write("inventory.move", rows),),
            )
        )
        return outcome if isinstance(outcome, Failed) else None

    async def _wrote(self, write: Write) -> None:
        """A row that moves by itself; whoever overtakes it wins."""
        await self._o.gate.commit(Act(id=new_id("act", self._o.dice), writes=(write,)))


def _evidence(bucket: str, inventory: str) -> Token:
    """What binds a ticket to its report: no credential, it proves nothing to anybody."""
    return Token(f"{bucket}/{inventory}")
