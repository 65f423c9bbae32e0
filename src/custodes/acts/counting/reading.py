"""A stretch of a sub-log, opened and proven: read in one hop, opened in another, beside the loop.

Opening is work for the interpreter that uses need, too, so it is done a few entries at a time, with rests in
proportion: whoever asks says which share of the time it may take.
"""

import time
from collections.abc import Mapping, Sequence

import msgspec

from custodes.acts.footing.customer import Customer
from custodes.acts.footing.tombstone import Fold
from custodes.acts.opened import Opened
from custodes.acts.records import LOST, unsealed
from custodes.acts.retention.proven import destroyed
from custodes.acts.writing.ports import Reads
from custodes.acts.writing.readers import OpeningRow
from custodes.assurance.metering import Fields
from custodes.custody.hierarchy import Page
from custodes.kernel.refusal import Kind, Refusal
from custodes.ledger.merkle import CompactRange, leaf_hash
from custodes.ledger.veil import VEIL_LEAF_VERSION

AT_ONCE = 10  # entries between two rests: about a millisecond


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """Entries [first, first + len(leaves)) of a sub-log that has `size`; `root` is that of the whole log.

    `gone`: how many of them were provably destroyed. `rows` are the others that have an opening.
    """

    log: str
    first: int
    size: int
    root: bytes
    leaves: Sequence[bytes]
    rows: Sequence[OpeningRow]
    pages: Mapping[str, Page]
    gone: int = 0


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """What a stretch says: (index, fields) each, in order; how many were lost; the tree grown by it."""

    entries: Sequence[tuple[int, Fields]]
    lost: int
    tree: CompactRange


def read(o: Opened, customer: Customer, reads: Reads, log: str, span: tuple[int, int]) -> Stretch:
    """At most the entries of a span; `opening-missing` (broken) for one that is neither there nor provably
    destroyed.
    """
    head = reads.head(log)
    first, end = span[0], min(span[1], head.size)
    gone = destroyed(reads, o.records, (o.house, customer), log, (first, end)) if first < end else ()
    rows = reads.openings(log, (first, end), limit=max(end - first, 1), is_oldest_first=True)
    rows = [row for row in rows if not any(one.first <= row.index < one.end for one in gone)]
    passed = sum(one.end - one.first for one in gone)
    leaves = reads.leaves(log, first, end)
    if len(leaves) != end - first or len(rows) + passed != end - first:
        raise Refusal("opening-missing", Kind.BROKEN, {"log": log, "index": first})
    return Stretch(
        log=log,
        first=first,
        size=head.size,
        root=head.root(),
        leaves=leaves,
        rows=rows,
        pages=pages_of(o, reads, rows),
        gone=passed,
    )


def pages_of(o: Opened, reads: Reads, rows: Sequence[OpeningRow]) -> Mapping[str, Page]:
    """The pages these openings lie in; `opening-missing` (broken) where one is wanting."""
    found: dict[str, Page] = {}
    for row in rows:
        if row.code == LOST or row.page in found:
            continue
        page = reads.page(o.house, row.page)
        if page is None:
            raise Refusal("opening-missing", Kind.BROKEN, {"log": row.log, "index": row.index})
        found[row.page] = page
    return found


def keys_of(o: Opened, customer: Customer, pages: Mapping[str, Page]) -> Mapping[str, bytes]:
    """Their keys, opened in the loop, where everything else opens them."""
    return {id_: o.keyring.page(customer, customer.records, page) for id_, page in pages.items()}


def proven(
    stretch: Stretch, keys: Mapping[str, bytes], erased: Fold, tree: CompactRange, *, share: float = 1.0
) -> Proven:
    """Open every entry against its leaf (`opening-differs`); `counts-differ` (broken) where the leaves are
    not those of the log's tree. In a thread: it rests for as long as leaves it `share` of the time.
    """
    entries: list[tuple[int, Fields]] = []
    lost = 0
    since_s = time.thread_time()
    for n, row in enumerate(stretch.rows, 1):
        if n % AT_ONCE == 0:
            time.sleep((time.thread_time() - since_s) * (1 / share - 1))
            since_s = time.thread_time()
        leaf = stretch.leaves[row.index - stretch.first]
        if row.code == LOST:
            lost += 1
        elif leaf[:1] != VEIL_LEAF_VERSION:
            page = stretch.pages[row.page]
            entries.append((row.index, unsealed(keys[page.id], page, row, leaf, erased).fields))
    grown = tree.extend([leaf_hash(leaf) for leaf in stretch.leaves])
    if grown.size == stretch.size and grown.root() != stretch.root:
        raise differ(stretch.log)
    return Proven(entries=entries, lost=lost, tree=grown)


def differ(log: str) -> Refusal:
    """What was counted is not of this log, or the log is not what its tree says."""
    return Refusal("counts-differ", Kind.BROKEN, {"log": log})
