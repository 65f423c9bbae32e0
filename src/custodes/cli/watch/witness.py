"""`custodes witness`: run a witness for other people's logs (c2sp.org/tlog-witness)."""

from pathlib import Path
from typing import Any

import click

from custodes.adapters import file_key
from custodes.cli.speech import Out, offline
from custodes.cli.speech.options import FILE, FOLDER, passphrase_from
from custodes.kernel.refusal import Refusal
from custodes.ledger import quorum
from custodes.ledger.note import Vkey
from custodes.ledger.receipt import parse_pins
from custodes.ledger.watch import log_list
from custodes.ledger.watch.log_list import WitnessedLog
from custodes.wiring.watch import following
from custodes.wiring.watch import witness as wiring
from custodes.wiring.watch.witness import KEY, LOGS, WitnessSettings

from .gaps import follow_of

_PASSPHRASE = click.option(
    "--passphrase-file", type=FILE, help="File whose first line opens the key; else you are asked."
)


@click.group("witness")
def witness() -> None:
    """Watch other organisations' logs: cosign what provably only grew, refuse what did not.

    Needs nothing of an installation: a folder, an address, a list of logs. docs/operations/witness.md.
    """


@witness.command("init")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--name", required=True, help="Name in its cosignatures, such as witness.example/w1; for good.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=click.IntRange(1, 65_535), default=8090, show_default=True, help="Port.")
@click.option(
    "--exposed", "is_exposed", is_flag=True, help="The address is not loopback: TLS ends on another machine."
)
@click.option("--plain", is_flag=True, help="No passphrase: the key opens by itself at each start.")
@click.option("--passphrase-file", type=FILE, help="File whose first line is the key's passphrase.")
@offline
def init(
    out: Out,
    *,
    folder: Path,
    plain: bool,
    passphrase_file: Path | None,
    **place: Any,  # noqa: ANN401 - the members of `WitnessSettings`
) -> None:
    """Make a witness in FOLDER: key, settings, an empty list of logs, an empty memory."""
    passphrase = None
    if not plain:
        passphrase = passphrase_from(passphrase_file, "Passphrase of the new key", is_new=True)
    wiring.found(folder, WitnessSettings(**place), passphrase)
    _show_keys(out, folder, passphrase or b"")


@witness.command("key")
@click.argument("folder", type=FOLDER)
@_PASSPHRASE
@offline
def key(out: Out, *, folder: Path, passphrase_file: Path | None) -> None:
    """Print the keys by which its cosignatures are known: announce them on another way than the log's."""
    _show_keys(out, folder, _passphrase(folder, passphrase_file))


@witness.command("add-log")
@click.argument("folder", type=FOLDER)
@click.argument("vkey", nargs=-1)
@click.option("--pins", type=FILE, help="Its pins.json, as `custodes log pins` writes it, instead of keys.")
@click.option("--origin", help="First line of the log's checkpoints; else the first key's name.")
@click.option("--per-day", type=click.IntRange(1, 999_999_999), help="Submissions a day it announced.")
@offline
def add_log(
    out: Out,
    *,
    folder: Path,
    vkey: tuple[str, ...],
    pins: Path | None,
    origin: str | None,
    per_day: int | None,
) -> None:
    """Accept a log with these keys (VKEY, as often as needed, or --pins). A running witness sees it soon."""
    if bool(vkey) == (pins is not None):
        raise click.UsageError("give either the log's keys or --pins FILE")
    try:
        keys = tuple(Vkey.parse(text) for text in vkey)
    except (Refusal, ValueError):
        raise click.UsageError("a key is written NAME+ID+KEY") from None
    if pins is not None:
        keys = _pinned(pins)
    log = WitnessedLog(origin=origin or keys[0].name, vkeys=keys, submissions_per_day=per_day)
    wiring.load(folder)
    wiring.add_log(folder, log)
    out.pairs({"origin": log.origin, "keys": len(keys)}, {"accepts": log.origin, "keys": len(keys)})


@witness.command("logs")
@click.argument("folder", type=FOLDER)
@offline
def logs(out: Out, *, folder: Path) -> None:
    """The logs it accepts."""
    found = log_list.parse((folder / LOGS).read_text(encoding="utf-8")).values()
    value = [
        {"origin": one.origin, "vkeys": [v.text() for v in one.vkeys], "per_day": one.submissions_per_day}
        for one in found
    ]
    rows = ((one.origin, len(one.vkeys), one.submissions_per_day) for one in found)
    out.rows(value, ("origin", "keys", "a day"), rows)


@witness.command("run")
@click.argument("folder", type=FOLDER)
@_PASSPHRASE
@offline
def run(out: Out, *, folder: Path, passphrase_file: Path | None) -> None:
    """Serve until interrupted: POST /add-checkpoint, GET /<SHA-256 of the origin>/checkpoint."""
    out.say(f"witness in {folder}; interrupt to stop")
    wiring.run(folder, _passphrase(folder, passphrase_file))


def _pinned(pins: Path) -> tuple[Vkey, ...]:
    """The log's keys of a pins file; `bad-pins` (malformed)."""
    return tuple(vkey for vkey, _ in quorum.parse(parse_pins(pins.read_bytes()).policy.encode()).logs)


def _show_keys(out: Out, folder: Path, passphrase: bytes) -> None:
    found = wiring.vkeys(folder, passphrase)
    if out.is_json:
        out.json({"vkeys": list(found)})
        return
    for vkey in found:
        click.echo(vkey)


def _passphrase(folder: Path, file: Path | None) -> bytes:
    if file_key.is_plain(folder / KEY):
        return b""
    return passphrase_from(file, f"Passphrase of {folder / KEY}")


witness.add_command(follow_of(following.witness))
