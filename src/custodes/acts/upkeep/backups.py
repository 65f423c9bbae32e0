"""Backups and drills become entries of the house: what was made, and whether it could be restored."""

from custodes.acts.asks.upkeep import BackupNoted, NoteBackup
from custodes.acts.gate import Receipted
from custodes.acts.opened import Opened
from custodes.acts.permitted import REASON_CHARACTERS_MAX, house
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Failed
from custodes.kernel.actor import ActorKind
from custodes.kernel.ids import is_id, new_id
from custodes.kernel.refusal import denied, malformed

from .common import BY_THE_KEYROOM

ACTS = frozenset({"house.backup", "house.drill"})


class BackupNotes:
    """Answers `NoteBackup`."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened

    async def note(self, ask: NoteBackup) -> BackupNoted:
        """`local-only` (denied), `bad-note` (malformed)."""
        o = self._o
        if o.identities.of(ask.evidence).actor.kind is not ActorKind.PROCESS:
            raise denied("local-only")
        is_good = ask.act in ACTS and is_id("bak", ask.backup) and ask.count >= 0 and ask.generation >= 0
        if not is_good or len(ask.reason) > REASON_CHARACTERS_MAX or not ask.reason.isprintable():
            raise malformed("bad-note")
        fields = {
            **BY_THE_KEYROOM,
            "subject": ask.backup,
            "count": ask.count,
            "generation": ask.generation,
            "reason": ask.reason,
        }
        record = Record(act=ask.act, subject=ask.backup, fields=fields)

        async def once() -> Receipted | Failed:
            own = house(o)
            await o.records.ready(own)
            act_id = new_id("act", o.dice)
            return await o.gate.commit(Act(id=act_id, entries=(o.records.seal(own, act_id, 0, record),)))

        done = await o.gate.until_committed(once)
        at = done.committed.positions[0]
        return BackupNoted(at.log, at.index)
