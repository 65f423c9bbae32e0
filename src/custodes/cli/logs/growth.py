"""`custodes growth`: gigabytes a year from uses a second, by measured bytes."""

import click
import msgspec

from custodes.cli.speech import Out, offline
from custodes.ledger.retention.growth import MEASURED_ON, grow

_GB = 1_000_000_000


@click.command("growth")
@click.option("--uses-per-second", "uses", type=click.FloatRange(min=0), required=True, help="On average.")
@click.option("--customers", type=click.IntRange(min=1), default=1, help="Who write all day.")
@click.option("--years", type=click.FloatRange(min=0), default=10.0, help="What is there after so many.")
@click.option(
    "--days", type=click.IntRange(min=90), help="The term of machine uses; none: as long as the log."
)
@offline
def growth(out: Out, *, uses: float, customers: int, years: float, days: int | None) -> None:
    """How much the log takes on disk, by figures measured with SQLite (docs/operations/growth.md)."""
    found = grow(uses, customers, years=years, days=days)
    shown = {
        "entries a year": f"{found.entries:,}",
        "openings": _gb(found.openings),
        "leaves": _gb(found.leaves),
        "tiles": _gb(found.tiles),
        "epochs": _gb(found.epochs),
        "all, a year": _gb(found.year),
        f"there after {years:g} years": _gb(found.kept),
        "measured": f"{MEASURED_ON}, SQLite; backups, free pages and copies come on top",
    }
    out.pairs({**msgspec.structs.asdict(found), "year": found.year, "measured_on": MEASURED_ON}, shown)


def _gb(count: int) -> str:
    return f"{count / _GB:,.1f} GB"
