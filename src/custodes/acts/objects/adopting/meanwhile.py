"""Reads and deletions of what is not taken in yet, while a bucket is adopted."""

from custodes.acts.opened import Opened
from custodes.acts.writing.act import Act, Write
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal
from custodes.objects.adoption import FOUND, PASSED, Adoption, is_open, serves
from custodes.objects.bucket import Bucket


async def adopted_first(opened: Opened, bucket: Bucket, name: str, missing: Refusal) -> Refusal:
    """The refusal of a read, with fact `adopting` where the object only waits to be taken in: whoever serves
    the read has it sealed first, and asks again.
    """
    row = _open_of(opened, bucket)
    if row is None or not serves(row) or missing.code != "key-absent" or "marker" in missing.facts:
        return missing
    item = await opened.read(lambda r: r.objects.adopted_item(row.id, name))
    if item is None or item.state != FOUND:
        return missing
    return Refusal(missing.code, missing.kind, {**missing.facts, "adopting": row.id})


async def passed_by(opened: Opened, bucket: Bucket, name: str) -> None:
    """Before a name is deleted: it is not taken in afterwards."""
    row = _open_of(opened, bucket)
    if row is not None and row.is_restoration:
        write = Write("adopt.pass", (row.id, name, "deleted"))
        await opened.gate.commit(Act(id=new_id("act", opened.dice), writes=(write,)))
    elif row is not None:
        write = Write("adopt.move", (row.id, name, (FOUND, PASSED), "deleted"))
        await opened.gate.commit(Act(id=new_id("act", opened.dice), writes=(write,)))


def _open_of(opened: Opened, bucket: Bucket) -> Adoption | None:
    rows = opened.standing.all_of("adoption", Adoption, bucket.customer)
    return next((row for row in rows if row.bucket == bucket.id and is_open(row)), None)
