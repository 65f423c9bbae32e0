"""The one writer: groups acts, checks what they rest on, appends, writes, commits, answers.

One thread takes whatever waits, opens one transaction, and settles every act of the group inside it. A
committer that stands idle commits at once; one that has just carried a crowd waits `GROUP_LINGER_MS` at most
for as many again. It runs no policy, desk or protocol code. A commit whose outcome is not known answers
nobody: the process must look its acts up by id before it says anything.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from custodes.acts.writing.act import (
    Act,
    Before,
    Committed,
    Entry,
    Expect,
    Failed,
    Generation,
    Position,
    StandingSeq,
    Untouched,
)
from custodes.acts.writing.house_head import HouseHead, SignHead
from custodes.acts.writing.ports import (
    Books,
    BooksBusy,
    CommitInDoubt,
    DiskFull,
    Group,
    Placed,
    WriteRefused,
)
from custodes.kernel.clock import Clock
from custodes.kernel.limits import GROUP_ACTS_MAX, GROUP_LINGER_MS
from custodes.kernel.refusal import Refusal, limited, unavailable
from custodes.ledger import tiles
from custodes.ledger.merkle import CompactRange, leaf_hash

Answer = Committed | Failed | Refusal
Settle = Callable[[Sequence[tuple["Ticket", Answer]]], None]

TRIES = 3  # of a group that another writer was in the way of
LOOK_UP_EVERY_S = 0.25
WRITER = "sequencer"  # the thread's name

_log = logging.getLogger("custodes.sequencer")


class Pace(Protocol):
    """Is told, in the sequencer's thread, of each group: for whoever measures."""

    def began(self) -> None:
        """A group was taken from the queue."""
        ...

    def settled(self, acts: int) -> None:
        """It was carried out, or refused as a whole, and so many acts are answered now."""
        ...


class Ticket(msgspec.Struct, eq=False):
    """One act on its way; `reply` belongs to whoever submitted it."""

    act: Act
    reply: object
    standing: "StandingChange | None" = None


class StandingChange(msgspec.Struct, frozen=True):
    """What the house's standing becomes when this act commits: next sequence number, root, rows written."""

    seq: int
    root: bytes
    rows: tuple[tuple[str, str], ...]


