"""The way back: an object that was removed from the source is opened once more, to be written there again."""

from custodes.acts.asks import Token
from custodes.acts.asks.buckets.adopting import OpenReturn
from custodes.acts.asks.objects import GetOpened
from custodes.acts.objects.ground import Ground
from custodes.acts.objects.reads.gets import Gets, Sought
from custodes.acts.objects.tickets import Admitted
from custodes.acts.writing.act import Act, Failed
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import conflict
from custodes.objects.adoption import GONE, RETURNING
from custodes.objects.conditions import NONE
from custodes.objects.version import Versioning

from .ground import AdoptionGround


class ReturnItems:
    """Answers `OpenReturn`."""

    def __init__(self, ground: AdoptionGround) -> None:
        self._a = ground
        self._g: Ground = ground.g
        self._gets = Gets(ground.g)

    async def open(self, ask: OpenReturn) -> GetOpened:
        """See `OpenReturn`."""
        return await self._g.o.gate.until_committed(lambda: self._open(ask))

    async def _open(self, ask: OpenReturn) -> GetOpened | Failed:
        a, o = self._a, self._g.o
        approved = await a.approved(ask.adoption, (RETURNING,))
        item = await o.read(lambda r: r.objects.adopted_item(ask.adoption, ask.name))
        if item is None or item.state != GONE:
            raise conflict("item-passed")
        stand = approved.stand
        version = item.version if stand.bucket.versioning is Versioning.ENABLED else None
        sought = Sought(name=ask.name, version=version, purpose="administration", conditions=NONE)
        found = await self._gets.find(approved.who, stand, sought, approved.decided)
        if found.row.version != item.version:  # written anew meanwhile: that is not what lay there
            raise conflict("item-passed")
        act_id = new_id("act", o.dice)
        await o.records.ready(stand.customer)
        entry = o.records.seal(stand.customer, act_id, 0, found.record)
        writes = self._gets.admission(found, act_id, 0)
        expects = (*found.expects, *approved.expects)
        outcome = await o.gate.commit(Act(id=act_id, expects=expects, entries=(entry,), writes=writes))
        if isinstance(outcome, Failed):
            return outcome
        o.gate.still_fresh(outcome)
        at = outcome.committed.positions[0]
        own = Admitted(act=act_id, ordinal=0, log=at.log, index=at.index)
        return await self._gets.opened(found, at, sought, (approved.who, Token(ask.adoption), own))
