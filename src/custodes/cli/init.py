"""`custodes init`: found a house in an empty folder."""

from pathlib import Path

import click

from custodes.acts.founding import Plan
from custodes.adapters import schemes
from custodes.wiring import founding


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--name", required=True, help="Name of the house, as people see it.")
@click.option(
    "--origin", required=True, help="Where the log will be published, without scheme: log.example/house."
)
@click.option("--console", default="http://localhost:8443", show_default=True, help="Address of the console.")
@click.option(
    "--policy",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="tlog-policy lines of witnesses and quorum; only a demo may do without.",
)
@click.option("--demo", is_flag=True, help="Keys in a file, banner on every page, no way to production.")
@click.option("--holder", default="", help="URI of a root that exists: pkcs11:... or openbao+https:...")
@click.option(
    "--passphrase-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File that holds the passphrase of the holder, or its PIN or token.",
)
def init(  # noqa: PLR0913, PLR0917 - one parameter per option, given by name
    folder: Path,
    name: str,
    origin: str,
    console: str,
    policy: Path | None,
    demo: bool,
    holder: str,
    passphrase_file: Path | None,
) -> None:
    """Found a house in FOLDER: holder, keys, database, settings. Refuses a folder that is not empty."""
    witnesses = policy.read_text(encoding="utf-8") if policy else ""
    plan = Plan(name=name, demo=demo, origin=origin, console=console, policy=witnesses)
    if passphrase_file is not None:
        passphrase: bytes | None = passphrase_file.read_bytes().rstrip(b"\n")
    elif demo or (holder and schemes.holder(holder).opens_itself):
        passphrase = None
    else:
        passphrase = click.prompt(
            "Passphrase of the holder", hide_input=True, confirmation_prompt=True
        ).encode()
    body = founding.found(folder, plan, passphrase, elsewhere=holder)
    click.echo(f"Founded {body.name} ({body.id}) in {folder}.")
