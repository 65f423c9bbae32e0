"""What a customer's monitor is answered: the heads his slots had, his openings, his names in the index.

Nothing here has to be believed: heads are checked against the public root log, openings against leaves,
names against opened entries.
"""

import msgspec

from custodes.acts.asks import Evidence
from custodes.acts.asks.log import (
    Accepted,
    Chain,
    ChainHead,
    LookChain,
    LookNames,
    LookOpenings,
    NamedVersion,
    Names,
    Openings,
    OpeningView,
    SlotEvidence,
    SlotKeys,
)
from custodes.acts.footing.customer import SHOWN, Customer
from custodes.acts.footing.decisions import Asked, refusal_of
from custodes.acts.logkeeping import is_logkeeper
from custodes.acts.opened import Opened
from custodes.acts.records import LOST, VEIL
from custodes.acts.retention.proven import destroyed
from custodes.acts.turning.shards import pruned_to
from custodes.acts.writing.ports import Reads
from custodes.acts.writing.readers import OpeningRow
from custodes.custody.hierarchy import Page
from custodes.kernel.refusal import Kind, Refusal, absent, malformed, unauthenticated, unavailable
from custodes.ledger import veil
from custodes.objects.bucket import Bucket
from custodes.policy.question import Resource

_Found = OpeningView | tuple[OpeningRow, bytes, Page | None]

HEADS_MAX = 2_000
OPENINGS_MAX = 200
NAMES_AT_ONCE = 1_000
SLOT_KEY_BYTES = 32


