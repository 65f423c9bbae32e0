"""`custodes metering`: what customers used, a line per customer and day, counted from their entries."""

from pathlib import Path

import click

from custodes.acts.asks.parties import WhoAmI
from custodes.acts.asks.running.metering import LookMetering, Metering
from custodes.assurance.metering import rows_of
from custodes.cli.speech import Asker, reaching


@click.command("metering")
@click.option("--month", required=True, help="YYYY-MM, in UTC.")
@click.option("--customer", default="", help="Only this one; else every customer whose log you may read.")
@click.option("--out", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the CSV here.")
@reaching
def metering(asker: Asker, *, month: str, customer: str, file: Path | None) -> None:
    """What was used, as CSV: uses by protocol, bytes in, out and stored, objects, entries, cases.

    Counted from the entries opened to the customer: his own count (`custodes monitor metering`) is the same.
    """
    proof = asker.evidence
    ids = [customer] if customer else [id_ for id_, _ in asker.ask(WhoAmI(proof)).customers]
    found = [_whole(asker, LookMetering(proof, id_, month)).csv for id_ in ids]
    whole = b"".join(one if n == 0 else one.split(b"\r\n", 1)[1] for n, one in enumerate(found))
    if file is not None:
        file.write_bytes(whole)
        asker.pairs({"file": str(file)}, {"file": file})
    elif asker.is_json:
        asker.json(rows_of(whole))
    else:
        click.echo(whole.decode("ascii"), nl=False)


def _whole(asker: Asker, ask: LookMetering) -> Metering:
    """Ask again while each asking counts some more; what is not counted then is said beside the bill."""
    found = asker.ask(ask)
    while found.behind:
        again = asker.ask(ask)
        if again.behind >= found.behind:
            click.echo(f"{ask.customer}: {again.behind} entries are not counted yet", err=True)
            return again
        found = again
    return found
