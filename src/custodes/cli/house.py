"""The installation itself: `status`, `unseal`, `seal`, `kill`, `kills`, `lift`."""

from pathlib import Path

import click

from custodes.acts.asks.house import (
    House,
    Kill,
    KillPreview,
    Kills,
    KillScope,
    KillView,
    Lift,
    LookHouse,
    LookKills,
    PreviewKill,
    Seal,
    Unseal,
)
from custodes.acts.asks.parties import WhoAmI
from custodes.kernel.refusal import Refusal, absent
from custodes.wiring.local import LocalHouse

from .speech import Asker, reaching, signing
from .speech.options import APPROVAL_HELP, FILE, confirm, passphrase_from


@click.command()
@reaching
def status(asker: Asker) -> None:
    """What this installation is, and whether it is sealed. Needs no token."""
    _show(asker, asker.ask(LookHouse()))


@click.command()
@click.option("--passphrase-file", type=FILE, help="File whose first line opens the holder.")
@reaching
def unseal(asker: Asker, *, passphrase_file: Path | None) -> None:
    """Open the holder, so that keys can be used; on the machine itself, by the user that runs it."""
    with LocalHouse(asker.settings()) as here:
        evidence = here.local()
        secret = passphrase_from(passphrase_file, "Passphrase of the holder")
        _show(asker, here.ask(Unseal(evidence, secret)))


@click.command()
@click.option("--reason", required=True, help="Why; stands in the log.")
@reaching
def seal(asker: Asker, *, reason: str) -> None:
    """Drop every key from memory at once; on the machine itself, works without the database."""
    with LocalHouse(asker.settings()) as here:
        _show(asker, here.ask(Seal(here.local(), reason)))


@click.command()
@click.option("--customer", default="", help="Stop everything of this customer (id).")
@click.option("--provider", default="", help="Stop everything that lies at this provider (organisation id).")
@click.option("--everything", is_flag=True, help="Stop the whole installation.")
@click.option("--reason", required=True, help="Why; stands in the log.")
@click.option("--preview", is_flag=True, help="Only show who would stand still.")
@click.option("--confirm", "typed", help="Type nothing: the id (or `everything`), for programs.")
@reaching
def kill(
    asker: Asker,
    *,
    customer: str,
    provider: str,
    everything: bool,
    reason: str,
    preview: bool,
    typed: str | None,
) -> None:
    """Stop every use of keys at once. One person may; a quorum lifts it.

    Shows first who will stand still, then asks for the id to be typed.
    """
    target = _target(customer, provider, everything=everything)
    seen = asker.ask(PreviewKill(asker.evidence, target))
    if preview:
        _preview(asker, seen)
        return
    if typed is None:
        _preview(asker, seen)
    confirm("All of this will stand still.", target.subject or "everything", typed)
    done = asker.ask(Kill(asker.evidence, target, reason))
    asker.pairs(
        done,
        {
            "state": done.state,
            "processes still to stop": done.pending,
            "kill": done.kill,
            "entry": f"{done.log}:{done.index}",
        },
    )


@click.command()
@click.option("--customer", help="Only those that touch this customer; else all you may see.")
@reaching
def kills(asker: Asker, *, customer: str | None) -> None:
    """Kills that stand, oldest first."""
    found = _standing(asker, customer)
    rows = ((one.id, _what(one), one.killed_at, one.by, one.reason) for one in found.kills)
    asker.rows(found, ("kill", "of", "at", "by", "reason"), rows)


@click.command()
@click.argument("kill_id", metavar="KILL")
@click.option(
    "--document",
    "save",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what is to be signed here, and do nothing else.",
)
@click.option(
    "--approval",
    "approvals",
    type=FILE,
    multiple=True,
    help=APPROVAL_HELP,
)
@click.option("--confirm", "typed", help="Type nothing: the kill's id, for programs.")
@signing
def lift(
    asker: Asker,
    *,
    kill_id: str,
    save: Path | None,
    approvals: tuple[Path, ...],
    typed: str | None,
) -> None:
    """End a kill, by signatures of two persons of two organisations; yours is added with --key-file."""
    one = next((each for each in _standing(asker, None).kills if each.id == kill_id), None)
    if one is None:
        raise absent("no-such-kill")
    if save is not None:
        save.write_bytes(one.document)
        asker.pairs({"document": str(save)}, {"document": save})
        return
    if typed is None:
        asker.warn(f"{_what(one)}, stopped at {one.killed_at} by {one.by}: {one.reason}")
    confirm("Keys will be used again.", one.id, typed)
    others = tuple(path.read_bytes().strip() for path in approvals)
    done = asker.ask(Lift(asker.evidence, one.id, (asker.sign(one.document), *others)))
    asker.pairs(done, {"lifted": one.id, "entry": f"{done.log}:{done.index}"})


def _standing(asker: Asker, customer: str | None) -> Kills:
    """Kills that stand; of who may not see everybody's, those that touch the customers he acts for."""
    try:
        return asker.ask(LookKills(asker.evidence, customer))
    except Refusal as refusal:
        if refusal.code != "trustee-only":
            raise
    mine = [id_ for id_, _ in asker.ask(WhoAmI(asker.evidence)).customers]
    found = [one for id_ in mine for one in asker.ask(LookKills(asker.evidence, id_)).kills]
    return Kills(tuple({one.id: one for one in found}.values()))


def _target(customer: str, provider: str, *, everything: bool) -> KillScope:
    chosen = [
        KillScope(scope, subject)
        for scope, subject, is_meant in (
            ("customer", customer, bool(customer)),
            ("provider", provider, bool(provider)),
            ("house", "", everything),
        )
        if is_meant
    ]
    if len(chosen) != 1:
        raise click.UsageError("say what to stop: --customer ID, --provider ID or --everything")
    return chosen[0]


def _preview(asker: Asker, seen: KillPreview) -> None:
    asker.pairs(
        seen,
        {
            "customers": [name for _, name in seen.customers],
            "applications": [name for _, name in seen.applications],
            "keys": seen.keys,
            "buckets": seen.buckets,
            "open grants": seen.open_grants,
            "uses in the last day": seen.uses_last_day,
            "entry": seen.entry_text,
            "killed already": seen.killed_already,
        },
    )


def _show(asker: Asker, seen: House) -> None:
    if seen.demo:
        asker.warn("demo: keys in a file, not for real data")
    asker.pairs(
        seen,
        {
            "name": seen.name,
            "id": seen.id,
            "sealed": seen.sealed,
            "demo": seen.demo,
            "holder": seen.grade,
            "log": seen.origin,
            "receipt key": seen.receipt_key,
        },
    )


def _what(one: KillView) -> str:
    return " ".join((one.target.scope, one.target.subject)).strip()