class Following:
    """Answers `SlotKeys`, `LookChain`, `LookOpenings`, `LookNames`."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened
        self._slot_keys: dict[str, bytes] = {}

    @property
    def known_slot_keys(self) -> int:
        """Of how many customers the logkeeper has told the key."""
        return len(self._slot_keys)

    async def take(self, ask: SlotKeys) -> Accepted:
        """`not-the-logkeeper` (unauthenticated), `bad-slot-key` (malformed)."""
        if not is_logkeeper(self._o, ask, ask.evidence):
            raise unauthenticated("not-the-logkeeper")
        if any(len(key) != SLOT_KEY_BYTES for key in ask.keys.values()):
            raise malformed("bad-slot-key")
        self._slot_keys = dict(ask.keys)
        return Accepted()

    async def chain(self, ask: LookChain) -> Chain:
        """`bad-limit` (malformed), `no-such-log` (absent), `slot-key-unknown` (unavailable)."""
        if not 1 <= ask.limit <= HEADS_MAX or ask.after < 0:
            raise malformed("bad-limit")
        customer, kind = self._log(ask.evidence, ask.log, "log:read")
        key = self._slot_keys.get(customer.id)
        if key is None:
            raise unavailable("slot-key-unknown")
        logs = [customer.log(one) for one in SHOWN]

        def work(reads: Reads) -> tuple[list[tuple[int, bytes]], list[tuple[int, bytes]], bytes]:
            pruned = pruned_to(reads)
            after = max(ask.after, pruned)
            rows = list(reads.epoch_heads(ask.log, after, ask.limit + 1))
            if ask.after < pruned:  # who begins there begins in the middle of the chain
                begun = reads.epoch_heads(ask.log, pruned, 1)
                previous = msgspec.msgpack.decode(begun[0][1], type=SlotEvidence).previous if begun else b""
                return rows, list(begun), previous
            first = [found[0] for log in logs if (found := reads.epoch_heads(log, 0, 1))]
            return rows, first, b""

        rows, first, previous = await self._o.read(work)
        return Chain(
            log=ask.log,
            slot=customer.slots[kind],
            key=key,
            first_epoch=min((epoch for epoch, _ in first), default=0),
            heads=tuple(_head(epoch, raw) for epoch, raw in rows[: ask.limit]),
            is_all=len(rows) <= ask.limit,
            previous=previous,
        )

    async def openings(self, ask: LookOpenings) -> Openings:
        """`bad-limit` (malformed), `no-such-log` (absent); an entry that does not prove is refused."""
        o = self._o
        if not 1 <= ask.limit <= OPENINGS_MAX or ask.first < 0:
            raise malformed("bad-limit")
        customer, _ = self._log(ask.evidence, ask.log, "log:prove")

        def work(reads: Reads) -> tuple[int, list[_Found]]:
            size = reads.head(ask.log).size
            end = min(size, ask.first + ask.limit)
            if end <= ask.first:
                return size, []
            span = (ask.first, end)
            gone = destroyed(reads, o.records, (o.house, customer), ask.log, span)
            by = {index: one.by for one in gone for index in range(one.first, one.end)}
            rows = {
                row.index: row
                for row in reads.openings(ask.log, span, limit=ask.limit, is_oldest_first=True)
                if row.index not in by  # put back: what was destroyed is not shown
            }
            leaves = reads.leaves(ask.log, *span)
            pages = {row.page: reads.page(o.house, row.page) for row in rows.values()}
            if sorted([*rows, *by]) != list(range(*span)) or len(leaves) != end - ask.first:
                raise unavailable("openings-missing")
            if any(row.code != LOST and pages[row.page] is None for row in rows.values()):
                raise unavailable("openings-missing")
            found: list[_Found] = []
            for index, leaf in zip(range(*span), leaves, strict=True):
                if index in by:
                    found.append(OpeningView(index, leaf, b"", b"", by[index]))
                else:
                    found.append((rows[index], leaf, pages[rows[index].page]))
            return size, found

        size, found = await o.read(work)
        views = (one if isinstance(one, OpeningView) else self._opening(customer, one) for one in found)
        return Openings(tuple(views), size)

    async def names(self, ask: LookNames) -> Names:
        """`no-such-bucket` (absent); a page of at most `NAMES_AT_ONCE`."""
        o = self._o
        o.identities.of(ask.evidence)  # before anything is looked for
        rows = o.standing.all_of("bucket", Bucket)
        bucket = next((row for row in rows if ask.bucket in {row.id, row.name}), None)
        if bucket is None:
            raise absent("no-such-bucket")
        try:
            self._log(ask.evidence, f"{bucket.customer}/{SHOWN[0]}", "log:read")
        except Refusal as refusal:
            raise absent("no-such-bucket") if refusal.kind is Kind.ABSENT else refusal from None
        sequence = None if ask.sequence < 0 else ask.sequence

        def work(reads: Reads) -> Names:
            rows = reads.objects.seek_versions(bucket.id)(ask.name, sequence, NAMES_AT_ONCE)
            is_last = len(rows) < NAMES_AT_ONCE
            return Names(
                bucket=bucket.id,
                versions=tuple(NamedVersion(row.key, row.id) for row in rows),
                next_name="" if is_last else rows[-1].key,
                next_sequence=-1 if is_last else rows[-1].sequence,
            )

        return await o.read(work)

    def _log(self, evidence: Evidence, log: str, action: str) -> tuple[Customer, str]:
        o = self._o
        who = o.identities.of(evidence)
        id_, _, kind = log.partition("/")
        customer = o.standing.get("customer", id_, Customer)
        if customer is None or kind not in SHOWN:
            raise absent("no-such-log")
        resource = Resource(kind="log", id=customer.id, customer=customer.id)
        decided = o.decisions.decide(who, Asked(action=action, resource=resource, purpose="audit"))
        if not decided.decision.allowed:
            raise refusal_of(decided.decision)
        return customer, kind

    def _opening(self, customer: Customer, found: tuple[OpeningRow, bytes, Page | None]) -> OpeningView:
        row, leaf, page = found
        if page is None:
            return OpeningView(row.index, leaf, b"", b"")
        records = self._o.records
        if row.code == VEIL:
            shown = veil.disclose(records.veil_opening(customer, page, row), ())
            return OpeningView(row.index, leaf, shown, b"")
        opening, person = records.opening(customer, page, row)
        return OpeningView(row.index, leaf, opening, person or b"")


def _head(epoch: int, raw: bytes) -> ChainHead:
    found = msgspec.msgpack.decode(raw, type=SlotEvidence)
    return ChainHead(epoch, found.size, found.root)
