"""A restored house goes on with the trees it lost: leaves from a mirror, proven against what was cosigned.

For every epoch that the backup does not know, the stream says by which leaves each sub-log grew. They are
taken over only where they lead to the slot's leaf in the published row, and the row to the epoch leaf in the
mirrored root log. So nothing can be put among them. What the leaves committed to is gone: such entries are
marked lost, counted, and told to their customer; none is invented. Of a customer who came after the backup
the sub-logs go on in the same way: the stream names them, and the log's own keys say which places in the row
are theirs.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from hmac import compare_digest

import msgspec

from custodes.acts.asks.log import SlotEvidence
from custodes.acts.footing.customer import SHOWN, Customer, LostCustomer, Slotted
from custodes.acts.footing.standing import slotted
from custodes.acts.logkeeper.keys import LogKeys
from custodes.acts.logkeeper.streaming import opened as opened_stream
from custodes.acts.opened import Opened
from custodes.acts.records import LOST, VEIL
from custodes.acts.turning.shards import announcing
from custodes.acts.watch.mirror import NEXT, Mirror
from custodes.acts.watch.ports import Folder
from custodes.acts.writing.act import Act, Entry, Failed, Write
from custodes.kernel.clock import from_text, to_text
from custodes.kernel.ids import is_id
from custodes.kernel.refusal import Refusal, conflict, unavailable
from custodes.ledger import cosign, quorum, slots
from custodes.ledger.loss.stream import Part, file_path
from custodes.ledger.merkle import CompactRange, leaf_hash, prefix_root
from custodes.ledger.shards import turn
from custodes.ledger.slots import FIRST_PREVIOUS, SlotHead, SlotTree, parse_epoch_leaf, row_path
from custodes.ledger.veil import VEIL_LEAF_VERSION

EPOCHS_AT_ONCE = 64
EMPTY = CompactRange.decode(0, b"")


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Entries [first, end) of one sub-log, of which only the leaves are left."""

    log: str
    first: int
    end: int


class CaughtUp(msgspec.Struct, frozen=True, kw_only=True):
    """How far the root log goes now, from where, over which epochs; and what is lost of each sub-log."""

    before: int
    size: int
    root: bytes
    epochs: tuple[int, int]
    lost: tuple[Span, ...]
    lost_customers: tuple[LostCustomer, ...] = ()


