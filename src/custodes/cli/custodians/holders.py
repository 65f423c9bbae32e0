"""`custodes holder`: how the roots' holders are, opening one, and making a root in a token."""

from pathlib import Path

import click

from custodes.acts.asks.unsealing import LookHolders, OpenHolder, WatchedHolders
from custodes.adapters.holders import pkcs11
from custodes.cli.speech import Asker, Out, offline, reaching
from custodes.cli.speech.options import FILE, passphrase_from
from custodes.wiring.local import LocalHouse


@click.group("holder")
def holders() -> None:
    """Holders of roots: how each is, open one, make a root in a token."""


@holders.command("list")
@reaching
def look(asker: Asker) -> None:
    """Every holder and whether it answers; on the machine itself, by the user that runs it."""
    with LocalHouse(asker.settings()) as here:
        _show(asker, here.ask(LookHolders(here.local())))


@holders.command("open")
@click.argument("uri")
@click.option("--passphrase-file", type=FILE, help="File whose first line is the passphrase, PIN or token.")
@reaching
def open_one(asker: Asker, *, uri: str, passphrase_file: Path | None) -> None:
    """Open a holder of customers' roots while the house runs; the house's own is opened by `unseal`."""
    with LocalHouse(asker.settings()) as here:
        secret = passphrase_from(passphrase_file, "Passphrase, PIN or token of the holder")
        _show(asker, here.ask(OpenHolder(here.local(), uri, secret)))


@holders.command("make")
@click.argument("uri")
@click.option("--pin-file", type=FILE, help="File whose first line is the PIN; else the URI's pin-source.")
@offline
def make(out: Out, *, uri: str, pin_file: Path | None) -> None:
    """Have a token make a root, sensitive and not extractable, under the object name of the pkcs11: URI."""
    pin = passphrase_from(pin_file, "PIN") if pin_file is not None else b""
    made = pkcs11.create(uri, pin)
    out.pairs({"holder": made}, {"holder": made})


def _show(asker: Asker, seen: WatchedHolders) -> None:
    rows = (
        (one.uri, one.grade, one.reason or "answers", one.since or "-", one.customers) for one in seen.holders
    )
    asker.rows(seen, ("holder", "grade", "state", "since", "customers"), rows)
