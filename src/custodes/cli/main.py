"""`custodes`: the group all commands hang on, and what they share."""

import click

from custodes import __version__

from .init import init
from .serve import serve


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="custodes")
def main() -> None:
    """A data trustee: holds the keys to data in any cloud and proves every use of them."""


for command in (init, serve):
    main.add_command(command)
