"""`custodes store renew`: a local store's disk was replaced by an empty one, on purpose."""

from pathlib import Path

import click

from custodes.acts.asks.buckets.leftovers import LookStrays
from custodes.acts.asks.buckets.marks import RenewMark
from custodes.adapters.stores.mark import demand_new, make
from custodes.adapters.stores.reach import folder_of
from custodes.cli.speech import Asker, reaching
from custodes.cli.speech.options import confirm
from custodes.kernel.refusal import Refusal, absent, denied


@click.command("renew")
@click.argument("disk", metavar="FOLDER", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--confirm", "typed", help="The folder's path, for programs.")
@reaching
def renew(asker: Asker, *, disk: Path, typed: str | None) -> None:
    """Say that the empty FOLDER is a store's new disk, on the machine of the S3 plane; then scrub.

    Until this was said, an empty folder in the place of a store is refused: `store-not-this-one`. The disk
    that lay there before is refused from then on. It is an entry of the house and of everyone who keeps
    something there.
    """
    folder, stores = disk.resolve(), asker.settings().stores
    if not folder.is_relative_to(stores.resolve()) or folder == stores.resolve():
        raise denied("store-elsewhere")
    places = _places(asker, folder)
    demand_new(folder)
    said = "Copies that lay there are lost, and are made anew from the other places of their buckets."
    confirm(said, str(folder), typed)
    for location in places:
        make(folder / asker.ask(RenewMark(evidence=asker.evidence, location=location)).name)
    asker.pairs({"folder": str(folder)}, {"folder": folder})
    asker.say("then, for each bucket that lies there: custodes bucket scrub NAME")


def _places(asker: Asker, folder: Path) -> list[str]:
    """The locations whose store this folder is; `no-such-location` (absent)."""
    places = asker.ask(LookStrays(evidence=asker.evidence)).places
    found = [one.location for one in places if _is_folder(one.uri, folder)]
    if not found:
        raise absent("no-such-location")
    return found


def _is_folder(uri: str, folder: Path) -> bool:
    try:
        return folder_of(uri).resolve() == folder
    except Refusal:
        return False
