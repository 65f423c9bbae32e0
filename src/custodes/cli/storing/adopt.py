"""`custodes bucket adopt`: a bucket that lies in plain is counted, sealed, removed there, or brought back."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import click

from custodes.acts.asks.buckets.adopting import (
    AdoptedItem,
    AdoptionView,
    BeginAdoption,
    LookAdopted,
    LookAdoptions,
    MoveAdoption,
    line_of,
)
from custodes.cli.speech import Asker, reaching, signing
from custodes.kernel import canonical
from custodes.kernel.refusal import absent
from custodes.objects.adoption import FOUND, ITEM_STATES, STILL_PLAIN, named

_BUCKET = click.argument("bucket")
SIGNED = ("run", "clear", "back")


@click.group("adopt")
def adopt() -> None:
    """Take a bucket that lies in plain into Custodes, and back."""


@adopt.command("plan")
@_BUCKET
@click.option("--from", "source", default="", help="Location in which it lies in plain; begins an adoption.")
@click.option("--prefix", default="", help="Only objects whose names begin so.")
@click.option(
    "--mb-per-s", type=click.FloatRange(0.001), help="What the link carries, in MB/s: for the time."
)
@click.option(
    "--price-per-gb", type=click.FloatRange(0), help="What reading a GB there costs you: for the cost."
)
@click.option("--price-per-1000", type=click.FloatRange(0), help="What 1,000 requests there cost you.")
@reaching
def plan(
    asker: Asker,
    *,
    bucket: str,
    source: str,
    prefix: str,
    mb_per_s: float | None,
    price_per_gb: float | None,
    price_per_1000: float | None,
) -> None:
    """A dry run: what lies there, how much, how long it takes and costs by your figures. Changes nothing."""
    if source:
        asker.ask(BeginAdoption(asker.evidence, bucket, source, prefix))
    facts = figures(newest(asker, bucket), (mb_per_s, price_per_gb, price_per_1000))
    asker.pairs(facts, facts)


@adopt.command("status")
@_BUCKET
@reaching
def status(asker: Asker, *, bucket: str) -> None:
    """How far it is, and how much still lies in plain where it came from."""
    view = newest(asker, bucket)
    rows = [(state, count, size_bytes) for state, count, size_bytes in view.counts]
    asker.rows(view, ("objects", "count", "bytes"), rows)
    asker.say(f"adoption {view.id}: {view.state}")
    if view.recipient:
        return
    plain, size = totals(view, tuple(STILL_PLAIN))
    asker.say(f"still in plain at {view.source}: {plain} objects, {size} bytes")
    asker.say("older versions and replicas that store keeps by itself: not assessed; ask its operator's tool")


@adopt.command("objects")
@_BUCKET
@click.option("--state", type=click.Choice(ITEM_STATES), help="Only objects in this state.")
@reaching
def objects(asker: Asker, *, bucket: str, state: str | None) -> None:
    """Every object, as it was found and what became of it."""
    items = list(items_of(asker, newest(asker, bucket).id, state or ""))
    columns = ("name", "state", "bytes", "version", "note")
    rows = [(named(one.name)[0], one.state, one.size, one.version, one.note) for one in items]
    asker.rows(items, columns, rows)


@adopt.command("manifest")
@_BUCKET
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@reaching
def manifest(asker: Asker, *, bucket: str, target: Path) -> None:
    """Write the signed manifest: what lay there, and which object it became. Checked against its note
    first.
    """
    view = newest(asker, bucket)
    if not view.manifest:
        raise absent("no-manifest", state=view.state)
    digest, lines = hashlib.sha256(), []
    for item in items_of(asker, view.id, ""):
        if item.version:
            lines.append(line_of(item))
            digest.update(lines[-1])
    said = view.manifest.split("\n")
    if said[3:5] != [str(len(lines)), canonical.b64(digest.digest())]:
        raise absent("no-manifest", reason="differs")
    target.write_bytes(b"".join(lines) + b"\n" + view.manifest.encode())
    asker.pairs({"objects": len(lines), "file": str(target)}, {"objects": len(lines), "file": str(target)})


def _moving(verb: str, says: str) -> click.Command:
    wrap = signing if verb in SIGNED else reaching

    @adopt.command(verb, help=says)
    @_BUCKET
    @wrap
    def move(asker: Asker, *, bucket: str) -> None:
        view = newest(asker, bucket)
        ask = MoveAdoption(asker.evidence, view.id, verb)
        moved = asker.ask(asker.signed(ask, view.generation) if verb in SIGNED else ask)
        asker.pairs(moved, {"adoption": moved.id, "state": moved.state})

    return move


MOVES = tuple(
    _moving(verb, says)
    for verb, says in (
        ("recount", "List the source again; of a restoration: take further sheets, or failed ones again."),
        ("run", "Seal what was found, by your signature; it is read through the bucket meanwhile."),
        ("clear", "Remove in the source what was sealed and read back since, by your signature."),
        ("back", "Write what was removed there in plain again, by your signature."),
        ("end", "Close it; what is sealed stays, and nothing is brought back any more."),
    )
)


def newest(asker: Asker, bucket: str) -> AdoptionView:
    """The newest adoption or restoration of a bucket; `no-such-adoption` (absent)."""
    found = asker.ask(LookAdoptions(asker.evidence, bucket)).adoptions
    if not found:
        raise absent("no-such-adoption")
    return found[0]


def items_of(asker: Asker, adoption: str, state: str) -> Iterator[AdoptedItem]:
    """Its objects, page by page; those in one state, if it is given."""
    after = ""
    while True:
        page = asker.ask(LookAdopted(asker.evidence, adoption, after, state))
        yield from page.items
        if not page.after:
            return
        after = page.after


def totals(view: AdoptionView, states: tuple[str, ...]) -> tuple[int, int]:
    """(objects, plain bytes) in these states."""
    rows = [row for row in view.counts if row[0] in states]
    return sum(count for _, count, _ in rows), sum(size for _, _, size in rows)


def figures(view: AdoptionView, given: tuple[float | None, float | None, float | None]) -> dict[str, object]:
    """What it will take, by the figures `given` (MB/s, price of a GB, price of 1,000 requests) alone."""
    mb_per_s, price_per_gb, price_per_1000 = given
    objects, size = totals(view, (FOUND,))
    seconds = None if mb_per_s is None else round(size / 1e6 / mb_per_s)
    cost = None
    if price_per_gb is not None or price_per_1000 is not None:
        cost = round(size / 1e9 * (price_per_gb or 0) + objects / 1000 * (price_per_1000 or 0), 2)
    return {
        "adoption": view.id,
        "state": view.state,
        "objects": objects,
        "bytes": size,
        "seconds": "not computed: give --mb-per-s" if seconds is None else seconds,
        "cost": "not computed: give --price-per-gb, --price-per-1000" if cost is None else cost,
    }
