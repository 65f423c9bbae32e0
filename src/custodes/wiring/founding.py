"""Founding a house on a disk: folders with their modes, holder file, database, settings."""

from pathlib import Path

import msgspec

from custodes.acts import founding
from custodes.acts.footing.house_body import HouseBody
from custodes.adapters import file_holder, schemes
from custodes.adapters.system import SystemClock, SystemDice
from custodes.kernel.refusal import conflict
from custodes.settings import FILE_NAME, Settings, to_toml
from custodes.store import house
from custodes.store.engine import create_tables, open_sqlite


def found(
    folder: Path, plan: founding.Plan, passphrase: bytes | None, settings: Settings | None = None
) -> HouseBody:
    """Found a house in an empty folder; `folder-not-empty` (conflict). Without a passphrase: a key file."""
    if folder.exists() and any(folder.iterdir()):
        raise conflict("folder-not-empty")
    settings = msgspec.structs.replace(
        settings or Settings(console_url=plan.console), house=folder.resolve(), auto_unseal=passphrase is None
    )
    private = (settings.keyroom, settings.logkeeper)
    for place in (folder, *private, settings.sockets, settings.public_log, settings.stores):
        place.mkdir(parents=True, exist_ok=True)
    for place in private:
        place.chmod(0o700)
    dice = SystemDice()
    uri = file_holder.create(settings.keyroom / "holder.key", passphrase, dice)
    holder = schemes.holder(uri)
    holder.unseal(passphrase or b"")
    body = founding.found(plan, holder, SystemClock(), dice)
    engine = open_sqlite(settings.database)
    create_tables(engine)
    house.save(engine, body)
    engine.dispose()
    (folder / FILE_NAME).write_text(to_toml(settings), encoding="utf-8")
    return body
