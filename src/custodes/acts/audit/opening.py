"""Every stored opening proved against its leaf, with the keys of the house; and what it says of the index."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from custodes.acts.footing.customer import WITHHELD, Customer, LostCustomer
from custodes.acts.footing.house_body import HouseBody
from custodes.acts.footing.keyring import Keyring
from custodes.acts.footing.standing import Standing
from custodes.acts.records import LOST, Records
from custodes.acts.retention.proven import said_spans
from custodes.acts.writing.act import Act
from custodes.acts.writing.house_head import newest
from custodes.acts.writing.ports import Reads
from custodes.acts.writing.readers import OpeningRow
from custodes.custody import hierarchy
from custodes.custody.hierarchy import Page
from custodes.custody.holder import Holder
from custodes.kernel import canonical
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import Clock, from_text, to_text
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Kind, Refusal, unavailable
from custodes.ledger import vocabulary
from custodes.ledger.retention.spans import Span
from custodes.ledger.veil import VEIL_LEAF_VERSION
from custodes.objects.audit import Deed, Noted
from custodes.objects.bucket import Bucket
from custodes.objects.version import Versioning

DEEDS: Mapping[str, Deed] = {
    "object.put": Deed.PUT,
    "object.mark": Deed.MARK,
    "object.delete": Deed.REMOVE,
}
When = tuple[datetime, str, int]


@dataclass(frozen=True)
class Ground:
    """The house's standing rows, verified, and what opens its records."""

    standing: Standing
    records: Records

    def __repr__(self) -> str:
        return "Ground(...)"

    def buckets(self) -> set[str]:
        """Ids of every bucket that stands or stood."""
        return {bucket.id for bucket in self.standing.all_of("bucket", Bucket)}

    def lost_customers(self) -> set[str]:
        """Ids of customers of whom only the log is left."""
        return {row.id for row in self.standing.all_of("lost-customer", LostCustomer)}


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What one proven entry says for the whole: a change of the index, a standing root, which are lost, and
    which were destroyed.

    `is_lost` says of an entry that only its leaf is left, `is_too_early` that it destroyed before the term it
    names was over.
    """

    noted: tuple[When, Noted] | None = None
    is_lost: bool = False
    lost: tuple[tuple[str, int, int], ...] = ()
    authority: tuple[int, bytes] | None = None
    destroyed: tuple[str, tuple[Span, ...]] | None = None
    is_too_early: bool = False


def ground_of(body: HouseBody, reads: Reads, holder: Holder, ports: tuple[Clock, Dice]) -> Ground:
    """What an unsealed holder opens: `standing-forged`, `standing-rolled-back`, `house-head-missing`
    (unavailable) when what stands is not what was signed.
    """
    clock, dice = ports
    keys = hierarchy.open_house_keys(holder, body.id, body.house_keys)
    head = newest(reads.house_heads())
    if head is None:
        raise unavailable("house-head-missing")
    standing = Standing(keys.mac)
    standing.load(reads.standing(), head.standing_seq, head.standing_root)
    keyring = Keyring(body.id, keys, {holder.uri: holder}, dice)
    return Ground(standing, Records(keyring, clock, _commit_nothing, standing))


def check_openings(
    ground: Ground, house: str, reads: Reads, logs: Iterator[tuple[str, int]]
) -> Iterator[tuple[str, int, Seen | Refusal]]:
    """(log, index, what it says or why it is not proven) for every entry.

    Codes: `opening-missing`, `page-missing`, `opening-differs`, `wrap-mismatch`, `entry-misplaced` (another
    log, time, act or customer than its row says), `holder-gone`.
    """
    pages: dict[str, Page | None] = {}
    for log, size in logs:
        for index in range(size):
            row = reads.opening(log, index)
            if row is not None and row.page not in pages:
                pages[row.page] = reads.page(house, row.page)
            leaves = reads.leaves(log, index, index + 1)
            if row is None or not leaves:
                yield log, index, Refusal("opening-missing", Kind.BROKEN)
                continue
            yield log, index, _one(ground, house, row, leaves[0], pages[row.page])


def _one(ground: Ground, house: str, row: OpeningRow, leaf: bytes, page: Page | None) -> Seen | Refusal:
    owner = row.log.partition("/")[0]
    customer = ground.standing.get("customer", owner, Customer)
    is_known = customer is not None or owner in ground.lost_customers()
    if is_known and row.code == LOST:
        return Seen(is_lost=True)
    if page is None or customer is None:
        return Refusal("page-missing", Kind.BROKEN)
    try:
        opened = ground.records.unseal(customer, page, row, leaf)
        fields = opened.fields
        if not _is_placed(row, leaf, fields, customer):
            return Refusal("entry-misplaced", Kind.BROKEN)
        tells_of = {customer.id} | (ground.lost_customers() if customer.id == house else set())
        return _seen(row, customer, fields, tells_of)
    except Refusal as refusal:
        return refusal
    except (ValueError, TypeError) as error:
        return Refusal("opening-unreadable", Kind.BROKEN, {"why": type(error).__name__})


def _seen(row: OpeningRow, customer: Customer, fields: Mapping[str, Plain], tells_of: set[str]) -> Seen:
    said = said_spans(fields)
    if said is None or not said[0].startswith(f"{customer.id}/"):
        return Seen(noted=_noted(row, fields), authority=_authority(fields), lost=_lost(tells_of, fields))
    days = timedelta(days=int(str(fields["days"])))
    return Seen(
        destroyed=(said[0], tuple(said[1])),
        is_too_early=from_text(str(fields["until"])) > from_text(str(fields["at"])) - days,
    )


def _is_placed(row: OpeningRow, leaf: bytes, fields: Mapping[str, Plain], customer: Customer) -> bool:
    """The row's columns, by which entries are found, say what the proven fields say."""
    if leaf[:1] == VEIL_LEAF_VERSION:
        return row.code == "veil" and fields.get("customer") == customer.id
    if row.log == customer.log(WITHHELD):  # of the house, about a customer its row does not name
        return row.code == WITHHELD and fields.get("at") == to_text(row.at) and "customer" in fields
    kind = vocabulary.sub_log(fields).value
    return (
        row.log == customer.log(kind)
        and fields.get("act") == row.code
        and fields.get("at") == to_text(row.at)
        and fields.get("customer") == customer.id
    )


