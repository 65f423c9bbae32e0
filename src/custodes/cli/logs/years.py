"""`custodes log years` and `log prune`: the shards of the log, and a closed one put away for good."""

from pathlib import Path

import click
import msgspec

from custodes.acts.asks.documents import prune_document
from custodes.acts.asks.running.turning import LookShards, PruneShard
from custodes.cli.speech import Asker, reaching, signing
from custodes.cli.speech.options import confirm
from custodes.kernel.refusal import absent

from .retention import APPROVALS, SAVE, saved, signed


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


@click.command("prune")
@click.argument("number", type=click.IntRange(1))
@SAVE
@APPROVALS
@click.option("--confirm", "typed", help="The closed log's origin, for programs.")
@signing
def prune(
    asker: Asker, *, number: int, save: Path | None, approvals: tuple[Path, ...], typed: str | None
) -> None:
    """Destroy the tree of closed log NUMBER; its last head stays. Signed by people of two organisations."""
    found = asker.ask(LookShards(asker.evidence)).shards
    row = next((one for one in found if one.number == number and one.last), None)
    if row is None:
        raise absent("no-such-shard")
    document = prune_document(asker.look().id, row.number, row.origin, row.last)
    if saved(asker, document, save):
        return
    confirm("Nobody who has no proof of his own can prove an entry by this year any more.", row.origin, typed)
    made = asker.ask(PruneShard(asker.evidence, number, signed(asker, document, approvals)))
    state = next(one.state for one in made.shards if one.number == number)
    asker.pairs({"number": number, "state": state}, {"year": row.year, "state": state})
