"""`custodes tour`: replay the tour against a demo that runs."""

from pathlib import Path

import click

from custodes.acts.asks.house import LookHouse
from custodes.kernel.refusal import Refusal
from custodes.settings import FILE_NAME, load
from custodes.wiring.local import LocalHouse

from .touring import run
from .touring.report import Report


@click.command()
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("var/demo"),
    show_default=True,
    help="Where the demo lives that runs now.",
)
@click.option("--pause", is_flag=True, help="Wait after each step, with a link into the console.")
@click.option("--json", "is_json", is_flag=True, help="The steps with their proofs as JSON.")
@click.pass_context
def tour(context: click.Context, folder: Path, pause: bool, is_json: bool) -> None:
    """Play the happy path and the cheats; exit code 1 unless every step is proved."""
    try:
        settings = load(folder / FILE_NAME)
        if not settings.demo:
            raise click.UsageError("the tour is played on a demo only: it cheats")
        with LocalHouse(settings) as there:
            there.ask(LookHouse())
        proved = run.play(settings, Report(is_json=is_json), pause=pause)
    except Refusal as refusal:
        click.echo(f"tour: {refusal.code} {dict(refusal.facts) or ''}".rstrip(), err=True)
        proved = False
    context.exit(0 if proved else 1)
