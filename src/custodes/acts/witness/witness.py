"""A witness at work: judge, remember, and then answer.

Two submissions of one log never overlap: the memory's transaction holds the writer's lock from the look at
what is remembered to the write of what is cosigned. A cosignature exists only in that transaction until it
is durable; if the commit fails nobody has seen it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from custodes.kernel.clock import Clock
from custodes.kernel.refusal import absent, limited
from custodes.ledger import note as notes
from custodes.ledger.cosign import CheckpointSigner, posix
from custodes.ledger.note import Note
from custodes.ledger.watch import witnessing
from custodes.ledger.watch.log_list import WitnessedLog
from custodes.ledger.watch.witnessing import Seen

from .ports import Logs, Memory

DAY_MS = 86_400_000
BURST_SUBMISSIONS = 60  # as many may come at once, whatever the log announced for the day


class Witness:
    """Answers submissions; safe to call from several threads."""

    def __init__(self, logs: Logs, memory: Memory, signers: Sequence[CheckpointSigner], clock: Clock) -> None:
        self._logs = logs
        self._memory = memory
        self._signers = signers
        self._clock = clock
        self._allowance: dict[str, tuple[float, int]] = {}

    @property
    def vkeys(self) -> tuple[str, ...]:
        """The keys it cosigns with."""
        return tuple(one.vkey.text() for one in self._signers)

    def add_checkpoint(self, raw: bytes) -> bytes:
        """The cosignature lines, after what they say was written down.

        Refusals: `bad-submission`, `bad-note`, `bad-checkpoint`, `old-beyond-checkpoint` (malformed),
        `unknown-log` (absent), `not-signed-by-log`, `bad-signature` (unauthenticated), `submitted-too-often`
        (limited), `bad-empty-root` (malformed), `witness-behind`, `other-root`, `not-consistent` (conflict).
        """
        submission = witnessing.parse(raw)
        log = self._logs().get(witnessing.origin_of(submission.note))
        if log is None:
            raise absent("unknown-log")
        checkpoint = witnessing.opened(submission.note, log.vkeys)
        self._count(log)
        made: list[bytes] = []

        def decide(seen: Seen) -> Seen:
            witnessing.judge(submission, checkpoint, seen)
            self._clock.not_below(_instant(seen.cosigned_at))
            at = self._clock.now()
            lines = tuple(signer.cosign(checkpoint, at) for signer in self._signers)
            made[:] = [one.line().encode() + b"\n" for one in lines]
            kept = _own_lines(notes.parse(submission.note), log).with_signatures(lines)
            return Seen(size=checkpoint.size, root=checkpoint.root, note=kept.encode(), cosigned_at=posix(at))

        self._memory.settle(log.origin, decide)
        return b"".join(made)

    def checkpoint(self, origin_hash: str) -> bytes:
        """The last checkpoint it cosigned of a log, with the log's lines and its own; `unknown-log`."""
        seen = self._memory.seen(origin_hash)
        if seen is None:
            raise absent("unknown-log")
        return seen.note

    def _count(self, log: WitnessedLog) -> None:
        """`submitted-too-often` once a log has used up what it announced for the day."""
        if log.submissions_per_day is None:
            return
        now = self._clock.boot_ms()
        full = float(max(BURST_SUBMISSIONS, log.submissions_per_day // 24))
        left, at = self._allowance.get(log.origin, (full, now))
        left = min(full, left + max(0, now - at) * log.submissions_per_day / DAY_MS)
        if left < 1:
            raise limited("submitted-too-often")
        self._allowance[log.origin] = (left - 1, now)


def _own_lines(note: Note, log: WitnessedLog) -> Note:
    """The note with the lines of the log's keys only: whatever else came with it is not vouched for."""
    known = {(vkey.name, vkey.key_id) for vkey in log.vkeys}
    return msgspec.structs.replace(
        note, signatures=tuple(one for one in note.signatures if (one.name, one.key_id) in known)
    )


def _instant(posix_s: int) -> datetime:
    return datetime.fromtimestamp(posix_s, UTC)
