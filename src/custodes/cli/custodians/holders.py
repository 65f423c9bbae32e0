"""`custodes holder`: how the roots' holders are, opening one, and making a root in a token."""

from pathlib import Path

import click

from custodes.acts.asks.house import LookHouse
from custodes.acts.asks.running.roots import LookRoot, MoveRoot
from custodes.acts.asks.unsealing import LookHolders, OpenHolder, WatchedHolders
from custodes.adapters.holders import bao_audit, openbao_uri, pkcs11
from custodes.cli.speech import Asker, Out, offline, reaching, signing
from custodes.cli.speech.options import APPROVAL_HELP, FILE, confirm, passphrase_from
from custodes.cli.speech.output import EXIT_REFUSED
from custodes.kernel.refusal import absent
from custodes.wiring import log_keys
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


@holders.command("move")
@click.argument("customer")
@click.option("--to", required=True, help="URI of the holder that keeps the root from now on.")
@click.option(
    "--document",
    "save",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what is to be signed here, and do nothing else.",
)
@click.option("--approval", "approvals", type=FILE, multiple=True, help=APPROVAL_HELP)
@click.option("--confirm", "typed", help="Type nothing: the id, for programs.")
@signing
def move(
    asker: Asker, *, customer: str, to: str, save: Path | None, approvals: tuple[Path, ...], typed: str | None
) -> None:
    """Move a customer's root to another holder; or, with `house`, every root that lies in the house's own.

    By persons of two organisations, yours with --key-file. Nobody's keys stand still meanwhile. Cut off in
    the middle it is asked again, with the same signatures. The new holder must be open: `custodes holder
    open`.
    """
    id_ = asker.ask(LookHouse()).id if customer == "house" else customer
    found = asker.ask(LookRoot(asker.evidence, id_, to))
    if save is not None:
        save.write_bytes(found.document)
        asker.pairs({"document": str(save)}, {"document": save})
        return
    if typed is None:
        asker.warn(f"From {found.holder} to {found.to}; {found.with_it} roots of customers go with it.")
    confirm("The old holder is not asked for it any more.", id_, typed)
    others = tuple(path.read_bytes().strip() for path in approvals)
    done = asker.ask(MoveRoot(asker.evidence, id_, to, (asker.sign(found.document), *others)))
    asker.pairs(done, {"moved": done.moved, "entry": f"{done.log}:{done.index}"})


@holders.command("move-log")
@click.option("--to", required=True, help="URI of the holder that keeps the log's keys from now on.")
@click.option("--confirm", "typed", help="Type nothing: the word `logkeeper`, for programs.")
@reaching
def move_log(asker: Asker, *, to: str, typed: str | None) -> None:
    """Move the log's own keys to another holder; on the machine itself, as the logkeeper's user.

    It must open by itself: a key file, a token with pin-source, OpenBao with a token file. The entry comes
    first, so the house must be open. Nothing stands still: the logkeeper goes on with the keys it has.
    """
    confirm("The log's keys go there; the old holder is not asked for them any more.", "logkeeper", typed)
    done = log_keys.move(asker.settings(), to)
    asker.pairs(done, {"from": done.before, "to": done.after, "entry": f"{done.log}:{done.index}"})


@holders.command("make")
@click.argument("uri")
@click.option("--pin-file", type=FILE, help="File whose first line is the PIN; else the URI's pin-source.")
@offline
def make(out: Out, *, uri: str, pin_file: Path | None) -> None:
    """Have a token make a root, sensitive and not extractable, under the object name of the pkcs11: URI."""
    pin = passphrase_from(pin_file, "PIN") if pin_file is not None else b""
    made = pkcs11.create(uri, pin)
    out.pairs({"holder": made}, {"holder": made})


@holders.command("compare")
@click.argument("uri")
@click.option(
    "--audit", "audits", type=FILE, multiple=True, required=True, help="File of OpenBao's audit device."
)
@reaching
def compare(asker: Asker, *, uri: str, audits: tuple[Path, ...]) -> None:
    """Compare what OpenBao's audit counted with the entries of the house's log. Exit code 1 when they differ.

    Give every file since the key was made. More uses there than here were done beside the log: by somebody
    with the token, by an audit with the holder's secret, or just before a crash.
    """
    where = openbao_uri.parse(uri)
    counted = unreadable = 0
    for path in audits:
        with path.open("rb") as lines:
            found = bao_audit.uses(lines, where)
        counted, unreadable = counted + found.uses, unreadable + found.unreadable
    with LocalHouse(asker.settings()) as here:
        seen = here.ask(LookHolders(here.local()))
    logged = next((one.uses for one in seen.holders if one.uri == where.text()), None)
    if logged is None:
        raise absent("no-such-thing")
    verdict = _verdict(counted, logged, unreadable)
    asker.pairs(
        {"audit": counted, "log": logged, "unreadable": unreadable, "verdict": verdict},
        {"by OpenBao's audit": counted, "by the log": logged, "not readable": unreadable, "verdict": verdict},
    )
    if verdict != "fits":
        raise click.exceptions.Exit(EXIT_REFUSED)


def _verdict(counted: int, logged: int, unreadable: int) -> str:
    if unreadable:
        return "AUDIT UNREADABLE"
    if counted == logged:
        return "fits"
    return "USED BESIDE THE LOG" if counted > logged else "AUDIT INCOMPLETE"


def _show(asker: Asker, seen: WatchedHolders) -> None:
    rows = (
        (one.uri, one.grade, one.reason or "answers", one.since or "-", one.customers) for one in seen.holders
    )
    asker.rows(seen, ("holder", "grade", "state", "since", "customers"), rows)
