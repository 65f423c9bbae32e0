"""`custodes init`: found a house in an empty folder."""

from pathlib import Path
from urllib.parse import urlsplit

import click

from custodes.acts.founding import Plan
from custodes.adapters import schemes
from custodes.adapters.http.plain import is_loopback
from custodes.adapters.passphrase import demand_length
from custodes.cli.speech import Out, offline
from custodes.cli.speech.options import FILE, passphrase_from
from custodes.settings import FILE_NAME, Settings
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
    type=FILE,
    help="tlog-policy lines of witnesses and quorum; only a demo may do without.",
)
@click.option("--demo", is_flag=True, help="Keys in a file, banner on every page, no way to production.")
@click.option("--holder", default="", help="URI of a root that exists: pkcs11:... or openbao+https:...")
@click.option(
    "--passphrase-file",
    type=FILE,
    help="File that holds the passphrase of the holder, or its PIN or token.",
)
@offline
def init(  # noqa: PLR0913 - one parameter per option, given by name
    out: Out,
    *,
    folder: Path,
    name: str,
    origin: str,
    console: str,
    policy: Path | None,
    demo: bool,
    holder: str,
    passphrase_file: Path | None,
) -> None:
    """Found a house in FOLDER: holder, keys, database, settings. Refuses a folder that is not empty.

    Next: `custodes settle`, for the first people.
    """
    witnesses = policy.read_text(encoding="utf-8") if policy else ""
    plan = Plan(name=name, demo=demo, origin=origin, console=console, policy=witnesses)
    opens_itself = demo or bool(holder and schemes.holder(holder).opens_itself)
    founding.refuse(folder, plan)
    passphrase: bytes | None = None
    if passphrase_file is not None or not opens_itself:
        passphrase = passphrase_from(passphrase_file, "Passphrase of the holder", is_new=True)
    if passphrase is not None and not holder:
        demand_length(passphrase)
    body = founding.found(folder, plan, passphrase, _settings(console), elsewhere=holder)
    out.pairs(
        {"id": body.id, "name": body.name, "origin": body.origin, "folder": str(folder), "demo": body.demo},
        {
            "founded": body.name,
            "id": body.id,
            "log": body.origin,
            "folder": folder,
            "settings": folder / FILE_NAME,
            "for witnesses": folder / "log" / "pins.json",
            "next": f"custodes settle --folder {folder} ...",
        },
    )


def _settings(console: str) -> Settings:
    """On this machine itself, without a front, the console listens where people are told to open it."""
    try:
        there = urlsplit(console)
        port = there.port
    except ValueError:
        raise click.UsageError(
            f"--console is an address such as https://trustee.example, not {console}"
        ) from None
    if there.scheme not in {"http", "https"} or not there.hostname:
        raise click.UsageError(f"--console is an address such as https://trustee.example, not {console}")
    if there.scheme == "http" and port is not None and is_loopback(there.hostname):
        return Settings(console_url=console, console_port=port)
    return Settings(console_url=console)
