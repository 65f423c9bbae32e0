"""What a file of evidence proves to somebody with pins: checkpoints, proofs, folders of tiles, and the rest.

`sniff` says what a file is; `examine` answers one `Check` per question and whether all that the claim needs
was checked and held. The stand-alone verifier asks the same questions and answers alike (a test compares).
A file that cannot be understood is a Refusal (malformed).
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from custodes.kernel.refusal import Refusal, malformed
from custodes.ledger import certificate, cosign, proof, quorum, receipt, slots, tiles
from custodes.ledger.checkpoint import Checkpoint
from custodes.ledger.loss import gap
from custodes.ledger.loss.gap import GapFile, Officer
from custodes.ledger.merkle import HASH_BYTES, CompactRange, leaf_hash, verify_inclusion
from custodes.ledger.note import Line
from custodes.ledger.quorum import Policy
from custodes.ledger.receipt import Check, Pins
from custodes.ledger.shards import turn
from custodes.ledger.shards.turn import TurnFile
from custodes.ledger.tiles import TILE_WIDTH
from custodes.ledger.watch import fork

Bar = Callable[[int, int], None]

KINDS = ("receipt", "certificate", "checkpoint", "proof", "tiles", "fork", "gap", "turn")


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """All answers about one file; `fields` are what a receipt proves the entry says."""

    kind: str
    is_proven: bool
    checks: tuple[Check, ...]
    fields: dict[str, object] = {}


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What some claims need beside their file: a proof's entry, an older checkpoint, whose signatures count
    under a gap, where to show a bar.
    """

    entry: bytes | None = None
    older: bytes | None = None
    officers: tuple[Officer, ...] = ()
    bar: Bar = lambda _done, _total: None


def sniff(path: Path, head: bytes) -> str:
    """What a path holds, by its first bytes: one of `KINDS`; `unknown-evidence` (malformed)."""
    if path.is_dir():
        return "tiles"
    if head.startswith(b"{"):
        if b'"format":"custodes.fork/' in head:
            return "fork"
        if b'"format":"custodes.gap/' in head:
            return "gap"
        if b'"format":"custodes.turn/' in head:
            return "turn"
        return "certificate" if b'"format":"custodes.certificate/' in head else "receipt"
    if head.startswith(proof.HEADER.encode()):
        return "proof"
    if b"\n" in head:
        return "checkpoint"
    raise malformed("unknown-evidence")


def examine(path: Path, pins: Pins, beside: Beside) -> Verdict:
    """Every question about one path, answered."""
    if path.is_dir():
        return _folder(path, pins, beside)
    raw = path.read_bytes()
    kind = sniff(path, raw)
    if kind == "certificate":
        paper = certificate.parse(raw)
        checks = certificate.verify(paper, pins)
        return Verdict(kind=kind, is_proven=certificate.is_proven(checks), checks=tuple(checks))
    if kind == "fork":
        return _fork(fork.parse(raw), pins)
    if kind == "gap":
        return _gap(gap.parse(raw), pins, beside)
    if kind == "turn":
        return _turn(turn.parse(raw), pins)
    if kind == "receipt":
        made = receipt.parse(raw)
        checks = receipt.verify(made, pins)
        opened = receipt.opened_fields(made)
        return Verdict(
            kind=kind,
            is_proven=receipt.is_proven(made, checks),
            checks=tuple(checks),
            fields={} if opened is None else dict(opened.fields),
        )
    if kind == "proof":
        return _proof(raw, pins, beside)
    checks, _ = check_checkpoint(raw, pins)
    return _verdict(kind, checks, ("checkpoint", "quorum"))


def _gap(file: GapFile, pins: Pins, beside: Beside) -> Verdict:
    """Pins of the closed log; who may declare a gap is known from elsewhere too."""
    checks = gap.judge(file, pins, beside.officers)
    document = file.document
    fields: dict[str, object] = {
        "closes": document.closes,
        "opens": document.opens,
        "epochs missing": [document.first_epoch, document.last_epoch],
        "from": document.since,
        "to": document.until,
    }
    return Verdict(kind="gap", is_proven=gap.is_proven(checks), checks=tuple(checks), fields=fields)


def _turn(file: TurnFile, pins: Pins) -> Verdict:
    """Pins of the closed log look forward, those of the one that follows look back."""
    announced = file.document.announced
    checks = turn.judge(file, pins)
    fields: dict[str, object] = {
        "closes": announced.closes,
        "opens": announced.opens,
        "year": announced.year,
        "last epoch": file.document.last_epoch,
    }
    return Verdict(kind="turn", is_proven=turn.is_proven(checks), checks=tuple(checks), fields=fields)


