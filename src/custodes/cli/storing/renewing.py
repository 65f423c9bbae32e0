"""`custodes store renew`: a local store's disk was replaced by an empty one, on purpose."""

from pathlib import Path

import click

from custodes.adapters.stores.mark import Mark
from custodes.adapters.system import SystemDice
from custodes.cli.speech import Asker, reaching
from custodes.cli.speech.options import confirm
from custodes.kernel.refusal import denied


@click.command("renew")
@click.argument("disk", metavar="FOLDER", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--confirm", "typed", help="The folder's path, for programs.")
@reaching
def renew(asker: Asker, *, disk: Path, typed: str | None) -> None:
    """Say that the empty FOLDER is a store's new disk, on the machine of the S3 plane; then scrub.

    Until this was said, an empty folder in the place of a store is refused: `store-not-this-one`.
    """
    folder, stores = disk.resolve(), asker.settings().stores
    if not folder.is_relative_to(stores.resolve()) or folder == stores.resolve():
        raise denied("store-elsewhere")
    said = "Copies that lay there are lost, and are made anew from the other places of their buckets."
    confirm(said, str(folder), typed)
    Mark(folder, stores / ".known", SystemDice()).renew()
    asker.pairs({"folder": str(folder)}, {"folder": folder})
    asker.say("then, for each bucket that lies there: custodes bucket scrub NAME")
