"""`custodes veil`: seal auditors, and what k of them together see behind a day's veil."""

import hashlib
from pathlib import Path

import click
import msgspec

from custodes.acts.asks.documents import seal_auditors_document
from custodes.acts.asks.log import LookVeilSeal, VeilSealFile
from custodes.acts.asks.rules import LookSealAuditors, SetSealAuditors
from custodes.adapters import file_key
from custodes.cli.speech import Asker, Out, offline, reaching, signing
from custodes.cli.speech.options import APPROVAL_HELP, FILE, passphrase_from
from custodes.custody import veil_seal
from custodes.kernel import canonical
from custodes.kernel.papers import SealAuditor
from custodes.kernel.refusal import malformed
from custodes.ledger import veil as veils

_WRITE = click.Path(dir_okay=False, path_type=Path)
_PASSPHRASE = click.option("--key-passphrase-file", "words", type=FILE, help="First line opens the key.")


@click.group("veil")
def veil() -> None:
    """Daily veils hide acts under a non-disclosure duty; k of n seal auditors can open any of them."""


@veil.command("key")
@click.argument("file", type=FILE)
@_PASSPHRASE
@offline
def key(out: Out, *, file: Path, words: Path | None) -> None:
    """Print the public key to which veils are sealed for the owner of the file key FILE."""
    public = file_key.sealing_key(file, _words(file, words)).public_key().public_bytes_raw()
    out.pairs({"public": canonical.b64(public)}, {"public": canonical.b64(public)})


@veil.command("auditors")
@click.option("--auditor", "auditors", multiple=True, help="NAME=ORGANISATION=PUBLIC, as often as needed.")
@click.option("--k", type=click.IntRange(2, 16), help="How many of them open a veil together.")
@click.option("--document", "save", type=_WRITE, help="Write what is to be signed here, and do nothing else.")
@click.option("--approval", "approvals", type=FILE, multiple=True, help=APPROVAL_HELP)
@signing
def auditors_(
    asker: Asker, *, auditors: tuple[str, ...], k: int | None, save: Path | None, approvals: tuple[Path, ...]
) -> None:
    """Show the seal auditors, or set them by signatures of two people of two organisations."""
    found = asker.ask(LookSealAuditors(asker.evidence))
    if auditors:
        named = tuple(_auditor(text) for text in auditors)
        document = seal_auditors_document(asker.look().id, named, k or 2, found.generation)
        if save is not None:
            save.write_bytes(document)
            asker.pairs({"document": str(save)}, {"document": save})
            return
        signatures = (asker.sign(document), *(path.read_bytes().strip() for path in approvals))
        found = asker.ask(SetSealAuditors(asker.evidence, named, k or 2, signatures))
    rows = ((one.name, one.organisation, canonical.b64(one.public)) for one in found.auditors)
    asker.say(f"{found.k} of {len(found.auditors)} open a veil")
    asker.rows(found, ("auditor", "organisation", "public key"), rows)


@veil.command("seal")
@click.option("--customer", required=True, help="Id of the customer.")
@click.option("--day", required=True, help="The day, such as 2026-11-22 (UTC).")
@click.option("--out", "target", type=_WRITE, required=True, help="Where it goes.")
@reaching
def seal(asker: Asker, *, customer: str, day: str, target: Path) -> None:
    """Fetch a day's veil, sealed to the auditors. Keep them all: then nobody can withhold one later."""
    found = asker.ask(LookVeilSeal(asker.evidence, customer, day))
    target.write_bytes(canonical.encode(msgspec.to_builtins(found)))
    asker.pairs({"file": str(target)}, {"written to": target})


@veil.command("share")
@click.argument("document", metavar="SEAL", type=FILE)
@click.option("--key-file", type=FILE, required=True, help="Your own file key.")
@_PASSPHRASE
@click.option("--out", "target", type=_WRITE, required=True, help="Where your share goes.")
@offline
def share(out: Out, *, document: Path, key_file: Path, words: Path | None, target: Path) -> None:
    """An auditor's contribution to opening SEAL: your share, of this one day. Hand it over in confidence."""
    private = file_key.sealing_key(key_file, _words(key_file, words))
    made = veil_seal.share_of(veil_seal.parse(_file(document).document), private)
    target.touch(mode=0o600)
    target.write_bytes(made.encode())
    out.pairs({"file": str(target), "place": made.place}, {"share": target, "place": made.place})


@veil.command("open")
@click.argument("document", metavar="SEAL", type=FILE)
@click.argument("shares", metavar="SHARE", type=FILE, nargs=-1, required=True)
@offline
def open_(out: Out, *, document: Path, shares: tuple[Path, ...]) -> None:
    """Open a veil with k shares: every act it hides, and proof that it hides nothing else.

    That its leaf stands in the customer's log says a receipt or his monitor.
    """
    found = _file(document)
    given = [veil_seal.parse_share(path.read_bytes()) for path in shares]
    inside = veil_seal.open_with(veil_seal.parse(found.document), given)
    lifted = veils.lift(found.leaf, veils.rejoined(found.opening, inside))
    is_fixed = lifted.seal == hashlib.sha256(found.document).digest()
    value = {
        "customer": lifted.customer,
        "day": lifted.day,
        "leaf": canonical.b64(found.leaf),
        "fixed": is_fixed,
        "withheld": [msgspec.to_builtins(one) for one in lifted.withheld],
        "closed": lifted.closed,
    }
    hidden = f"{len(lifted.withheld)} withheld acts, {lifted.closed} items shut"
    out.say(f"{lifted.customer} {lifted.day}: {hidden}; this document was fixed that day: {is_fixed}")
    rows = ((one.log, one.index, canonical.b64(one.leaf)) for one in lifted.withheld)
    out.rows(value, ("log", "index", "leaf"), rows)


def _file(path: Path) -> VeilSealFile:
    try:
        return msgspec.json.decode(path.read_bytes(), type=VeilSealFile)
    except msgspec.MsgspecError as error:
        raise malformed("bad-veil-seal") from error


def _auditor(text: str) -> SealAuditor:
    name, _, rest = text.partition("=")
    organisation, _, public = rest.partition("=")
    try:
        return SealAuditor(name=name, organisation=organisation, public=canonical.unb64(public))
    except ValueError:
        raise click.UsageError("an auditor is written NAME=ORGANISATION=PUBLIC") from None


def _words(file: Path, words: Path | None) -> bytes:
    return b"" if file_key.is_plain(file) else passphrase_from(words, f"Passphrase of {file.name}")
