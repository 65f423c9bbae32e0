"""`custodes store strays`: what lies in stores and belongs to nothing; two organisations may let it go."""

from pathlib import Path

import click

from custodes.acts.asks.buckets.leftovers import (
    DAYS_MAX,
    DAYS_MIN,
    DAYS_PROPOSED,
    LookStrays,
    PlanStrays,
    RemoveStrays,
    StraysPlan,
    StrayView,
)
from custodes.cli.logs.retention import APPROVALS, SAVE, saved, signed
from custodes.cli.speech import Asker, reaching, signing
from custodes.cli.speech.options import confirm
from custodes.kernel.refusal import absent

_LOCATION = click.argument("location")
_BEFORE = click.option("--before", default="", help="Found by this time, as the signed document says.")
_COLUMNS = ("blob", "bytes", "found", "goes since")
_WHOSE = (
    "What is removed is gone. After a restore a newer backup may need it; in a bucket shared with another "
    "installation it may be theirs."
)


@click.group("store")
def stores() -> None:
    """Stores themselves, not what is kept in them."""


@stores.group("strays")
def strays() -> None:
    """What lies in the stores and belongs to nothing."""


@strays.command("list")
@click.argument("location", default="")
@reaching
def list_strays(asker: Asker, *, location: str) -> None:
    """How much each place holds; with LOCATION (id or name) each blob, and since when."""
    found = asker.ask(LookStrays(evidence=asker.evidence))
    if not location:
        rows = ((one.location, one.name, one.count, one.size_bytes, one.uri) for one in found.places)
        asker.rows(found, ("location", "name", "blobs", "bytes", "store"), rows)
        return
    at, after, blobs = _place(asker, location), "", list[StrayView]()
    while True:
        found = asker.ask(LookStrays(evidence=asker.evidence, location=at, after=after))
        blobs += found.blobs
        after = found.after
        if not after:
            break
    asker.rows(blobs, _COLUMNS, map(_row, blobs))


@strays.command("plan")
@_LOCATION
@click.option(
    "--older-than",
    "days",
    type=click.IntRange(DAYS_MIN, DAYS_MAX),
    default=DAYS_PROPOSED,
    show_default=True,
    help="Days since it was found first.",
)
@_BEFORE
@SAVE
@reaching
def plan(asker: Asker, *, location: str, days: int, before: str, save: Path | None) -> None:
    """A dry run: what `remove` would remove, at most 1,000 at a time. Changes nothing."""
    at = _place(asker, location)
    found = asker.ask(PlanStrays(evidence=asker.evidence, location=at, days=days, before=before))
    if not saved(asker, found.document, save):
        asker.rows(found, _COLUMNS, map(_row, found.blobs))
    asker.say(_sum(found))
    asker.say(f"then: custodes store strays remove {at} --before {found.before} --approval FILE")


@strays.command("remove")
@_LOCATION
@_BEFORE
@APPROVALS
@click.option("--confirm", "typed", help="The location's id, for programs.")
@signing
def remove(
    asker: Asker, *, location: str, before: str, approvals: tuple[Path, ...], typed: str | None
) -> None:
    """Have removed what was planned; signed by people of two organisations, you with --key-file."""
    at = _place(asker, location)
    found = asker.ask(PlanStrays(evidence=asker.evidence, location=at, before=before))
    asker.warn(_sum(found))
    confirm(_WHOSE, at, typed)
    ask = RemoveStrays(
        evidence=asker.evidence,
        location=at,
        before=found.before,
        digest=found.digest,
        approvals=signed(asker, found.document, approvals),
    )
    asker.ask(ask)
    done = {"location": at, "blobs": found.count, "bytes": found.size_bytes}
    asker.pairs(done, done)
    asker.say(f"they go within minutes: custodes store strays list {at} shows what is left")


def _place(asker: Asker, wanted: str) -> str:
    """The id of a location by id or name; `no-such-location` (absent)."""
    places = asker.ask(LookStrays(evidence=asker.evidence)).places
    found = [one.location for one in places if wanted in (one.location, one.name)]
    if len(found) != 1:
        raise absent("no-such-location")
    return found[0]


def _sum(found: StraysPlan) -> str:
    return f"{found.count} blobs, {found.size_bytes} bytes, found before {found.before}"


def _row(one: StrayView) -> tuple[object, ...]:
    return (one.blob, one.size_bytes, one.found_at, one.doomed_at or "-")
