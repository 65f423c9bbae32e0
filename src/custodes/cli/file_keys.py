"""`custodes file-key`: Ed25519 keys of persons and organisations, kept in a file and used here."""

from pathlib import Path

import click
import msgspec

from custodes.acts.asks.documents import hash_of
from custodes.adapters import file_key
from custodes.adapters.system import SystemDice
from custodes.kernel import canonical
from custodes.parties.enrol import RootSignature
from custodes.parties.signature import FileKeySignature

from .speech import Out, offline
from .speech.options import FILE, confirm, open_file_key, passphrase_from
from .speech.output import printable

_NEW = click.Path(dir_okay=False, path_type=Path)


@click.group("file-key")
def file_keys() -> None:
    """Keys in files: make one, show its public half, sign a document with it."""


@file_keys.command("new")
@click.argument("file", type=_NEW)
@click.option("--plain", is_flag=True, help="No passphrase: whoever reads the file is you.")
@click.option("--passphrase-file", type=FILE, help="File whose first line is the passphrase.")
@offline
def new(out: Out, *, file: Path, plain: bool, passphrase_file: Path | None) -> None:
    """Make a key and write it to FILE, readable by you alone; never over a file that is there."""
    passphrase = None
    if plain:
        out.warn("Without a passphrase whoever reads this file can sign as you.")
    else:
        passphrase = passphrase_from(passphrase_file, "Passphrase of the new key", is_new=True)
    public = file_key.create(file, passphrase, SystemDice())
    out.pairs(
        {"file": str(file), "public": canonical.b64(public)},
        {"file": file, "public key": public, "passphrase": not plain},
    )


@file_keys.command("public")
@click.argument("file", type=FILE)
@offline
def public(out: Out, *, file: Path) -> None:
    """Print the public key of FILE (32 bytes, base64); needs no passphrase."""
    found = file_key.public_of(file)
    if out.is_json:
        out.json({"public": canonical.b64(found), "plain": file_key.is_plain(file)})
        return
    click.echo(canonical.b64(found))


@file_keys.command("sign")
@click.argument("file", type=FILE)
@click.argument("document", type=FILE)
@click.option("--credential", default="", help="Id under which this key is enrolled.")
@click.option("--root", is_flag=True, help="As an organisation's root key: an enrolment.")
@click.option("--passphrase-file", type=FILE, help="File whose first line opens the key.")
@click.option("--confirm", "typed", help="Type nothing: the answer `sign`, for programs.")
@offline
def sign(
    out: Out,
    *,
    file: Path,
    document: Path,
    credential: str,
    root: bool,
    passphrase_file: Path | None,
    typed: str | None,
) -> None:
    """Sign DOCUMENT with the key in FILE and print the signature; shows first what is signed.

    For approvals that are given away from the installation: lifts, destructions, enrolments, vettings.
    """
    if root == bool(credential):
        raise click.UsageError("give either --credential ID or --root")
    raw = document.read_bytes()
    plain = canonical.decode(raw)
    if typed is None:
        click.echo(printable(msgspec.json.format(raw, indent=2).decode()), err=True)
    if not isinstance(plain, dict) or not isinstance(plain.get("v"), str):
        raise click.UsageError("this is no document that is signed: it has no `v`")
    confirm("You are about to sign this.", "sign", typed)
    signature = canonical.b64(open_file_key(file, passphrase_file).sign(hash_of(raw)))
    made: RootSignature | FileKeySignature = (
        RootSignature(signature=signature)
        if root
        else FileKeySignature(credential=credential, signature=signature)
    )
    out.json(made)