class CatchingUp:
    """Brings one house forward out of a mirror's folder. `keys` are the lost logkeeper's."""

    def __init__(self, o: Opened, mirror: Mirror, folder: Folder, keys: LogKeys) -> None:
        self._o = o
        self._root_log = o.body.root_log
        self._mirror = mirror
        self._folder = folder
        self._keys = keys
        self._heads: dict[str, CompactRange] = {}
        self._leaves: dict[int, bytes] = {}
        self._veiled: dict[str, date] = {}
        self._known: dict[str, tuple[Slotted, int]] = {
            row.log(kind): (row, slot) for row in slotted(o.standing) for kind, slot in row.slots.items()
        }
        self._new: list[LostCustomer] = []

    async def run(self) -> CaughtUp:
        """Take over everything; each epoch by itself is all or nothing, so it can be taken up again.

        Refusals: `cosignatures-missing`, `mirror-behind`, `mirror-of-another-tree`, `leaves-differ`,
        `changed-meanwhile` (conflict), `mirror-row-missing`, `leaf-stream-missing`, `leaf-stream-gap`
        (unavailable).
        """
        o = self._o
        held, note = self._mirror.held()
        self._demand_quorum(note)
        heads, state = await o.read(lambda reads: (reads.heads(), reads.epoch_state()))
        self._heads = dict(heads)
        slots_known = {slot for _, slot in self._known.values()}
        self._leaves = {slot: leaf for slot, leaf in state.leaves.items() if slot in slots_known}
        before = self._heads.get(self._root_log, EMPTY)
        if held.size < before.size:
            raise conflict("mirror-behind", held=held.size, backup=before.size)
        if prefix_root(self._mirror.reader(held.size), before.size) != before.root():
            raise conflict("mirror-of-another-tree")
        pending: list[Act] = []
        last = state.epoch
        for entry in self._mirror.entries(before.size, held.size):
            found = parse_epoch_leaf(entry)
            if found is None and entry[:1] == turn.NEXT_VERSION:
                await self._commit(pending)
                await self._announced(entry)
                continue
            if found is None or found[0] <= last:
                raise conflict("mirror-of-another-tree")
            last = found[0]
            pending.append(await self._epoch(last, entry, found[1]))
            if len(pending) == EPOCHS_AT_ONCE:
                await self._commit(pending)
        await self._commit(pending)
        if held.size:
            id_ = f"act-note-{hashlib.sha256(note).hexdigest()}"
            await o.gate.commit(Act(id=id_, writes=(Write("epoch.publish", (note,)),)))
        return CaughtUp(
            before=before.size,
            size=held.size,
            root=held.root,
            epochs=(state.epoch + 1, last),
            lost=tuple(self._lost(heads)),
            lost_customers=tuple(self._new),
        )

    def _demand_quorum(self, note: bytes) -> None:
        """What is taken over was cosigned as this house asks for."""
        policy = self._o.policies.of(self._o.house)
        if policy is None or policy.is_none or not note:
            return
        lines = cosign.verify(note, policy.vkeys(), self._o.origin).lines
        if not quorum.evaluate(policy, lines).is_met:
            raise conflict("cosignatures-missing")

    async def _epoch(self, epoch: int, entry: bytes, slot_root: bytes) -> Act:
        """One epoch proven, as the act that takes it over."""
        tree = self._row(epoch, slot_root)
        fresh = self._fresh(epoch)
        self._find_places(epoch, tree, fresh)
        evidence = []
        for log, (customer, slot) in self._known.items():
            made = self._head(log, customer.id, (slot, epoch))
            if slot >= len(tree.rows[0]) or not compare_digest(made.leaf(), tree.rows[0][slot]):
                raise conflict("leaves-differ", epoch=epoch, log=log)
            self._leaves[slot] = made.leaf()
            if log in fresh:
                evidence.append(_evidence(log, made, tree))
        root = self._heads.get(self._root_log, EMPTY)
        self._heads[self._root_log] = root.extend([leaf_hash(entry)])
        return await self._act(epoch, entry, fresh, (root.size, evidence))

    async def _act(
        self,
        epoch: int,
        entry: bytes,
        fresh: dict[str, list[bytes]],
        covers: tuple[int, Sequence[SlotEvidence]],
    ) -> Act:
        now = self._o.clock.now()
        entries = [
            Entry(log=log, leaf=leaf, act_code=LOST, subject=subject, at=now, page="", sealed=b"")
            for log, leaves in fresh.items()
            for leaf in leaves
            for subject in [await self._subject(log, leaf)]
        ]
        subject = f"epoch/{epoch}"
        entries.append(
            Entry(
                log=self._root_log, leaf=entry, act_code="epoch", subject=subject, at=now, page="", sealed=b""
            )
        )
        encode = msgspec.msgpack.encode
        changed = tuple((one.log, one.size, encode(one)) for one in covers[1])
        at = int(now.timestamp() * 1_000_000)
        write = Write("epoch.add", ((epoch, covers[0], at), encode(self._leaves), changed))
        return Act(id=f"act-epoch-{epoch}", entries=tuple(entries), writes=(write,), is_named=True)

    def _head(self, log: str, customer: str, at: tuple[int, int]) -> SlotHead:
        """What a sub-log's slot says at an epoch, if it is this one; `at` is (slot, epoch)."""
        slot, epoch = at
        head = self._heads.get(log, EMPTY)
        return SlotHead(
            slot=slot,
            epoch=epoch,
            blind=slots.blind(self._keys.slot_key(customer), slot, epoch),
            size=head.size,
            root=head.root(),
            previous=self._leaves.get(slot, FIRST_PREVIOUS),
        )

    def _find_places(self, epoch: int, tree: SlotTree, fresh: Iterable[str]) -> None:
        """Customers who came after the backup: which slots are theirs, the row itself says.

        His first entry is that of his enrolment, so all his sub-logs have places from that epoch on. A stream
        that names somebody who has none was not written by this log: `leaves-differ` (conflict).
        """
        unknown = sorted({log.partition("/")[0] for log in fresh if log not in self._known})
        for id_ in unknown:
            if not is_id("cus", id_):
                raise conflict("leaves-differ", epoch=epoch, log=id_)
            taken = {slot for _, slot in self._known.values()}
            found: dict[str, int] = {}
            for kind in SHOWN:
                log = f"{id_}/{kind}"
                free = (slot for slot in range(len(tree.rows[0])) if slot not in taken)
                heads = (self._head(log, id_, (slot, epoch)) for slot in free)
                own = (one.slot for one in heads if compare_digest(one.leaf(), tree.rows[0][one.slot]))
                place = next(own, None)
                if place is None:
                    raise conflict("leaves-differ", epoch=epoch, log=log)
                found[kind] = place
            row = LostCustomer(id=id_, slots=found, found_at=to_text(self._o.clock.now()))
            self._new.append(row)
            self._known |= {row.log(kind): (row, slot) for kind, slot in found.items()}

    async def _announced(self, entry: bytes) -> None:
        """The log named its next shard; the mirror holds the words its entry commits to."""
        raw, o = self._folder.read(NEXT), self._o
        document = turn.parse_next(raw).document if raw is not None else None
        if document is None or document.leaf() != entry:
            raise unavailable("next-shard-missing")
        root = self._heads.get(self._root_log, EMPTY)
        self._heads[self._root_log] = root.extend([leaf_hash(entry)])
        await o.gate.commit(announcing(o, document, root.size))

    def _row(self, epoch: int, slot_root: bytes) -> SlotTree:
        raw = self._folder.read(row_path(epoch))
        if raw is None:
            raise unavailable("mirror-row-missing", epoch=epoch)
        tree = slots.decode_row(epoch, raw)
        if not compare_digest(tree.root, slot_root):
            raise conflict("mirror-of-another-tree", epoch=epoch)
        return tree

    def _fresh(self, epoch: int) -> dict[str, list[bytes]]:
        """The leaves of this epoch that are not known yet, by sub-log; heads move on over them."""
        fresh: dict[str, list[bytes]] = {}
        for part in self._stream(epoch):
            head = self._heads.get(part.log, EMPTY)
            if part.first > head.size:
                raise unavailable("leaf-stream-gap", log=part.log, epoch=epoch)
            new = list(part.leaves[head.size - part.first :])
            if new:
                fresh.setdefault(part.log, []).extend(new)
                self._heads[part.log] = head.extend([leaf_hash(leaf) for leaf in new])
        return fresh

    def _stream(self, epoch: int) -> tuple[Part, ...]:
        first = self._folder.read(file_path(epoch))
        if not first:
            raise unavailable("leaf-stream-missing", epoch=epoch)
        more = [self._folder.read(file_path(epoch, n)) for n in range(1, first[0])]
        files = [first, *(one or b"" for one in more)]
        return opened_stream(files, (self._o.origin, self._keys), epoch)

    async def _subject(self, log: str, leaf: bytes) -> str:
        """A lost veil is of the day after the last one: so it is not made a second time."""
        customer = self._known[log][0] if log in self._known else None
        if leaf[:1] != VEIL_LEAF_VERSION or not isinstance(customer, Customer):
            return LOST
        day = self._veiled.get(log)
        if day is None:
            rows = await self._o.read(lambda reads: reads.openings(log, code=VEIL, limit=1))
            last = rows[0].subject.rpartition("/")[2] if rows else None
            first = from_text(customer.created_at).date() - timedelta(days=1)
            day = first if last is None else date.fromisoformat(last)
        self._veiled[log] = day + timedelta(days=1)
        return f"{VEIL}/{customer.id}/{self._veiled[log].isoformat()}"

    async def _commit(self, pending: list[Act]) -> None:
        """In their order: the sequencer takes them as they come."""
        acts, pending[:] = list(pending), []
        for outcome in await asyncio.gather(*map(self._o.gate.commit, acts)):
            if isinstance(outcome, Failed):
                raise conflict("changed-meanwhile", why=outcome.code)

    def _lost(self, before: Mapping[str, CompactRange]) -> Iterator[Span]:
        for log in sorted(self._known):
            first, end = before.get(log, EMPTY).size, self._heads.get(log, EMPTY).size
            if end > first:
                yield Span(log=log, first=first, end=end)


def demand_not_behind(mirror: Mirror, raw: bytes, said_by: str) -> None:
    """A checkpoint somebody else knows is no newer than the mirror, and of the same tree.

    `mirror-behind`, `mirror-of-another-tree` (conflict).
    """
    try:
        found = mirror.compare(raw, said_by)
    except Refusal as refusal:
        raise conflict("mirror-of-another-tree", who=said_by, why=refusal.code) from refusal
    if found.fork:
        raise conflict("mirror-of-another-tree", who=said_by, evidence=found.fork)
    if found.outcome == "grew":
        raise conflict("mirror-behind", who=said_by)


def _evidence(log: str, head: SlotHead, tree: SlotTree) -> SlotEvidence:
    return SlotEvidence(
        log=log,
        slot=head.slot,
        size=head.size,
        root=head.root,
        blind=head.blind,
        previous=head.previous,
        path=tuple(tree.path(head.slot)),
    )


def of_customer(lost: Sequence[Span], customer: Slotted) -> list[Span]:
    """The spans that lie in one customer's sub-logs."""
    return [one for one in lost if one.log.partition("/")[0] == customer.id]
