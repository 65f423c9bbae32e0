"""What a fold keeps: a head (how far, over which leaves, the whole life) and one part for each day.

Each is sealed under a page key of the customer's records, bound to its place and to its generation; the head
names the digest of every day. So an older day put back does not fit, a forged one does not open, and all of
it put back together is only behind.
"""

import hashlib
import hmac

import msgspec

from custodes.acts.writing.fold_reads import FoldName, FoldPart
from custodes.assurance.counting import Portion
from custodes.assurance.metering import Change, Day
from custodes.custody import wrap
from custodes.custody.hierarchy import Page, subject_context
from custodes.custody.wrap import Context, Purpose
from custodes.kernel import canonical
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Kind, Refusal
from custodes.ledger.merkle import CompactRange

HEAD = "head"
SECRET_BYTES = 32
TAG_BYTES = 20
DIGEST_BYTES = 12
_LABEL = b"custodes/fold-name"


class Taken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many entries of a sub-log were taken, and the roots of the subtrees their leaves make."""

    size: int = 0
    stack: bytes = b""

    def tree(self) -> CompactRange:
        """The tree over all that was taken."""
        return CompactRange.decode(self.size, self.stack)


class DayHead(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Of one day: the head's generation when its part was written, the part's digest, and by how much the day
    changed what is stored.
    """

    generation: int = 0
    digest: bytes = b""
    change: Change = Change()


class Head(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`unnamed`: versions held whose name was erased. `missed`: entries destroyed before they were counted;
    `lost`: those of which a lost machine left only the leaf. `counted_at`: the newest time counted.
    """

    secret: bytes
    logs: dict[str, Taken] = msgspec.field(default_factory=dict)
    days: dict[str, DayHead] = msgspec.field(default_factory=dict)
    cases: list[str] = msgspec.field(default_factory=list)
    unnamed: list[str] = msgspec.field(default_factory=list)
    life: Portion = msgspec.field(default_factory=Portion)
    missed: int = 0
    lost: int = 0
    counted_at: str = ""

    def __repr__(self) -> str:
        return f"Head(logs={self.logs!r})"


class DayPart(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One day in full."""

    figures: Day
    portion: Portion = msgspec.field(default_factory=Portion)


def sealed(key: bytes, page: Page, at: tuple[str, str, int], value: Head | DayPart, dice: Dice) -> FoldPart:
    """A part ready to be written; `at` = (customer, part, generation)."""
    customer, part, generation = at
    plain = canonical.encode(msgspec.to_builtins(value))
    raw = wrap.wrap(key, _context(page, part, generation), plain, dice)
    return FoldPart(customer=customer, part=part, generation=generation, page=page.id, sealed=raw)


def opened_head(key: bytes, page: Page, row: FoldPart) -> Head:
    """`counts-forged` (broken) for anything but what was sealed in this place."""
    return msgspec.convert(_opened(key, page, row), Head)


def opened_day(key: bytes, page: Page, row: FoldPart) -> DayPart:
    """`counts-forged` (broken), as `opened_head`."""
    return msgspec.convert(_opened(key, page, row), DayPart)


def digest(row: FoldPart) -> bytes:
    """By which the head knows a day."""
    return hashlib.sha256(row.sealed).digest()[:DIGEST_BYTES]


def tag(secret: bytes, bucket: str, name: str) -> bytes:
    """What a name is called here: nobody without the sealed head can tell which it is."""
    said = canonical.encode([bucket, name])
    return hmac.digest(secret, _LABEL + b"/tag\0" + said, "sha256")[:TAG_BYTES]


def named(secret: bytes, customer: str, at: tuple[bytes, int], what: tuple[str, int]) -> FoldName:
    """The row of `at` = (tag, index of the entry) that says `what` = (version, size)."""
    row = FoldName(customer=customer, tag=at[0], version=what[0], size=what[1], index=at[1], mac=b"")
    return msgspec.structs.replace(row, mac=_mac(secret, row))


def demand_true(secret: bytes, row: FoldName) -> None:
    """`counts-forged` (broken)."""
    if not hmac.compare_digest(_mac(secret, row), row.mac):
        raise forged("name")


def forged(part: str) -> Refusal:
    """What lies there is not what was sealed there."""
    return Refusal("counts-forged", Kind.BROKEN, {"part": part})


def _mac(secret: bytes, row: FoldName) -> bytes:
    said = canonical.encode([row.customer, canonical.b64(row.tag), row.version, row.size, row.index])
    return hmac.digest(secret, _LABEL + b"/row\0" + hashlib.sha256(said).digest(), "sha256")[:TAG_BYTES]


def _opened(key: bytes, page: Page, row: FoldPart) -> object:
    try:
        plain = wrap.unwrap(key, _context(page, row.part, row.generation), row.sealed)
    except Refusal as refusal:
        raise forged(row.part) from refusal
    return canonical.decode(plain)


def _context(page: Page, part: str, generation: int) -> Context:
    return subject_context(page, f"{part}/{generation}", Purpose.FOLD)