def check_checkpoint(raw: bytes, pins: Pins, prefix: str = "") -> tuple[list[Check], Checkpoint | None]:
    """Signatures and quorum under the head of a log; the head itself when a pinned log signed it."""
    policy = quorum.parse(pins.policy.encode())
    origin = raw.partition(b"\n")[0].decode("utf-8", "replace")
    names = {vkey.name for vkey, _ in policy.logs}
    try:
        found = cosign.verify(raw, policy.vkeys(), origin if origin in names else "")
        if found.checkpoint.extensions:
            raise malformed("bad-checkpoint")
    except Refusal as refusal:
        return [Check(name=f"{prefix}checkpoint", passed=False, detail=refusal.code)], None
    head = found.checkpoint
    checks = [_line(line, prefix) for line in found.lines]
    checks.append(Check(name=f"{prefix}checkpoint", passed=True, detail=f"{head.origin} {head.size}"))
    checks.append(_quorum(policy, found.lines, prefix))
    return checks, head


def check_tiles(folder: Path, size: int, bar: Bar) -> tuple[list[Check], CompactRange]:
    """Every tile hashed again from the leaves, and entries where they are there; the range they lead to.

    `tile-missing` (malformed) names the first tile that is not there.
    """
    return _Tiles(folder, size).walk(bar)


def _folder(folder: Path, pins: Pins, beside: Beside) -> Verdict:
    try:
        raw = (folder / "checkpoint").read_bytes()
    except OSError as error:
        raise malformed("checkpoint-missing") from error
    checks, head = check_checkpoint(raw, pins)
    needed = ["checkpoint", "quorum", "tiles", "root"]
    if beside.older is not None:
        needed.append("consistency")
    if head is None:
        return _verdict("tiles", checks, needed)
    older = None
    if beside.older is not None:
        older_checks, older = check_checkpoint(beside.older, pins, "older ")
        checks += older_checks
    walk = _Tiles(folder, head.size, older.size if older is not None else -1)
    more, grown = walk.walk(beside.bar)
    checks += more
    checks.append(Check(name="root", passed=grown.root() == head.root, detail=f"{head.size} leaves"))
    if beside.older is not None:
        held = older is not None and older.size <= head.size and walk.root_at_mark == older.root
        same = older is not None and older.origin == head.origin
        said = "the older head is a prefix of this log"
        checks.append(Check(name="consistency", passed=held and same, detail=said))
    return _verdict("tiles", checks, needed)


def _fork(found: fork.Fork, pins: Pins) -> Verdict:
    """Whether the log signed two trees that exclude each other."""
    policy = quorum.parse(pins.policy.encode())
    shown = fork.judge(found, [vkey for vkey, _ in policy.logs])
    told = {
        fork.Proof.PROVEN: (True, "the log signed two trees that exclude each other"),
        fork.Proof.SIGNED: (None, "the log signed both; that they exclude each other is not shown"),
        fork.Proof.NOTHING: (False, "not both signed by a pinned key, or both heads of one tree"),
    }
    passed, detail = told[shown]
    check = Check(name="fork", passed=passed, detail=f"{found.origin}: {detail}")
    return Verdict(kind="fork", is_proven=shown is fork.Proof.PROVEN, checks=(check,))


def _proof(raw: bytes, pins: Pins, beside: Beside) -> Verdict:
    found = proof.parse(raw)
    if beside.entry is None:
        raise malformed("entry-missing")
    checks, head = check_checkpoint(found.checkpoint, pins)
    if head is not None:
        held = verify_inclusion(leaf_hash(beside.entry), found.index, head.size, found.path, head.root)
        checks.append(Check(name="inclusion", passed=held, detail=f"entry {found.index} of {head.size}"))
    return _verdict("proof", checks, ("checkpoint", "quorum", "inclusion"))


def _verdict(kind: str, checks: Sequence[Check], needed: Sequence[str]) -> Verdict:
    held = {check.name for check in checks if check.passed}
    failed = any(check.passed is False for check in checks)
    return Verdict(kind=kind, is_proven=not failed and set(needed) <= held, checks=tuple(checks))


def _line(line: Line, prefix: str) -> Check:
    detail = "" if line.is_checked else "this key is not pinned"
    return Check(
        name=f"{prefix}signature {line.name} {line.key_id}", passed=line.is_checked or None, detail=detail
    )


