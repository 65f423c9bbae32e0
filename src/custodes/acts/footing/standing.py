"""What decisions rest on: keys, policies, roles, credentials, boundaries, enrolments, grants, kills.

Every standing row carries a generation and a MAC of the keyroom; all rows together have one Merkle root,
which each authority entry repeats and the house head signs. The keyroom keeps every row in memory: a row
in the database that differs was not written by us, and is refused.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec

from custodes.acts.footing.customer import Customer, LostCustomer, Slotted
from custodes.acts.footing.nouns import NOUNS
from custodes.acts.writing.act import Generation, StandingSeq, Write
from custodes.acts.writing.readers import StandingRow
from custodes.acts.writing.sequencer import StandingChange
from custodes.kernel import canonical
from custodes.kernel.refusal import unavailable
from custodes.ledger.merkle import EMPTY_ROOT, leaf_hash, node_hash

T = TypeVar("T", bound=msgspec.Struct)
MAC_LABEL = "custodes/standing/v1"
ROW_LABEL = "custodes/standing-row/v1"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A new content for one standing row; `customer` is empty for rows of the house."""

    noun: str
    id: str
    customer: str
    value: msgspec.Struct


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """Changes ready to be committed: what the act must expect and write, and the root that results."""

    expects: tuple[Generation | StandingSeq, ...]
    writes: tuple[Write, ...]
    change: StandingChange
    rows: tuple[StandingRow, ...]
    values: tuple[msgspec.Struct, ...]


class Standing:
    """Every standing row in memory. Reads are plain dictionary look-ups; changes go through the sequencer."""

    def __init__(self, mac_key: bytes) -> None:
        self._mac_key = mac_key
        self._rows: dict[tuple[str, str], StandingRow] = {}
        self._values: dict[tuple[str, str], msgspec.Struct] = {}
        self._expects: dict[
            tuple[str, str], Generation
        ] = {}  # of rows that are: what is asked for has no end
        self._of: dict[tuple[str, str], dict[str, None]] = {}
        self._tree = _Tree()
        self._changes: dict[str, int] = {}
        self.seq = 0
        self.on_change: Callable[[], None] = lambda: None  # called once the new rows stand

    def load(self, rows: Iterable[StandingRow], seq: int, root: bytes) -> None:
        """Take in the database's rows; refuse `standing-forged` or `standing-rolled-back` (unavailable)."""
        for row in sorted(rows, key=lambda row: row.position):
            if not hmac.compare_digest(row.mac, self._mac(row)):
                raise unavailable("standing-forged", noun=row.noun, id=row.id)
            if row.position != self._tree.size:
                raise unavailable("standing-rolled-back", noun=row.noun, id=row.id)
            self._tree.set(row.position, row_leaf(row))
            self._keep(row, msgspec.json.decode(row.body, type=NOUNS[row.noun]))
        if not hmac.compare_digest(self._tree.root(), root):
            raise unavailable("standing-rolled-back")
        self.seq = seq

    def follow(self, rows: Iterable[StandingRow], seq: int, root: bytes) -> tuple[StandingRow, ...]:
        """Take in what another keyroom has changed; gives back the rows that did. All of them, or none:
        `standing-forged`, `standing-rolled-back` (unavailable).
        """
        undo: list[tuple[int, bytes | None]] = []
        changed = []
        try:
            for row in sorted(rows, key=lambda row: row.position):
                old = self._rows.get((row.noun, row.id))
                if row == old:
                    continue
                if not hmac.compare_digest(row.mac, self._mac(row)):
                    raise unavailable("standing-forged", noun=row.noun, id=row.id)
                place = self._tree.size if old is None else old.position
                if row.position != place or (old is not None and row.generation <= old.generation):
                    raise unavailable("standing-rolled-back", noun=row.noun, id=row.id)
                undo.append((place, self._tree.set(place, row_leaf(row))))
                changed.append((row, msgspec.json.decode(row.body, type=NOUNS[row.noun])))
            if not hmac.compare_digest(self._tree.root(), root):
                raise unavailable("standing-rolled-back")
        except BaseException:
            for place, leaf in reversed(undo):
                self._tree.undo(place, leaf)
            raise
        for row, value in changed:
            self._keep(row, value)
        self.seq = seq
        if changed:
            self.on_change()
        return tuple(row for row, _ in changed)

    def get(self, noun: str, id_: str, kind: type[T]) -> T | None:
        """The present value of a row, or None."""
        value = self._values.get((noun, id_))
        if value is None:
            return None
        if not isinstance(value, kind):
            raise TypeError(noun)
        return value

    def all_of(self, noun: str, kind: type[T], customer: str | None = None) -> Iterator[T]:
        """Every value of a noun; of one customer when `customer` is given ('' = the house's own)."""
        ids = self._of.get((noun, customer), {}) if customer is not None else None
        if ids is not None:
            pairs = [(noun, id_) for id_ in ids]
        else:
            pairs = [pair for pair in self._values if pair[0] == noun]
        for pair in pairs:
            value = self._values[pair]
            if isinstance(value, kind):
                yield value

    def expect(self, noun: str, id_: str) -> Generation:
        """What an act that rested on this row (or on its absence) must expect."""
        kept = self._expects.get((noun, id_))
        if kept is not None:
            return kept
        row = self._rows.get((noun, id_))
        if row is None:
            return Generation(noun, id_, 0)
        kept = self._expects[noun, id_] = Generation(noun, id_, row.generation)
        return kept

    def customer_of(self, noun: str, id_: str) -> str | None:
        """The customer a row belongs to; None when there is no such row."""
        row = self._rows.get((noun, id_))
        return row.customer if row else None

    def changes(self, nouns: Iterable[str]) -> int:
        """How often rows of these nouns were put since the start; the same number = nothing changed."""
        return sum(self._changes.get(noun, 0) for noun in nouns)

    def rows(self) -> Iterator[StandingRow]:
        """Every row, for audit."""
        return iter(self._rows.values())

    def root(self) -> bytes:
        """Merkle root over the rows' leaves in order of position."""
        return self._tree.root()

    def prepare(self, changes: Sequence[Change]) -> Prepared:
        """Compute rows, writes and the next root; nothing changes here until `adopt`."""
        rows = []
        expects: list[Generation | StandingSeq] = [StandingSeq(self.seq)]
        size = self._tree.size
        for change in changes:
            old = self._rows.get((change.noun, change.id))
            expects.append(self.expect(change.noun, change.id))
            bare = StandingRow(
                noun=change.noun,
                id=change.id,
                customer=change.customer if old is None else old.customer,
                position=size if old is None else old.position,
                generation=1 if old is None else old.generation + 1,
                body=canonical.encode(msgspec.to_builtins(change.value, str_keys=True)),
                mac=b"",
            )
            size += old is None
            rows.append(msgspec.structs.replace(bare, mac=self._mac(bare)))
        undo = [(row.position, self._tree.set(row.position, row_leaf(row))) for row in rows]
        root = self._tree.root()
        for position, leaf in reversed(undo):
            self._tree.undo(position, leaf)
        return Prepared(
            expects=tuple(expects),
            writes=tuple(Write("standing.put", (row, self.seq + 1)) for row in rows),
            change=StandingChange(self.seq + 1, root, tuple((row.noun, row.id) for row in rows)),
            rows=tuple(rows),
            values=tuple(change.value for change in changes),
        )

    def adopt(self, prepared: Prepared) -> None:
        """The act committed: the new rows stand, unless they were followed to already."""
        if prepared.change.seq <= self.seq:
            return
        for row, value in zip(prepared.rows, prepared.values, strict=True):
            self._tree.set(row.position, row_leaf(row))
            self._keep(row, value)
        self.seq = prepared.change.seq
        self.on_change()

    def _keep(self, row: StandingRow, value: msgspec.Struct) -> None:
        self._rows[row.noun, row.id] = row
        self._expects.pop((row.noun, row.id), None)
        self._values[row.noun, row.id] = value
        self._changes[row.noun] = self._changes.get(row.noun, 0) + 1
        self._of.setdefault((row.noun, row.customer), {})[row.id] = None

    def _mac(self, row: StandingRow) -> bytes:
        content = [row.noun, row.id, row.customer, row.position, row.generation, canonical.b64(row.body)]
        return hmac.digest(self._mac_key, canonical.encode([MAC_LABEL, *content]), "sha256")


