"""An entry for each backup and each drill: by the keyroom that runs, else with the next unseal."""

from custodes.acts.asks import Local
from custodes.acts.asks.upkeep import NoteBackup
from custodes.acts.unsealing.notes import Note, encode
from custodes.adapters.journal import LineJournal
from custodes.adapters.system import SystemClock, SystemDice
from custodes.kernel.clock import to_text
from custodes.kernel.ids import is_id, new_id
from custodes.kernel.refusal import Refusal
from custodes.settings import Settings
from custodes.wiring.local import LocalHouse

from .drills import Drilled
from .making import Made

UNNAMED = f"bak-{'0' * 26}"  # of a file that was given another name
WAITING = frozenset({"keyroom-gone", "house-sealed", "local-token-gone", "unauthenticated"})


def of_backup(made: Made) -> NoteBackup:
    """What is said of a backup; its evidence is put in place by who asks."""
    return NoteBackup(Local(""), "house.backup", made.id, made.size_bytes, made.generation, "")


def of_drill(done: Drilled) -> NoteBackup:
    """What is said of a drill: rows, and the first findings."""
    reason = ", ".join(done.findings)[:300]
    named = done.backup if is_id("bak", done.backup) else UNNAMED
    return NoteBackup(Local(""), "house.drill", named, done.rows, 0, reason)


def note(settings: Settings, said: NoteBackup) -> bool:
    """Have it entered now; False when it waits for the next unseal. Other refusals are raised."""
    try:
        here = LocalHouse(settings, timeout_s=10.0)
        try:
            here.ask(
                NoteBackup(here.local(), said.act, said.backup, said.count, said.generation, said.reason)
            )
        finally:
            here.close()
    except Refusal as refusal:
        if refusal.code not in WAITING:
            raise
    else:
        return True
    line = Note(
        act=said.act,
        act_id=new_id("act", SystemDice()),
        at=to_text(SystemClock().now()),
        count=said.count,
        generation=said.generation,
        holder=said.backup,
        reason=said.reason,
    )
    LineJournal(settings.journal).add(encode(line))
    return False