def _quorum(policy: Policy, lines: Sequence[Line], prefix: str) -> Check:
    verdict = quorum.evaluate(policy, lines)
    if policy.is_none:
        said = "the pinned policy asks for none: demo only, nobody outside the house vouches"
        return Check(name=f"{prefix}quorum", passed=True, detail=said)
    said = f"organisations: {', '.join(verdict.organisations) or 'none'}"
    if verdict.embedded:
        said += f"; embedded, counting zero: {', '.join(verdict.embedded)}"
    return Check(name=f"{prefix}quorum", passed=verdict.is_met, detail=said)


class _Tiles:
    """One walk over a folder of tiles, a tile of leaves at a time: memory grows by 32 bytes in 256 leaves."""

    def __init__(self, folder: Path, size: int, mark: int = -1) -> None:
        self._folder = folder
        self._size = size
        self._mark = mark
        self.root_at_mark = CompactRange().root() if mark == 0 else b""
        self._grown = CompactRange()
        self._compared = 0
        self._same_entries = True
        self._epochs_rise = True
        self._epoch = -1

    def walk(self, bar: Bar) -> tuple[list[Check], CompactRange]:
        above = bytearray()
        count = -(-self._size // TILE_WIDTH)
        for n in range(count):
            width = min(TILE_WIDTH, self._size - n * TILE_WIDTH)
            hashes = self._tile(0, n, width)
            self._grow(hashes)
            if width == TILE_WIDTH:
                above += CompactRange().extend(hashes).root()
            self._compare_entries(n, hashes)
            bar(n + 1, count)
        same, level = True, 0
        while above:
            level += 1
            row, above = bytes(above), bytearray()
            for n in range(-(-len(row) // (TILE_WIDTH * HASH_BYTES))):
                part = row[n * TILE_WIDTH * HASH_BYTES : (n + 1) * TILE_WIDTH * HASH_BYTES]
                hashes = self._tile(level, n, len(part) // HASH_BYTES)
                same = same and b"".join(hashes) == part
                if len(hashes) == TILE_WIDTH:
                    above += CompactRange().extend(hashes).root()
        checks = [Check(name="tiles", passed=same, detail=f"{level + 1} levels")]
        said = f"{self._compared} of {self._size} were there to compare"
        seen = self._compared > 0
        checks.append(Check(name="entries", passed=self._same_entries if seen else None, detail=said))
        said = f"the last is {self._epoch}; each above the one before"
        checks.append(Check(name="epochs", passed=self._epochs_rise if seen else None, detail=said))
        return checks, self._grown

    def _grow(self, hashes: list[bytes]) -> None:
        cut = self._mark - self._grown.size
        if 0 < cut <= len(hashes):
            self._grown = self._grown.extend(hashes[:cut])
            self.root_at_mark = self._grown.root()
            hashes = hashes[cut:]
        self._grown = self._grown.extend(hashes)

    def _tile(self, level: int, n: int, width: int) -> list[bytes]:
        raw = self._read(tiles.tile_path(level, n, width), tiles.tile_path(level, n))
        if raw is None or len(raw) < width * HASH_BYTES:
            raise malformed("tile-missing", level=level, n=n)
        return [raw[i * HASH_BYTES : (i + 1) * HASH_BYTES] for i in range(width)]

    def _compare_entries(self, n: int, hashes: list[bytes]) -> None:
        width = len(hashes)
        raw = self._read(tiles.entries_path(n, width), tiles.entries_path(n))
        if raw is None:
            return
        entries = _entries(raw, width)
        self._same_entries = self._same_entries and [leaf_hash(one) for one in entries] == hashes
        self._compared += len(entries)
        for entry in entries:
            epoch = slots.parse_epoch_leaf(entry)
            if epoch is not None:
                self._epochs_rise = self._epochs_rise and epoch[0] > self._epoch
                self._epoch = epoch[0]

    def _read(self, *paths: str) -> bytes | None:
        for path in paths:
            file = self._folder / path
            if file.is_file():
                return file.read_bytes()
        return None


def _entries(raw: bytes, width: int) -> list[bytes]:
    """The first `width` entries of a bundle that may be wider; fewer when it is broken."""
    found: list[bytes] = []
    at = 0
    while len(found) < width:
        end = at + 2 + int.from_bytes(raw[at : at + 2], "big")
        if at + 2 > len(raw) or end > len(raw):
            break
        found.append(raw[at + 2 : end])
        at = end
    return found
