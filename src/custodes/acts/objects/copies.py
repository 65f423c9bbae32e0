"""Copying inside one customer: a read and a write by one signature, in one act with an entry each."""

from custodes.acts.asks.objects import CopyObject, CopyOpened, PutOpened
from custodes.acts.writing.act import Act, Failed
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import absent, denied, malformed
from custodes.protocols.s3.operations import Source
from custodes.protocols.s3.wishes import SOURCE_CUSTOMER

from .ground import Ground, checked
from .puts.closing import Puts
from .puts.opening import Begun, note
from .puts.stored import check_size
from .reads.gets import Found, Gets, Sought
from .rules.wishing import copies_tags, key_brought
from .signed import Wanted
from .uploads.going import Going
from .uploads.parts import PartAnswers


class Copies:
    """Answers `CopyObject`."""

    def __init__(self, ground: Ground, gets: Gets, puts: Puts, parts: PartAnswers) -> None:
        self._g = ground
        self._gets = gets
        self._puts = puts
        self._parts = parts

    async def open(self, ask: CopyObject) -> CopyOpened:
        """See `CopyObject`."""
        checked(ask.name)
        checked(ask.source_name, ask.source_version)
        if (ask.upload is None) != (ask.part_number is None):
            raise malformed("part-number-invalid")
        return await self._g.o.gate.until_committed(lambda: self._open(ask))

    async def _open(self, ask: CopyObject) -> CopyOpened | Failed:
        g, o = self._g, self._g.o
        who = g.who(ask.evidence, _wanted(ask))
        source, target = g.stand(ask.source_bucket), g.stand(ask.bucket)
        if source.customer.id != target.customer.id:
            raise absent("bucket-absent")
        sought = Sought(
            name=ask.source_name,
            version=ask.source_version,
            purpose="operation",
            conditions=ask.source_conditions,
            is_copy=True,
            range_header=ask.source_range,
            brought=key_brought(who, SOURCE_CUSTOMER),
        )
        found = await self._gets.find(who, source, sought)
        if found.grant is not None:
            raise denied("copy-under-grant")
        check_size(found.size)
        begun: Begun
        upload: Going | None = None
        if ask.upload is not None and ask.part_number is not None:
            part = (ask.name, ask.upload, ask.part_number, found.size)
            begun, upload = await self._parts.begin(who, target, part, ask.evidence)
        else:
            whole = (ask.name, found.size, ask.conditions, "operation")
            tags = found.state.tags if copies_tags(who) else None
            begun = await self._puts.begin(who, target, whole, ask.evidence, tags)
        act = await self._act(found, begun)
        outcome = await o.gate.commit(act)
        if isinstance(outcome, Failed):
            return outcome
        o.gate.still_fresh(outcome)
        if begun.is_long:
            note(begun.ticket, act.id, outcome, 1)
        opened = await self._gets.admitted(found, (act.id, 0, outcome), sought, (who, ask.evidence))
        return CopyOpened(opened, self._target(begun, upload))

    async def _act(self, found: Found, begun: Begun) -> Act:
        o = self._g.o
        customer = found.stand.customer
        act_id = new_id("act", o.dice)
        records = (found.record,) if begun.record is None else (found.record, begun.record)
        await o.records.ready(customer, len(records))
        writes = self._gets.admission(found, act_id, 0)
        if begun.is_long:
            writes = (*writes, *self._puts.admission(begun, act_id, 1))
        return Act(
            id=act_id,
            expects=tuple(dict.fromkeys((*found.expects, *begun.expects))),
            entries=tuple(o.records.seal(customer, act_id, n, one) for n, one in enumerate(records)),
            writes=writes,
        )

    def _target(self, begun: Begun, upload: Going | None) -> PutOpened:
        return self._puts.opened(begun) if upload is None else self._parts.opened(begun, upload)


def _wanted(ask: CopyObject) -> Wanted:
    return Wanted(
        operations=("CopyObject",) if ask.upload is None else ("UploadPartCopy",),
        bucket=ask.bucket,
        name=ask.name,
        upload=ask.upload,
        part_number=ask.part_number,
        source=Source(
            bucket=ask.source_bucket,
            key=ask.source_name,
            version=ask.source_version,
            span=ask.source_range,
        ),
        conditions=ask.conditions,
        source_conditions=ask.source_conditions,
    )
