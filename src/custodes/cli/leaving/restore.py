"""`custodes bucket restore`: what was taken along from another installation arrives in this one."""

from pathlib import Path

import click
import pyrage  # type: ignore[import-untyped]

from custodes.acts.asks.buckets.adopting import AdoptionView, BeginAdoption, HandSheet, MoveAdoption
from custodes.cli.speech import Asker, reaching
from custodes.cli.storing.adopt import MOVES, figures, items_of, manifest, newest, objects, status
from custodes.kernel.refusal import absent, malformed
from custodes.objects.adoption import FAILED, NOT_IN_RESTORATIONS, named

_BUCKET = click.argument("bucket")
_SHEETS = click.argument(
    "sheets", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)


@click.group("restore")
def restoring() -> None:
    """Restore an export of another installation into a bucket of this one."""


@restoring.command("begin")
@_BUCKET
@click.option(
    "--from",
    "source",
    required=True,
    help="Location where the other installation's blobs lie, or a copy.",
)
@reaching
def begin(asker: Asker, *, bucket: str, source: str) -> None:
    """Begin, and show to whom its sheets are to be sealed. Nothing is read or written yet."""
    begun = asker.ask(BeginAdoption(asker.evidence, bucket, source, is_export=True))
    _show(asker, begun, "custodes bucket restore hand BUCKET SHEET... --identity key.txt")


@restoring.command("hand")
@_BUCKET
@_SHEETS
@click.option(
    "--identity",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Your age identity, if the sheets are sealed to you: they are opened here and sealed anew.",
)
@click.option("--more", is_flag=True, help="Further sheets follow; do not close the list yet.")
@reaching
def hand(asker: Asker, *, bucket: str, sheets: tuple[Path, ...], identity: Path | None, more: bool) -> None:
    """Hand over the sheets of an export. A sheet handed twice is taken once."""
    view = _restoration(asker, bucket)
    own = None if identity is None else _identity(identity)
    with asker.progress("sheets") as show:
        for number, sheet in enumerate(sheets):
            show(number, len(sheets))
            view = asker.ask(HandSheet(asker.evidence, view.id, _sealed(sheet, own, view.recipient)))
    if not more:
        view = asker.ask(MoveAdoption(asker.evidence, view.id, "handed"))
    _show(asker, view, "custodes bucket restore plan BUCKET, then run BUCKET --key-file mine.key")


@restoring.command("plan")
@_BUCKET
@click.option("--mb-per-s", type=click.FloatRange(0.001), help="What the link carries, in MB/s.")
@click.option("--price-per-gb", type=click.FloatRange(0), help="What reading a GB there costs you.")
@click.option("--price-per-1000", type=click.FloatRange(0), help="What 1,000 requests there cost you.")
@reaching
def plan(
    asker: Asker,
    *,
    bucket: str,
    mb_per_s: float | None,
    price_per_gb: float | None,
    price_per_1000: float | None,
) -> None:
    """A dry run: what comes, how long it takes and costs by your figures, and what cannot come. Changes
    nothing.
    """
    view = _restoration(asker, bucket)
    facts = figures(view, (mb_per_s, price_per_gb, price_per_1000))
    lost = list(items_of(asker, view.id, FAILED))
    asker.pairs({**facts, "cannot_come": len(lost)}, {**facts, "cannot come as they are": len(lost)})
    for item in lost:
        asker.say(f"cannot come: {named(item.name)[0]!a} {item.etag}: {item.note}")
    asker.say(
        "not in an export: log, receipts, grants (they stay where they are, and can be verified there),"
    )
    asker.say("ACLs and rules of the bucket; ETags and times of writing are new: docs/operations/leaving.md")


for _command in (
    status,
    objects,
    manifest,
    *(move for move in MOVES if move.name not in NOT_IN_RESTORATIONS and move.name != "handed"),
):
    restoring.add_command(_command)


def _restoration(asker: Asker, bucket: str) -> AdoptionView:
    view = newest(asker, bucket)
    if not view.recipient:
        raise absent("no-such-adoption")
    return view


def _identity(path: Path) -> "pyrage.x25519.Identity":
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    for line in lines:
        if line.startswith("AGE-SECRET-KEY-"):
            try:
                return pyrage.x25519.Identity.from_str(line.strip())
            except (pyrage.IdentityError, ValueError):
                break
    raise click.UsageError(f"{path} holds no age identity")


def _sealed(sheet: Path, own: "pyrage.x25519.Identity | None", recipient: str) -> bytes:
    """A sheet sealed to the restoration: as it is, or opened with the customer's own identity first."""
    raw = sheet.read_bytes()
    if own is None:
        return raw
    try:
        plain = pyrage.decrypt(raw, [own])
    except (pyrage.DecryptError, ValueError) as error:
        raise malformed("bad-sheet", why="not-sealed-to-the-identity", sheet=sheet.name) from error
    return bytes(pyrage.encrypt(plain, [pyrage.x25519.Recipient.from_str(recipient)]))


def _show(asker: Asker, view: AdoptionView, following: str) -> None:
    asker.pairs(
        view,
        {
            "adoption": view.id,
            "state": view.state,
            "recipient": view.recipient,
            "versions": sum(count for _, count, _ in view.counts),
            "next": following,
        },
    )
