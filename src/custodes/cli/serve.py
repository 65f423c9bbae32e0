"""`custodes serve`: run every process of the house under one supervisor."""

import asyncio
import signal
from pathlib import Path

import click

from custodes.kernel.refusal import Refusal
from custodes.settings import FILE_NAME, load
from custodes.wiring.planes import listening
from custodes.wiring.processes import OPTIONAL, PROCESSES, wanted
from custodes.wiring.supervisor import Supervisor

from .speech.options import FOLDER
from .speech.output import refused

KNOWN = (*PROCESSES, *OPTIONAL)


@click.command()
@click.argument("folder", type=FOLDER, required=False)
@click.option("--folder", "said", type=FOLDER, envvar="CUSTODES_FOLDER", help="The same FOLDER.")
@click.option("--only", multiple=True, type=click.Choice(KNOWN), help="Run only these processes.")
def serve(folder: Path | None, said: Path | None, only: tuple[str, ...]) -> None:
    """Run the house in FOLDER until interrupted; processes that fall over are started again.

    A holder that does not open itself is opened afterwards, from another terminal: `custodes unseal`.
    """
    place = folder or said
    if place is None:
        raise click.UsageError("say which installation: custodes serve FOLDER")
    try:
        settings = load(place / FILE_NAME)
    except Refusal as refusal:
        raise click.exceptions.Exit(refused(refusal, is_json=False)) from None
    names = only or wanted(settings)
    try:
        sockets = listening.bind(settings, names)
    except Refusal as refusal:
        raise click.ClickException(f"{refusal.code}: {settings.host}:{refusal.facts['port']}") from refusal
    asyncio.run(_serve(place / FILE_NAME, names, sockets))


async def _serve(file: Path, names: tuple[str, ...], sockets: listening.Sockets) -> None:
    supervisor = Supervisor(file, names, sockets=sockets)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, supervisor.stop)
    await supervisor.run()