def _noted(row: OpeningRow, fields: Mapping[str, Plain]) -> tuple[When, Noted] | None:
    deed = DEEDS.get(str(fields.get("act")))
    if deed is None or "versioning" not in fields:
        return None
    name = fields.get("object_name")
    noted = Noted(
        deed=deed,
        bucket=str(fields["bucket"]),
        version=str(fields["object_version"]),
        name=str(name) if name is not None else None,
        versioning=Versioning(str(fields["versioning"])),
    )
    return (row.at, row.log, row.index), noted


def _authority(fields: Mapping[str, Plain]) -> tuple[int, bytes] | None:
    seq, root = fields.get("standing_seq"), fields.get("standing_root")
    return (seq, canonical.unb64(root)) if isinstance(seq, int) and isinstance(root, str) else None


def _lost(tells_of: set[str], fields: Mapping[str, Plain]) -> tuple[tuple[str, int, int], ...]:
    """What an entry declares lost, as far as it lies in sub-logs it can speak of: the same customer's, and
    of customers who are lost themselves the house's.
    """
    said = fields.get("lost")
    if fields.get("act") != "house.lost" or not isinstance(said, list):
        return ()
    spans = [msgspec.convert(one, tuple[str, int, int]) for one in said]
    return tuple(one for one in spans if one[0].partition("/")[0] in tells_of)


async def _commit_nothing(_act: Act) -> object:
    raise TypeError("an audit writes nothing")
