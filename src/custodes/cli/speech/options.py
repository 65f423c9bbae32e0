"""The options all commands share, as three decorators: `offline`, `reaching`, `signing`.

A decorated command gets an `Out` or an `Asker` as its first argument. Whatever is refused below it ends
here: one sentence on stderr and an exit code (0 done, 1 refused, 2 usage, 3 unavailable).
"""

import functools
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from custodes.adapters import file_key
from custodes.kernel.refusal import Refusal
from custodes.settings import FILE_NAME, Settings, load
from custodes.wiring.local import House, LocalHouse
from custodes.wiring.remote import RemoteHouse

from .asker import Asker, read_text
from .output import Out, refused

Command = Callable[..., None]

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
APPROVAL_HELP = "Signature of another person, as `custodes file-key sign` prints it."
_JSON = click.option("--json", "is_json", is_flag=True, help="One canonical JSON value instead of tables.")
_REACH = (
    click.option(
        "--folder",
        type=FOLDER,
        envvar="CUSTODES_FOLDER",
        help="Folder of an installation on this machine.",
    ),
    click.option("--url", envvar="CUSTODES_URL", help="Address of an installation elsewhere: https://..."),
    click.option(
        "--token",
        envvar="CUSTODES_TOKEN",
        help="Your API token. Other users of this machine see it: rather use the variable or --token-file.",
    ),
    click.option("--token-file", type=FILE, help="File whose first line is your API token."),
    _JSON,
)
_KEY = (
    click.option("--key-file", type=FILE, envvar="CUSTODES_KEY_FILE", help="Your file key."),
    click.option("--key-passphrase-file", type=FILE, help="File whose first line opens the file key."),
)


def offline(command: Command) -> Command:
    """A command that reaches nothing: `--json`, and refusals said."""

    @functools.wraps(command)
    def run(*, is_json: bool, **options: Any) -> None:  # noqa: ANN401 - options of any type
        _carry_out(lambda: command(Out(is_json=is_json), **options), is_json=is_json)

    return _JSON(run)


def reaching(command: Command) -> Command:
    """A command that asks a house: `--folder` or `--url`, a token, `--json`."""

    @functools.wraps(command)
    def run(**options: Any) -> None:  # noqa: ANN401 - as above
        asker, rest = _asker(options)
        try:
            _carry_out(lambda: command(asker, **rest), is_json=asker.is_json)
        finally:
            asker.close()

    for option in reversed(_REACH):
        run = option(run)
    return run


def signing(command: Command) -> Command:
    """A command that asks a house and can sign: with `--key-file` and its passphrase besides."""
    run = reaching(command)
    for option in reversed(_KEY):
        run = option(run)
    return run


def passphrase_from(path: Path | None, label: str, *, is_new: bool = False) -> bytes:
    """A passphrase from a file's first line, else asked for without showing it; UTF-8, Unicode NFC."""
    if path is not None:
        text = read_text(path)
    else:
        text = click.prompt(label, hide_input=True, confirmation_prompt=is_new, err=True)
    return unicodedata.normalize("NFC", text).encode()


def confirm(asked: str, wanted: str, typed: str | None) -> None:
    """Have a person type exactly `wanted` (or take what `--confirm` gave); anything else aborts."""
    if typed is None:
        typed = click.prompt(f"{asked} Type {wanted} to go on", default="", show_default=False, err=True)
    if typed.strip() != wanted:
        raise click.UsageError(f"not confirmed: {wanted} was to be typed; nothing was done")


def open_file_key(path: Path | None, passphrase_file: Path | None) -> file_key.FileKey:
    """The key a person signs with; asks for its passphrase where it has one."""
    if path is None:
        raise click.UsageError("give your file key: --key-file FILE")
    if file_key.is_plain(path):
        return file_key.open_key(path, b"")
    return file_key.open_key(path, passphrase_from(passphrase_file, f"Passphrase of {path.name}"))


def _asker(options: dict[str, Any]) -> tuple[Asker, dict[str, Any]]:
    folder, url = options.pop("folder"), options.pop("url")
    token, token_file = options.pop("token"), options.pop("token_file")
    key_file, passphrase_file = options.pop("key_file", None), options.pop("key_passphrase_file", None)
    is_json = options.pop("is_json")

    def settings() -> Settings:
        if folder is None:
            raise click.UsageError("say which installation: --folder on its own machine, else --url")
        return load(folder / FILE_NAME)

    def house() -> House:
        if url is not None and folder is not None:
            raise click.UsageError("say which installation: either --folder or --url")
        return LocalHouse(settings()) if url is None else RemoteHouse(url)

    def said_token() -> str:
        return read_text(token_file) if token_file is not None else (token or "")

    asker = Asker(
        house,
        said_token,
        lambda: open_file_key(key_file, passphrase_file),
        settings=settings,
        is_json=is_json,
        has_key=key_file is not None,
        is_here=folder is not None and url is None,
    )
    return asker, options


def _carry_out(work: Callable[[], None], *, is_json: bool) -> None:
    try:
        work()
    except Refusal as refusal:
        raise click.exceptions.Exit(refused(refusal, is_json=is_json)) from None


def bounded(wanted: int | None, stands: int | None) -> int | None:
    """A limit as a command asks for it: not said stays, -1 is none."""
    return stands if wanted is None else None if wanted == -1 else wanted
