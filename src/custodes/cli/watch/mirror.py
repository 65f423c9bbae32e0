"""`custodes mirror`: hold a copy of somebody's public log, and notice when it tells another story."""

from pathlib import Path

import click

from custodes.acts.watch.mirror import Mirror, Outcome, Round
from custodes.cli.speech import Out, offline
from custodes.cli.speech.options import FILE, FOLDER
from custodes.cli.speech.output import EXIT_REFUSED
from custodes.ledger import quorum
from custodes.ledger.receipt import parse_pins
from custodes.ledger.watch.fork import Proof
from custodes.wiring.watch import following, turning
from custodes.wiring.watch import mirror as wiring
from custodes.wiring.watch.mirror import MirrorSettings

from .gaps import follow_of
from .looking import looking

EXIT_FORKED = 4


@click.group("mirror")
def mirror() -> None:
    """Hold a log off its own machine: tiles, entries, checkpoints, and evidence if it forks.

    Exit codes: 0 all well, 1 something does not hold, 3 not reachable, 4 the log has forked.
    """


@mirror.command("init")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--url", required=True, help="Address of the log, as in its checkpoints or elsewhere.")
@click.option("--pins", "pins_file", type=FILE, help="Take origin and keys from here.")
@click.option("--log-key", multiple=True, help="Instead of --pins: a key of the log (vkey).")
@click.option("--origin", help="Instead of --pins: the first line of its checkpoints; else the key's name.")
@offline
def init(
    out: Out, *, folder: Path, url: str, pins_file: Path | None, log_key: tuple[str, ...], origin: str | None
) -> None:
    """Begin a mirror in FOLDER. The keys must come from elsewhere than the log's own address."""
    vkeys = log_key
    if pins_file is not None:
        policy = quorum.parse(parse_pins(pins_file.read_bytes()).policy.encode())
        vkeys = tuple(vkey.text() for vkey, _ in policy.logs)
    if not vkeys:
        raise click.UsageError("say how the log is known: --pins FILE, or --log-key VKEY")
    named = origin or vkeys[0].partition("+")[0]
    wiring.found(folder, MirrorSettings(url=url, origin=named, vkeys=vkeys))
    out.pairs({"folder": str(folder), "origin": named}, {"mirror of": named, "in": folder})


@mirror.command("run")
@click.argument("folder", type=FOLDER)
@click.option("--once", is_flag=True, help="One look, then end with an exit code.")
@click.option("--every", type=click.IntRange(1), default=60, show_default=True, help="Seconds between looks.")
@offline
def run(out: Out, *, folder: Path, once: bool, every: int) -> None:
    """Look at the log and take over what continues what is held; ends when the log forks."""

    def look() -> None:
        for origin in turning.mirror(folder):
            out.say(f"the log goes on as {origin}")
        found = wiring.mirror(folder).round()
        _show(out, found)
        if found.outcome is Outcome.FORKED:
            raise click.exceptions.Exit(EXIT_FORKED)

    looking(out, look, None if once else every)


@mirror.command("status")
@click.argument("folder", type=FOLDER)
@offline
def status(out: Out, *, folder: Path) -> None:
    """How far the copy goes, and whether there is evidence of a fork."""
    made = wiring.mirror(folder)
    held, _ = made.held()
    forks = made.forks()
    out.pairs(
        {"origin": held.origin, "size": held.size, "forks": [name for name, _, _ in forks]},
        {"log": held.origin, "entries": held.size, "evidence of a fork": len(forks)},
    )
    if forks:
        raise click.exceptions.Exit(EXIT_FORKED)


@mirror.command("evidence")
@click.argument("folder", type=FOLDER)
@offline
def evidence(out: Out, *, folder: Path) -> None:
    """What is held of forks, and what each document shows."""
    show_evidence(out, wiring.mirror(folder))


@mirror.command("serve")
@click.argument("folder", type=FOLDER)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=click.IntRange(1, 65_535), default=8091, show_default=True, help="Port.")
@click.option("--exposed", is_flag=True, help="Not loopback: TLS ends on another machine.")
@offline
def serve(out: Out, *, folder: Path, host: str, port: int, exposed: bool) -> None:
    """Serve what is held as the log itself would; any web server over FOLDER does as well."""
    out.say(f"mirror at {host}:{port}; interrupt to stop")
    wiring.run(folder, host, port, is_exposed=exposed)


def show_evidence(out: Out, made: Mirror) -> None:
    """All documents of a folder; exit code 1 when one of them shows nothing."""
    found = made.forks()
    value = [
        {
            "file": name,
            "proof": proof.value,
            "origin": one.origin,
            "seen_at": one.seen_at,
            "said_by": one.said_by,
        }
        for name, one, proof in found
    ]
    rows = (
        (name, proof.value, _size(one.first), _size(one.second), one.seen_at, one.said_by)
        for name, one, proof in found
    )
    out.rows(value, ("file", "shows", "first size", "second size", "seen at", "said by"), rows)
    if any(proof is Proof.NOTHING for _, _, proof in found):
        raise click.exceptions.Exit(EXIT_REFUSED)


def _size(note: str) -> str:
    return note.split("\n", 2)[1]


def _show(out: Out, found: Round) -> None:
    value = {
        "outcome": found.outcome.value,
        "before": found.before,
        "size": found.size,
        "rows_missing": found.rows_missing,
        "leaves_missing": found.leaves_missing,
        "fork": found.fork,
        "proof": found.proof,
    }
    pairs: dict[str, object] = {"outcome": found.outcome.value, "entries": found.size}
    if found.leaves_missing:
        pairs |= {"epochs without leaves": found.leaves_missing}
    if found.fork:
        pairs |= {"evidence": found.fork, "shows": found.proof}
    out.pairs(value, pairs)


mirror.add_command(follow_of(following.mirror))
