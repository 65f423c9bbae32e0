"""The manifest of an adoption: what lay there in plain, and which object it became
(docs/formats/adoption.md).

One canonical JSON line per object, in order of names; signed is a note over the SHA-256 of all of them.
"""

import hashlib
from collections.abc import Sequence

from custodes.acts.answers.logs.entries import receipt_key_name
from custodes.acts.asks.buckets.adopting import ITEMS_MAX, AdoptedItem, line_of
from custodes.acts.opened import Opened
from custodes.kernel import canonical
from custodes.ledger.note import NoteSigner, sign
from custodes.objects.adoption import Adoption

FIRST_LINE = "custodes/adoption/v1"
RESTORED = "custodes/restoration/v1"


def text_of(origin: str, adoption: str, count: int, digest: bytes, first: str = FIRST_LINE) -> str:
    """What the note says: the format, the house, the adoption, how many lines, and their SHA-256."""
    return f"{first}\n{origin}\n{adoption}\n{count}\n{canonical.b64(digest)}\n"


async def signed_manifest(opened: Opened, row: Adoption) -> str:
    """The signed note over everything taken in so far."""
    count, digest, after = 0, hashlib.sha256(), ""
    while True:
        page = await _page(opened, row.id, after)
        for item in page:
            if item.version:
                digest.update(line_of(item))
                count += 1
        if len(page) < ITEMS_MAX:
            break
        after = page[-1].name
    first = RESTORED if row.is_restoration else FIRST_LINE
    text = text_of(opened.origin, row.id, count, digest.digest(), first)
    return sign(text, (NoteSigner(receipt_key_name(opened.origin), opened.receipt_key),)).encode().decode()


async def _page(opened: Opened, adoption: str, after: str) -> Sequence[AdoptedItem]:
    return await opened.read(lambda r: r.objects.adopted(adoption, after, "", ITEMS_MAX))
