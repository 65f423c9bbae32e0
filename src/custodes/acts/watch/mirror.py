"""A mirror of a log: what provably continues the tree it holds is taken over; nothing it holds is replaced.

Of the log only the checkpoint and the entries are believed, and these only when the tree computed from them
has the signed root. Tiles are computed here. A checkpoint is put in place last, so a run that was cut off is
taken up again. A head that excludes the one that is held becomes evidence, and the mirror stays as it was.
"""

import hashlib
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from custodes.kernel.clock import Clock, to_text
from custodes.kernel.refusal import Refusal, conflict, malformed, unavailable
from custodes.ledger import tiles
from custodes.ledger.checkpoint import Checkpoint
from custodes.ledger.loss.stream import FILES_MAX, file_path
from custodes.ledger.merkle import (
    EMPTY_ROOT,
    CompactRange,
    consistency_proof,
    leaf_hash,
    prefix_root,
    range_of,
    verify_consistency,
)
from custodes.ledger.note import Vkey
from custodes.ledger.shards import turn
from custodes.ledger.slots import parse_epoch_leaf, row_path
from custodes.ledger.tiles import TILE_WIDTH, TileReader
from custodes.ledger.watch import fork
from custodes.ledger.watch.fork import Fork, Proof
from custodes.ledger.watch.witnessing import opened

from .ports import Folder, LogWeb

CHECKPOINT = "checkpoint"
EVIDENCE = "evidence"
NEXT = "next.json"


