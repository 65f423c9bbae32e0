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

KNOWN = (*PROCESSES, *OPTIONAL)


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--only", multiple=True, type=click.Choice(KNOWN), help="Run only these processes.")
def serve(folder: Path, only: tuple[str, ...]) -> None:
    """Run the house in FOLDER until interrupted; processes that fall over are started again."""
    settings = load(folder / FILE_NAME)
    names = only or wanted(settings)
    try:
        sockets = listening.bind(settings, names)
    except Refusal as refusal:
        raise click.ClickException(f"{refusal.code}: {settings.host}:{refusal.facts['port']}") from refusal
    asyncio.run(_serve(folder / FILE_NAME, names, sockets))


async def _serve(file: Path, names: tuple[str, ...], sockets: listening.Sockets) -> None:
    supervisor = Supervisor(file, names, sockets=sockets)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, supervisor.stop)
    await supervisor.run()