class Sequencer:
    """Owns the writer thread. `submit` never blocks; `settle` is called once per group, in this thread."""

    def __init__(
        self,
        books: Books,
        clock: Clock,
        head: HouseHead,
        sign: SignHead,
        settle: Settle,
        *,
        queue_max: int = 8192,
        pace: Pace | None = None,
    ) -> None:
        self._pace = pace
        self._began_ms = 0
        self._books = books
        self._clock = clock
        self._head = head
        self._sign = sign
        self._settle = settle
        self._queue: deque[Ticket] = deque()
        self._queue_max = queue_max
        self._wake = threading.Condition()
        self._awaited = 1
        self._is_stopping = False
        self._is_dead = False
        self._is_in_need = not books.keep_reserve()
        self._thread = threading.Thread(target=self._run, name=WRITER, daemon=True)

    @property
    def head(self) -> HouseHead:
        """The last committed house head."""
        return self._head

    @property
    def is_alive(self) -> bool:
        """False once a commit's outcome was unknown: nothing is decided any more (promise 2)."""
        return not self._is_dead

    @property
    def is_in_need(self) -> bool:
        """Whether the disk is too full for anything but kill, revoke and refusals."""
        return self._is_in_need

    @property
    def began_ms(self) -> int:
        """Since boot, when the commit of the group that is being settled began; for `settle` alone.

        Not when it was known: a process that stands still in between must not think its answers fresh.
        """
        return self._began_ms

    @property
    def waiting(self) -> int:
        """How many acts wait in the queue."""
        return len(self._queue)

    def start(self) -> None:
        """Start the writer thread."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what waits, then end the thread."""
        with self._wake:
            self._is_stopping = True
            self._wake.notify()
        self._thread.join()

    def submit(self, ticket: Ticket) -> None:
        """Queue one act; raises `queue-full` (limited) or `sequencer-dead` (unavailable)."""
        with self._wake:
            if self._is_dead or self._is_stopping:
                raise unavailable("sequencer-dead")
            if len(self._queue) >= self._queue_max:
                raise limited("queue-full")
            self._queue.append(ticket)
            if ticket.act.is_urgent:
                self._awaited = 1
            if len(self._queue) == 1 or len(self._queue) >= self._awaited:
                self._wake.notify()

    def _run(self) -> None:
        group: list[Ticket] = []
        while True:
            with self._wake:
                while not self._queue and not self._is_stopping:
                    self._wake.wait()
                if not self._queue:
                    return
                self._linger(len(group))
                group = [self._queue.popleft() for _ in range(min(len(self._queue), GROUP_ACTS_MAX))]
            self._began_ms = self._clock.boot_ms()
            if self._pace is not None:
                self._pace.began()
            try:
                answers = self._in_need(group) if self._is_in_need else self._try(group)
            except DiskFull:
                answers = self._in_need(group)
            except UnknownOutcome:
                _log.critical("the outcome of a commit is unknown; no act will be answered")
                self._die(group, "outcome-unknown")
                return
            except RolledBack as found:
                _log.critical(
                    "alarm: the database is not the one this keyroom left: %s; every use stops", found
                )
                self._die(group, "books-rolled-back")
                return
            except Exception:
                _log.exception("a group failed before its commit; nothing of it happened")
                answers = [(ticket, unavailable("books-unavailable")) for ticket in group]
            self._settle(answers)
            if self._pace is not None:
                self._pace.settled(len(group))

    def _linger(self, crowd: int) -> None:
        """Wait a moment for as many acts as the last group had: what a commit costs, they share.

        Whoever comes alone, or behind one who did, waits for nobody; nor does what is urgent.
        """
        if any(ticket.act.is_urgent for ticket in self._queue):
            return
        self._awaited = crowd
        self._wake.wait_for(
            lambda: len(self._queue) >= self._awaited or self._is_stopping, GROUP_LINGER_MS / 1000
        )

    def _look_up(self, head: HouseHead) -> None:
        """A commit said that the disk is full: ask the books whether it happened, never guess.

        The whole head is compared: a group that only wrote has no entry to move the sequence number.
        """
        with self._books.group() as group:
            found = group.house_head(head.keyroom)
        if head == self._head:
            raise UnknownOutcome  # both look alike
        if found == head:
            return
        if found == self._head or (found is None and not self._head.seq):
            raise DiskFull
        raise UnknownOutcome

    def _was_committed(self, head: HouseHead) -> bool:
        """The connection was lost while this head was committed: ask until the books answer.

        Asking takes the row the lost transaction held, so it waits for its end; and it commits that row
        again, so that what it found is on every standby that must have it before anybody is answered.
        """
        if head == self._head:
            raise UnknownOutcome  # both look alike
        while not self._is_stopping:
            try:
                with self._books.group() as group:
                    found = group.house_head(head.keyroom)
                    is_done = found == head
                    if not is_done:
                        self._refuse_other(found)
                    if found is not None:
                        group.set_house_head(found)
                        group.commit()
            except (RolledBack, UnknownOutcome):
                raise
            except Exception as error:
                _log.warning("the outcome of a commit cannot be looked up yet: %s", type(error).__name__)
                time.sleep(LOOK_UP_EVERY_S)
                continue
            _log.warning("a commit in doubt was looked up: it %s", "is durable" if is_done else "never was")
            return is_done
        raise UnknownOutcome

    def _refuse_other(self, found: HouseHead | None) -> None:
        """Our own row is written by nobody else: one that differs means another database, or our double."""
        seq = found.seq if found is not None else 0
        if found != self._head and (found is not None or self._head.seq):
            raise RolledBack(f"{self._head.seq} entries were committed here, the database knows of {seq}")

    def _in_need(self, group: Sequence[Ticket]) -> list[tuple[Ticket, Answer]]:
        """The disk is full: give up the reserve, carry out what is urgent, refuse the rest."""
        if self._is_in_need and self._books.keep_reserve():
            _log.warning("there is room on the disk again")
            self._is_in_need = False
            return self._try(group)
        if not self._is_in_need:
            _log.critical("the disk is full: from now on only kill, revoke and refusals are written")
            self._is_in_need = True
            self._books.spend_reserve()
        answers: list[tuple[Ticket, Answer]] = [
            (ticket, unavailable("disk-full")) for ticket in group if not ticket.act.is_urgent
        ]
        urgent = [ticket for ticket in group if ticket.act.is_urgent]
        try:
            return answers + (self._try(urgent) if urgent else [])
        except DiskFull:
            return answers + [(ticket, unavailable("disk-full")) for ticket in urgent]

    def _die(self, group: Sequence[Ticket], code: str) -> None:
        with self._wake:
            self._is_dead = True
            waiting = list(self._queue)
            self._queue.clear()
        self._settle([(ticket, unavailable(code)) for ticket in [*group, *waiting]])

    def _try(self, tickets: Sequence[Ticket]) -> list[tuple[Ticket, Answer]]:
        """Carry out a group, again if another writer was in the way; `BooksBusy` after the last try."""
        for _ in range(TRIES - 1):
            try:
                return self._carry_out(tickets)
            except BooksBusy as busy:
                _log.info("a group is carried out again: %s", busy)
        return self._carry_out(tickets)

    def _carry_out(self, tickets: Sequence[Ticket]) -> list[tuple[Ticket, Answer]]:
        is_doubtful = is_full = False
        with self._books.group([ticket.act for ticket in tickets]) as group:
            now = self._clock.now()
            standing_seq = self._head.standing_seq
            if self._books.is_shared:
                self._refuse_other(group.house_head(self._head.keyroom))
                standing_seq = group.standing_seq()
            settled = _Settlement(group, self._head, now, standing_seq)
            settled.look_up([ticket.act for ticket in tickets])
            answers = [(ticket, settled.take(ticket)) for ticket in tickets]
            if settled.nothing_to_commit:
                return answers
            head = settled.append_all(self._sign)
            self._began_ms = self._clock.boot_ms()
            try:
                group.commit()
            except DiskFull:
                is_full = True
            except CommitInDoubt:
                is_doubtful = True
            except Exception as error:
                raise UnknownOutcome from error
        if is_full:
            self._look_up(head)
        if is_doubtful and not self._was_committed(head):
            raise BooksBusy("a commit was lost")
        self._head = head
        self._clock.not_below(settled.now)
        return answers


