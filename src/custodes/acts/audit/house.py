"""A whole house hashed again: leaves, tiles, heads, standing rows, openings, object index, public log.

Everything is read from one snapshot of the database. Without keys (`Ground` None) every hash, the signed
head and the standing root are checked; with them also every row's MAC, every opening against its leaf, and
the object index against what the log says happened. A finding never stops the audit; what could not be
looked at is named, so that silence always means "looked at, and it held".
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from custodes.acts.footing.customer import Customer
from custodes.acts.footing.house_body import HouseBody, is_root
from custodes.acts.footing.standing import row_leaf
from custodes.acts.founding import receipt_vkey
from custodes.acts.sharing.following import said_keys
from custodes.acts.writing.house_head import FIRST, HouseHead, newest, why_untrue
from custodes.acts.writing.ports import Reads
from custodes.kernel.refusal import Refusal
from custodes.ledger import tiles
from custodes.ledger.merkle import HASH_BYTES, CompactRange, leaf_hash, root_of
from custodes.ledger.receipt import Pins
from custodes.ledger.tiles import TILE_WIDTH
from custodes.objects.audit import Noted

from .files import check_checkpoint, check_tiles
from .names import check_names
from .opening import Ground, When, check_openings
from .retired import Retired

Bar = Callable[[int, int], None]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as it must be: a code, where, and what was found instead."""

    code: str
    where: str
    detail: str = ""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What an audit found. `counted` says how much was looked at, `not_checked` what was not, and why."""

    findings: tuple[Finding, ...]
    counted: dict[str, int]
    not_checked: tuple[str, ...]


class Audit:
    """One audit of one snapshot."""

    def __init__(self, body: HouseBody, reads: Reads, ground: Ground | None, bar: Bar) -> None:
        self._body = body
        self._reads = reads
        self._ground = ground
        self._bar = bar
        self._findings: list[Finding] = []
        self._not_checked: list[str] = []
        self._counted: dict[str, int] = {}
        self._roots: dict[int, bytes] = {}
        pruned = {row.root_log for row in reads.upkeep.shards() if row.pruned_at is not None}
        self._heads = reads.heads()
        self._trees = {log: head for log, head in self._heads.items() if log not in pruned}
        self._done = 0
        sizes = sum(head.size for head in self._heads.values())
        self._total = max(1, sizes * (1 if ground is None else 2))

    def run(self, public: Path | None) -> Report:
        """Look at everything; `public` is the folder of the public log."""
        head = self._check_head()
        wanted = self._published_size(public)
        for log in sorted(set(self._heads) - set(self._trees)):
            self._pruned(log)
        for log in sorted(self._trees):
            mark = wanted if log == self._body.root_log else -1
            self._part(log, partial(self._check_log, log, mark))
        if head is not None:
            self._part("standing rows", partial(self._check_standing, head))
        if public is not None:
            self._part("public log", partial(self._check_public, public))
        if self._ground is None:
            self._not_checked.append("MACs of standing rows, openings and names: the holder was not opened")
        else:
            self._part("openings and names", partial(self._check_inside, self._ground, head))
        self._bar(self._total, self._total)
        return Report(
            findings=tuple(self._findings),
            counted=dict(sorted(self._counted.items())),
            not_checked=tuple(self._not_checked),
        )

    def _found(self, code: str, where: str, detail: str = "") -> None:
        self._findings.append(Finding(code=code, where=where, detail=detail))

    def _part(self, what: str, look: Callable[[], None]) -> None:
        """One part of the audit. A row no program of ours wrote may break any reader: that is a finding,
        and what came behind it in this part was not looked at.
        """
        try:
            look()
        except Exception as error:  # as above: a foreign row, whatever it breaks
            self._found("row-unreadable", what, type(error).__name__)
            self._not_checked.append(f"{what}, behind what cannot be read")

    def _check_head(self) -> HouseHead | None:
        heads = self._reads.house_heads()
        head = newest(heads)
        if head is None:
            self._found("house-head-missing", "house head")
            return None
        founder = Ed25519PublicKey.from_public_bytes(self._body.receipt_key)
        keys = {**said_keys(self._reads.standing()), FIRST: founder}
        sizes = {log: one.size for log, one in self._heads.items()}
        untrue = why_untrue(heads, self._body.id, keys, sizes)
        if untrue is not None:
            signed = sum(each.seq for each in heads)
            self._found(untrue, "house head", f"{signed} signed, {sum(sizes.values())} there")
        return head

    def _check_log(self, log: str, mark: int) -> None:
        """Leaves lead to the tiles, tiles to the head; `mark`: keep the root at this size too."""
        head, grown, above = self._heads[log], CompactRange(), bytearray()
        for start in range(0, head.size, TILE_WIDTH):
            end = min(start + TILE_WIDTH, head.size)
            leaves = self._reads.leaves(log, start, end)
            if len(leaves) != end - start:
                self._found("leaf-missing", f"{log}:{start + len(leaves)}")
                return
            hashes = [leaf_hash(leaf) for leaf in leaves]
            self._check_tile(log, (0, start // TILE_WIDTH), hashes)
            if start < mark <= end:
                self._roots[mark] = grown.extend(hashes[: mark - start]).root()
            grown = grown.extend(hashes)
            if len(hashes) == TILE_WIDTH:
                above += CompactRange().extend(hashes).root()
            self._step(len(hashes))
        self._counted["leaves"] = self._counted.get("leaves", 0) + head.size
        self._check_above(log, above)
        if grown != head:
            self._found("head-differs", log, f"leaves lead to {grown.root().hex()[:16]}...")

    def _pruned(self, log: str) -> None:
        """Of a year that was pruned its last head stands, as the next one began with it; nothing else."""
        self._not_checked.append(f"{log}: pruned, by two organisations")
        if self._reads.leaves(log, 0, 1) or self._reads.tile(log, 0, 0) is not None:
            self._found("shard-came-back", log)

    def _check_above(self, log: str, above: bytearray) -> None:
        level = 0
        while above:
            level += 1
            row = [bytes(above[at : at + HASH_BYTES]) for at in range(0, len(above), HASH_BYTES)]
            above = bytearray()
            for n in range(-(-len(row) // TILE_WIDTH)):
                part = row[n * TILE_WIDTH : (n + 1) * TILE_WIDTH]
                self._check_tile(log, (level, n), part)
                if len(part) == TILE_WIDTH:
                    above += CompactRange().extend(part).root()

    def _check_tile(self, log: str, at: tuple[int, int], hashes: Sequence[bytes]) -> None:
        if self._reads.tile(log, *at) != b"".join(hashes):
            self._found("tile-differs", f"{log} {tiles.tile_path(*at, len(hashes))}")
        self._counted["tiles"] = self._counted.get("tiles", 0) + 1

    def _check_standing(self, head: HouseHead) -> None:
        rows = sorted(self._reads.standing(), key=lambda row: row.position)
        gap = next((row for place, row in enumerate(rows) if row.position != place), None)
        if gap is not None:
            self._found("standing-missing", f"{gap.noun} {gap.id}", f"a row before place {gap.position}")
        if root_of([row_leaf(row) for row in rows]) != head.standing_root:
            self._found("standing-rolled-back", "standing rows", "they do not fold to the signed root")
        self._counted["standing rows"] = len(rows)

    def _published_size(self, public: Path | None) -> int:
        raw = _read(public / "checkpoint") if public is not None else None
        lines = raw.split(b"\n") if raw is not None else []
        return int(lines[1]) if len(lines) > 2 and lines[1].isdigit() and len(lines[1]) < 19 else -1

    def _check_public(self, public: Path) -> None:
        """The folder everybody reads: signed, whole, and the same tree as the root log of the database."""
        raw = _read(public / "checkpoint")
        if raw is None:
            self._not_checked.append("the public log: nothing was published yet")
            return
        pins = Pins(house=self._body.id, receipt_keys=(receipt_vkey(self._body),), policy=self._body.policy)
        checks, head = check_checkpoint(raw, pins)
        for check in checks:
            if check.passed is False:
                self._found("public-log-unsigned", "public log", f"{check.name}: {check.detail}")
        if head is None:
            return
        try:
            more, grown = check_tiles(public, head.size, lambda _done, _total: None)
        except Refusal as refusal:
            self._found(refusal.code, "public log", _facts(refusal))
            return
        for check in more:
            if check.passed is False:
                self._found("public-log-differs", "public log", f"{check.name}: {check.detail}")
        ours = self._roots.get(head.size, CompactRange().root() if head.size == 0 else b"")
        if grown.root() != head.root or ours != head.root:
            self._found("public-log-differs", "public log", f"at size {head.size}")
        self._counted["published"] = head.size

    def _check_inside(self, ground: Ground, head: HouseHead | None) -> None:
        noted: list[tuple[When, Noted]] = []
        lost: list[tuple[str, int]] = []
        declared: list[tuple[str, int, int]] = []
        authorities: dict[int, set[bytes]] = {}
        retired = Retired()
        for log, index, seen in check_openings(ground, self._body.id, self._reads, self._inside()):
            if isinstance(seen, Refusal):
                if seen.code == "opening-missing":
                    retired.missing(log, index)
                else:
                    self._found(seen.code, f"{log}:{index}", _facts(seen))
            else:
                noted += [seen.noted] if seen.noted is not None else []
                lost += [(log, index)] if seen.is_lost else []
                declared += seen.lost
                if seen.authority is not None:
                    authorities.setdefault(seen.authority[0], set()).add(seen.authority[1])
                if seen.destroyed is not None:
                    retired.said(*seen.destroyed)
                    if seen.is_too_early:
                        self._found("destroyed-too-early", f"{log}:{index}")
            self._counted["openings"] = self._counted.get("openings", 0) + 1
            self._step(1)
        self._check_lost(lost, declared)
        if gone := ground.lost_customers():
            self._counted["customers of whom only the log is left"] = len(gone)
        for code, log, first, end in retired.findings(self._reads, self._heads):
            self._found(code, f"{log}:{first}", f"{end - first} entries" if end - first > 1 else "")
        self._counted["destroyed under retention"] = retired.count
        for seq, roots in sorted(authorities.items()):
            is_last = head is not None and seq == head.standing_seq
            if len(roots) > 1 or (is_last and head is not None and roots != {head.standing_root}):
                self._found("standing-root-differs", f"standing root {seq}", "entries and head do not agree")
        buckets = sorted({one.bucket for _, one in noted} | ground.buckets())
        for difference in check_names(noted, buckets, self._reads.objects):
            said = ", ".join(difference.said) or "nothing"
            detail = f"the log says {said}; the index {', '.join(difference.found) or 'nothing'}"
            self._found(difference.code, f"{difference.bucket} {difference.name}", detail)
        self._counted["buckets"] = len(buckets)

    def _check_lost(self, lost: Sequence[tuple[str, int]], declared: Sequence[tuple[str, int, int]]) -> None:
        """Entries without an opening are those that entries declare lost, no other."""
        for log, index in lost:
            if not any(name == log and first <= index < end for name, first, end in declared):
                self._found("opening-missing", f"{log}:{index}", "no entry declares it lost")
        if lost:
            self._counted["lost with a machine"] = len(lost)

    def _inside(self) -> Iterator[tuple[str, int]]:
        """Every log of a customer (the house is one), with its size."""
        ground = self._ground
        for log in sorted(self._heads):
            if is_root(log) or ground is None:
                continue
            owner = log.partition("/")[0]
            is_customers = ground.standing.get("customer", owner, Customer) is not None
            if not is_customers and owner not in ground.lost_customers():
                self._found("log-of-nobody", log)
                continue
            yield log, self._heads[log].size

    def _step(self, count: int) -> None:
        self._done += count
        self._bar(min(self._done, self._total), self._total)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _facts(refusal: Refusal) -> str:
    return ", ".join(f"{name} {value}" for name, value in refusal.facts.items())
