"""A witness follows a log from year to year by itself: the log it cosigns says which one comes next.

What it takes as a proof is a head it cosigned itself, so nobody else can name a follower; one log has one
follower, and the closed log is cosigned no more once the follower has shown what it begins with.
"""

import hashlib

from custodes.kernel.refusal import absent, conflict
from custodes.ledger.checkpoint import Checkpoint
from custodes.ledger.note import Vkey
from custodes.ledger.shards import turn
from custodes.ledger.shards.turn import Announced, NextFile, TurnFile
from custodes.ledger.watch.log_list import WitnessedLog
from custodes.ledger.watch.witnessing import Seen

from .ports import Book, Logs, Memory


class Succession:
    """Takes `next.json` and `turn.json`; safe to call from several threads as far as `Book` is."""

    def __init__(self, logs: Logs, memory: Memory, book: Book) -> None:
        self._logs = logs
        self._memory = memory
        self._book = book

    def add_follower(self, raw: bytes) -> bytes:
        """Nothing, once it is in the list. Refusals: `bad-turn` (malformed), `unknown-log` (absent),
        `witness-behind` (conflict, with the remembered size), `another-follower` (conflict: it knows another
        one, or another end of the closed log).
        """
        if turn.is_next(raw):
            self._announced(turn.parse_next(raw))
        else:
            self._turned(turn.parse(raw))
        return b""

    def _announced(self, file: NextFile) -> None:
        document = file.document
        named = self._book.follower(document.closes)
        if named == _said(document):
            return
        log = self._logs().get(document.closes)
        if log is None:
            raise absent("unknown-log")
        head = turn.checked_next(file, log.vkeys)
        self._demand_remembered(head)
        vkeys = tuple(Vkey.parse(text) for text in document.follows.vkeys)
        known = self._logs().get(document.opens)
        if named or (known is not None and set(known.vkeys) != set(vkeys)):
            raise conflict("another-follower")
        follower = WitnessedLog(
            origin=document.opens, vkeys=vkeys, submissions_per_day=log.submissions_per_day
        )
        self._book.follow(document.closes, follower, _said(document))

    def _turned(self, file: TurnFile) -> None:
        announced = file.document.announced
        logs = self._logs()
        closed, follower = logs.get(announced.closes), logs.get(announced.opens)
        if follower is None:
            raise absent("unknown-log")
        if closed is None:
            return  # closed already
        if self._book.follower(announced.closes) not in {"", _said(announced)}:
            raise conflict("another-follower")
        self._demand_remembered(turn.checked_first(file, follower.vkeys))
        last = turn.checked_last(file.document, closed.vkeys)
        seen = self._seen(announced.closes)
        if seen.size > last.size or (seen.size == last.size and seen.root != last.root):
            raise conflict("another-follower")
        self._book.close(announced.closes)

    def _demand_remembered(self, head: Checkpoint) -> None:
        """What is shown is just what was cosigned here last."""
        seen = self._seen(head.origin)
        if (seen.size, seen.root) != (head.size, head.root):
            raise conflict("witness-behind", size=seen.size)

    def _seen(self, origin: str) -> Seen:
        return self._memory.seen(hashlib.sha256(origin.encode()).hexdigest()) or Seen()


def _said(document: Announced) -> str:
    return document.leaf().hex()
