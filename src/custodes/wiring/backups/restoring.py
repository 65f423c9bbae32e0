"""Restoring into an empty installation, and the drill that tries it in a scratch place."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from custodes.acts.footing.house_body import HouseBody
from custodes.acts.footing.tombstone import Tombstone
from custodes.acts.opened import Opened
from custodes.acts.restoring.catching_up import CaughtUp
from custodes.acts.restoring.coming_up import come_up_killed, lift_document_of, lift_restored, tell_lost
from custodes.adapters.system import SystemClock, SystemDice
from custodes.custody import hierarchy
from custodes.custody.backup import Header
from custodes.custody.holder import Holder
from custodes.kernel import canonical
from custodes.settings import Settings
from custodes.store.copying.dump import Rows, load
from custodes.store.engine import open_database
from custodes.store.migrate import migrate

from . import unfinished
from .alone import alone, before_anything
from .catching_up import caught_up
from .making import Keys, opened, read_keys


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What was restored; `caught_up` where a mirror's leaves were put behind it. `untold` are customers who
    could not be told what they lost: their holder does not answer.
    """

    header: Header
    caught_up: CaughtUp | None = None
    untold: tuple[str, ...] = ()


def restore(
    settings: Settings, file: Path, keys_file: Path, secret: bytes, mirror: Path | None = None
) -> Restored:
    """Fill the settings' empty database and let the house come up killed; nothing is done by halves.

    With a mirror's folder the logs first go on to where it holds them. `database-not-empty`,
    `backup-key-gone`, `backup-damaged`, `wrap-mismatch`, the holder's refusals, those of `acts.restoring`.
    All sessions are void: their key is drawn anew. Person fields erased since the backup are not written.
    """
    keys = read_keys(keys_file)
    is_again = unfinished.begin(settings)
    engine = open_database(settings.database, settings.database_url, standbys=settings.database_standbys)
    try:
        migrate(engine)
        header, holder, values = opened(file, keys, secret, SystemClock().now())
        load(engine, values, _Cleaned(keys, holder))
    except BaseException:
        if not is_again:
            unfinished.end(settings)  # nothing was loaded
        raise
    finally:
        engine.dispose()
    stones: tuple[Tombstone, ...] = keys.tombstones

    async def work(o: Opened) -> Restored:
        found = None if mirror is None else await caught_up(o, settings, mirror)
        await come_up_killed(o, header.id, stones, () if found is None else found.lost_customers)
        lost = () if found is None else found.lost
        return Restored(header=header, caught_up=found, untold=await tell_lost(o, header.id, lost))

    try:
        made = before_anything(settings, secret, work)
    except BaseException:
        unfinished.forget(settings)
        raise
    unfinished.end(settings)
    return made


def lift(settings: Settings, approvals: Sequence[bytes], secret: bytes) -> str:
    """Let a restored house go; gives back its entry. See `acts.restoring` for what is refused."""
    unfinished.refuse(settings)

    async def work(o: Opened) -> str:
        at = (await lift_restored(o, approvals)).committed.positions[0]
        return f"{at.log}:{at.index}"

    return alone(settings, secret, work)


def to_sign(settings: Settings, secret: bytes) -> bytes:
    """The document officers sign for that."""
    unfinished.refuse(settings)

    async def work(o: Opened) -> bytes:
        return lift_document_of(o)

    return alone(settings, secret, work)


class _Cleaned:
    """What a backup's rows become on their way in."""

    def __init__(self, keys: Keys, holder: Holder) -> None:
        self._erased = {tuple(entry) for stone in keys.tombstones for entry in stone.entries}
        self._holder = holder

    def __call__(self, table: str, rows: Rows) -> Rows:
        if table == "opening":
            for row in rows:
                if (row["log"], row["idx"]) in self._erased:
                    row.update(person_page=None, person_sealed=None)
        if table == "house":
            for row in rows:
                row["body"] = self._with_new_sessions(row["body"])
        return rows

    def _with_new_sessions(self, raw: bytes) -> bytes:
        body = msgspec.json.decode(raw, type=HouseBody)
        fresh = hierarchy.make_house_keys(self._holder, body.id, SystemDice())["session"]
        body = msgspec.structs.replace(body, house_keys={**body.house_keys, "session": fresh})
        return canonical.encode(msgspec.to_builtins(body))