class RolledBack(Exception):  # noqa: N818 - a state of the database, answered to nobody
    """The database lacks what this keyroom has committed, or holds what it has not."""


class UnknownOutcome(Exception):  # noqa: N818 - a state, answered to nobody
    """The database did not say whether the group is durable."""


class _Settlement:
    """One group on its way through the transaction."""

    def __init__(self, group: Group, head: HouseHead, now: datetime, standing_seq: int) -> None:
        self._group = group
        self._head = head
        self.now = self._now = now
        self._generations: dict[tuple[str, str], int] = {}
        self._held: dict[int, Generation] = {}
        self._known: dict[str, tuple[Position, ...]] = {}
        self._standing_seq = standing_seq  # what stands now, whoever put it
        self._signed = (head.standing_seq, head.standing_root)  # what this keyroom has seen stand
        self._appended: dict[str, list[Placed]] = {}
        self._heads: dict[str, CompactRange] = {}
        self._taken: dict[str, Committed] = {}
        self._has_writes = False
        self._pages: dict[tuple[str, int], bool] = {}
        self._sealed_into: set[str] = set()

    @property
    def nothing_to_commit(self) -> bool:
        return not self._appended and not self._has_writes

    def look_up(self, acts: Sequence[Act]) -> None:
        """Read for the whole group at once: acts committed before, and every generation expected."""
        named = [act.id for act in acts if act.is_named and act.entries]
        self._known = dict(self._group.known(named)) if named else {}
        expects = {id(e): e for act in acts for e in act.expects}.values()  # one decision's acts share them
        rows = {(e.noun, e.id) for e in expects if isinstance(e, Generation)}
        found = self._group.generations(rows)
        self._generations = {row: found.get(row, 0) for row in rows}

    def take(self, ticket: Ticket) -> Answer:
        """Settle one act: its first answer again, or why it failed, or where its entries will stand."""
        act = ticket.act
        again = self._first_answer(act)
        if again is not None:
            return again
        broken = self._broken(act)
        if broken is not None:
            return Failed(broken, "expect-failed")
        if not all(self._opens(entry) for entry in act.entries):
            return Failed(None, "page-moved")
        if act.writes and self._group.gathers(act.writes):
            self._has_writes = True
        elif act.writes:
            try:
                with self._group.savepoint():
                    for write in act.writes:
                        self._group.write(write)
            except WriteRefused as refused:
                return Failed(None, str(refused) or "write-refused")
            self._has_writes = True
            self._pages.clear()  # a write may have re-keyed one
        if ticket.standing is not None:
            self._standing_seq = ticket.standing.seq
            self._signed = (ticket.standing.seq, ticket.standing.root)
            self._held.clear()
            for row in ticket.standing.rows:
                self._generations.pop(row, None)  # it has just risen: read it again
        committed = Committed(
            tuple(self._place(act, n, entry) for n, entry in enumerate(act.entries)), self._now
        )
        self._taken[act.id] = committed
        return committed

    def append_all(self, sign: SignHead) -> HouseHead:
        """Append every placed entry, move heads and tiles, sign the house head."""
        count = 0
        for log, entries in self._appended.items():
            before = self._heads[log]
            hashes = [leaf_hash(entry.leaf) for *_, entry in entries]
            wanted = {(log, level, n): (level, n) for level, n in tiles.touched(before.size, len(hashes))}
            partials = {wanted[key]: raw for key, raw in self._group.tiles(wanted).items()}
            self._group.append(log, before.size, entries)
            self._group.advance(log, before.extend(hashes), tiles.extend(before.size, hashes, partials))
            count += len(entries)
        head = sign(self._head.seq + count, *self._signed, self._now)
        self._group.set_house_head(head)
        return head

    def _first_answer(self, act: Act) -> Committed | None:
        if act.id in self._taken:
            return msgspec.structs.replace(self._taken[act.id], repeated=True)
        known = self._known.get(act.id)
        return None if known is None else Committed(known, self._now, repeated=True)

    def _broken(self, act: Act) -> Expect | None:
        """The first expect that does not hold; what one decision's acts share is looked at once."""
        for expect in act.expects:
            if id(expect) in self._held:
                continue
            if not self._holds(expect):
                return expect
            if isinstance(expect, Generation):
                self._held[id(expect)] = expect
        return None

    def _holds(self, expect: Expect) -> bool:
        if isinstance(expect, Generation):
            row = (expect.noun, expect.id)
            if row not in self._generations:
                self._generations[row] = self._group.generations([row]).get(row, 0)
            return self._generations[row] == expect.generation
        if isinstance(expect, StandingSeq):
            return self._standing_seq == expect.seq
        if isinstance(expect, Before):
            return self._now < expect.at
        if isinstance(expect, Untouched):
            return expect.page not in self._sealed_into
        return self._group.holds(expect.check, expect.args)

    def _opens(self, entry: Entry) -> bool:
        """Whether the entry was sealed under the key its page has now."""
        at = (entry.page, entry.page_generation)
        if entry.page_generation and at not in self._pages:
            self._pages[at] = self._group.holds("page.is", at)
        return not entry.page_generation or self._pages[at]

    def _place(self, act: Act, ordinal: int, entry: Entry) -> Position:
        if entry.log not in self._heads:
            self._heads.update(self._group.heads([entry.log]))
        rows = self._appended.setdefault(entry.log, [])
        rows.append((act.id, ordinal, act.is_named or act.is_sought, entry))
        self._sealed_into.add(entry.page)
        return Position(entry.log, self._heads[entry.log].size + len(rows) - 1)
