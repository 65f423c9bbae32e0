"""The restore drill that runs itself: the newest backup, into a scratch place, by the keyroom.

The keyroom has the holder open already; any other process would have to be given the root as well. What it
reads stays sealed as it was in the database; the scratch place lies in the keyroom's own folder and is
removed (docs/decisions: who runs the restore drill).
"""

import asyncio
import logging
from datetime import timedelta
from pathlib import Path

import msgspec

from custodes.acts.asks import Local
from custodes.acts.keyroom import Keyroom
from custodes.adapters.system import SystemClock
from custodes.custody.holder import Holder
from custodes.kernel.clock import from_text
from custodes.kernel.refusal import Refusal
from custodes.settings import Settings

from .drilling import drill_with
from .drills import last_drill
from .noting import of_drill

LOOK_EVERY_S = 600.0
_log = logging.getLogger("custodes.drills")


async def keep_drilling(keyroom: Keyroom, settings: Settings, token: str) -> None:
    """For as long as the process runs; nothing where no folder of backups is set."""
    while settings.backups:
        try:
            await drill_if_due(keyroom, settings, token)
        except Refusal as refusal:
            if refusal.code != "house-sealed":
                _log.error("alarm: no restore drill: %s", refusal.code)
        except Exception:
            _log.exception("alarm: no restore drill")
        await asyncio.sleep(LOOK_EVERY_S)


async def drill_if_due(keyroom: Keyroom, settings: Settings, token: str) -> bool:
    """One drill, if the last good one is older than `drill_every_days`; its entry. True when one ran."""
    o = keyroom.opened
    if not keyroom.is_tender or not is_due(settings):
        return False
    found = newest(Path(settings.backups))
    if found is None:
        _log.error("alarm: no restore drill: there is no backup in %s", settings.backups)
        return False
    holder: Holder = o.holders[o.body.holder]
    done = await asyncio.to_thread(drill_with, settings, found, holder)
    if done.findings:
        _log.critical("alarm: the restore drill of %s found %s", found.name, ", ".join(done.findings[:5]))
    await keyroom.ask(msgspec.structs.replace(of_drill(done), evidence=Local(token)))
    return True


def is_due(settings: Settings) -> bool:
    """Whether the last good drill is too long ago; after one that found something it is tried again daily."""
    last = last_drill(settings)
    if last is None:
        return True
    days = 1 if last.findings else settings.drill_every_days
    return SystemClock().now() - from_text(last.at) >= timedelta(days=days)


def newest(folder: Path) -> Path | None:
    """The youngest whole backup: names begin with the time, and what is half written has none yet."""
    return max(folder.glob("*.custodes"), key=lambda path: path.name, default=None)
