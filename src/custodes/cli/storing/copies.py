"""`custodes bucket copies | scrub | place`: where the copies of a bucket lie, and whether they are whole."""

import click

from custodes.acts.asks.buckets.care import CareView, LookCare, PlaceBucket, RoundView, ScrubBucket
from custodes.cli.speech import Asker, reaching

COLUMNS = ("location", "lacks", "state")


@click.command("copies")
@click.argument("bucket")
@reaching
def copies(asker: Asker, *, bucket: str) -> None:
    """Where its copies lie, which are missing or bad, and how far the scrub is."""
    show(asker, asker.ask(LookCare(asker.evidence, bucket)))


@click.command("scrub")
@click.argument("bucket")
@reaching
def scrub(asker: Asker, *, bucket: str) -> None:
    """Read every copy again, from now on; `custodes bucket copies` shows how far it is."""
    show(asker, asker.ask(ScrubBucket(asker.evidence, bucket)))


@click.command("place")
@click.argument("bucket")
@click.option("--location", "places", multiple=True, required=True, help="Id or name; all it shall lie in.")
@click.option(
    "--copies-min",
    type=click.IntRange(0),
    default=0,
    help="So many copies before a write is answered; 0: all of them.",
)
@reaching
def place(asker: Asker, *, bucket: str, places: tuple[str, ...], copies_min: int) -> None:
    """Let it lie in exactly these locations. What is written is copied, checked there, then let go
    elsewhere.
    """
    show(asker, asker.ask(PlaceBucket(asker.evidence, bucket, places, copies_min)))


def show(asker: Asker, view: CareView) -> None:
    """The state of a bucket's copies, as a table and what is said of it."""
    rows = [
        (
            one.location,
            ", ".join(f"{why} {count}" for why, count in one.lacks) or "-",
            "left, being emptied" if one.is_left else "in use",
        )
        for one in view.places
    ]
    asker.rows(view, COLUMNS, rows)
    asker.say(f"copies before a write is answered: {view.copies_min}")
    for word, one in (("running", view.running), ("last", view.last)):
        if one is not None:
            asker.say(f"{word} scrub: {_said(one)}")
    if view.running is None:
        asker.say(f"next scrub: {view.next_at}")


def _said(one: RoundView) -> str:
    counts = (
        f"{one.checked} copies whole ({one.checked_bytes} bytes), {one.copied} made, {one.damaged} damaged, "
        f"{one.released} let go, {one.unreachable} not reached"
    )
    return f"since {one.begun_at}: {counts}" if not one.ended_at else f"{one.ended_at}: {counts}"