class _Tree:
    """A Merkle tree whose leaves can be replaced: an odd last node is carried up, as in RFC 6962."""

    def __init__(self) -> None:
        self._levels: list[list[bytes]] = [[]]

    @property
    def size(self) -> int:
        return len(self._levels[0])

    def root(self) -> bytes:
        return self._levels[-1][0] if self._levels[0] else EMPTY_ROOT

    def set(self, position: int, leaf: bytes) -> bytes | None:
        """Replace or append one leaf; return what stood there."""
        leaves = self._levels[0]
        old = leaves[position] if position < len(leaves) else None
        if old is None:
            leaves.append(leaf)
        else:
            leaves[position] = leaf
        self._climb(position)
        return old

    def undo(self, position: int, old: bytes | None) -> None:
        """Take `set` back; appended leaves go in reverse order."""
        if old is not None:
            self._levels[0][position] = old
            self._climb(position)
            return
        self._levels[0].pop()
        below = len(self._levels[0])
        for level in range(1, len(self._levels)):
            below = (below + 1) // 2
            del self._levels[level][below:]
        while len(self._levels) > 1 and len(self._levels[-2]) <= 1:
            self._levels.pop()
        if position:
            self._climb(position - 1)

    def _climb(self, position: int) -> None:
        level = 0
        while len(self._levels[level]) > 1:
            row = self._levels[level]
            left = position & ~1
            node = node_hash(row[left], row[left + 1]) if left + 1 < len(row) else row[left]
            position //= 2
            level += 1
            if level == len(self._levels):
                self._levels.append([])
            above = self._levels[level]
            if position < len(above):
                above[position] = node
            else:
                above.append(node)


def slotted(standing: Standing) -> Iterator[Slotted]:
    """Everybody whose sub-logs have places in the slot tree: customers, and those lost with a machine."""
    yield from standing.all_of("customer", Customer)
    yield from standing.all_of("lost-customer", LostCustomer)


def row_leaf(row: StandingRow) -> bytes:
    """What the standing root covers of one row (docs/formats/standing.md).

    The body stands in it by its hash, so that whoever has no key of the keyroom can be shown one row, its
    path and an entry with the root, and knows that just this stood.
    """
    body = hashlib.sha256(row.body).digest()
    content = [ROW_LABEL, row.noun, row.id, row.customer, row.generation, canonical.b64(body)]
    return leaf_hash(canonical.encode([*content, canonical.b64(row.mac)]))


def fingerprint(value: msgspec.Struct) -> str:
    """SHA-256 of a standing value's canonical form, for entries that name what they rested on."""
    return hashlib.sha256(canonical.encode(msgspec.to_builtins(value, str_keys=True))).hexdigest()
