"""`custodes log years`: the shards of the log, and when the present one closes."""

import click
import msgspec

from custodes.acts.asks.running.turning import LookShards
from custodes.cli.speech import Asker, reaching


@click.command("years")
@reaching
def years(asker: Asker) -> None:
    """Each year of the log with its origin and last head; the last line says when the next one opens."""
    found = asker.ask(LookShards(asker.evidence))
    if asker.is_json:
        asker.json(msgspec.to_builtins(found))
        return
    rows = ((one.year, one.state, one.size or "", one.last_epoch or "", one.origin) for one in found.shards)
    asker.rows((), ("year", "state", "entries", "last epoch", "origin"), rows)
    present = found.shards[-1]
    if not found.is_yearly:
        click.echo(f"year {present.year} stays open: log_turns is off")
        return
    said = f"year {present.year} closes in {found.days_left} days"
    said += f", then {found.opens} (from {found.turns_at})" if found.opens else ""
    click.echo(said)
    if found.missing:
        click.echo(f"do not take it yet: {', '.join(found.missing)}", err=True)
    if found.why:
        click.echo(f"in the way: {found.why}", err=True)