class Outcome(StrEnum):
    """What a round came to."""

    GREW = "grew"
    SAME = "same"
    BEHIND = "behind"  # the log shows an older head of the tree that is held
    FORKED = "forked"  # the log signed a head that excludes the one that is held


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One look at the log. `fork` names the evidence kept, `proof` what it shows.

    Of so many epochs the log had no slot row, or no leaves, to give any more.
    """

    outcome: Outcome
    before: int
    size: int
    note: bytes
    rows_missing: int = 0
    leaves_missing: int = 0
    fork: str = ""
    proof: str = ""


class Mirror:
    """Holds one log in a folder. `keys` are (origin, the log's keys).

    With `holds_leaves` it also holds the house's sealed leaves, from which the house can be brought back. A
    log that follows a closed one begins with `first_entry`: else `another-follower` (conflict).
    """

    def __init__(
        self,
        folder: Folder,
        web: LogWeb,
        keys: tuple[str, Sequence[Vkey]],
        clock: Clock,
        *,
        holds_leaves: bool = False,
        first_entry: bytes = b"",
    ) -> None:
        self._holds_leaves = holds_leaves
        self._first_entry = first_entry
        self._folder = folder
        self._web = web
        self._origin, self._vkeys = keys
        self._clock = clock

    def held(self) -> tuple[Checkpoint, bytes]:
        """The newest head that is held whole, with its note; size 0 before the first."""
        raw = self._folder.read(CHECKPOINT)
        if raw is None:
            return Checkpoint(origin=self._origin, size=0, root=EMPTY_ROOT), b""
        return self._opened(raw), raw

    def round(self) -> Round:
        """Look once. Refusals: `checkpoint-missing` (malformed), `wrong-origin`, those of
        `witnessing.opened`, `entries-missing`, `log-does-not-fit` (unavailable), `held-differs` (conflict).
        """
        held, note = self.held()
        raw = self._web.get(CHECKPOINT)
        if raw is None:
            raise malformed("checkpoint-missing")
        shown = self._opened(raw)
        if shown.size <= held.size:
            return self._not_larger(held, note, shown, raw)
        try:
            rows, leaves = self._fetch(held, shown)
        except _DoesNotFit:
            return self._refuse(held, note, shown, raw)
        self._folder.add(f"checkpoints/{shown.size:020}", raw)
        self._folder.replace(CHECKPOINT, raw)
        return Round(
            outcome=Outcome.GREW,
            before=held.size,
            size=shown.size,
            note=raw,
            rows_missing=rows,
            leaves_missing=leaves,
        )

    def reader(self, size: int) -> TileReader:
        """Nodes of the tree that is held, out of its tiles."""
        return TileReader(self._tile, size)

    def entries(self, first: int, end: int) -> list[bytes]:
        """Entries [first, end) that are held; `entries-missing` (unavailable)."""
        found: list[bytes] = []
        for n in range(first // TILE_WIDTH, -(-end // TILE_WIDTH)):
            found += self._bundle(n, min(TILE_WIDTH, end - n * TILE_WIDTH))
        return found[first % TILE_WIDTH :]

    def compare(self, raw: bytes, said_by: str) -> Round:
        """A checkpoint that somebody else was shown, against the tree that is held; see `round`.

        Of a larger one nothing can be said yet (`behind` the other way round: outcome `grew`).
        """
        held, note = self.held()
        shown = self._opened(raw)
        if shown.size > held.size:
            return Round(outcome=Outcome.GREW, before=held.size, size=shown.size, note=raw)
        return self._not_larger(held, note, shown, raw, said_by)

    def objection(self, last: bytes) -> str:
        """Why a log cannot have been closed at this head: more is held, or another tree; else nothing."""
        found = self.compare(last, "who closed the log")
        if found.outcome is Outcome.FORKED:
            return f"the head it names excludes the one held: {found.fork}"
        if found.outcome is Outcome.BEHIND:
            return f"{found.size} entries are held, and it names {self._opened(last).size}: it hides some"
        return ""

    def keep(self, made: Fork) -> str:
        """Put evidence of a fork away; gives its name. The first of two heads stays."""
        name = f"fork-{hashlib.sha256((made.first + made.second).encode()).hexdigest()[:16]}.json"
        if self._folder.read(f"{EVIDENCE}/{name}") is None:
            self._folder.add(f"{EVIDENCE}/{name}", made.encode())
        return name

    def forks(self) -> list[tuple[str, Fork, Proof]]:
        """Evidence that is held, and what it shows."""
        found = []
        for name in self._folder.names(EVIDENCE):
            raw = self._folder.read(f"{EVIDENCE}/{name}")
            if raw is not None:
                made = fork.parse(raw)
                found.append((name, made, fork.judge(made, self._vkeys)))
        return found

    def _opened(self, raw: bytes) -> Checkpoint:
        checkpoint = opened(raw, self._vkeys)
        if checkpoint.origin != self._origin or checkpoint.extensions:
            raise malformed("wrong-origin")
        return checkpoint

    def _not_larger(
        self, held: Checkpoint, note: bytes, shown: Checkpoint, raw: bytes, said_by: str = ""
    ) -> Round:
        there = prefix_root(self.reader(held.size), shown.size)
        if there == shown.root:
            outcome = Outcome.SAME if shown.size == held.size else Outcome.BEHIND
            if outcome is Outcome.SAME and raw != note and not said_by:
                self._folder.replace(CHECKPOINT, raw)  # the same head, cosigned later or by more
            return Round(outcome=outcome, before=held.size, size=held.size, note=raw)
        path = consistency_proof(self.reader(held.size), shown.size, held.size)
        return self._forked(held, (note, raw), (there, path), said_by)

    def _refuse(self, held: Checkpoint, note: bytes, shown: Checkpoint, raw: bytes) -> Round:
        """What is shown does not continue what is held: a fork if the log's own tiles prove it."""
        try:
            reader = TileReader(self._shown_tile, shown.size)
            there = prefix_root(reader, held.size)
            path = consistency_proof(reader, held.size, shown.size)
        except Refusal as refusal:
            raise unavailable("log-does-not-fit") from refusal
        if not verify_consistency(held.size, shown.size, path, there, shown.root) or there == held.root:
            raise unavailable("log-does-not-fit")
        return self._forked(held, (note, raw), (there, path))

    def _forked(
        self,
        held: Checkpoint,
        notes: tuple[bytes, bytes],
        shown: tuple[bytes, Sequence[bytes]],
        said_by: str = "",
    ) -> Round:
        sizes = {note.split(b"\n", 2)[1] for note in notes}
        proof = shown if len(sizes) == 2 else (b"", ())
        made = fork.make(
            notes, proof, seen_at=to_text(self._clock.now()), said_by=said_by or "the log itself"
        )
        return Round(
            outcome=Outcome.FORKED,
            before=held.size,
            size=held.size,
            note=notes[1],
            fork=self.keep(made),
            proof=fork.judge(made, self._vkeys).value,
        )

    def _fetch(self, held: Checkpoint, shown: Checkpoint) -> tuple[int, int]:
        """Entries, tiles, slot rows and leaves from the held head to the shown one; how many are gone.

        All is in the folder when this returns, and the tree has the signed root; `_DoesNotFit` otherwise.
        """
        grown = range_of(self.reader(held.size), held.size) if held.size else CompactRange()
        if grown.root() != held.root:
            raise conflict("held-differs")
        pending: list[tuple[str, bytes]] = []
        partials = {
            at: self._tile(*at, TILE_WIDTH) for at in tiles.touched(held.size, shown.size - held.size)
        }
        rows_missing = leaves_missing = 0
        for n in range(held.size // TILE_WIDTH, -(-shown.size // TILE_WIDTH)):
            width = min(TILE_WIDTH, shown.size - n * TILE_WIDTH)
            entries = self._shown_bundle(n, width)
            had = max(0, held.size - n * TILE_WIDTH)
            if had and entries[:had] != self._bundle(n, had):
                raise _DoesNotFit
            new = entries[had:]
            if self._first_entry and not n and entries[:1] != [self._first_entry]:
                raise conflict("another-follower")
            for put in tiles.extend(grown.size, [leaf_hash(one) for one in new], partials):
                pending.append((tiles.tile_path(put.level, put.n, put.width), put.hashes))
                partials[put.level, put.n] = put.hashes
            grown = grown.extend([leaf_hash(one) for one in new])
            pending.append((tiles.entries_path(n, width), tiles.encode_bundle(entries)))
            rows_missing += self._rows(new)
            self._announced(new)
            leaves_missing += self._leaves(new) if self._holds_leaves else 0
        if grown.root() != shown.root:
            raise _DoesNotFit
        for path, body in pending:
            self._folder.add(path, body)
        return rows_missing, leaves_missing

    def _rows(self, entries: Sequence[bytes]) -> int:
        """Slot rows of these epochs, where the log still has them; they are checked by who needs them."""
        missing = 0
        for entry in entries:
            epoch = parse_epoch_leaf(entry)
            if epoch is None or self._folder.read(row_path(epoch[0])) is not None:
                continue
            row = self._web.get(row_path(epoch[0]))
            if row is None:
                missing += 1
            else:
                self._folder.replace(row_path(epoch[0]), row)
        return missing

    def _announced(self, entries: Sequence[bytes]) -> None:
        """What one of these says of the shard that comes: a restored house needs its words again."""
        wanted = [one for one in entries if one[:1] == turn.NEXT_VERSION]
        raw = self._web.get(NEXT) if wanted else None
        if raw is not None and turn.parse_next(raw).document.leaf() in wanted:
            self._folder.replace(NEXT, raw)

    def _leaves(self, entries: Sequence[bytes]) -> int:
        """The sealed leaves of these epochs: nobody here can look into them, a restored house can."""
        missing = 0
        for entry in entries:
            epoch = parse_epoch_leaf(entry)
            if epoch is None or self._folder.read(file_path(epoch[0])) is not None:
                continue
            files = self._stream(epoch[0])
            missing += not files
            for n, body in reversed(list(enumerate(files))):  # the first last: it says that all are there
                self._folder.replace(file_path(epoch[0], n), body)
        return missing

    def _stream(self, epoch: int) -> list[bytes]:
        """All files of one epoch, or none."""
        first = self._web.get(file_path(epoch))
        if not first or not 1 <= first[0] <= FILES_MAX:
            return []
        more = [self._web.get(file_path(epoch, n)) for n in range(1, first[0])]
        return [] if None in more else [first, *(one for one in more if one is not None)]

    def _shown_bundle(self, n: int, width: int) -> list[bytes]:
        raw = self._web.get(tiles.entries_path(n, width))
        if raw is not None:
            return tiles.decode_bundle(raw, width)
        raw = self._web.get(tiles.entries_path(n))  # the partial one may be gone once the full one is there
        if raw is None:
            raise unavailable("entries-missing", n=n)
        return tiles.decode_bundle(raw, TILE_WIDTH)[:width]

    def _shown_tile(self, level: int, n: int, width: int) -> bytes:
        raw = self._web.get(tiles.tile_path(level, n, width)) or self._web.get(tiles.tile_path(level, n))
        if raw is None:
            raise unavailable("entries-missing", n=n)
        return raw

    def _tile(self, level: int, n: int, _width: int) -> bytes:
        """The widest tile that is held."""
        return self._widest(tiles.tile_path(level, n))

    def _bundle(self, n: int, width: int) -> list[bytes]:
        raw, at = self._widest(tiles.entries_path(n)), 0
        found: list[bytes] = []
        while at < len(raw) and len(found) < width:
            end = at + 2 + int.from_bytes(raw[at : at + 2], "big")
            found.append(raw[at + 2 : end])
            at = end
        if len(found) < width:
            raise unavailable("entries-missing", n=n)
        return found

    def _widest(self, path: str) -> bytes:
        raw = self._folder.read(path)
        if raw is not None:
            return raw
        widths = [int(name) for name in self._folder.names(f"{path}.p") if name.isdecimal()]
        raw = self._folder.read(f"{path}.p/{max(widths)}") if widths else None
        if raw is None:
            raise unavailable("entries-missing")
        return raw


class _DoesNotFit(Exception):  # noqa: N818 - the log's answer, not a fault
    """What the log shows is not the tree it signed, or does not continue the one that is held."""
